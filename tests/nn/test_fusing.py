"""Neighbors in a Sequential run as one op: the same numbers, and only where nobody looks."""
import copy
import pickle

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn
from minitorch_cnn.nn import functional as F

NETS = {    # the layers, the shape of their input, the ops on the tape from last to first
    "conv, relu, pool": (lambda: [nn.Conv2d(2, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
                         (3, 2, 9, 8), ["ConvReLUPool"]),
    "conv, pool, relu": (lambda: [nn.Conv2d(2, 5, 3), nn.MaxPool2d((2, 3)), nn.ReLU()],
                         (3, 2, 9, 8), ["ConvReLUPool"]),
    "conv, relu": (lambda: [nn.Conv2d(2, 6, 3, stride=2, groups=2, bias=False), nn.ReLU(True)],
                   (3, 2, 9, 8), ["ConvReLU"]),
    "conv, relu, other pool": (lambda: [nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(3, 2)],
                               (3, 2, 9, 8), ["MaxPool2d", "ConvReLU"]),
    "ceil": (lambda: [nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)], (3, 2, 9, 8),
             ["MaxPool2d", "ReLU"]),
    "ceil, but nothing sticks out": (lambda: [nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)],
                                     (3, 2, 8, 8), ["ReLUPool"]),
    "first layer": (lambda: [nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)],
                    (4, 1, 10, 10), ["FewTapsBatchNormReLUPool"]),
    "wide first layer": (lambda: [nn.Conv2d(2, 6, 5), nn.BatchNorm2d(6), nn.ReLU(),
                                  nn.MaxPool2d(2)], (4, 2, 10, 10), ["ConvBatchNormReLUPool"]),
    "norm, relu6": (lambda: [nn.BatchNorm2d(2, momentum=None), nn.ReLU6()], (4, 2, 5, 5),
                    ["BatchNormReLU"]),
    "rows": (lambda: [nn.Linear(6, 5), nn.BatchNorm1d(5, affine=False), nn.ReLU(),
                      nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)], (7, 6),
             ["Linear", "LinearReLU", "BatchNormReLU", "Linear"]),
    "padded by reflection": (lambda: [nn.Conv2d(2, 5, 3, padding=1, padding_mode="reflect"),
                                      nn.ReLU()], (3, 2, 9, 8), ["ReLU", "Conv2d"]),
    "no batch": (lambda: [nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(2)], (2, 9, 8),
                 ["Reshape", "MaxPool2d", "Reshape", "ReLU", "Reshape", "Conv2d"]),
}


def ops(y):
    names, op = [], y.grad_fn
    while isinstance(op, mt.autograd.Function):
        names.append(op.name())
        op = next((edge for edge in op.edges if edge is not None), None)
    return names


def results(net, x, weigh):
    """The result, all gradients, all buffers."""
    net.zero_grad()
    y, x.grad = net(x), None
    (y * weigh(y)).sum().backward()
    grads = [p.grad for p in (x, *net.parameters()) if p.grad is not None]
    return [y.detach().numpy(), *[grad.numpy().copy() for grad in grads],
            *[b.numpy().copy() for b in net.buffers()]]


@pytest.fixture
def weigh():
    return lambda y: mt.Tensor(np.cos(np.arange(y.numel())).reshape(y.shape).astype(np.float32))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NETS)
def test_the_numbers_are_those_of_single_layers(name, training, weigh, rng):
    make, shape, _ = NETS[name]
    net = nn.Sequential(*make()).train(training)
    twin, x = copy.deepcopy(net), mt.Tensor(rng.standard_normal(shape).astype(np.float32))
    x.requires_grad_("first" not in name)
    for _ in range(2):
        ours = results(net, x, weigh)
        with nn.no_fusing():
            right = results(twin, x, weigh)
        for a, b in zip(ours, right, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5)
        with mt.no_grad():
            np.testing.assert_allclose(net.eval()(x).numpy(), twin.eval()(x).numpy(), rtol=1e-4,
                                       atol=1e-5)
        net.train(training)
        twin.train(training)


