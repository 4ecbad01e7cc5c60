"""Initial values: bounds, spreads, shapes, seeds, and torch's defaults of layers."""
import math

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.nn import init


def tensor(*shape, dtype=np.float32):
    return mt.Tensor(np.full(shape, 7, dtype))


def uniform(values, bound):
    """Within +-bound, filling it, and with the spread of a uniform distribution."""
    assert abs(values).max() <= bound * 1.000001 and abs(values).max() > 0.98 * bound
    assert abs(values.mean()) < 0.05 * bound
    assert abs(values.std() / (bound / math.sqrt(3)) - 1) < 0.05


def normal(values, std):
    assert abs(values.std() / std - 1) < 0.05 and abs(values.mean()) < 0.05 * std
    assert 2.5 * std < abs(values).max() < 6 * std


SHAPE = (40, 20, 3, 3)  # fan_in 180, fan_out 360


@pytest.mark.parametrize("call, spread, value", [
    (lambda t: init.uniform_(t, -2, 2), uniform, 2), (lambda t: init.normal_(t, 0, 3), normal, 3),
    (lambda t: init.xavier_uniform_(t, 2.0), uniform, 2 * math.sqrt(6 / 540)),
    (lambda t: init.xavier_normal_(t), normal, math.sqrt(2 / 540)),
    (lambda t: init.kaiming_uniform_(t, math.sqrt(5)), uniform, 1 / math.sqrt(180)),
    (lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"), uniform,
     math.sqrt(6 / 360)),
    (lambda t: init.kaiming_normal_(t, 0.2), normal, math.sqrt(2 / 1.04 / 180)),
    (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh"), normal,
     5 / 3 / math.sqrt(360)),
])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_distribution(call, spread, value, dtype):
    t = tensor(*SHAPE, dtype=dtype)
    array = t.data
    assert call(t) is t and t.data is array and t.dtype == dtype
    spread(t.data.astype(np.float64), value * (1.001 if dtype == np.float16 else 1))


def test_an_array_is_filled_too():
    layer = nn.Linear(3, 4)
    array = layer.weight.data
    for fill in (init.normal_, init.orthogonal_, init.eye_, init.zeros_):
        before = array.copy()
        assert fill(layer.weight.data) is array and not np.array_equal(array, before)
    x = mt.ones(1, 3, requires_grad=True)
    stale = layer(x)
    init.constant_(layer.weight.data, 4)
    with pytest.raises(RuntimeError, match="changed in place"):
        stale.sum().backward()


def test_mean_and_range():
    assert abs(init.normal_(tensor(20000), 3, 0.1).data.mean() - 3) < 0.01
    t = init.uniform_(tensor(20000)).data
    assert t.min() >= 0 and t.max() < 1.0001 and abs(t.mean() - 0.5) < 0.02


@pytest.mark.parametrize("mean, std, a, b", [(0, 1, -2, 2), (0, 0.02, -2, 2), (1, 2, 1, 1.5), (0, 1,
                                                                                               1.5,
                                                                                               9),
                                                                                               (0,
                                                                                                1,
                                                                                                -1,
                                                                                                0)])
def test_truncated_normal(mean, std, a, b):
    values = init.trunc_normal_(tensor(20000, dtype=np.float64), mean, std, a, b).data
    theirs = torch.nn.init.trunc_normal_(torch.empty(20000).double(), mean, std, a, b).numpy()
    assert values.min() >= a and values.max() <= b
    assert abs(values.mean() - theirs.mean()) < 0.03 * theirs.std()
    assert abs(values.std() / theirs.std() - 1) < 0.03
    edges = np.quantile(theirs, np.linspace(0, 1, 6)[1:-1])
    np.testing.assert_allclose(np.searchsorted(np.sort(values), edges) / 20000, [0.2, 0.4, 0.6,
                                                                                 0.8], atol=0.02)


def test_truncated_normal_far_away_warns():
    with pytest.warns(UserWarning, match="mean is more than 2 std"):
        values = init.trunc_normal_(tensor(1000), 0, 1, 3, 4).data
    assert values.min() >= 3 and values.max() <= 4


def test_truncated_normal_of_no_dimension_and_no_spread():
    assert init.trunc_normal_(tensor(), 0, 1).shape == ()
    np.testing.assert_allclose(init.trunc_normal_(tensor(3), 0.5, 0).data, 0.5)


def test_constants():
    assert (init.ones_(tensor(2, 3)).data == 1).all() and (init.zeros_(tensor(2,
                                                                              3)).data == 0).all()
    assert (init.constant_(tensor(2), 0.5).data == 0.5).all()
    np.testing.assert_array_equal(init.eye_(tensor(3, 2)).data, np.eye(3, 2))


@pytest.mark.parametrize("shape, groups", [((3, 2, 5), 1), ((4, 3, 3, 2), 2), ((2, 4, 3, 3, 3), 1),
                                           ((6, 1, 3, 3), 3)])
def test_dirac(shape, groups):
    theirs = torch.nn.init.dirac_(torch.empty(shape), groups)
    np.testing.assert_array_equal(init.dirac_(tensor(*shape), groups).data, theirs.numpy())


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 2, 2, 2), (5, 2, 1)])
def test_orthogonal(shape):
    w = init.orthogonal_(tensor(*shape, dtype=np.float64), gain=2).data.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(min(w.shape)), atol=1e-12)
    assert init.orthogonal_(tensor(0, 3)).shape == (0, 3)


