"""im2col and the way back, on the GPU."""
from ..reference.conv import output_size
from .launch import contiguous, empty, suits, sweep


def im2col(x, kernel, stride, padding, dilation):
    if not suits(x):
        return NotImplemented
    size = output_size(x.shape[2:], kernel, stride, padding, dilation)
    col = empty((*x.shape[:2], *kernel, *size), x.dtype)
    _run("im2col", contiguous(x), col, x.shape[2:], kernel, size, stride, padding, dilation)
    return col


def col2im(col, size, stride, padding, dilation):
    """A pixel gathers from its windows: no two threads write the same number."""
    if not suits(col):
        return NotImplemented
    x = empty((*col.shape[:2], *size), col.dtype)
    _run("col2im", contiguous(col), x, size, col.shape[2:4], col.shape[4:], stride, padding,
         dilation)
    return x


def _run(name, source, result, size, kernel, output, stride, padding, dilation):
    sweep("columns", name, source.dtype, result.size, source, result, result.size, *size, *kernel,
          *output, *stride, *dilation, padding[0][0], padding[1][0])
