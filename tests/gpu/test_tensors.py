"""Tensors and modules on a GPU: moved explicitly, computed where they are, trained there."""
import importlib

import numpy as np
import pytest

import minitorch_cnn as mt
import minitorch_cnn.interpret
from minitorch_cnn import kernels, nn
from minitorch_cnn.nn import functional as F

devices = importlib.import_module("minitorch_cnn.device")


@pytest.fixture
def x():
    return mt.tensor(np.arange(6, dtype=np.float32).reshape(2, 3))


def test_there_is_a_gpu():
    assert mt.cuda.is_available() and mt.cuda.device_count() >= 1 and mt.cuda.current_device() == 0
    assert isinstance(mt.cuda.get_device_name(), str)
    mt.cuda.synchronize()
    mt.cuda.empty_cache()


@pytest.mark.parametrize("move", [lambda x: x.cuda(), lambda x: x.to("cuda"), lambda x: x.cuda(0),
                                  lambda x: x.to(mt.device("cuda", 0)),
                                  lambda x: x.to(mt.zeros(1).cuda())])
def test_there_and_back(x, move):
    there = move(x)
    assert there.is_cuda and there.device == "cuda:0" and not x.is_cuda
    assert there.cuda() is there and x.cpu() is x
    back = there.cpu()
    assert back.device == "cpu" and back.tolist() == x.tolist() == there.tolist()


def test_the_gradient_comes_back(x):
    x.requires_grad_()
    (x.cuda() * 2).sum().backward()
    assert x.grad.device == "cpu" and x.grad.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_created_there():
    y = mt.ones(2, 3, device="cuda")
    assert y.is_cuda and float(y.sum()) == 6 and mt.zeros_like(y).is_cuda
    assert (y + 1).device == "cuda:0" and y.new_zeros(2).is_cuda


def test_modules_move():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).to("cuda")
    assert all(p.is_cuda for p in model.parameters()) and all(b.is_cuda for b in model.buffers())
    model.cpu()
    assert not any(p.is_cuda for p in model.parameters())


@pytest.mark.parametrize("mix", [
    lambda a, b: a + b, lambda a, b: a @ b.T, lambda a, b: mt.relu(a) * b,
    lambda a, b: mt.where(a > 0, a, b), lambda a, b: mt.cat([a, b]),
    lambda a, b: F.linear(a, b), lambda a, b: F.mse_loss(a, b)])
@pytest.mark.parametrize("turned", [False, True])
def test_mixed_devices_are_refused_and_named(x, mix, turned):
    pair = (x.cuda(), x)[::-1] if turned else (x.cuda(), x)
    with pytest.raises((ValueError, TypeError, RuntimeError), match="cuda:0.*cpu|cpu.*cuda:0"):
        mix(*pair)


def net():
    """No bias before a batch norm: its gradient would be rounding alone, which Adam blows up."""
    mt.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2), nn.ReLU(), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(),
        nn.Linear(24, 10, bias=False), nn.BatchNorm1d(10), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(10, 10))


def train(where, make_optimizer, steps=3):
    rng = np.random.default_rng(0)
    images = mt.tensor(rng.random((5, 1, 14, 14), np.float32)).to(where)
    labels = mt.tensor(rng.integers(0, 10, 5)).to(where)
    model = net().to(where)
    optimizer, losses = make_optimizer(model.parameters()), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses, model(images).cpu().detach().numpy(), model


EPS = 1e-3  # more than rounding, which a division by a root of nearly 0 would blow up
OPTIMIZERS = [lambda p: mt.optim.SGD(p, 0.1), lambda p: mt.optim.SGD(p, 0.1, momentum=0.9),
              lambda p: mt.optim.Adam(p, 0.001, eps=EPS),
              lambda p: mt.optim.RMSprop(p, 0.0003, eps=EPS),
              lambda p: mt.optim.Adadelta(p, eps=EPS),
              lambda p: mt.optim.AdamW(p, 0.001, amsgrad=True, eps=EPS)]


@pytest.mark.parametrize("make_optimizer", OPTIMIZERS)
def test_training_gives_the_same_numbers_as_on_the_cpu(make_optimizer):
    ours, outputs, model = train("cuda", make_optimizer)
    losses, expected, _ = train("cpu", make_optimizer)
    np.testing.assert_allclose(ours, losses, rtol=1e-4)
    np.testing.assert_allclose(outputs, expected, rtol=2e-3, atol=2e-3)
    assert all(p.grad.is_cuda for p in model.parameters())


SIZES = [(5,), (1025,), (0,), (3, 7), (1,), (2048,), (4, 4), (9,), (1030,), (2, 2), (33,)]
DECAYED = [*OPTIMIZERS, lambda p: mt.optim.Adam(p, 0.01, weight_decay=0.1),
           lambda p: mt.optim.RMSprop(p, 0.01, weight_decay=0.1),
           lambda p: mt.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
           lambda p: mt.optim.SGD(p, 0.1, weight_decay=0.1, nesterov=True, momentum=0.9)]


@pytest.mark.parametrize("make_optimizer", DECAYED)
def test_many_parameters_are_updated_together(make_optimizer, rng):
    """Eleven of them, more than one launch takes, in two groups; one begins later than the rest."""
    start = [rng.standard_normal(size).astype(np.float32) for size in SIZES]
    after = {}
    for where in ("cpu", "cuda"):
        weights = [mt.tensor(w).to(where).detach().requires_grad_() for w in start]
        optimizer = make_optimizer([{"params": weights[:9]},
                                    {"params": weights[9:], "lr": 0.02, "weight_decay": 0}])
        for step in range(3):
            for i, w in enumerate(weights):
                w.grad = None if (i, step) == (3, 0) else mt.sin(w.detach() * (step + 2))
            optimizer.step()
        after[where] = [w.detach().cpu().numpy() for w in weights]
    for ours, right in zip(after["cuda"], after["cpu"]):
        np.testing.assert_allclose(ours, right, rtol=1e-4, atol=1e-5)


