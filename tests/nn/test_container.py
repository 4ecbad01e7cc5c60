"""Containers against torch's."""
from collections import OrderedDict

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn

BOTH = pytest.mark.parametrize("lib", [nn, torch.nn], ids=["ours", "torch"])
def _repeated(n):
    return n.ModuleList([n.Linear(1, 2)] * 3 + [n.ReLU(), n.Linear(1, 2)])


def _mixed(n):
    return n.Sequential(n.BatchNorm2d(3), n.ModuleDict({"pool": n.MaxPool2d(2)}),
                        n.CrossEntropyLoss())


NESTED = [
    lambda n: n.Sequential(), lambda n: n.Sequential(n.Linear(1, 2), n.ReLU(inplace=True)), _mixed,
    lambda n: n.Sequential(OrderedDict(a=n.Linear(1, 2), b=n.Sequential(n.Tanh(), n.ELU()))),
    lambda n: n.ModuleList(), lambda n: n.ModuleList([n.Sequential(n.ReLU())] * 2), _repeated,
    lambda n: n.ModuleDict(), lambda n: n.ModuleDict({"x": n.ModuleList([n.ReLU()]),
                                                      "y": n.Tanh()}),
    lambda n: n.ParameterList([1, "two"]), lambda n: n.ParameterDict({"a": 1}),
    lambda n: n.ParameterList(),
]


@pytest.mark.parametrize("build", NESTED)
def test_text_is_torchs(build):
    assert repr(build(nn)) == repr(build(torch.nn))
    assert list(build(nn).state_dict()) == list(build(torch.nn).state_dict())


def test_sequential_runs_in_order():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = mt.Tensor(np.ones((4, 2), np.float32))
    np.testing.assert_array_equal(net(x).data, net[2](net[1](net[0](x))).data)
    assert nn.Sequential()(x) is x


@BOTH
def test_sequential_as_a_sequence(lib):
    a, b, c, d = lib.ReLU(), lib.Tanh(), lib.Sigmoid(), lib.SELU()
    net = lib.Sequential(a, b, c)
    assert len(net) == 3 and list(net) == [a, b, c] and net[-1] is c and list(net[1:]) == [b, c]
    assert type(net[::2]) is lib.Sequential and list(net[::2]) == [a, c]
    assert net.append(d) is net and net[3] is d
    net[0] = d
    assert net[0] is d
    del net[0]
    assert list(net) == [b, c, d] and list(dict(net.named_children())) == ["0", "1", "2"]
    net.insert(1, a)
    assert list(net) == [b, a, c, d] and net.pop(1) is a
    del net[1:]
    assert list(net) == [b]
    assert net.extend([c, d]) is net and list(net) == [b, c, d]
    assert list(net + lib.Sequential(a)) == [b, c, d, a]
    assert list(lib.Sequential(a, b) * 2) == [a, b, a, b] == list(2 * lib.Sequential(a, b))
    short = lib.Sequential(a)
    short += lib.Sequential(b)
    short *= 2
    assert list(short) == [a, b, a, b]
    net.insert(-1, a)
    assert list(net) == [b, c, a, d]


@BOTH
def test_sequential_with_names(lib):
    net = lib.Sequential(OrderedDict(first=lib.ReLU(), second=lib.Linear(1, 1)))
    assert net.first is net[0] and list(net.state_dict()) == ["second.weight", "second.bias"]
    assert list(dict(net[1:].named_children())) == ["second"]


@BOTH
def test_module_list(lib):
    a, b, c = lib.ReLU(), lib.Tanh(), lib.Sigmoid()
    modules = lib.ModuleList([a, b])
    modules.append(c)
    modules += [a]
    assert list(modules) == [a, b, c, a] and modules[-2] is c and len(modules) == 4
    assert type(modules[:2]) is lib.ModuleList and list(modules[:2]) == [a, b]
    del modules[0]
    assert list(modules) == [b, c, a] and modules.pop(0) is b
    modules.insert(0, b)
    modules[1] = a
    assert list(modules + [c]) == [b, a, a, c] and list(dict(modules.named_children())) == ["0",
                                                                                            "1"]
    with pytest.raises(NotImplementedError):
        modules(1)


@BOTH
def test_module_dict(lib):
    a, b = lib.ReLU(), lib.Tanh()
    modules = lib.ModuleDict({"a": a})
    modules["b"] = b
    modules.update([("c", a)])
    modules.update(lib.ModuleDict({"d": b}))
    assert list(modules) == ["a", "b", "c",
                             "d"] == list(modules.keys()) and "b" in modules and len(modules) == 4
    assert list(modules.values()) == [a, b, a,
                                      b] and dict(modules.items())["d"] is b and modules["a"] is a
    del modules["c"]
    assert modules.pop("a") is a and list(modules) == ["b", "d"]
    modules.clear()
    assert len(modules) == 0


