"""One array in many shapes of memory."""
import numpy as np

LAYOUTS = ["channels last", "reversed", "every second", "broadcast"]


def lay(array, layout):
    """The same values (N, C, H, W) under other strides (of a broadcast one, the first row again).

    Between the elements of "every second" lie zeros; any other name leaves the array as it is.
    """
    if layout == "channels last":
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "reversed":
        return np.ascontiguousarray(array[:, :, ::-1, ::-1])[:, :, ::-1, ::-1]
    if layout == "every second":
        wide = np.zeros([2 * n for n in array.shape], array.dtype)
        wide[::2, ::2, ::2, ::2] = array
        return wide[::2, ::2, ::2, ::2]
    if layout == "broadcast":
        return np.broadcast_to(array[:1, :1, :1], array.shape)
    return array