@pytest.mark.parametrize("name", NETS)
def test_what_is_on_the_tape(name, rng):
    make, shape, expected = NETS[name]
    net, x = nn.Sequential(*make()), mt.Tensor(rng.standard_normal(shape).astype(np.float32))
    x.requires_grad_("first" not in name)
    assert ops(net(x))[:len(expected)] == expected
    singles = [kind.__name__ for kind in map(type, reversed(list(net)))]
    with nn.no_fusing():
        alone = ops(net(x))
    if "no batch" not in name and "reflection" not in name:
        assert [op[:4] for op in alone] == [kind.replace("ReLU6", "HardTanh")[:4]
                                            for kind in singles]


def small():
    mt.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(36, 5), nn.ReLU(), nn.Linear(5, 2))


FUSED = ["Linear", "LinearReLU", "Reshape", "ConvReLUPool"]
X = np.random.default_rng(1).standard_normal((3, 1, 8, 8)).astype(np.float32)


class MyReLU(nn.ReLU):
    """A class of the user's."""


def own_class(net):
    net[1] = MyReLU()


def own_forward(net):
    net[1].forward = lambda x: x * 2


SEEN = {
    "a forward hook": lambda net: net[0].register_forward_hook(lambda *args: None),
    "a forward pre-hook": lambda net: net[1].register_forward_pre_hook(lambda *args: None),
    "a backward hook": lambda net: net[1].register_full_backward_hook(lambda *args: None),
    "spectral norm": lambda net: nn.utils.spectral_norm(net[0]),
    "a class of the user's": own_class,
    "a forward of the user's": own_forward,
}


@pytest.mark.parametrize("how", SEEN)
def test_who_looks_between_layers_sees_them(how):
    net = small()
    assert ops(net(mt.Tensor(X))) == FUSED
    SEEN[how](net)
    found = ops(net(mt.Tensor(X)))
    assert "ConvReLUPool" not in found and "LinearReLU" in found


def test_a_hook_sees_what_it_would_without_fusing():
    net, seen = small(), []
    net(mt.Tensor(X))
    handle = net[0].register_forward_hook(lambda module, args, y: seen.append(y))
    net(mt.Tensor(X))
    assert seen[0].shape == (3, 4, 6, 6) and seen[0].data.min() < 0
    handle.remove()
    assert ops(net(mt.Tensor(X))) == FUSED


def test_other_numbers_and_languages_run_layer_by_layer():
    alone = ["Linear", "ReLU", "Linear", "Reshape", "MaxPool2d", "ReLU", "Conv2d"]
    assert ops(small().double()(mt.Tensor(X.astype(np.float64)))) == alone
    with kernels.use("reference"):
        assert ops(small()(mt.Tensor(X))) == alone
    with mt.autograd.detect_anomaly():
        assert ops(small()(mt.Tensor(X))) == alone
    with nn.no_fusing():
        assert ops(small()(mt.Tensor(X))) == alone
    assert nn.no_fusing()(lambda: ops(small()(mt.Tensor(X))))() == alone


