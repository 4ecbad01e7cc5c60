"""A batch from a data set on the GPU."""
import numpy as np

from .launch import contiguous, empty, product, suits, sweep


def gather_batch(images, index, scale, shift):
    if not suits(scale, shift) or scale.dtype != np.float32 or images.dtype != np.uint8:
        return NotImplemented
    images, scale, shift = contiguous(images), contiguous(scale), contiguous(shift)
    index = contiguous(index.astype(np.int64, copy=False))
    y = empty((len(index), *images.shape[1:]), np.float32)
    sweep("gather", "gather_batch", scale.dtype, y.size, images, index, scale, shift, y, y.size,
          images.shape[1], product(images.shape[2:]), len(images))
    return y
