"""Compare an op with torch: result, dtype and every gradient, in float64 and float32.

    check_op(mt.relu, torch.relu, (3, 4))

Shapes become random arrays; arrays, numbers and None are passed as they are. Integer arrays and
what is named in ``constant`` get no gradient. With ``place.device = "cuda"`` ours runs there.
"""
import types

import numpy as np
import torch

import minitorch_cnn as mt
from minitorch_cnn.device import to_cpu

place = types.SimpleNamespace(device="cpu")
TOLERANCE = {np.float64: dict(rtol=1e-9, atol=1e-10), np.float32: dict(rtol=2e-4, atol=2e-5)}


def make(spec, dtype, rng):
    """A random array for a shape; floats of an array cast to ``dtype``; anything else unchanged."""
    if isinstance(spec, tuple) and all(isinstance(n, int) for n in spec):
        return rng.standard_normal(spec).astype(dtype)
    if isinstance(spec, np.ndarray) and spec.dtype.kind == "f":
        return spec.astype(dtype)
    return spec


def _pair(value, constant):
    """(our tensor, torch's) of an array; the value twice of anything else."""
    if not isinstance(value, np.ndarray):
        return value, value
    wants = value.dtype.kind == "f" and not constant
    theirs = torch.from_numpy(value.copy()).requires_grad_(wants)
    ours = mt.Tensor(value) if place.device == "cpu" else mt.Tensor(value).to(place.device)
    return ours.requires_grad_(wants), theirs


def check_op(ours, theirs, *inputs, constant=(), seed=0, dtypes=(np.float64, np.float32),
             tolerance=None, **options):
    """Run ``ours(*inputs, **options)`` and ``theirs`` on the same data and compare everything.

    ``tolerance`` replaces {dtype: dict(rtol, atol)} where an op deserves another one.
    """
    for dtype in dtypes:
        rng = np.random.default_rng(seed)
        arrays = [make(spec, dtype, rng) for spec in inputs]
        before = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
        pairs = [_pair(a, i in constant) for i, a in enumerate(arrays)]
        y = ours(*[p[0] for p in pairs], **options)
        t = theirs(*[p[1] for p in pairs], **options)
        close = (tolerance or TOLERANCE)[dtype]
        _compare(y, t, pairs, close, rng)
        for array, kept in zip(arrays, before):
            if isinstance(array, np.ndarray):
                np.testing.assert_array_equal(array, kept, err_msg="an input was modified")


def _compare(y, t, pairs, close, rng):
    assert y.shape == tuple(t.shape), f"shape {y.shape}, torch {tuple(t.shape)}"
    expected = t.detach().numpy()
    assert y.dtype == expected.dtype, f"dtype {y.dtype}, torch {expected.dtype}"
    np.testing.assert_allclose(to_cpu(y.data), expected, **close, err_msg="result")
    assert y.requires_grad == t.requires_grad, f"requires_grad {y.requires_grad}"
    if not t.requires_grad:
        return
    dy = rng.standard_normal(y.shape).astype(y.dtype)
    y.backward(mt.Tensor(dy).to(place.device))
    t.backward(torch.from_numpy(np.asarray(dy)))
    for i, (x, tx) in enumerate(pairs):
        if isinstance(x, mt.Tensor) and tx.requires_grad:
            _compare_gradient(i, x, tx, close)


def _compare_gradient(i, x, tx, close):
    if tx.grad is None:
        assert x.grad is None, f"argument {i}: a gradient where torch has none"
        return
    assert x.grad is not None, f"argument {i}: no gradient"
    assert x.grad.dtype == x.dtype and x.grad.shape == x.shape
    np.testing.assert_allclose(to_cpu(x.grad.data), tx.grad.numpy(), **close,
                               err_msg=f"gradient {i}")
