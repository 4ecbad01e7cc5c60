"""A fused op is its chain of plain ops, NaN and infinity included: result and all gradients."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.nn import functional as F

STRANGE = (np.nan, np.inf, -np.inf)


def conv(x, w, b):
    return mt.conv2d(x, w, b, padding=1)


def wide(x, w, b):
    return mt.conv2d(x, w, b, stride=2, groups=x.shape[1])


def norm(training):
    running = [mt.Tensor(np.full(3, value, np.float32)) for value in (0.5, 4)]

    def batch_norm(x, w, b):
        return F.batch_norm(x, *running, w, b, training)
    return batch_norm


def pool(x):
    return mt.max_pool2d(x, 2)


def then(*functions):
    def chain(*arguments):
        x = functions[0](*arguments)
        for function in functions[1:]:
            x = function(x)
        return x
    return chain


IMAGES, WEIGHTS, NORM = (2, 3, 8, 8), ((5, 3, 3, 3), (5,)), ((3,), (3,))
CHAINS = {      # the chain, its fused op, the shapes of its arguments
    "conv, relu": (then(conv, mt.relu), "ConvReLU", (IMAGES, *WEIGHTS)),
    "conv, relu, pool": (then(conv, mt.relu, pool), "ConvReLUPool", (IMAGES, *WEIGHTS)),
    "conv, pool, relu": (then(conv, pool, mt.relu), "ConvReLUPool", (IMAGES, *WEIGHTS)),
    "depthwise": (then(wide, mt.relu, pool), "ConvReLUPool", ((2, 6, 9, 9), (6, 1, 2, 2), (6,))),
    "relu, pool": (then(mt.relu, pool), "ReLUPool", ((2, 3, 7, 8),)),
    "norm": (norm(True), "BatchNormReLU", (IMAGES, *NORM)),
    "norm, relu": (then(norm(True), mt.relu), "BatchNormReLU", (IMAGES, *NORM)),
    "norm, relu6": (then(norm(True), F.relu6), "BatchNormReLU", (IMAGES, *NORM)),
    "norm, relu, pool": (then(norm(True), mt.relu, pool), "BatchNormReLU", (IMAGES, *NORM)),
    "constant norm": (norm(False), "BatchNormReLU", (IMAGES, *NORM)),
    "constant norm, relu": (then(norm(False), mt.relu), "BatchNormReLU", (IMAGES, *NORM)),
    "constant norm, relu, pool": (then(norm(False), mt.relu, pool), "BatchNormReLU",
                                  (IMAGES, *NORM)),
    "sum, relu": (then(mt.add, mt.relu), "AddReLU", (IMAGES, IMAGES)),
    "linear, relu": (then(mt.linear, mt.relu), "LinearReLU", ((20, 7), (6, 7), (6,))),
    "linear, relu, few rows": (then(mt.linear, mt.relu), "LinearReLU", ((2, 7), (6, 7), (6,))),
}


def gradients(function):
    def step(dy, *arguments):
        leaves = [mt.Tensor(a, requires_grad=True) for a in arguments]
        y = function(*leaves)
        return [y, *mt.autograd.grad(y, leaves, dy)]
    return step


def numbers(rng, shapes, whole, spoiled=None, value=0):
    """Some of one array are ``value``. Where they are whole, nothing is rounded."""
    arrays = [3 * rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    arrays = [np.round(a) for a in arrays] if whole else arrays
    if spoiled is not None:
        array = arrays[spoiled].reshape(-1)
        array[rng.integers(0, array.size, 2)] = value
    return arrays


def assert_same(ours, theirs):
    for i, (a, b) in enumerate(zip(ours, theirs)):
        b = b.detach().numpy()
        np.testing.assert_allclose(a.detach().numpy(), b, 1e-4, 1e-4, err_msg=f"result {i}")


@pytest.mark.parametrize("name", CHAINS)
def test_fused_is_the_chain(name, rng):
    chain, op, shapes = CHAINS[name]
    step = gradients(chain)
    fast = mt.compile(step)
    with mt.no_grad():
        shape = chain(*[mt.ones(*s) for s in shapes]).shape
    problems = [(None, 0)] * 3 + [(i, value) for i in range(len(shapes) + 1) for value in STRANGE
                                  # a replayed convolution takes its weights for finite
                                  if not (i == 2 and op.startswith("Conv"))]
    if name == "constant norm, relu, pool":     # 0 * inf of a pixel that is no maximum is left out
        problems = [(i, value) for i, value in problems if i != 1 or np.isnan(value)]
    for spoiled, value in problems:
        arrays = numbers(rng, (shape, *shapes), "norm" not in name, spoiled, value)
        if name == "norm, relu6":   # the way back of relu6 alone is 0 where x is NaN
            arrays = [np.where(np.isfinite(a), a, 0) for a in arrays]
        assert_same(fast(*arrays), step(*arrays))
    assert op in fast.explain(), fast.explain()


@pytest.mark.parametrize("rows", [1, 4, 20])
def test_an_infinite_weight_is_seen_where_the_relu_cut_it_off(rng, rows):
    step = gradients(then(mt.linear, mt.relu))
    fast = mt.compile(step)
    for i in range(5):
        x, w, b, dy = numbers(rng, ((rows, 7), (6, 7), (6,), (rows, 6)), True)
        x[:, 2], w[3, 2] = 1, -np.inf if i else 1
        assert_same(fast(dy, x, w, b), step(dy, x, w, b))
        assert np.isnan(fast(dy, x, w, b)[1].numpy()).all(axis=0)[2] == (i > 0)
