"""Hooks of modules against torch's, forward and backward."""
import copy

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn

X = np.random.default_rng(0).standard_normal((2, 3))


def linear_pair():
    theirs = torch.nn.Linear(3, 3).double()
    ours = nn.Linear(3, 3).double()
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def inputs(requires_grad=True):
    theirs = torch.from_numpy(X.copy()).requires_grad_(requires_grad)
    return mt.Tensor(X.copy(), requires_grad), theirs


def array(value):
    if isinstance(value, (tuple, list)):
        return [array(v) for v in value]
    if value is None:
        return None
    return np.array(value.data if isinstance(value, mt.Tensor) else value.detach().numpy())


def same(mine, other):
    for a, b in zip(mine, other, strict=True):
        if isinstance(a, list):
            same(a, b)
        else:
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-12)


def test_forward_hooks_see_and_replace():
    m, log = nn.Identity(), []
    pre = m.register_forward_pre_hook(lambda mod, args: log.append(("pre", mod is m, args[0])))
    m.register_forward_pre_hook(lambda mod, args: args[0] + 1)
    m.register_forward_pre_hook(lambda mod, args: (args[0] * 10,))
    m.register_forward_hook(lambda mod, args, out: log.append(("post", args[0], out)))
    last = m.register_forward_hook(lambda mod, args, out: out + 0.5)
    assert m(1) == 20.5 and log == [("pre", True, 1), ("post", 20, 20)]
    pre.remove()
    last.remove()
    last.remove()
    assert m(1) == 20 and len(log) == 3


def test_prepend_and_handle_as_context():
    m, log = nn.Identity(), []
    m.register_forward_hook(lambda *a: log.append("first"))
    m.register_forward_hook(lambda *a: log.append("second"), prepend=True)
    with m.register_forward_pre_hook(lambda *a: log.append("for a while")):
        m(1)
    m(1)
    assert log == ["for a while", "second", "first", "second", "first"]


def test_with_kwargs():
    class Add(nn.Module):
        def forward(self, x, y=0):
            return x + y
    m = Add()
    m.register_forward_pre_hook(lambda mod, args, kwargs: (args, {"y": kwargs["y"] * 2}),
                                with_kwargs=True)
    m.register_forward_hook(lambda mod, args, kwargs, out: (out, kwargs), with_kwargs=True)
    assert m(1, y=3) == (7, {"y": 6})
    m.register_forward_pre_hook(lambda mod, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError,
                       match=r"must return None or a tuple of \(args, kwargs\), got int"):
        m(1, y=3)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")  # torch's own
@pytest.mark.parametrize("requires_grad", [True, False])
def test_full_backward_hook_sees_what_torchs_sees(requires_grad):
    seen = []
    for layer, x in zip(linear_pair(), inputs(requires_grad)):
        log = []
        layer.register_full_backward_hook(lambda m, gi, go, log=log: log.append(array([gi, go])))
        layer.register_full_backward_pre_hook(lambda m, go, log=log: log.append(array(go)))
        (layer(x) ** 2).sum().backward()
        seen.append(log + [array(layer.weight.grad)] + [array(x.grad)] * requires_grad)
    same(*seen)
    assert len(seen[0]) == 3 + requires_grad


def test_backward_hooks_replace_gradients_as_in_torch():
    seen = []
    for layer, x in zip(linear_pair(), inputs()):
        layer.register_full_backward_hook(lambda m, gi, go: tuple(g * 3 for g in gi))
        layer.register_full_backward_hook(lambda m, gi, go: (gi[0] + go[0] * 0 + 1,))
        layer.register_full_backward_pre_hook(lambda m, go: tuple(g * 2 for g in go))
        layer(x).sum().backward()
        seen.append(array([x.grad, layer.weight.grad, layer.bias.grad]))
    same(*seen)


def test_a_single_gradient_needs_no_tuple_and_may_be_an_array():
    m, x = nn.Identity(), mt.Tensor(X.copy(), requires_grad=True)
    m.register_full_backward_hook(lambda m, gi, go: gi[0] * 3)
    m.register_full_backward_pre_hook(lambda m, go: go[0].data * 2)
    m(x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, 6)


