"""PyTorch's ``torch.cuda`` questions, answered by CuPy. Without a GPU none of them raises."""
from .device import cupy, has_gpu, synchronize
from .random import manual_seed

__all__ = ["current_device", "device_count", "empty_cache", "get_device_name",
           "get_float32_matmul_precision", "is_available", "manual_seed", "manual_seed_all",
           "set_float32_matmul_precision", "synchronize"]

PRECISIONS = ("highest", "high", "medium")

manual_seed_all = manual_seed  # one seed for the CPU and every GPU
_state = {"precision": "highest"}


def set_float32_matmul_precision(precision):
    """How exact the products of float32 convolutions on a GPU are, as in PyTorch.

    Parameters
    ----------
    precision : str
        "highest": float32 throughout. "high" or "medium": on tensor cores, which keep 10 bits of
        each factor's fraction (TF32) and sum in float32; several times faster, and exact to about
        one part in a thousand. PyTorch's convolutions do that by default, its linear layers do not;
        here both wait until they are asked, and linear layers stay in float32.

    Raises
    ------
    ValueError
        For any other name.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"set_float32_matmul_precision: no precision {precision!r}; choose one of "
                         f"{', '.join(PRECISIONS)}")
    _state["precision"] = precision


def get_float32_matmul_precision():
    """The precision in force, "highest" from the start."""
    return _state["precision"]


def is_available():
    """True where CuPy is installed and a GPU answers. Never raises, never warns."""
    return has_gpu()


def device_count():
    """Number of GPUs, 0 without CuPy."""
    return cupy().cuda.runtime.getDeviceCount() if has_gpu() else 0


def current_device():
    """Number of the GPU in use, 0 without one."""
    return cupy().cuda.Device().id if has_gpu() else 0


def get_device_name(index=0):
    """The GPU's name as its driver gives it, "cpu" without one."""
    if not has_gpu():
        return "cpu"
    return cupy().cuda.runtime.getDeviceProperties(index)["name"].decode()


def empty_cache():
    """Give the GPU memory that CuPy keeps for reuse back to the driver."""
    if has_gpu():
        cupy().get_default_memory_pool().free_all_blocks()
