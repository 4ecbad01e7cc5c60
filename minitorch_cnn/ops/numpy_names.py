"""NumPy's names of two arguments, ``axis`` and ``keepdims``, accepted as PyTorch accepts them.

``x.sum(axis=1)`` is ``x.sum(dim=1)``. The functions themselves know PyTorch's names only; this is
wrapped around those that have a ``dim`` before they become public.
"""
import functools

__all__ = []

NAMES = {"axis": "dim", "keepdims": "keepdim"}


def accept_numpy_names(functions):
    """{name: public function}, those with a ``dim`` or ``keepdim`` wrapped."""
    return {name: _wrapped(function) if _known(function) else function
            for name, function in functions.items()}


def _known(function):
    """Which of NumPy's names have their counterpart among the function's arguments."""
    code = getattr(function, "__wrapped__", function).__code__  # much faster than a signature
    parameters = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
    return {numpys: ours for numpys, ours in NAMES.items() if ours in parameters}


def _wrapped(function):
    known = _known(function)

    @functools.wraps(function)
    def call(*args, **options):
        for numpys, ours in known.items():
            if numpys in options:
                if ours in options:
                    raise TypeError(f"{function.__name__}: {numpys} is another name of {ours}; "
                                    "pass one of them")
                options[ours] = options.pop(numpys)
        return function(*args, **options)

    return call
