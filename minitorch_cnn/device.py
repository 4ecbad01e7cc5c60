"""Where arrays live. The only file that imports CuPy; without it everything is on the CPU."""
import functools
import warnings

import numpy as np


@functools.cache
def cupy():
    """The CuPy module, or None where it is not installed or finds no GPU. Never raises or warns."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import cupy as module
            return module if module.cuda.runtime.getDeviceCount() > 0 else None
    except Exception:  # a broken driver raises CuPy's own error types: no GPU either way
        return None


def has_gpu():
    """True where CuPy is installed and a GPU answers."""
    return cupy() is not None


def is_gpu_array(array):
    """True for a CuPy array (found by its type's module, so that CuPy is not imported to ask)."""
    return _is_from_cupy(type(array))


@functools.cache
def _is_from_cupy(kind):
    return kind.__module__.partition(".")[0] == "cupy"


def is_array(value):
    """True for a NumPy or CuPy array."""
    return isinstance(value, np.ndarray) or is_gpu_array(value)


def array_module(array):
    """``numpy`` or ``cupy``, whichever ``array`` belongs to."""
    return np if type(array) is np.ndarray or not is_gpu_array(array) else cupy()


class device:
    """A place for arrays: ``device("cpu")``, ``device("cuda")`` or ``device("cuda:1")``.

    Compares equal to its own text, so ``x.device == "cpu"`` works.

    Parameters
    ----------
    type : str or device
        "cpu", "cuda" or "cuda:<index>".
    index : int, optional
        Number of the GPU.

    Raises
    ------
    ValueError
        For any other name, or two numbers.
    """

    def __init__(self, type, index=None):
        name, colon, number = str(type).partition(":")
        if name not in ("cpu", "cuda") or (colon and not number.isdigit()):
            raise ValueError(f'device: unknown device "{type}"; use "cpu", "cuda" or "cuda:0"')
        if number and index not in (None, int(number)):
            raise ValueError(f'device: "{type}" has a number already, so index={index} cannot be; '
                             "leave one of them out")
        self.type = name
        self.index = int(number) if number else index
        if name == "cuda" and self.index is None:
            self.index = 0

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self):
        return f"device(type='{self.type}'{'' if self.index is None else f', index={self.index}'})"

    def __eq__(self, other):
        if isinstance(other, str):
            return str(self) == other or (self.type, self.index) == ("cuda", 0) and other == "cuda"
        if not isinstance(other, device):
            return NotImplemented
        return (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash(str(self))


CPU = device("cpu")


def device_of(array):
    """The device that holds ``array``."""
    return device("cuda", array.device.id) if is_gpu_array(array) else CPU


def to_cpu(array):
    """``array`` as a NumPy array; a CuPy array is copied from its GPU."""
    return array.get() if is_gpu_array(array) else array


def to_gpu(array, index=0):
    """``array`` as a CuPy array on GPU ``index``.

    Raises
    ------
    RuntimeError
        Where there is no CuPy or no GPU.
    """
    if not has_gpu():
        raise RuntimeError(
            'to("cuda"): no GPU was found. Install CuPy with `pip install "minitorch_cnn[cuda12]"` '
            "(or cuda13) on a machine with an NVIDIA GPU, or stay on the CPU")
    with cupy().cuda.Device(index):
        return cupy().asarray(array)


def move(array, where):
    """``array`` on device ``where``; the same array if it is there already."""
    where = device(where)
    if where == device_of(array):
        return array
    return to_cpu(array) if where.type == "cpu" else to_gpu(array, where.index)


def on_one_device(name, arrays):
    """``arrays`` with single numbers (0-d) moved from the CPU to the GPU of the others, as PyTorch
    does; the same list if nothing has to move. What is no array does not count.

    Raises
    ------
    ValueError
        Naming the devices. No more is moved silently: copies to and from a GPU are slow.
    """
    places = sorted({str(device_of(array)) for array in arrays if is_array(array)})
    alone = [isinstance(array, np.ndarray) and array.ndim == 0 for array in arrays]
    if len(places) == 2 and all(alone[i] or is_gpu_array(array)
                                for i, array in enumerate(arrays) if is_array(array)):
        full = cupy().full      # not a copy: a graph takes it as it is
        return [full((), a.item(), a.dtype) if moves else a for a, moves in zip(arrays, alone)]
    if len(places) > 1:
        raise ValueError(f"{name}: its arguments are on different devices, {' and '.join(places)}; "
                         f'move them to one, say with tensor.to("{places[-1]}")')
    return arrays


def synchronize():
    """Wait until the GPU has finished what was asked of it; nothing to do on the CPU."""
    if has_gpu():
        cupy().cuda.get_current_stream().synchronize()