def test_a_residual_path_stays_out_of_the_hook():
    seen = []
    for layer, x in zip(linear_pair(), inputs()):
        log = []
        layer.register_full_backward_hook(lambda m, gi, go, log=log: log.append(array([gi, go])))
        (x + layer(x) + layer(x * 2)).sum().backward()
        seen.append([*log, array(x.grad)])
    same(*seen)
    assert len(seen[0]) == 3


class Two(nn.Module):
    def forward(self, a, b, factor, c):
        return a * factor, a * c + 0 * b, "text"


class TorchTwo(torch.nn.Module):
    forward = Two.forward


@pytest.mark.parametrize("use", [(0, 1), (0,), (1,)])
def test_several_inputs_and_outputs(use):
    seen = []
    for module, library in ((Two(), mt), (TorchTwo(), torch)):
        make = mt.Tensor if library is mt else torch.from_numpy
        a, b, c = make(X.copy()), make(X + 1), make(X + 2)
        a.requires_grad_()
        c.requires_grad_()
        log = []
        module.register_full_backward_hook(lambda m, gi, go, log=log: log.append(array([gi, go])))
        outputs = module(a * 1, b, 5.0, c * 1)
        sum(outputs[i].sum() for i in use).backward()
        seen.append([*log, array([a.grad, c.grad])])
    same(*seen)


def test_retained_graph_calls_the_hook_again():
    counts = []
    for layer, x in zip(linear_pair(), inputs()):
        log = []
        layer.register_full_backward_hook(lambda m, gi, go, log=log: log.append(array([gi, go])))
        y = layer(x).sum()
        y.backward(retain_graph=True)
        y.backward()
        counts.append([*log, array(x.grad)])
    same(*counts)
    assert len(counts[0]) == 3


def test_guided_backpropagation():
    net = nn.Sequential(nn.ReLU(), nn.Linear(3, 2, bias=False)).double()
    net[1].weight.data[...] = [[1, -1, 2], [0, -1, -1]]
    net[0].register_full_backward_hook(lambda m, gi, go: (gi[0].clamp(min=0),))
    x = mt.Tensor(np.array([[1.0, 2, 3], [4, 5, -6]]), requires_grad=True)
    net(x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[1, 0, 1], [1, 0, 0]])


def test_no_grad_and_anomaly_detection():
    m, log = nn.Identity(), []
    m.register_full_backward_hook(lambda *a: log.append(a))
    x = mt.Tensor(np.array([1.0, np.nan]), requires_grad=True)
    with mt.no_grad():
        assert m(x) is x
    with mt.detect_anomaly():
        m(x).backward(np.array([np.nan, 1.0]))
    assert len(log) == 1
    np.testing.assert_array_equal(x.grad.data, [np.nan, 1])


def test_wrong_number_of_gradients():
    layer = nn.Linear(3, 3).double()
    handle = layer.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    with pytest.raises(RuntimeError,
                       match="full backward hook: it returned 2 gradients where there are 1"):
        layer(mt.Tensor(X, requires_grad=True)).sum().backward()
    handle.remove()
    layer.register_full_backward_pre_hook(lambda m, go: ())
    with pytest.raises(RuntimeError, match="full backward pre-hook: it returned 0 gradients"):
        layer(mt.Tensor(X, requires_grad=True)).sum().backward()


def test_other_results_are_passed_on_with_a_warning():
    class Gives(nn.Module):
        def forward(self, x):
            return {"y": x}
    m = Gives()
    m.register_full_backward_hook(lambda *a: None)
    with pytest.warns(UserWarning, match="Gives returned dict"):
        assert set(m(mt.Tensor(X))) == {"y"}


def test_hooks_are_copied_with_the_module():
    m, log = nn.Identity(), []
    m.register_forward_hook(lambda mod, args, out: log.append(mod))
    twin = copy.deepcopy(m)
    twin(1)
    assert log == [twin]


def test_a_gradient_of_something_inside_does_not_reach_the_hook():
    class Keeps(nn.Module):
        def forward(self, x):
            self.inside = x * 2
            return self.inside * 3
    m, log = Keeps(), []
    m.register_full_backward_hook(lambda *a: log.append(a))
    x = mt.Tensor(X.copy(), requires_grad=True)
    m(x)
    m.inside.sum().backward()
    assert log == []
    np.testing.assert_array_equal(x.grad.data, 2)