def test_sparse():
    w = init.sparse_(tensor(10, 5), 0.35, 2.0).data
    assert ((w == 0).sum(0) == 4).all() and w.std() > 0.5


def test_streams_seeds_and_generators():
    def draw():
        return init.normal_(tensor(5)).data
    mt.manual_seed(3)
    first, second = draw(), draw()
    mt.manual_seed(3)
    mt.random.generator("augmentation").random(100)
    np.testing.assert_array_equal(draw(), first)
    assert (second != first).any()
    for source in (lambda: mt.Generator().manual_seed(1), lambda: np.random.default_rng(1)):
        mine = init.uniform_(tensor(5), generator=source()).data
        np.testing.assert_array_equal(init.uniform_(tensor(5), generator=source()).data, mine)
    np.testing.assert_array_equal(draw(), second)


def test_parameters_are_filled_without_being_recorded():
    p = nn.Parameter(np.zeros((3, 3), np.float32))
    for fill in (init.ones_, init.xavier_uniform_, init.orthogonal_, init.eye_):
        assert fill(p) is p and p.requires_grad and p.grad_fn is None


@pytest.mark.parametrize("name, param", [("linear", None), ("conv2d", None), ("conv_transpose1d",
                                                                              3), ("sigmoid", None),
                                         ("tanh", None), ("relu", None), ("leaky_relu", None),
                                         ("leaky_relu", 0.3), ("leaky_relu", 2), ("selu", None)])
def test_gain(name, param):
    assert init.calculate_gain(name, param) == torch.nn.init.calculate_gain(name, param)


@pytest.mark.parametrize("make, fan_in", [
    (lambda: nn.Linear(400, 300), 400), (lambda: nn.Conv2d(16, 60, 5), 400),
    (lambda: nn.Conv2d(32, 64, 5, groups=2), 400),
    (lambda: nn.Conv1d(80, 60, 5), 400), (lambda: nn.ConvTranspose2d(60, 16, 5), 400),
    (lambda: nn.ConvTranspose1d(60, 80, 5), 400)])
def test_layers_start_as_in_torch(make, fan_in):
    layer = make()
    uniform(layer.weight.data, 1 / math.sqrt(fan_in))
    biases = np.concatenate([make().bias.data for _ in range(40)])
    uniform(biases, 1 / math.sqrt(fan_in))
    assert layer.weight.dtype == np.float32 and layer.weight.is_contiguous()


def test_one_seed_gives_one_net():
    def net():
        mt.manual_seed(5)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Linear(3, 2)).state_dict()
    first, second = net(), net()
    assert all((first[k].data == second[k].data).all() for k in first)
    assert (nn.Linear(3, 2).weight.data != nn.Linear(3, 2).weight.data).any()


def test_layers_without_inputs():
    assert nn.Linear(0, 3).weight.shape == (3, 0) and nn.Linear(3, 0).bias.shape == (0,)


@pytest.mark.parametrize("call, error, text", [
    (lambda: init.calculate_gain("swish"), ValueError,
     "unknown nonlinearity 'swish'; choose one of linear"),
    (lambda: init.calculate_gain("leaky_relu", True), ValueError,
     "slope of leaky_relu must be a number"),
    (lambda: init.kaiming_uniform_(tensor(3)), ValueError,
     r"needs a tensor of 2 or more dimensions, got shape \(3,\)"),
    (lambda: init.kaiming_uniform_(tensor(3, 3), mode="fan"), ValueError,
     'mode must be "fan_in" or "fan_out"'),
    (lambda: init.eye_(tensor(3)), ValueError, "eye_: needs a tensor of 2 dimensions"),
    (lambda: init.dirac_(tensor(3, 3)), ValueError,
     "dirac_: needs a tensor of 3, 4 or 5 dimensions"),
    (lambda: init.dirac_(tensor(3, 3, 3), 2), ValueError, "must be divisible by groups=2"),
    (lambda: init.orthogonal_(tensor(3)), ValueError,
     "orthogonal_: needs a tensor of 2 or more dimensions"),
    (lambda: init.sparse_(tensor(3), 0.5), ValueError, "sparse_: needs a tensor of 2 dimensions"),
    (lambda: init.uniform_(tensor(3), 1, 0), ValueError,
     "uniform_: the lower bound must not exceed"),
    (lambda: init.trunc_normal_(tensor(3), 0, 1, 1, 0), ValueError,
     "trunc_normal_: the lower bound must not exceed"),
    (lambda: init.normal_(tensor(3), 0, -1), ValueError,
     "normal_: std must not be negative, got -1"),
    (lambda: init.trunc_normal_(tensor(3), 0, -1), ValueError,
     "trunc_normal_: std must not be negative"),
    (lambda: init.uniform_(tensor(3, dtype=np.int64)), TypeError,
     "uniform_: tensor must hold floats, got int64"),
    (lambda: init.normal_(tensor(3, dtype=np.int64)), TypeError,
     "normal_: tensor must hold floats"),
    (lambda: init.trunc_normal_(tensor(3, dtype=np.int64)), TypeError,
     "trunc_normal_: tensor must hold floats"),
])
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
