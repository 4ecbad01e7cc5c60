"""What can be switched in the kernels of one language."""
import contextlib
import importlib

from .threads import has_numba


@contextlib.contextmanager
def winograd(on=True):
    """Allow or forbid Winograd's convolution for a while: ``with kernels.winograd(False):``.

    3x3 convolutions of stride 1 on the CPU take it where it is faster. Its results differ from the
    direct kernel's by rounding: about 8e-7 of their norm instead of 3e-7 (and see
    ``kernels/cpu/winograd.py``). ``MINITORCH_CNN_WINOGRAD=0`` in the environment forbids it from
    the start.

    Parameters
    ----------
    on : bool
        True allows it (where it is faster), False keeps to the direct kernel.
    """
    if not has_numba():
        yield
        return
    module = importlib.import_module(f"{__package__}.cpu.winograd")
    with module.switched(on):
        yield