def test_layers_may_be_exchanged():
    net = small()
    net(mt.Tensor(X))
    net[1] = nn.Sigmoid()
    assert ops(net(mt.Tensor(X))) == ["Linear", "LinearReLU", "Reshape", "MaxPool2d", "Sigmoid",
                                      "Conv2d"]
    net[1] = nn.ReLU()
    del net[5]
    assert ops(net(mt.Tensor(X))) == ["Linear", "Linear", "Reshape", "ConvReLUPool"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_have_layers_of_their_own(copied):
    net = small()
    before = net(mt.Tensor(X)).detach().numpy()
    twin = copied(net)
    for p in twin.parameters():
        p.data[...] = 0
    assert ops(twin(mt.Tensor(X))) == FUSED and not twin(mt.Tensor(X)).detach().numpy().any()
    np.testing.assert_array_equal(net(mt.Tensor(X)).detach().numpy(), before)


@pytest.mark.parametrize("net, shape", [
    (lambda: [nn.Conv2d(3, 4, 3), nn.ReLU()], (2, 1, 8, 8)),
    (lambda: [nn.Conv2d(1, 4, 9), nn.ReLU(), nn.MaxPool2d(2)], (2, 1, 8, 8)),
    (lambda: [nn.Conv2d(1, 4, 8), nn.ReLU(), nn.MaxPool2d(2)], (2, 1, 8, 8)),
    (lambda: [nn.BatchNorm2d(3), nn.ReLU()], (2, 1, 8, 8)),
    (lambda: [nn.BatchNorm1d(3), nn.ReLU()], (1, 3)),
    (lambda: [nn.Conv2d(1, 2, 8), nn.BatchNorm2d(2), nn.ReLU()], (1, 1, 8, 8)),
    (lambda: [nn.Linear(3, 4), nn.ReLU()], (2, 5)),
    (lambda: [nn.ReLU(), nn.MaxPool2d(9)], (2, 1, 8, 8)),
])
def test_errors_are_those_of_the_layers(net, shape):
    net, x = nn.Sequential(*net()), mt.zeros(*shape)
    with nn.no_fusing(), pytest.raises((ValueError, TypeError, RuntimeError)) as right:
        net(x)
    with pytest.raises(right.type) as ours:
        net(x)
    assert str(ours.value) == str(right.value)


def test_batches_are_counted_once():
    net = nn.Sequential(nn.BatchNorm2d(1), nn.ReLU())
    for _ in range(3):
        net(mt.Tensor(X))
    assert net[0].num_batches_tracked.item() == 3


def test_a_compiled_step_is_recorded_layer_by_layer():
    net = small()
    optimizer = mt.optim.SGD(net.parameters(), 0.1)

    @mt.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss
    for _ in range(5):
        step(mt.Tensor(X), mt.tensor([0, 1, 0]))
    assert "replays" in str(step.explain()) and "ConvReLUPool" in str(step.explain())


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("bias, affine", [(True, True), (False, False)])
def test_a_frozen_norm_is_folded_into_the_weights(compiled, bias, affine, rng):
    """Anew in every call: a change of the statistics counts at once."""
    net = nn.Sequential(nn.Conv2d(2, 6, 3, bias=bias), nn.BatchNorm2d(6, affine=affine), nn.ReLU(),
                        nn.MaxPool2d(2)).eval().requires_grad_(False)
    for p in net[1].parameters():
        p.data[...] = rng.standard_normal(6)

    def gradient(x):
        x.grad = None
        y = net(x)
        (y * y).sum().backward()
        return y.detach()
    step = mt.compile(gradient) if compiled else gradient
    x = mt.zeros(4, 2, 9, 8, requires_grad=True)
    for _ in range(5):
        x.data[...] = rng.standard_normal(x.shape)
        net[1].running_mean.data[...] = rng.standard_normal(6)
        net[1].running_var.data[...] = rng.random(6) + 0.1
        y, grad = step(x).numpy(), x.grad.numpy().copy()
        with nn.no_fusing():
            right = gradient(x).numpy()
        np.testing.assert_allclose(y, right, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(grad, x.grad.numpy(), rtol=1e-4, atol=1e-4)
    if compiled:
        assert "NormedConvReLUPool" in str(step.explain())
    else:
        assert ops(net(x)) == ["NormedConvReLUPool"]


def test_folded_weights_are_those_of_the_reference(rng):
    w, per_filter = rng.standard_normal((5, 3, 2, 2)), rng.standard_normal((4, 5))
    w, (b, weight, bias, mean) = w.astype(np.float32), per_filter.astype(np.float32)
    var = (rng.random(5) + 0.1).astype(np.float32)
    for arguments in ((b, weight, bias), (None, None, None), (b, weight, None)):
        both = [kernels.fold_norm.version(language)(w, *arguments, mean, var, 1e-5)
                for language in ("cpu", "reference")]
        for ours, right in zip(*both):
            np.testing.assert_allclose(ours, right, rtol=1e-5, atol=1e-6)
