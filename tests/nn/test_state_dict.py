"""state_dict and load_state_dict."""
from collections import OrderedDict

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn


def make():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def arrays(module):
    return {k: v.data.copy() for k, v in module.state_dict().items()}


def test_state_dict_shares_memory_and_is_flat():
    net = make()
    state = net.state_dict()
    assert type(state) is OrderedDict and state["0.weight"].data is net[0].weight.data
    assert not state["0.weight"].requires_grad and type(state["0.weight"]) is mt.Tensor
    assert net.state_dict(keep_vars=True)["0.weight"] is net[0].weight
    into = {"there": 1}
    assert net.state_dict(destination=into, prefix="net.") is into and "net.1.running_var" in into


@pytest.mark.parametrize("form", [lambda v: v, lambda v: v.data,
                                  lambda v: v.data.astype(np.float64),
                                  lambda v: v.data.tolist()], ids=["tensor", "array", "float64",
                                                                   "list"])
def test_load_copies_into_the_same_arrays(form):
    source, net = make(), make()
    source[1].num_batches_tracked.data += 3
    before = [t.data for t in net.state_dict(keep_vars=True).values()]
    result = net.load_state_dict({k: form(v) for k, v in source.state_dict().items()})
    assert result.missing_keys == [] and result.unexpected_keys == []
    assert repr(result) == "<All keys matched successfully>" == str(result)
    for (key, value), array in zip(net.state_dict().items(), before):
        assert value.data is array and value.data is not source.state_dict()[key].data
        np.testing.assert_array_equal(value.data, source.state_dict()[key].data)


def test_assign_takes_the_arrays_themselves():
    net = make()
    state = {k: v.data.astype(np.float64) for k, v in make().state_dict().items()}
    weight = net[0].weight
    net.load_state_dict(state, assign=True)
    assert net[0].weight is weight and weight.data is state["0.weight"] and weight.requires_grad


def test_everything_wrong_is_listed_and_nothing_is_changed():
    net = make()
    before = arrays(net)
    state = {k: v.data + 1 for k, v in net.state_dict().items()}
    state["0.weight"] = np.ones((3, 3))
    state["1.bias"] = "three"
    del state["1.weight"], state["0.bias"]
    state["2.weight"] = state["head"] = np.ones(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    text = str(caught.value)
    assert isinstance(caught.value, ValueError)
    for part in ('Missing key(s) in state_dict: "0.bias", "1.weight".', 'Unexpected key(s) in '
                                                                        'state_dict: "2.weight", '
                 '"head".', "size mismatch for 0.weight: the state has shape (3, 3), the module "
                            "(3, 2).",
                 "1.bias: expected a tensor or an array, got str.",
                 "loading state_dict for Sequential"):
        assert part in text
    for key, value in arrays(net).items():
        np.testing.assert_array_equal(value, before[key])


def test_not_strict_skips_names_but_not_sizes():
    net = make()
    result = net.load_state_dict({"0.bias": np.ones(3), "more": np.ones(2)}, strict=False)
    np.testing.assert_array_equal(net[0].bias.data, 1)
    assert result.missing_keys == ["0.weight", "1.weight", "1.bias", "1.running_mean",
                                   "1.running_var"]
    assert result.unexpected_keys == ["more"] and "missing_keys=" in repr(result)
    with pytest.raises(ValueError, match="size mismatch for 0.bias"):
        net.load_state_dict({"0.bias": np.ones(4), "0.weight": np.zeros((3, 2))}, strict=False)
    assert net[0].weight.data.any()


def test_shared_parameters_load():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    net.load_state_dict({k: np.full(v.shape, 5.0) for k, v in net.state_dict().items()})
    assert net[1].weight is net[0].weight and (net[0].weight.data == 5).all()


def test_a_scalar_takes_one_element():
    m = nn.Module()
    m.x = nn.Parameter(np.zeros((), np.float32))
    m.load_state_dict({"x": np.array([3.0])})
    assert m.x.shape == () and float(m.x) == 3


def test_not_a_mapping():
    with pytest.raises(TypeError, match="expected a dict of names and tensors, got list"):
        make().load_state_dict([1, 2])
