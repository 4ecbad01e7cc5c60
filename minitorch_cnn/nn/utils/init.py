"""Layers without first values, for those whose values are loaded."""
import inspect

from ..init import skipped
from ..module import Module


def skip_init(module_cls, *args, **kwargs):
    """A module whose parameters are not drawn: ``module_cls(*args, **kwargs)`` without the wait.

    As ``torch.nn.utils.skip_init``. The numbers are of no use until they are loaded (here: zeros,
    where they would have been drawn); no stream of random numbers moves.

    Parameters
    ----------
    module_cls : type
        A subclass of Module.
    *args, **kwargs
        For its constructor.

    Raises
    ------
    TypeError
        If it is not a subclass of Module.
    """
    if not (inspect.isclass(module_cls) and issubclass(module_cls, Module)):
        raise TypeError(f"skip_init: needs a subclass of Module, got {module_cls!r}; pass the "
                        "class and its arguments, skip_init(nn.Linear, 3, 5)")
    with skipped():
        return module_cls(*args, **kwargs)
