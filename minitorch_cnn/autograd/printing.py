"""How a tensor prints: PyTorch's layout, four decimals, whole numbers as ``1.``."""
import numpy as np

_WIDTH = 80       # columns of a line
_PREFIX = "tensor("


def text_of(array):
    """The elements of a NumPy array as PyTorch prints them."""
    style = _float_style(array) if array.dtype.kind == "f" else {}
    text = np.array2string(array, separator=", ", prefix=_PREFIX, max_line_width=_WIDTH,
                           threshold=1000, edgeitems=3, **style)
    return text.replace(", ..., ", ",  ..., ")


def _float_style(array):
    """Whole numbers without decimals, others with four; very large and very small as 1.0000e+10."""
    sizes = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
    if sizes.size == 0:
        return dict(precision=0, floatmode="fixed")
    whole = bool((sizes == np.ceil(sizes)).all())
    too_small = not whole and sizes.min() < 1e-4
    if sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or too_small:
        return dict(formatter={"float_kind": "{:.4e}".format})
    return dict(precision=0 if whole else 4, floatmode="fixed", suppress_small=True)
