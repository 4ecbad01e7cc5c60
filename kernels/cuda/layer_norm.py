"""Layer norm on the GPU: group norm of one group, with a parameter for every number of a row."""
from .group_norm import gradients, normalize
from .launch import suits


def layer_norm_forward(x, w, b, eps):
    """(y, mean, var, inv_std)."""
    if not suits(x, *[v for v in (w, b) if v is not None]) or x.size == 0:
        return NotImplemented
    rows, K = x.shape
    return normalize(x, w, b, eps, rows, 1, K, 1)


def layer_norm_backward(dy, x, w, mean, inv_std, needs):
    """(dx, dw, db)."""
    if not suits(dy, x, mean, inv_std, *([] if w is None else [w])) or dy.size == 0:
        return NotImplemented
    return gradients(dy, x, w, mean, inv_std, needs, (*x.shape, 1), 1, x.shape[1])
