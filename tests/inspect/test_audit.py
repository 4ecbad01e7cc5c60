"""The audit: right nets pass, a planted mistake is named by op, argument and element."""
import builtins

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.autograd import Function
from minitorch_cnn.inspect import audit, checksum, torch_twins
from minitorch_cnn.nn import functional as F
from minitorch_cnn.ops.activation import ReLU
from minitorch_cnn.ops.conv import Conv2d
from minitorch_cnn.ops.matmul import Linear


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3 * 3 * 3, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.conv(x))), 2)
        return self.fc(F.dropout(x.flatten(1), 0.3))


@pytest.fixture
def batch(rng):
    return rng.random((2, 1, 6, 6), dtype=np.float32), np.array([1, 3])


def plant(monkeypatch, op, spoil, name="backward"):
    """Replace the method of an op by one whose result ``spoil`` may change."""
    right = getattr(op, name)
    monkeypatch.setattr(op, name, lambda self, *args: spoil(right(self, *args)))


def test_a_right_net_is_right(batch):
    net = Net()
    before, streams = checksum(net), repr(mt.get_rng_state())
    found = audit(net, *batch)
    assert found.ok and found.first_wrong is None
    assert [op.op for op in found.ops] == ["Conv2d", "BatchNorm", "ReLU", "MaxPool2d", "Reshape",
                                           "Dropout", "Linear", "CrossEntropy"]
    assert [a.name for a in found.ops[0].arguments] == ["x", "w", "b"]
    for op in found.ops:
        for argument in op.arguments:
            assert argument.difference < 1e-6 and argument.torch < 1e-9 and argument.own < 1e-4
    assert [leaf.name for leaf in found.leaves] == [
        "x", "conv.weight", "conv.bias", "bn.weight", "bn.bias", "fc.weight", "fc.bias"]
    assert all(leaf.difference < 1e-5 for leaf in found.leaves)
    assert "8 ops agree with finite differences and PyTorch 2" in str(found)
    assert checksum(net) == before and repr(mt.get_rng_state()) == streams
    assert all(p.grad is None for p in net.parameters())


def test_ties_are_kinks_and_counted(batch):
    images, labels = batch
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4))
    images[0] = 0.5  # every window a tie
    found = audit(net, images, labels)
    pool = found.ops[1].arguments[0]
    assert (pool.kinks, pool.outputs) == (18, 36) and found.kinks == 18
    assert found.ok and "18 outputs on kinks were left out" in found.verdict


def test_a_wrong_backward_is_named(batch, monkeypatch):
    def spoil(dx):
        dx = dx.copy()
        dx[1, 2, 3, 4] += 0.25
        return dx

    plant(monkeypatch, ReLU, spoil)
    found = audit(Net(), *batch)
    assert not found.ok
    wrong = found.first_wrong
    assert (wrong.number, wrong.op) == (3, "ReLU")
    assert "the gradient of argument x is wrong first at element (1, 2, 3, 4): backward gives" \
        in wrong.problem
    values = wrong.problem.replace(",", "").split("backward gives ")[1].split()
    ours, numeric, torchs = float(values[0]), float(values[3]), float(values[5])
    assert abs(ours - numeric - 0.25) < 1e-6 and abs(numeric - torchs) < 1e-6
    assert "F.max_pool2d(F.relu(" in str(found) and "WRONG: op 3, ReLU" in str(found)
    assert [op.op for op in found.ops if op.problem] == ["ReLU"]


@pytest.mark.parametrize("argument, place", [(1, (2, 0, 1, 1)), (2, (1,))])
def test_a_wrong_weight_gradient_is_named(batch, monkeypatch, argument, place):
    def spoil(grads):
        grads = list(grads)
        grads[argument] = grads[argument].copy()
        grads[argument][place] *= -1
        return tuple(grads)

    plant(monkeypatch, Conv2d, spoil)
    wrong = audit(Net(), *batch).first_wrong
    assert (wrong.number, wrong.op) == (1, "Conv2d")
    assert f"argument {'xwb'[argument]} is wrong first at element {place}" in wrong.problem


def test_a_gradient_that_is_missing_is_named(batch, monkeypatch):
    plant(monkeypatch, Linear, lambda grads: (grads[0], grads[1], None))
    wrong = audit(Net(), *batch).first_wrong
    assert wrong.op == "Linear" and "argument b is wrong first at element (0,)" in wrong.problem


def test_a_wrong_forward_is_named(batch, monkeypatch):
    def spoil(y):
        y = y.copy()
        y[0, 1, 2, 3] += 1
        return y

    plant(monkeypatch, ReLU, spoil, "forward")
    wrong = audit(Net(), *batch).first_wrong
    assert wrong.op == "ReLU"
    assert "the result is wrong at element (0, 1, 2, 3): forward gives" in wrong.problem


def test_a_mistake_in_float32_only_is_named(batch, monkeypatch):
    def spoil(grads):
        if grads[0].dtype == np.float64:
            return grads
        return (grads[0] * np.float32(1.01), *grads[1:])

    plant(monkeypatch, Linear, spoil)
    wrong = audit(Net(), *batch).first_wrong
    assert wrong.op == "Linear"
    assert "argument x is wrong at element" in wrong.problem and "in float32 it is" in wrong.problem


class Cube(Function):
    """y = x ** 3, with a mistake."""

    def forward(self, *xs):
        self.x = xs[0]
        return self.x ** 3

    def backward(self, dy):
        return dy * 2 * self.x ** 2


