"""Module: what it registers, what it lists, how it converts and copies."""
import copy
import pickle

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.body = nn.Sequential(nn.BatchNorm2d(2), nn.ReLU())
        self.scale = nn.Parameter(np.ones(2, np.float32))
        self.register_buffer("offset", mt.Tensor(np.zeros(2, np.float32)))
        self.register_buffer("cache", None)
        self.none = None

    def forward(self, x):
        return self.body(self.conv(x))


class TorchNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.body = torch.nn.Sequential(torch.nn.BatchNorm2d(2), torch.nn.ReLU())
        self.scale = torch.nn.Parameter(torch.ones(2))
        self.register_buffer("offset", torch.zeros(2))
        self.register_buffer("cache", None)
        self.none = None


def names(pairs):
    return [name for name, _ in pairs]


def test_names_are_torchs():
    ours, theirs = Net(), TorchNet()
    assert names(ours.named_parameters()) == names(theirs.named_parameters())
    assert names(ours.named_buffers()) == names(theirs.named_buffers())
    assert names(ours.named_modules()) == names(theirs.named_modules())
    assert names(ours.named_children()) == names(theirs.named_children())
    assert names(ours.named_parameters(prefix="net", recurse=False)) == ["net.scale"]
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours).replace("Net(", "TorchNet(", 1) == repr(theirs)
    assert list(ours.modules()) == [ours, ours.conv, ours.body, ours.body[0], ours.body[1]]
    assert list(ours.children()) == [ours.conv, ours.body]
    assert len(list(ours.buffers())) == 4 and {"conv", "scale", "offset"} <= set(dir(ours))


def test_shared_members_are_listed_once():
    net = nn.Module()
    net.a, net.b = nn.Linear(2, 2), nn.Linear(2, 2)
    net.b.weight = net.a.weight
    net.c = net.a
    assert names(net.named_parameters()) == ["a.weight", "a.bias", "b.bias"]
    assert len(names(net.named_parameters(remove_duplicate=False))) == 6
    assert names(net.named_modules()) == ["", "a", "b"]
    assert names(net.named_modules(remove_duplicate=False)) == ["", "a", "b", "c"]
    assert names(net.named_children()) == ["a", "b"] and len(list(net.parameters())) == 3
    assert list(net.state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight",
                                      "c.bias"]
    twin = copy.deepcopy(net)
    assert twin.b.weight is twin.a.weight and twin.c is twin.a and twin.a is not net.a
    twin = pickle.loads(pickle.dumps(net))
    assert twin.b.weight is twin.a.weight and twin.c is twin.a


def test_assignment_moves_a_name_between_the_kinds():
    m = nn.Module()
    m.x = 3
    m.x = nn.Parameter(np.ones(2, np.float32))
    assert "x" not in m.__dict__ and names(m.named_parameters()) == ["x"]
    m.x = None
    assert m.x is None and "x" in m._parameters and list(m.parameters()) == []
    del m.x
    m.x = nn.Linear(1, 1)
    assert names(m.named_children()) == ["x"]
    m.x = nn.Parameter(np.ones(2, np.float32))
    assert names(m.named_children()) == [] and names(m.named_parameters()) == ["x"]
    del m.x
    m.x = nn.Buffer(np.ones(2), persistent=False)
    assert names(m.named_buffers()) == ["x"] and list(m.state_dict()) == []
    m.x = mt.Tensor(np.zeros(2))
    assert float(m.x.data.sum()) == 0 and list(m.state_dict()) == []
    m.x = nn.Buffer(np.ones(2))
    assert list(m.state_dict()) == ["x"]
    del m.x
    assert not hasattr(m, "x") and list(m.buffers()) == []
    m.x = mt.Tensor(np.zeros(2))
    assert list(m.buffers()) == [] and "x" in m.__dict__


