"""Dropout: rates, scales, whole channels, streams and gradients."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import minitorch_cnn as mt

PLAIN = ["dropout", "dropout1d", "dropout2d", "dropout3d"]
ALPHA = ["alpha_dropout", "feature_alpha_dropout"]


def ones(*shape, dtype=np.float32):
    return mt.Tensor(np.ones(shape, dtype), requires_grad=True)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kept_share_and_scale(p, dtype):
    x = ones(200, 200, dtype=dtype)
    y = mt.dropout(x, p)
    assert y.dtype == dtype
    np.testing.assert_allclose(np.unique(y.data), [0, 1 / (1 - p)], rtol=1e-6)
    assert abs((y.data == 0).mean() - p) < 0.01
    y.backward(np.full((200, 200), 3, dtype))
    np.testing.assert_array_equal(x.grad.data, 3 * y.data)


@pytest.mark.parametrize("name", PLAIN + ALPHA)
def test_extremes(name):
    x = ones(2, 3, 4)
    op = getattr(mt, name)
    np.testing.assert_allclose(op(x, 0.0, training=True).data, 1, rtol=1e-6)
    np.testing.assert_array_equal(op(x, 1.0, training=True).data, 0)
    assert op(x, 0.5, training=False) is x
    assert op(mt.Tensor(np.ones((0, 3, 4))), 0.5, training=True).shape == (0, 3, 4)


@pytest.mark.parametrize("name, shape, first", [
    ("dropout1d", (50, 40, 3), 2), ("dropout1d", (90, 3), 1), ("dropout2d", (50, 40, 2, 2), 2),
    ("dropout2d", (50, 40, 3), 2), ("dropout3d", (50, 40, 1, 2, 2), 2),
    ("dropout3d", (90, 1, 2, 2), 1),
    ("feature_alpha_dropout", (50, 40, 2, 2), 2)])
def test_whole_channels(name, shape, first):
    y = getattr(mt, name)(ones(*shape), 0.4, training=True).data
    channels = y.reshape(shape[:first] + (-1,))
    assert (channels == channels[..., :1]).all()
    dropped = channels[..., 0] == channels.min()
    assert 0 < dropped.sum() < dropped.size and abs(dropped.mean() - 0.4) < 0.15


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_alpha_dropout_takes_the_two_values_of_torch(p):
    theirs = F.alpha_dropout(torch.ones(1000), p, True).unique().numpy()
    y = mt.alpha_dropout(ones(1000), p, True)
    np.testing.assert_allclose(np.unique(y.data), theirs, rtol=1e-5)


def test_alpha_dropout_keeps_mean_and_variance(rng):
    x = mt.Tensor(rng.standard_normal((300, 300)), requires_grad=True)
    y = mt.alpha_dropout(x, 0.3, training=True)
    assert abs(y.data.mean()) < 0.02 and abs(y.data.var() - 1) < 0.02
    y.backward(np.ones(x.shape))
    assert len(np.unique(x.grad.data)) == 2 and abs((x.grad.data == 0).mean() - 0.3) < 0.01


def test_seed_fixes_the_masks_and_calls_differ():
    first, second = mt.dropout(ones(100)).data, mt.dropout(ones(100)).data
    assert (first != second).any()
    mt.manual_seed(0)
    np.testing.assert_array_equal(mt.dropout(ones(100)).data, first)
    mt.manual_seed(1)
    assert (mt.dropout(ones(100)).data != first).any()


def test_input_is_left_alone_and_inplace_accepted():
    x = ones(5, 5)
    mt.dropout(x, 0.5, True, True)
    np.testing.assert_array_equal(x.data, 1)


def test_no_dimensions():
    assert mt.dropout(mt.Tensor(2.0), 0.5).item() in (0, 4)


@pytest.mark.parametrize("name", PLAIN + ALPHA)
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_p_is_a_probability(name, p):
    with pytest.raises(ValueError, match=f"{name}: p is the probability to drop, between"):
        getattr(mt, name)(ones(2, 3, 4), p, training=False)


@pytest.mark.parametrize("name", PLAIN + ALPHA)
def test_integers_pass_outside_of_training(name):
    x = mt.ones(2, 3, 4, dtype=mt.int64)
    assert getattr(mt, name)(x, 0.5, training=False) is x
    x = mt.ones(3)
    if name == "feature_alpha_dropout":
        assert mt.feature_alpha_dropout(x, 0.5, training=False) is x


def test_refused():
    with pytest.raises(TypeError, match="dropout: input must hold floats, got int64"):
        mt.dropout([1, 2])
    with pytest.raises(ValueError, match=r"dropout1d: input must be \(N, C, L\) or \(C, L\)"):
        mt.dropout1d(ones(2, 3, 4, 5))
    for name in ("dropout2d", "feature_alpha_dropout"):
        with pytest.raises(ValueError, match=f"{name}: input needs a dimension of channels"):
            getattr(mt, name)(ones(3), 0.5, True)