def test_equal_updates_are_one_launch(monkeypatch):
    launches = importlib.import_module("minitorch_cnn.kernels.cuda.optimizer")
    names, launch = [], launches.launch
    monkeypatch.setattr(launches, "launch", lambda file, name, *args: (
        names.append(name), launch(file, name, *args))[1])
    weights = [mt.ones(3, device="cuda", requires_grad=True) for _ in range(11)]
    optimizer = mt.optim.SGD(weights, 0.1, weight_decay=0.5)
    for w in weights:
        w.grad = mt.ones(3, device="cuda")
    optimizer.step()
    assert names == ["penalized"] * 2 + ["sgd_update"] * 2
    np.testing.assert_allclose([w.sum().item() for w in weights], 3 * (1 - 0.15), rtol=1e-6)


def test_a_data_set_lies_on_the_device(rng):
    images, labels = rng.integers(0, 256, (9, 6, 5), dtype=np.uint8), np.arange(9)
    there = mt.data.ResidentDataset(images, labels, 0.13, 0.31, device="cuda")
    here = mt.data.ResidentDataset(images, labels, 0.13, 0.31)
    assert there.images.is_cuda and there.images.dtype == np.uint8
    mt.manual_seed(1)
    batches = list(mt.data.DataLoader(there, 4, shuffle=True))
    mt.manual_seed(1)
    for (x, y), (right, label) in zip(batches, mt.data.DataLoader(here, 4, shuffle=True)):
        assert x.is_cuda and y.is_cuda
        np.testing.assert_allclose(x.cpu().numpy(), right.numpy(), rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(y.cpu().numpy(), label.numpy())


def test_explain_shows_the_kernels():
    model = net().to("cuda")
    rows = kernels.explain(model, mt.zeros(2, 1, 14, 14, device="cuda"))
    assert {row.language for row in rows} == {"cuda"} and len(rows) >= 10


def test_dropout_drops_the_same_numbers(x):
    mt.manual_seed(3)
    here = F.dropout(mt.ones(50), 0.5)
    mt.manual_seed(3)
    assert F.dropout(mt.ones(50).cuda(), 0.5).tolist() == here.tolist()


def test_saved_from_one_loaded_into_the_other(tmp_path):
    model = net().to("cuda")
    mt.save(model.state_dict(), tmp_path / "net.safetensors")
    other = net()
    other.load_state_dict(mt.load(tmp_path / "net.safetensors"))
    for a, b in zip(model.parameters(), other.parameters()):
        assert a.tolist() == b.tolist()


def test_a_number_on_the_cpu_joins_tensors_on_a_gpu(x):
    there, w = x.cuda().requires_grad_(), mt.tensor(2.0, requires_grad=True)
    y = there * w + mt.maximum(there, 0.5) + mt.where(there > 1, there, 3) - mt.tensor(1.0)
    assert y.is_cuda and mt.add(there, 3, alpha=2).tolist() == (x + 6).tolist()
    y.sum().backward()
    assert w.grad.device == "cpu" and w.grad.item() == 15 and there.grad.is_cuda


def test_random_numbers_for_tensors_on_a_gpu():
    p = mt.full((50,), 0.5).cuda()
    for draw in (mt.bernoulli, lambda p: mt.normal(p, p)):
        mt.manual_seed(1)
        here = draw(p.cpu())
        mt.manual_seed(1)
        assert draw(p).is_cuda and here.tolist() != p.tolist()
        mt.manual_seed(1)
        assert draw(p).tolist() == here.tolist()


def steps(x, layers, training):
    """Result and all gradients, as NumPy arrays; and the last op."""
    for parameter in layers.parameters():
        parameter.grad = None
    x = mt.from_numpy(x).cuda().requires_grad_()
    y = layers.train(training)(x)
    (y * y).sum().backward()
    arrays = [y.detach(), x.grad, *[p.grad for p in layers.parameters()]]
    return [a.cpu().numpy() for a in arrays], type(y.grad_fn).__name__


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("layers, op", [
    (lambda: [nn.Conv2d(3, 5, 3), nn.ReLU(), nn.MaxPool2d(2)], "ConvReLUPool"),
    (lambda: [nn.Conv2d(3, 5, 3), nn.ReLU()], "ConvReLU"),
    (lambda: [nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU()], "BatchNormReLU"),
    (lambda: [nn.Flatten(), nn.Linear(192, 4), nn.ReLU()], "LinearReLU")])
def test_neighbors_run_as_one_op(layers, op, training, cupy):
    x = np.random.default_rng(0).standard_normal((4, 3, 8, 8)).astype(np.float32)
    layers = nn.Sequential(*layers()).cuda()
    together, last = steps(x, layers, training)
    with nn.no_fusing():
        alone, other = steps(x, layers, training)
    assert last.startswith(op) and other != last
    for a, b in zip(together, alone):
        np.testing.assert_allclose(a, b, 1e-4, 1e-4)


def test_curves_are_arrays_on_the_cpu(rng):
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 4)).eval()
    images, maps = rng.random((2, 1, 8, 8), dtype=np.float32), rng.random((2, 8, 8))
    here = mt.interpret.deletion(model, mt.tensor(images), maps, step=9)
    there = mt.interpret.deletion(model.to("cuda"), mt.tensor(images).cuda(), maps, step=9)
    for name in ("share", "probability", "auc", "target"):
        np.testing.assert_allclose(getattr(there, name), getattr(here, name), rtol=1e-4)