def test_buffers():
    m = nn.Module()
    m.register_buffer("kept", np.arange(3))
    m.register_buffer("left_out", mt.Tensor(np.arange(3)), persistent=False)
    assert isinstance(m.kept, mt.Tensor) and m.kept.dtype == np.arange(3).dtype
    assert list(m.state_dict()) == ["kept"] and names(m.named_buffers()) == ["kept", "left_out"]
    buffer = nn.Buffer(np.ones(2), persistent=False)
    for twin in (copy.deepcopy(buffer), pickle.loads(pickle.dumps(buffer))):
        assert type(twin) is nn.Buffer and twin.persistent is False and not twin.requires_grad
    assert list(copy.deepcopy(m).state_dict()) == ["kept"]


def test_parameter():
    array = np.ones(3, np.float32)
    p = nn.Parameter(array)
    assert p.requires_grad and p.data is array and isinstance(p, mt.Tensor) and p.is_leaf
    assert not nn.Parameter(array, requires_grad=False).requires_grad
    assert repr(p).startswith("Parameter containing:\ntensor([1., 1., 1.]")
    p.grad = mt.Tensor(array * 2)
    for twin in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert type(twin) is nn.Parameter and twin.requires_grad and twin.data is not array
        np.testing.assert_array_equal(twin.grad.data, 2)


def test_get_by_dotted_name():
    net = Net()
    assert net.get_submodule("body.0") is net.body[0] and net.get_submodule("") is net
    assert net.get_parameter("conv.weight") is net.conv.weight
    assert net.get_buffer("body.0.running_mean") is net.body[0].running_mean


def test_train_eval_requires_grad_and_apply():
    net = Net()
    assert net.eval() is net and not any(m.training for m in net.modules())
    assert mt.is_grad_enabled()
    assert net.train() is net and all(m.training for m in net.modules())
    assert net.requires_grad_(False) is net and not any(p.requires_grad for p in net.parameters())
    seen = []
    assert net.apply(seen.append) is net
    assert seen == [net.conv, net.body[0], net.body[1], net.body, net]


def test_frozen_parameters_get_no_gradient():
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    net[0].requires_grad_(False)
    x = mt.Tensor(np.ones((4, 3), np.float32), requires_grad=True)
    net(x).backward(np.ones((4, 1), np.float32))
    assert [p.grad is None for p in net.parameters()] == [True, True, False, False]
    assert x.grad is not None


def test_zero_grad():
    net = nn.Linear(2, 1)
    for expected in (0, None):
        net(mt.Tensor(np.ones((1, 2), np.float32))).backward()
        assert float(net.bias.grad.data[0]) == 1
        net.zero_grad(set_to_none=expected is None)
        assert net.bias.grad is None if expected is None else float(net.bias.grad.data[0]) == 0


@pytest.mark.parametrize("convert", [
    lambda m: m.double(), lambda m: m.to(np.float64), lambda m: m.to("cpu", np.float64),
    lambda m: m.to(dtype=np.dtype("float64")), lambda m: m.to(mt.Tensor(np.ones(1))),
    lambda m: m.type("float64"),
    lambda m: m.to(mt.device("cpu"), np.float64, True), lambda m: m.cpu().half().float().double()])
def test_conversion_keeps_the_tensors(convert):
    net = Net()
    net.scale.grad = mt.Tensor(np.ones(2, np.float32))
    before = [*net.parameters(), *net.buffers()]
    assert convert(net) is net
    assert all(a is b for a, b in zip(before, [*net.parameters(), *net.buffers()]))
    assert {p.dtype.name for p in [*net.parameters(), net.scale.grad]} == {"float64"}
    assert net.body[0].running_var.dtype == np.float64
    assert net.body[0].num_batches_tracked.dtype == np.int64


def test_moving_to_the_cpu_copies_nothing():
    net = Net()
    array = net.scale.data
    assert net.to("cpu").float().scale.data is array


def test_cuda_is_to(monkeypatch):
    monkeypatch.setattr(nn.Module, "to", lambda self, where: where)
    m = nn.ReLU()
    assert [m.cuda(), m.cuda(1), m.cuda(0)] == ["cuda", "cuda:1", "cuda:0"]
    assert m.cuda("cuda:2") == "cuda:2"


def test_a_call_without_hooks_is_forward():
    class Calls(nn.Module):
        def forward(self, *args, **kwargs):
            return args, kwargs
    assert Calls()(1, 2, a=3) == ((1, 2), {"a": 3})