def _parameter(lib, n):
    return nn.Parameter(np.ones(n, np.float32)) if lib is nn else torch.nn.Parameter(torch.ones(n))


def _tensor(lib, n):
    return mt.Tensor(np.ones(n, np.float32)) if lib is nn else torch.ones(n)


@BOTH
def test_parameter_list(lib):
    p, q = _parameter(lib, 1), _parameter(lib, 2)
    values = lib.ParameterList([p])
    values += [q, _tensor(lib, 3)]
    values.append(7)
    assert len(values) == 4 and values[0] is p and values[-1] == 7 and isinstance(values[2],
                                                                                  lib.Parameter)
    assert list(values.state_dict()) == ["0", "1", "2"] and [v.shape[0] for v in values[:3]] == [1,
                                                                                                 2,
                                                                                                 3]
    assert type(values[:2]) is lib.ParameterList
    values[0] = q
    assert values[0] is q and len(list(values.parameters())) == 2


@BOTH
def test_parameter_dict(lib):
    p, q = _parameter(lib, 1), _parameter(lib, 2)
    values = lib.ParameterDict({"p": p})
    values["q"] = q
    values.update({"t": _tensor(lib, 3)})
    assert list(values) == ["p", "q", "t"] == list(values.keys())
    assert values["q"] is q and len(values) == 3
    assert isinstance(values["t"], lib.Parameter) and list(values.state_dict()) == ["p", "q", "t"]
    assert list(reversed(values)) == ["t", "q", "p"]
    assert [v.shape[0] for v in values.values()] == [1, 2, 3]
    assert values.get("no", 5) == 5 and values.get("p") is p and values.setdefault("n", 3) == 3
    assert values.popitem() == ("n", 3) and values.pop("t").shape[0] == 3 and "t" not in values
    assert list(values.copy().items()) == [("p", p), ("q", q)]
    assert list(values | lib.ParameterDict({"r": q})) == ["p", "q", "r"]
    assert list(lib.ParameterDict({"r": q}).__ror__(values)) == ["p", "q", "r"]
    values |= lib.ParameterDict({"r": q})
    assert list(values.fromkeys(["a", "b"], 1).items()) == [("a", 1), ("b", 1)]
    del values["p"]
    values.clear()
    assert len(values) == 0 and list(values.parameters()) == []


def test_text_of_parameters():
    p = _parameter(nn, 2)
    text = "Parameter containing: [float32 of size 2]"
    assert repr(nn.ParameterList([p])) == f"ParameterList(  (0): {text})"
    assert f"(a): {text}" in repr(nn.ParameterDict({"a": p, "b": 1}))


@pytest.mark.parametrize("call, error, text", [
    (lambda: nn.Sequential(nn.ReLU), TypeError, "got the class ReLU"),
    (lambda: nn.Sequential(nn.ReLU())[1], IndexError, "index 1 is out of range; it has 1 entries"),
    (lambda: nn.Sequential(nn.ReLU()) + nn.ReLU(), ValueError, "only a Sequential can be added"),
    (lambda: nn.Sequential(nn.ReLU()) * 0, ValueError, "the factor must be at least 1"),
    (lambda: nn.Sequential(nn.ReLU()) * 1.5, TypeError, "the factor must be an int"),
    (lambda: nn.Sequential().insert(1, nn.ReLU()), IndexError,
     "Sequential.insert: index 1 is out of range"),
    (lambda: nn.Sequential().insert(0, 3), TypeError,
     "Sequential.insert: expected a Module, got int"),
    (lambda: nn.ModuleList(nn.Linear(1, 1)), TypeError,
     "ModuleList.extend: expected an iterable, got Linear"),
    (lambda: nn.ModuleDict([("a",)]), ValueError, "entry 0 is not a pair"),
    (lambda: nn.ModuleDict(3), TypeError, "ModuleDict.update: expected an iterable, got int"),
    (lambda: nn.ModuleDict({"a.b": nn.ReLU()}), KeyError, "must not be empty or contain"),
    (lambda: nn.ModuleDict({"a": 3}), TypeError, "a must be a Module or None, got int"),
    (lambda: nn.ParameterList(_tensor(nn, 1)), TypeError,
     "ParameterList.extend: expected an iterable, got Tensor"),
    (lambda: nn.ParameterList()[0], IndexError, "ParameterList: index 0 is out of range"),
    (lambda: nn.ParameterDict({1: 2}), TypeError, "keys must be strings, got int"),
    (lambda: nn.ParameterDict()["a"], KeyError, "a"),
])
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
