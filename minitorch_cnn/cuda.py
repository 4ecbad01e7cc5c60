"""PyTorch's ``torch.cuda`` questions, answered by CuPy."""
from .device import cupy, has_gpu, synchronize

__all__ = ["is_available", "device_count", "synchronize"]


def is_available():
    """True where CuPy is installed and a GPU answers. Never raises, never warns."""
    return has_gpu()


def device_count():
    """Number of GPUs, 0 without CuPy."""
    return cupy().cuda.runtime.getDeviceCount() if has_gpu() else 0
