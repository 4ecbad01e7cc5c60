"""A batch out of a data set that lies in memory as bytes, made into floats on the way.

M images in the data set, N in the batch, C channels; "..." the pixels.
"""
from minitorch_cnn.device import array_module


def gather_batch(images, index, scale, shift):
    """y[n, c] = images[index[n], c] * scale[c] + shift[c].

    Parameters
    ----------
    images : (M, C, ...) uint8 array
    index : (N,) array of int
        Which images, each from 0 to M - 1, in the order of the batch.
    scale, shift : (C,) float32 arrays
        To normalize by mean and std: ``scale = 1 / (255 std)``, ``shift = -mean / std``.

    Returns
    -------
    (N, C, ...) float32 array
    """
    wide = (-1,) + (1,) * (images.ndim - 2)
    chosen = array_module(images).take(images, index, axis=0)
    return chosen.astype(scale.dtype) * scale.reshape(wide) + shift.reshape(wide)
