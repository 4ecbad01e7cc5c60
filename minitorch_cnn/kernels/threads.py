"""How many threads the CPU kernels run on."""
import functools
import importlib
import importlib.util


def set_num_threads(n):
    """Let CPU kernels run on ``n`` threads, as ``torch.set_num_threads``.

    Parameters
    ----------
    n : int
        From 1 to the number of threads that Numba started with (the cores of the machine, or
        ``NUMBA_NUM_THREADS``).

    Raises
    ------
    ValueError
        For any other number.
    """
    most = _numba().config.NUMBA_NUM_THREADS if has_numba() else 1
    if not isinstance(n, int) or not 1 <= n <= most:
        raise ValueError(f"set_num_threads: n must be an int from 1 to {most}, got {n!r}; more "
                         "threads need NUMBA_NUM_THREADS in the environment before the start")
    if has_numba():
        _numba().set_num_threads(n)


def get_num_threads():
    """The number of threads that CPU kernels run on; 1 without Numba."""
    return _numba().get_num_threads() if has_numba() else 1


@functools.cache
def has_numba():
    """True where Numba is installed (it is imported only when a kernel runs)."""
    try:
        return importlib.util.find_spec("numba") is not None
    except ImportError:  # a finder that refuses it
        return False


def _numba():
    """Numba, after our settings: the threading layer is chosen before it starts its threads."""
    return importlib.import_module(f"{__package__}.cpu.jit").numba
