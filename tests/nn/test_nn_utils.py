"""nn.utils against torch's."""
import math

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn.nn import Linear, Parameter, utils


def pair(*gradients, dtype=np.float32):
    """Parameters with these gradients, ours and torch's; the last has none."""
    ours, theirs = [], []
    for gradient in gradients:
        g = np.asarray(gradient, dtype)
        p, t = Parameter(np.zeros_like(g)), torch.nn.Parameter(torch.from_numpy(np.zeros_like(g)))
        p.grad, t.grad = mt.Tensor(g.copy()), torch.from_numpy(g.copy())
        ours.append(p)
        theirs.append(t)
    return [*ours, Parameter(np.zeros(2, dtype))], [*theirs, torch.nn.Parameter(torch.zeros(2))]


def same(ours, theirs):
    for p, t in zip(ours, theirs):
        assert (p.grad is None) == (t.grad is None)
        if t.grad is not None:
            assert str(p.grad.dtype) == str(t.grad.dtype)[6:]
            np.testing.assert_allclose(p.grad.data, t.grad.numpy(), rtol=2e-6)


@pytest.mark.parametrize("norm_type", [2, 1, 3.5, math.inf, "inf", 0, -math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clip_grad_norm(norm_type, max_norm, dtype):
    ours, theirs = pair([[3, -4], [0.5, 1]], [-2.0], 1.5, dtype=dtype)
    total = utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, float(norm_type))
    assert total.shape == () and total.dtype == dtype
    np.testing.assert_allclose(float(total), float(expected), rtol=1e-6)
    same(ours, theirs)


def test_clip_grad_norm_in_place_of_one_none_and_empty():
    p = pair([3.0, 4.0])[0][0]
    array = p.grad.data
    assert float(utils.clip_grad_norm_(p, 1.0)) == 5 and p.grad.data is array
    np.testing.assert_allclose(array, [0.6, 0.8], rtol=1e-5)
    assert float(utils.clip_grad_norm_([],
                                       1.0)) == 0 == float(utils.clip_grad_norm_(iter(pair()[0]),
                                                                                 1.0))
    q = pair(np.zeros((0, 2)))[0]
    assert float(utils.clip_grad_norm_(q, 1.0)) == 0 == float(utils.clip_grad_norm_(q, 1.0,
                                                                                    math.inf))


@pytest.mark.parametrize("bad", [math.inf, math.nan, 1e30])
def test_not_finite(bad):
    ours, theirs = pair([bad, 1.0])
    utils.clip_grad_norm_(ours, 1.0)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    same(ours, theirs)
    if not math.isfinite(bad):
        with pytest.raises(RuntimeError, match="total norm of order 2.0 is"):
            utils.clip_grad_norm_(pair([bad])[0], 1.0, error_if_nonfinite=True)


def test_clip_grad_value():
    ours, theirs = pair([[3, -4], [0.5, math.nan]], -2.0)
    utils.clip_grad_value_(ours, 1.5)
    torch.nn.utils.clip_grad_value_(theirs, 1.5)
    same(ours, theirs)
    utils.clip_grad_value_(ours[1], 0.5)
    assert float(ours[1].grad) == -0.5


def test_total_norm():
    tensors = [mt.Tensor(np.array([3.0])), mt.Tensor(np.array([[4.0]]))]
    assert float(utils.get_total_norm(tensors)) == 5
    assert float(utils.get_total_norm(mt.Tensor(np.array([3.0, 4])))) == 5


def test_vector_and_back():
    layer = Linear(3, 2)
    before = {k: v.data.copy() for k, v in layer.state_dict().items()}
    vector = utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (8,)
    (vector * 2).sum().backward()
    assert (layer.weight.grad.data == 2).all()
    new = mt.Tensor(vector.data * 3)
    utils.vector_to_parameters(new, layer.parameters())
    for key, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.data, before[key] * 3)
    assert np.shares_memory(layer.bias.data, new.data)
    with pytest.raises(ValueError, match="parameters hold 8 values, the vector only 7"):
        utils.vector_to_parameters(mt.Tensor(np.zeros(7, np.float32)), layer.parameters())
    with pytest.raises(TypeError, match="expected a Tensor, got ndarray"):
        utils.vector_to_parameters(np.zeros(8), layer.parameters())


