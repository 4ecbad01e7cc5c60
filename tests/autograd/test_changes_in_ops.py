"""Every op, every operand changed in place before backward: refused, or the gradient is right.

PyTorch refuses what it saved itself; an op here may save something else (a mask instead of the
input) and stay right where PyTorch refuses. Never may a gradient be silently wrong.
"""
import itertools

import numpy as np
import pytest
import torch

import minitorch_cnn as mt


def functional(lib):
    return lib.nn.functional


IMAGE = (1, 2, 4, 4)
OPS = {
    "add": (lambda lib, a, b: a + b, (2, 3), (3,)),
    "sub": (lambda lib, a, b: a - b, (2, 3), (3,)),
    "mul": (lambda lib, a, b: a * b, (2, 3), (3,)),
    "mul number": (lambda lib, a: a * 2, (2, 3)),
    "div": (lambda lib, a, b: a / b, (2, 3), (3,)),
    "pow": (lambda lib, a, b: a ** b, (2, 3), (2, 3)),
    "pow number": (lambda lib, a: a ** 3, (2, 3)),
    "abs": (lambda lib, a: a.abs(), (2, 3)),
    "exp": (lambda lib, a: a.exp(), (2, 3)),
    "log": (lambda lib, a: a.log(), (2, 3)),
    "sqrt": (lambda lib, a: a.sqrt(), (2, 3)),
    "sin": (lambda lib, a: a.sin(), (2, 3)),
    "tanh": (lambda lib, a: a.tanh(), (2, 3)),
    "sigmoid": (lambda lib, a: a.sigmoid(), (2, 3)),
    "relu": (lambda lib, a: a.relu(), (2, 3)),
    "leaky_relu": (lambda lib, a: functional(lib).leaky_relu(a), (2, 3)),
    "gelu": (lambda lib, a: functional(lib).gelu(a), (2, 3)),
    "softmax": (lambda lib, a: a.softmax(1), (2, 3)),
    "log_softmax": (lambda lib, a: a.log_softmax(1), (2, 3)),
    "sum": (lambda lib, a: a.sum(1), (2, 3)),
    "max": (lambda lib, a: a.max(1)[0], (2, 3)),
    "amax": (lambda lib, a: a.amax(), (2, 3)),
    "var": (lambda lib, a: a.var(1), (2, 3)),
    "prod": (lambda lib, a: a.prod(1), (2, 3)),
    "norm": (lambda lib, a: a.norm(), (2, 3)),
    "reshape": (lambda lib, a: a.reshape(3, 2), (2, 3)),
    "index": (lambda lib, a: a[1], (2, 3)),
    "cat": (lambda lib, a, b: lib.cat([a, b]), (2, 3), (2, 3)),
    "clamp": (lambda lib, a: a.clamp(0.2, 0.8), (2, 3)),
    "maximum": (lambda lib, a, b: lib.maximum(a, b), (2, 3), (3,)),
    "where": (lambda lib, a, b: lib.where(a.detach() > 0.5, a, b), (2, 3), (3,)),
    "matmul": (lambda lib, a, b: a @ b, (2, 3), (3, 4)),
    "linear": (lambda lib, x, w, b: functional(lib).linear(x, w, b), (2, 3), (4, 3), (4,)),
    "conv2d": (lambda lib, x, w, b: functional(lib).conv2d(x, w, b), IMAGE, (3, 2, 3, 3), (3,)),
    "conv_transpose2d": (lambda lib, x, w: functional(lib).conv_transpose2d(x, w), IMAGE,
                         (2, 3, 3, 3)),
    "max_pool2d": (lambda lib, x: functional(lib).max_pool2d(x, 2), IMAGE),
    "avg_pool2d": (lambda lib, x: functional(lib).avg_pool2d(x, 2), IMAGE),
    "batch_norm": (lambda lib, x, w, b: functional(lib).batch_norm(x, None, None, w, b, True),
                   (4, 2, 3, 3), (2,), (2,)),
    "layer_norm": (lambda lib, x, w, b: functional(lib).layer_norm(x, (3,), w, b),
                   (2, 3), (3,), (3,)),
    "mse_loss": (lambda lib, a, b: functional(lib).mse_loss(a, b), (2, 3), (2, 3)),
    "bce_loss": (lambda lib, a, b: functional(lib).binary_cross_entropy(a, b), (2, 3), (2, 3)),
    "cross_entropy": (lambda lib, a: functional(lib).cross_entropy(a, lib.tensor([1, 0])), (2, 3)),
}
# Refused although PyTorch saves less: rare, and safe.
STRICTER = {"matmul", "div", "linear"}


def tensors(lib, arrays, wanted):
    make = {torch: lambda a, r: torch.from_numpy(a).requires_grad_(r), mt: mt.Tensor}[lib]
    return [make(a.copy(), r) for a, r in zip(arrays, wanted)]


def gradients(lib, op, arrays, wanted, changed):
    """The gradients, or None where backward refuses; ``changed`` -1 nothing, n the result."""
    leaves = tensors(lib, arrays, wanted)
    y = op(lib, *leaves)
    if changed >= 0:
        with lib.no_grad():
            (leaves + [y])[changed].add_(1)
    try:
        y.sum().backward()
    except RuntimeError as error:
        assert "place" in str(error)
        return None
    return [t.grad.tolist() for t, wants in zip(leaves, wanted) if wants]


@pytest.mark.parametrize("name", OPS)
def test_refused_or_right(name, rng):
    op, *shapes = OPS[name]
    arrays = [rng.random(shape) * 0.9 + 0.05 for shape in shapes]
    for wanted in itertools.product([True, False], repeat=len(arrays)):
        if True not in wanted:
            continue
        right = gradients(mt, op, arrays, wanted, -1)
        for changed in range(len(arrays) + 1):
            ours = gradients(mt, op, arrays, wanted, changed)
            assert ours in (None, right), f"wrong gradient: {wanted}, {changed} changed"
            if ours is None and name not in STRICTER:
                assert gradients(torch, op, arrays, wanted, changed) is None, (wanted, changed)


def test_the_stricter_ones_are_stricter(rng):
    a, b = mt.Tensor(rng.random((2, 3)), requires_grad=True), mt.Tensor(rng.random((3, 4)))
    y = a @ b
    with mt.no_grad():
        a += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()
    assert np.isfinite(y.data).all()