def test_a_users_op_is_audited_without_a_module(rng):
    found = audit(lambda x: Cube()(x), rng.random((2, 3)))
    assert found.first_wrong.op == "Cube" and found.leaves == []
    assert "argument xs[0] is wrong first at element (0, 0)" in found.first_wrong.problem
    assert found.first_wrong.arguments[0].torch is None


def test_an_op_called_like_one_of_ours_has_no_twin(rng):
    Relu = type("ReLU", (Function,), {"forward": lambda self, x: x * 2,
                                      "backward": lambda self, dy: dy * 2})
    assert audit(lambda x: Relu()(x), rng.random((2, 3))).ok


def broken(text):
    def backward(self, dy):
        raise ZeroDivisionError(text)
    return backward


@pytest.mark.parametrize("backward, words", [
    (broken("oh no"), "run alone it fails: ZeroDivisionError: oh no"),
    (lambda self, dy: (dy, dy), "backward returns 2 gradients for 1 arguments"),
    (lambda self, dy: dy[0], r"the gradient of argument x has shape \(4,\), the argument \(2, 4\)"),
])
def test_a_backward_that_cannot_be_compared(monkeypatch, rng, backward, words):
    monkeypatch.setattr(ReLU, "backward", backward)

    def f(x):
        return F.relu(x)

    wrong = audit(f, rng.standard_normal((2, 4))).first_wrong
    assert wrong.op == "ReLU"
    with pytest.raises(ValueError, match=words):
        raise ValueError(wrong.problem)


def test_a_mistake_between_the_ops(batch):
    net = Net()
    net.fc.weight.register_hook(lambda dw: dw * 2)
    found = audit(net, *batch)
    assert found.ok  # a deep copy has no hooks on its tensors

    class Doubled(Net):
        def forward(self, x):
            x = super().forward(x)
            if x.requires_grad:
                x.register_hook(lambda dy: dy * 2)
            return x

    found = audit(Doubled(), *batch)
    assert not found.ok and found.first_wrong is None
    assert "every op is right alone, but the gradient of x through the whole net is wrong: along " \
        "a random direction backward gives" in found.verdict
    assert "WRONG" in str(found)


def test_without_torch(batch, monkeypatch):
    real = builtins.__import__

    def no_torch(name, *args, **kwargs):
        if name == "torch":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_torch)
    found = audit(nn.Linear(3, 2), np.ones((2, 3), np.float32), batch[1] // 3)
    assert found.torch is None and found.ops[0].arguments[0].torch is None


def test_every_twin_is_an_op_of_ours():
    names = {kind.__name__ for kind in subclasses(Function)}
    assert not set(torch_twins.TWINS) - names


def subclasses(kind):
    return {kind, *(k for sub in kind.__subclasses__() for k in subclasses(sub))}


def everything(x):
    """Calls every op that has a twin."""
    image = x.reshape(2, 1, 6, 6)
    pooled = F.avg_pool2d(image, 2, 1, 1) .sum() + F.adaptive_avg_pool2d(image, (2, 3)).mean()
    pooled = pooled + F.adaptive_max_pool2d(image, (2, 3)).sum((2, 3)).mean()
    y = x.reshape(2, 36)
    for f in (F.silu, F.gelu, F.mish, F.softplus, mt.sigmoid, mt.tanh, F.relu, F.leaky_relu):
        pooled = pooled + f(y).mean()
    pooled = pooled + F.gelu(y, approximate="tanh").mean() + \
        F.prelu(y, mt.full((1,), 0.3, dtype=y.dtype)).mean()
    pooled = pooled + (y @ y.T).mean() + F.softmax(y, 1).mean() + F.softmin(y, 1)[0, 0]
    pooled = pooled + F.mse_loss(y, y.detach() + 1) - F.l1_loss(y, y.detach() * 2)
    pooled = pooled * mt.exp(-y).mean() / (y ** 3 + 2).mean() + mt.log(y).mean() + mt.sqrt(y).mean()
    labels = np.array([3, -100])
    weight = mt.full((36,), 0.5, dtype=y.dtype)
    pooled = pooled + F.nll_loss(F.log_softmax(y, 1), labels, weight)
    pooled = pooled + F.cross_entropy(y, labels, weight, label_smoothing=0.1)
    pooled = pooled + mt.abs(y - 0.5).mean() + mt.square(y).mean() + y.permute(1, 0)[0, 0]
    image = F.batch_norm(F.dropout(image), None, None, training=True)
    conv = F.conv2d(image, mt.ones(2, 1, 3, 2, dtype=y.dtype), None, (2, 1), 1)
    return pooled + F.linear(F.max_pool2d(conv, 2, ceil_mode=True).flatten(1),
                             mt.ones(2, 16, dtype=y.dtype)).sum()


def test_twins_compute_what_ours_do(rng):
    found = audit(everything, rng.random((2, 36)) + 0.1)
    assert found.ok, str(found)
    compared = {op.op for op in found.ops if op.arguments and op.arguments[0].torch is not None}
    assert compared == set(torch_twins.TWINS), set(torch_twins.TWINS) ^ compared


def test_what_is_refused(batch):
    with pytest.raises(TypeError, match="audit: x must hold floats, got int64"):
        audit(Net(), np.zeros((1, 1, 6, 6), np.int64), batch[1])
    with pytest.raises(ValueError, match=r"audit: nothing was recorded; does the model use no_gr"):
        audit(lambda x: x.detach(), batch[0])


def test_a_model_on_a_gpu_is_refused(batch, monkeypatch):
    monkeypatch.setattr(mt.Tensor, "is_cuda", True)
    with pytest.raises(ValueError, match="audit: the model is on a GPU; audit a copy on the CPU"):
        audit(Net(), *batch)
