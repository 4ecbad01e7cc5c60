"""NaN and infinity through the CPU kernels as through PyTorch; long sums; cases they decline."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_kernels import check
from fused_problems import PRIMITIVES, PROBLEMS
from kernel_problems import Seeded, channels_last, misaligned

import minitorch_cnn as mt
from minitorch_cnn import kernels

STRANGE = (np.nan, np.inf, -np.inf)
ONE = (1, 1), ((1, 1), (1, 1)), (1, 1), 1   # stride, padding, dilation, groups


def spoil(rng, x, count=2):
    """x with a few NaN and infinities."""
    x = x.copy()
    x.reshape(-1)[rng.integers(0, x.size, count)] = rng.choice(STRANGE, count)
    return x


def same(ours, theirs, err_msg=""):
    """Equal to float32 rounding, with NaN, inf and -inf in the same places."""
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-3, atol=1e-4,
                               err_msg=err_msg)


def compare(ours, theirs, *arrays, strange, rng):
    """Forward and all gradients, with ``arrays[strange]`` (-1: the gradient that comes) spoiled."""
    arrays = [spoil(rng, a) if i == strange else a for i, a in enumerate(arrays)]
    tensors = [mt.Tensor(a.copy(), requires_grad=True) for a in arrays]
    t_tensors = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    y, t = ours(*tensors), theirs(*t_tensors)
    same(y.data, t, "result")
    dy = rng.standard_normal(y.shape).astype(np.float32)
    if strange == -1:
        dy = spoil(rng, dy)
    y.backward(dy)
    t.backward(torch.from_numpy(dy))
    for i, (a, b) in enumerate(zip(tensors, t_tensors)):
        same(a.grad.data, b.grad, f"gradient {i}")


def normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


# as in PyTorch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("channels, filters, groups", [(1, 8, 1), (3, 17, 1), (16, 33, 1),
                                                       (33, 2, 1), (19, 19, 19), (12, 6, 3)])
@pytest.mark.parametrize("strange", [0, 1, -1])
@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_without_padding(rng, channels, filters, groups, strange, stride):
    compare(lambda x, w, b: mt.conv2d(x, w, b, stride, groups=groups),
            lambda x, w, b: F.conv2d(x, w, b, stride, groups=groups),
            normal(rng, 2, channels, 11, 8), normal(rng, filters, channels // groups, 3, 2),
            normal(rng, filters), strange=strange, rng=rng)


@pytest.mark.parametrize("channels, filters, groups", [(1, 8, 1), (16, 33, 1), (33, 2, 1),
                                                       (19, 19, 19)])
def test_pixels_reach_only_the_windows_that_cover_them(rng, channels, filters, groups):
    """Through a padded border, and no further."""
    x = normal(rng, 2, channels, 7, 6)
    x[0, 0, 0, 0], x[1, -1, 6, 5], x[1, 0, 3, 0] = STRANGE
    w = normal(rng, filters, channels // groups, 3, 3)
    for padding in (1, 2):
        y = mt.conv2d(x, w, None, padding=padding, groups=groups)
        t = F.conv2d(torch.from_numpy(x), torch.from_numpy(w), None, 1, padding, 1, groups)
        same(y.data, t)


@pytest.mark.parametrize("channels, filters, groups", [(1, 8, 1), (16, 33, 1), (33, 2, 1),
                                                       (19, 19, 19)])
@pytest.mark.parametrize("value", STRANGE)
def test_infinite_weights_and_the_border_of_the_input_gradient(rng, channels, filters, groups,
                                                               value):
    w = normal(rng, filters, channels // groups, 3, 3)
    w[0, 0, 0, 2] = value
    dy = np.abs(normal(rng, 1, filters, 6, 7))
    dx = kernels.conv2d_input_gradient(dy, w, (6, 7), *ONE[:3], groups)
    tx = torch.zeros(1, channels, 6, 7, dtype=torch.float64, requires_grad=True)
    tw, tdy = torch.from_numpy(w).double(), torch.from_numpy(dy).double()
    F.conv2d(tx, tw, padding=1, groups=groups).backward(tdy)
    same(dx, tx.grad)
    assert np.isfinite(dx).any() and not np.isfinite(dx).all()


@pytest.mark.parametrize("strange", [0, -1])
@pytest.mark.parametrize("channels", [1, 16, 35])
@pytest.mark.parametrize("name, args", [
    ("max_pool2d", (2,)), ("max_pool2d", (3, 2, 1)), ("max_pool2d", (2, 1)), ("avg_pool2d", (2,)),
    ("avg_pool2d", (3, 2, 1)), ("avg_pool2d", (2, 1)), ("adaptive_avg_pool2d", ((3, 5),))])
def test_pooling(rng, name, args, channels, strange):
    compare(lambda x: getattr(mt, name)(x, *args), lambda x: getattr(F, name)(x, *args),
            normal(rng, 2, channels, 9, 8), strange=strange, rng=rng)


@pytest.mark.parametrize("strange", [0, -1])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(6, 19), (4, 19, 5, 6)])
def test_batch_norm(rng, shape, training, strange):
    mean, var = normal(rng, shape[1]), np.abs(normal(rng, shape[1])) + 1
    running, t_running = (mean.copy(), var.copy()), (torch.from_numpy(mean), torch.from_numpy(var))
    compare(lambda x, w, b: mt.batch_norm(x, *running, w, b, training),
            lambda x, w, b: F.batch_norm(x, *t_running, w, b, training),
            normal(rng, *shape), normal(rng, shape[1]), normal(rng, shape[1]), strange=strange,
            rng=rng)
    for ours, theirs in zip(running, t_running):
        same(ours, theirs, "running statistics")


@pytest.mark.parametrize("rows", [2, 30])
@pytest.mark.parametrize("strange", [0, 1, -1])
def test_linear(rng, rows, strange):
    compare(mt.linear, F.linear, normal(rng, rows, 37), normal(rng, 41, 37), normal(rng, 41),
            strange=strange, rng=rng)


@pytest.mark.parametrize("strange", [0, -1])
def test_relu(rng, strange):
    compare(mt.relu, F.relu, normal(rng, 4, 16, 17, 17), strange=strange, rng=rng)


# sums of very many numbers -----------------------------------------------------------------------

TENTH = np.float32(0.1)     # rounded in every step, always to the same side


def off(ours, exact):
    return float(np.max(np.abs(np.asarray(ours, np.float64) / exact - 1)))


def test_sums_of_a_million_numbers():
    x = channels_last(np.full((64, 3, 128, 128), TENTH))
    many, tenth = 64 * 128 * 128, float(TENTH)
    assert off(kernels.channel_sum(x), many * tenth) < 2e-6
    dw = kernels.conv2d_weight_gradient(x, x, (3, 3), *ONE)
    assert off(dw[:, :, 1, 1], many * tenth ** 2) < 1e-4
    dw = kernels.conv2d_weight_gradient(x, x, (3, 3), *ONE[:3], 3)
    assert off(dw[:, :, 1, 1], many * tenth ** 2) < 1e-4
    options = (128, 128), ((0, 0), (0, 0)), (1, 1), True, None
    assert off(kernels.adaptive_avg_pool2d_forward(x, (1, 1)), tenth) < 2e-6
    assert off(kernels.avg_pool2d_forward(x, (128, 128), *options), tenth) < 2e-6


@pytest.mark.parametrize("first", [0, 1e4, 1e6], ids=["dark corner", "like the others", "outlier"])
@pytest.mark.parametrize("shape", [(8, 19, 40, 40), (2000, 19)])
def test_variance_far_from_zero(rng, shape, first):
    """Whatever the first pixel is: no rounding of large squares is left in the variance."""
    x = (rng.standard_normal(shape) + 1e4).astype(np.float32)
    x[0, :1] = first
    mean, var = kernels.batch_norm_statistics(x)
    axes = (0, 2, 3)[:x.ndim - 1]
    assert off(mean, x.astype(np.float64).mean(axes)) < 1e-7
    assert off(var, x.astype(np.float64).var(axes)) < 1e-5


def test_a_constant_has_no_variance():
    for value in (0.1, 1, 12345.678):
        mean, var = kernels.batch_norm_statistics(np.full((5, 3, 20, 20), value, np.float32))
        assert (mean == np.float32(value)).all() and (var < 1e-7 * value).all()


# what the kernels decline ------------------------------------------------------------------------

AS = {
    "float64": lambda a: a.astype(np.float64),
    "misaligned": misaligned,
    "other byte order": lambda a: a.astype(">f4"),
}


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("other", AS)
def test_other_arrays_go_to_the_reference(kind, other):
    for seed in range(20):
        name, arguments = PROBLEMS[kind](Seeded(seed))
        arguments = [AS[other](a) if isinstance(a, np.ndarray) and a.dtype == np.float32 else a
                     for a in arguments]
        primitive = PRIMITIVES[name]
        with np.errstate(all="ignore"):
            assert primitive.version("cpu")(*arguments) is NotImplemented
            result = primitive(*arguments)
            expected = primitive.version("reference")(*arguments)
        for ours, right in zip(result if isinstance(result, tuple) else [result],
                               expected if isinstance(expected, tuple) else [expected]):
            np.testing.assert_array_equal(ours, right)
        if other == "misaligned":
            check(name, arguments)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_one_misaligned_array_is_enough(rng, which):
    arrays = [normal(rng, 2, 3, 6, 5), normal(rng, 4, 3, 3, 3), normal(rng, 4)]
    arrays[which] = misaligned(arrays[which])
    check("conv2d_forward", (*arrays, *ONE))
    arrays = [normal(rng, 9, 6), normal(rng, 5, 6), normal(rng, 5)]
    arrays[which] = misaligned(arrays[which])
    check("linear_forward", tuple(arrays))
    x, mean, inv_std = normal(rng, 2, 4, 3, 3), normal(rng, 4), np.abs(normal(rng, 4))
    arrays = [x, mean, inv_std]
    arrays[which] = misaligned(arrays[which])
    check("batch_norm_forward", (*arrays, None, None))
    check("batch_norm_backward", (x, *arrays, None, True, (True, True, True)))


NOTHING = np.zeros((0, 3, 6, 5), np.float32)
W, WINDOW = np.ones((4, 3, 3, 3), np.float32), ((2, 2), (2, 2), ((0, 0), (0, 0)))


@pytest.mark.parametrize("name, arguments, shape", [
    ("conv2d_forward", (NOTHING, W, None, *ONE), (0, 4, 6, 5)),
    ("conv2d_input_gradient", (np.zeros((0, 4, 6, 5), np.float32), W, (6, 5), *ONE), (0, 3, 6, 5)),
    ("conv2d_weight_gradient", (NOTHING, np.zeros((0, 4, 6, 5), np.float32), (3, 3), *ONE),
     (4, 3, 3, 3)),
    ("avg_pool2d_forward", (NOTHING, *WINDOW, (3, 2), True, None), (0, 3, 3, 2)),
    ("avg_pool2d_backward", (NOTHING, (12, 10), *WINDOW, True, None), (0, 3, 12, 10)),
    ("adaptive_avg_pool2d_forward", (NOTHING, (2, 2)), (0, 3, 2, 2)),
    ("adaptive_avg_pool2d_backward", (NOTHING, (12, 10)), (0, 3, 12, 10)),
    ("batch_norm_forward", (NOTHING, *np.ones((4, 3), np.float32)), (0, 3, 6, 5)),
    ("channel_sum", (NOTHING,), (3,)),
    ("linear_forward", (np.zeros((0, 7), np.float32), np.ones((5, 7), np.float32), None), (0, 5)),
    ("linear_forward", (np.zeros((2, 0), np.float32), np.ones((5, 0), np.float32), None), (2, 5)),
    ("linear_input_gradient", (np.zeros((0, 5), np.float32), np.ones((5, 7), np.float32)), (0, 7)),
    ("linear_weight_gradient", (np.zeros((0, 7), np.float32), np.zeros((0, 5), np.float32)),
     (5, 7)),
    ("relu_forward", (NOTHING,), NOTHING.shape),
    ("relu_backward", (NOTHING, NOTHING), NOTHING.shape),
])
def test_empty_arrays(name, arguments, shape):
    assert kernels.PRIMITIVES[name].version("cpu")(*arguments) is NotImplemented
    result = kernels.PRIMITIVES[name](*arguments)
    assert result.shape == shape and result.dtype == np.float32 and not result.any()