def test_a_layer_without_first_values():
    mt.manual_seed(1)
    first = Linear(3, 2).weight.data
    mt.manual_seed(1)
    layer = utils.skip_init(Linear, 3, out_features=2)
    assert layer.weight.shape == (2, 3) and layer.bias.shape == (2,)
    np.testing.assert_array_equal(Linear(3, 2).weight.data, first)
    with pytest.raises(TypeError, match="needs a subclass of Module, got 3"):
        utils.skip_init(3)
    with pytest.raises(ValueError, match="Linear"):
        utils.skip_init(Linear, -1, 2)
    assert mt.nn.init.normal_(mt.zeros(4)).numpy().all()    # whatever happened inside


LAYERS = [("Linear", (5, 7), {}), ("Conv2d", (3, 4, 3), {}), ("ConvTranspose2d", (3, 4, 2), {}),
          ("Conv1d", (2, 3, 3), {"bias": False})]


@pytest.mark.parametrize("name, arguments, options", LAYERS)
@pytest.mark.parametrize("iterations", [1, 3])
def test_spectral_norm(name, arguments, options, iterations, rng):
    ours = utils.spectral_norm(getattr(mt.nn, name)(*arguments, **options),
                               n_power_iterations=iterations)
    theirs = torch.nn.utils.spectral_norm(getattr(torch.nn, name)(*arguments, **options),
                                          n_power_iterations=iterations)
    state = {key: torch.from_numpy(value.numpy()) for key, value in ours.state_dict().items()}
    assert set(state) == set(theirs.state_dict())
    theirs.load_state_dict(state, strict=False)
    x = rng.standard_normal((2, arguments[0], *[6] * (ours.weight.ndim - 2))).astype(np.float32)
    for training in (True, True, False):
        ours.train(training)
        theirs.train(training)
        ours.zero_grad()
        theirs.zero_grad()
        y, right = ours(mt.Tensor(x)), theirs(torch.from_numpy(x))
        (y * y).sum().backward()
        (right * right).sum().backward()
        np.testing.assert_allclose(y.detach().numpy(), right.detach().numpy(), rtol=1e-4, atol=1e-5)
        for (key, p), q in zip(sorted(ours.named_parameters()),
                               [q for _, q in sorted(theirs.named_parameters())]):
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=2e-3, atol=2e-3,
                                       err_msg=key)
        for key in ("weight_u", "weight_v"):
            np.testing.assert_allclose(getattr(ours, key).numpy(), getattr(theirs, key).numpy(),
                                       rtol=1e-4, atol=1e-5)


def test_spectral_norm_is_the_largest_singular_value():
    layer = utils.spectral_norm(Linear(6, 4), n_power_iterations=100)
    layer(mt.zeros(1, 6))
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, abs=1e-4)
    before = layer.weight.detach().numpy().copy()
    utils.remove_spectral_norm(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert isinstance(layer.weight, Parameter)
    np.testing.assert_allclose(layer.weight.detach().numpy(), before, rtol=1e-5, atol=1e-6)


def test_spectral_norm_goes_back_through_several_calls():
    layer = utils.spectral_norm(Linear(3, 1))
    (layer(mt.ones(1, 3)) - layer(mt.zeros(1, 3))).sum().backward()
    assert layer.weight_orig.grad is not None


@pytest.mark.parametrize("options, error, why", [
    ({"name": "weights"}, ValueError, 'Linear has no parameter "weights"'),
    ({"n_power_iterations": 0}, ValueError, "at least one iteration, got 0"),
])
def test_spectral_norm_refuses(options, error, why):
    with pytest.raises(error, match=why):
        utils.spectral_norm(Linear(3, 3), **options)


def test_spectral_norm_twice_or_never():
    with pytest.raises(RuntimeError, match="normalized already"):
        utils.spectral_norm(utils.spectral_norm(Linear(3, 3)))
    with pytest.raises(ValueError, match="not normalized in Linear"):
        utils.remove_spectral_norm(Linear(3, 3))
