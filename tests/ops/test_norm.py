"""Batch, layer, group, instance and RMS norm against torch."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op, make

import minitorch_cnn as mt
from minitorch_cnn.ops.norm import BatchNorm

SHAPES = [(4, 3), (2, 3, 5), (2, 3, 4, 2), (1, 3, 2, 2), (2, 3, 2, 1, 3), (0, 3), (0, 3, 2, 2)]
FLOAT32 = {np.float64: dict(rtol=1e-9, atol=1e-10), np.float32: dict(rtol=2e-3, atol=2e-4)}
mean, var = np.array([0.5, -1.0, 0.2]), np.array([1.5, 0.3, 2.0])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", ["both", "weight", "bias", "none"])
def test_batch_norm_in_training(shape, affine):
    w = (3,) if affine in ("both", "weight") else None
    b = (3,) if affine in ("both", "bias") else None
    check_op(mt.batch_norm, F.batch_norm, shape, None, None, w, b, training=True, tolerance=FLOAT32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_with_fixed_statistics(shape, affine):
    w = (3,) if affine else None
    check_op(mt.batch_norm, F.batch_norm, shape, mean, var, w, w, eps=0.01, constant=(1, 2))


def test_batch_norm_of_an_empty_vector():
    check_op(mt.batch_norm, F.batch_norm, (0,), None, None, training=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["tensor", "array"])
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4, 2), (0, 3, 2)])
def test_running_statistics(dtype, kind, shape):
    ours = [mean.astype(dtype), var.astype(dtype)]
    theirs = [torch.tensor(a) for a in ours]
    given = [mt.Tensor(a) for a in ours] if kind == "tensor" else ours
    for step, momentum in enumerate([0.1, 0.7, 1.0]):
        x = make(shape, dtype, np.random.default_rng(step))
        mt.batch_norm(mt.Tensor(x, requires_grad=True), *given, training=True, momentum=momentum)
        F.batch_norm(torch.tensor(x), *theirs, training=True, momentum=momentum)
    for a, t in zip(ours, theirs):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, t.numpy(), rtol=1e-5 if dtype == np.float32 else 1e-12)


def test_running_statistics_rest_outside_of_training():
    ours = [mean.copy(), var.copy()]
    mt.batch_norm(np.ones((4, 3)), *ours)
    np.testing.assert_array_equal(ours, [mean, var])


def test_an_update_after_forward_does_not_change_the_gradient():
    ours = [mean.copy(), var.copy()]
    w = mt.Tensor(np.ones(3), requires_grad=True)
    y = mt.batch_norm(np.ones((4, 3)), *ours, w)
    ours[0] += 7
    y.backward(np.ones((4, 3)))
    np.testing.assert_allclose(w.grad.data, 4 * (1 - mean) / np.sqrt(var + 1e-5))


def test_float32_statistics_survive_a_large_mean():
    x = np.random.default_rng(0).standard_normal((64, 2, 16, 16)).astype(np.float32) + 3000
    y = mt.batch_norm(x, None, None, training=True).data
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), 1, atol=1e-3)


def test_only_what_is_needed_is_computed():
    op = BatchNorm(1e-5)
    op(mt.Tensor(np.ones((2, 3)), requires_grad=True), np.ones(3), np.ones(3))
    dx, dw, db, *_ = op.backward(np.ones((2, 3)))
    assert dx.shape == (2, 3) and dw is None and db is None


def test_strided_and_broadcast_inputs(rng):
    x = np.broadcast_to(rng.standard_normal((4, 1, 3)), (4, 5, 3)).transpose(0, 2, 1)
    check_op(mt.batch_norm, F.batch_norm, x, None, None, (3,), (3,), training=True,
             tolerance=FLOAT32)
    check_op(mt.layer_norm, F.layer_norm, x[::2, :, ::2], normalized_shape=(3,))
    check_op(mt.group_norm, F.group_norm, x, num_groups=3)


@pytest.mark.parametrize("shape, last", [((4, 5), (5,)), ((2, 3, 4), (3, 4)), ((2, 3, 4), (4,)),
                                         ((2, 3, 4), (2, 3, 4)), ((5,), (5,)), ((0, 3), (3,)),
                                         ((2, 0), (0,)), ((3, 1), (1,))])
@pytest.mark.parametrize("affine", ["both", "weight", "bias", "none"])
def test_layer_norm(shape, last, affine):
    w = last if affine in ("both", "weight") else None
    b = last if affine in ("both", "bias") else None
    check_op(lambda x, w, b: mt.layer_norm(x, last, w, b, 0.1),
             lambda x, w, b: F.layer_norm(x, last, w, b, 0.1), shape, w, b)


def test_layer_norm_takes_an_int():
    np.testing.assert_allclose(mt.layer_norm(np.array([[1.0, 3.0]]), 2, eps=0).data, [[-1, 1]])


@pytest.mark.parametrize("shape, groups", [((2, 6), 3), ((2, 6, 2, 3), 2), ((2, 6, 5), 6),
                                           ((1, 4, 3), 1), ((0, 4, 3), 2), ((2, 4, 0), 2),
                                           ((2, 4), 4)])
@pytest.mark.parametrize("affine", [True, False])
def test_group_norm(shape, groups, affine):
    w = shape[1:2] if affine and shape != (2, 4, 0) else None  # torch: NaN as sum of nothing
    check_op(lambda x, w, b: mt.group_norm(x, groups, w, b, 0.01),
             lambda x, w, b: F.group_norm(x, groups, w, b, 0.01), shape, w, w)


@pytest.mark.parametrize("shape, affine", [((2, 3, 4), True), ((2, 3, 4, 2), True),
                                           ((2, 3, 4), False), ((1, 3, 2, 2, 2), True),
                                           ((0, 3, 4), False)])
def test_instance_norm(shape, affine):
    w = (3,) if affine else None
    check_op(mt.instance_norm, F.instance_norm, shape, None, None, w, w, tolerance=FLOAT32)
    check_op(mt.instance_norm, F.instance_norm, shape, mean, var, w, w, constant=(1, 2),
             use_input_stats=False)


def test_instance_norm_running_statistics(rng):
    x = rng.standard_normal((4, 3, 5))
    ours, theirs = [mean.copy(), var.copy()], [torch.tensor(mean), torch.tensor(var)]
    mt.instance_norm(x, *ours, momentum=0.3)
    F.instance_norm(torch.tensor(x), *theirs, momentum=0.3)
    for a, t in zip(ours, theirs):
        np.testing.assert_allclose(a, t.numpy(), rtol=1e-12)


@pytest.mark.parametrize("shape, last", [((4, 5), (5,)), ((2, 3, 4), (3, 4)), ((5,), (5,)),
                                         ((0, 3), (3,)), ((2, 0), (0,))])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("eps", [None, 0.1])
def test_rms_norm(shape, last, affine, eps):
    check_op(lambda x, w: mt.rms_norm(x, last, w, eps), lambda x, w: F.rms_norm(x, last, w, eps),
             shape, last if affine else None)


def test_rms_norm_of_large_float16():
    x, w = np.array([[253.0, 361.0], [0.1, 3000.0]], np.float16), np.array([20.0, -3.0], np.float16)
    ours, theirs = [mt.Tensor(x, True), mt.Tensor(w, True)], [torch.tensor(x), torch.tensor(w)]
    y, t = mt.rms_norm(ours[0], 2, ours[1]), F.rms_norm(theirs[0].requires_grad_(), (2,), theirs[1])
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.detach().numpy(), t.detach().numpy(), rtol=2e-3)
    y.backward(np.ones((2, 2)))
    t.backward(torch.ones(2, 2, dtype=torch.float16))
    np.testing.assert_allclose(ours[0].grad.data, theirs[0].grad.numpy(), rtol=1e-2, atol=1e-3)


ONES = np.ones((2, 3))


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.batch_norm(np.ones((2, 3), int), None, None), TypeError, "input must hold floats"),
    (lambda: mt.batch_norm(np.ones(3), mean, var), ValueError, r"input must be \(N, C\)"),
    (lambda: mt.batch_norm(ONES, None, None), ValueError, "are needed outside of training"),
    (lambda: mt.batch_norm(ONES, mean, None), ValueError, "go together; pass both"),
    (lambda: mt.batch_norm(ONES, mean[:2], var), ValueError, r"mean must have shape \(3,\)"),
    (lambda: mt.batch_norm(ONES, mean, var, np.ones(4)), ValueError, r"weight must .* got \(4,\)"),
    (lambda: mt.batch_norm(ONES, mean, var, np.ones(3, np.float32)), TypeError, "have one dtype"),
    (lambda: mt.batch_norm(ONES, mean.astype(np.float32), var), TypeError, "mean is float32"),
    (lambda: mt.batch_norm(ONES[:1], None, None, training=True), ValueError,
     r"batch_norm: expected more than 1 value per channel when training, got input of shape \(1, "),
    (lambda: mt.batch_norm(ONES, None, None, training=True, eps=0), ValueError, "be positive"),
    (lambda: mt.batch_norm(ONES, mean, var, training=True, momentum=None), ValueError,
     "momentum must be a number here"),
    (lambda: mt.batch_norm(ONES, mean, var, eps=-1), ValueError, "eps must be 0 or more, got -1"),
    (lambda: mt.layer_norm(ONES, 2), ValueError, r"normalized_shape \(2,\) must be the last"),
    (lambda: mt.layer_norm(ONES, ()), ValueError, "at least one"),
    (lambda: mt.layer_norm(ONES, 3, np.ones(2)), ValueError, "weight must have the norm"),
    (lambda: mt.layer_norm(ONES, 3, None, np.ones(2)), ValueError, r"bias must have .* got \(2,\)"),
    (lambda: mt.group_norm(ONES, 2), ValueError, "must divide the channels, got 2 groups"),
    (lambda: mt.group_norm(ONES, 0), ValueError, "must divide the channels, got 0 groups"),
    (lambda: mt.group_norm(ONES[:1], 3), ValueError, "expected more than 1 value per group"),
    (lambda: mt.group_norm(np.ones(3), 3), ValueError, r"group_norm: input must be \(N, C\)"),
    (lambda: mt.instance_norm(ONES), ValueError, "more than 1 value per channel and sample"),
    (lambda: mt.instance_norm(np.ones((2, 3, 2)), use_input_stats=False), ValueError, "are needed"),
    (lambda: mt.rms_norm(ONES, 2), ValueError, r"rms_norm: normalized_shape \(2,\)"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