class Forgetful(nn.Module):
    def __init__(self, value):
        self.x = value


class OnlyNumbers(nn.Module):
    def __init__(self):
        self.x = 3

    def forward(self, x):
        return x


def _register(*args):
    return lambda m: m.register_parameter(*args)


PARAMETER = nn.Parameter(np.ones(1, np.float32))


@pytest.mark.parametrize("call, error, text", [
    (lambda m: Forgetful(PARAMETER), AttributeError,
     r"Forgetful.x: cannot assign a Parameter before super\(\)"),
    (lambda m: Forgetful(m), AttributeError, r"cannot assign a Net before super\(\).__init__\(\)"),
    (lambda m: OnlyNumbers()(1), AttributeError, r"super\(\).__init__\(\) has not been called"),
    (lambda m: nn.Module()(1), NotImplementedError, 'missing the required "forward" function'),
    (lambda m: m.nothing, AttributeError, "'Net' object has no attribute 'nothing'"),
    (lambda m: delattr(m, "nothing"), AttributeError, "nothing"),
    (lambda m: setattr(m, "scale", mt.Tensor(np.ones(2))), TypeError,
     "Net.scale: cannot assign a Tensor; the name is registered and takes an nn.Parameter or None"),
    (lambda m: setattr(m, "scale", nn.Linear(1, 1)), TypeError, "cannot assign a Linear"),
    (lambda m: setattr(m, "conv", 3), TypeError,
     "cannot assign a int; the name is registered and takes a Module"),
    (lambda m: setattr(m, "offset", 3), TypeError,
     "offset must be a tensor, an array or None, got int"),
    (_register("a.b", None), KeyError, "must not be empty or contain"),
    (_register("", None), KeyError, "must not be empty or contain"),
    (_register(3, None), TypeError, "the name must be a string, got int"),
    (_register("conv", None), KeyError, 'already has an attribute "conv"'),
    (_register("p", np.ones(2)), TypeError, "p must be a Parameter or None, got ndarray"),
    (lambda m: m.register_buffer("scale", None), KeyError,
     "register_buffer: Net already has an attribute"),
    (lambda m: m.register_buffer("b", [1, 2]), TypeError,
     "b must be a tensor, an array or None, got list"),
    (lambda m: m.add_module("child", 3), TypeError, "child must be a Module or None, got int"),
    (lambda m: m.add_module("child", nn.ReLU), TypeError, "got the class ReLU"),
    (lambda m: m.register_module("scale", None), KeyError, 'already has an attribute "scale"'),
    (lambda m: OnlyNumbers().register_parameter("p", None), AttributeError,
     r"must call super\(\).__init__\(\)"),
    (lambda m: m.get_submodule("body.7"), AttributeError, 'Sequential has no module "7"'),
    (lambda m: m.get_parameter("conv.bia"), AttributeError,
     'get_parameter: Conv2d has no parameter "bia"'),
    (lambda m: m.get_buffer("cache"), AttributeError, 'get_buffer: Net has no buffer "cache"'),
    (lambda m: m.train(1), ValueError, "mode must be True or False, got 1"),
    (lambda m: m.to(np.int64), TypeError, "converted to a floating-point dtype, got <class"),
    (lambda m: m.to(mt.int64), TypeError, "floating-point dtype, got dtype.'int64'"),
    (lambda m: m.to(3), TypeError, "floating-point dtype, got 3; use mt.float32"),
    (lambda m: m.to("tpu"), ValueError, 'unknown device "tpu"'),
])
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(Net())


def test_a_result_cannot_be_a_parameter():
    result = nn.Linear(1, 1)(mt.Tensor(np.ones((1, 1), np.float32)))
    parameter = nn.Parameter(result.detach())
    parameter.grad_fn = result.grad_fn
    with pytest.raises(ValueError, match="result of a recorded op"):
        nn.Module().p = parameter


def test_integers_cannot_be_trained():
    with pytest.raises(RuntimeError, match="only floating-point tensors have gradients"):
        nn.Parameter(np.arange(3))
    assert nn.Parameter(np.arange(3), requires_grad=False).dtype == np.arange(3).dtype
