"""Softmax and log-softmax on the GPU."""
from .launch import blocks, contiguous, empty, launch, product, suits

WARP, LONG = 32, 1024   # a row of more numbers than LONG gets a block of its own
COLUMNS = 128           # of a block, where each is one thread's


def softmax_forward(x, axis):
    return _run("softmax_forward", axis, x)


def softmax_backward(dy, y, axis):
    return _run("softmax_backward", axis, dy, y)


def log_softmax_forward(x, axis):
    return _run("log_softmax_forward", axis, x)


def log_softmax_backward(dy, y, axis):
    return _run("log_softmax_backward", axis, dy, y)


def _run(name, axis, *arrays):
    if not suits(*arrays):
        return NotImplemented
    arrays = [contiguous(a) for a in arrays]
    shape, real = arrays[0].shape, arrays[0].dtype
    y = empty(shape, real)
    if y.size:
        axis %= len(shape)
        K, inner = shape[axis], product(shape[axis + 1:])
        rows, block = y.size // K, block_of(K, inner)
        launch("softmax", name, real, blocks(rows, block[1]), block, *arrays, y, rows, K, inner)
    return y


def block_of(K, inner):
    """(threads that share a row, rows of a block)."""
    if inner > 1:
        return 1, COLUMNS
    return (WARP, 4) if K <= LONG else (8 * WARP, 1)
