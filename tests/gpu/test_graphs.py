"""A compiled step on a GPU is CUDA graphs, and does what the step does."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn, optim
from minitorch_cnn.nn import functional as F


def net(norm=False, drop=0.0, pool_first=False, classes=5):
    layers = []
    for inside, outside in ((1, 4), (4, 6)):
        rest = [nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(inside, outside, 3, padding=1)]
        layers += [nn.BatchNorm2d(outside)] * norm + (rest[::-1] if pool_first else rest)
    layers += [nn.Flatten(), nn.Linear(6 * 4, 7), nn.ReLU(), nn.Dropout(drop)]
    return nn.Sequential(*layers, nn.Linear(7, classes))


def batches(count, size=5, classes=5):
    rng = np.random.default_rng(0)
    return [(mt.Tensor(rng.standard_normal((size, 1, 9, 8), dtype=np.float32)).cuda(),
             mt.Tensor(rng.integers(0, classes, size)).cuda()) for _ in range(count)]


def training(model, optimizer, calls):
    def step(x, y):
        calls.append(1)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def run(compiled, make_net, make_optimizer, data):
    """(losses, the model, the step) after a step on each batch."""
    mt.manual_seed(3)
    model, calls = make_net().cuda(), []
    step = training(model, make_optimizer(model.parameters()), calls)
    step = mt.compile(step) if compiled else step
    losses = [step(x, y) for x, y in data]
    assert len(calls) == (2 if compiled else len(data))
    return [loss.item() for loss in losses], model, step


def sgd(parameters):
    return optim.SGD(parameters, lr=0.05, momentum=0.9)


def assert_equal_states(one, other, rtol=2e-4):
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values()):
        a = a.cpu().numpy()
        np.testing.assert_allclose(a, b.cpu().numpy(), rtol, rtol * np.abs(a).max() + 1e-7,
                                   err_msg=name)


@pytest.mark.parametrize("options", [
    {}, {"norm": True}, {"drop": 0.4}, {"pool_first": True}, {"norm": True, "pool_first": True}])
def test_a_training_step_is_one_graph(options):
    data = batches(7)
    losses, model, _ = run(False, lambda: net(**options), sgd, data)
    replayed, twin, step = run(True, lambda: net(**options), sgd, data)
    np.testing.assert_allclose(replayed, losses, rtol=1e-5)
    assert_equal_states(model, twin, 1e-5)
    assert "in 1 CUDA graph:" in step.explain()


def modern():
    """Every norm and most activations that have a kernel, after one another."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.GELU(), nn.PReLU(4), nn.SiLU(),
        nn.Conv2d(4, 4, 3, stride=2), nn.InstanceNorm2d(4, affine=True), nn.Mish(), nn.PReLU(),
        nn.Hardswish(), nn.LeakyReLU(0.1), nn.ReLU6(), nn.Flatten(), nn.LayerNorm(24), nn.Tanh(),
        nn.GELU(approximate="tanh"), nn.Hardsigmoid(), nn.ELU(), nn.Softplus(), nn.LogSigmoid(),
        nn.Sigmoid(), nn.Linear(24, 5))


def test_norms_and_activations_are_part_of_the_graph():
    data, declined = batches(6), []
    kernels.listeners.append(lambda primitive, _, no, *__: declined.append((primitive.name, no)))
    try:
        losses, model, _ = run(False, modern, sgd, data)
    finally:
        kernels.listeners.pop()
    assert not [name for name, no in declined if no] and len(declined) > 6 * 40
    replayed, twin, step = run(True, modern, sgd, data)
    np.testing.assert_allclose(replayed, losses, rtol=1e-5)
    assert_equal_states(model, twin)
    assert "in 1 CUDA graph:" in step.explain()


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_images_of_another_size_are_part_of_the_graph(mode):
    model = nn.Conv2d(1, 2, 3).cuda()

    @mt.compile
    def step(x):
        model.zero_grad()
        y = F.interpolate(model(x), scale_factor=(0.75, 2), mode=mode)
        (y * y).sum().backward()
        return y

    for x, _ in batches(6):
        y, grad = step(x).detach().cpu().numpy(), model.weight.grad.cpu().numpy()
        model.zero_grad()
        right = F.interpolate(model(x), scale_factor=(0.75, 2), mode=mode)
        (right * right).sum().backward()
        np.testing.assert_allclose(y, right.detach().cpu().numpy(), 1e-5, 1e-6)
        np.testing.assert_allclose(grad, model.weight.grad.cpu().numpy(), 1e-4, 1e-4)
    assert "in 1 CUDA graph:" in step.explain()


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_labels_of_pixels_are_part_of_the_graph(loss):
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.LogSoftmax(1)).cuda()

    @mt.compile
    def step(x, y):
        model.zero_grad()
        result = loss(model(x), y)
        result.backward()
        return result

    for i, (x, _) in enumerate(batches(6)):
        y = mt.Tensor(np.random.default_rng(i).integers(0, 4, (5, 7, 6))).cuda()
        got, grad = step(x, y).item(), model[0].weight.grad.cpu().numpy()
        model.zero_grad()
        right = loss(model(x), y)
        right.backward()
        assert got == pytest.approx(right.item(), rel=1e-5)
        np.testing.assert_allclose(grad, model[0].weight.grad.cpu().numpy(), 1e-4, 1e-6)
    assert "in 1 CUDA graph:" in step.explain()


def adam_w(parameters):
    return optim.AdamW(parameters, 0.01, weight_decay=0.1, eps=1e-3)


@pytest.mark.parametrize("make_optimizer", [
    lambda p: optim.Adam(p, eps=1e-3), adam_w, lambda p: optim.RMSprop(p, eps=1e-3),
    lambda p: optim.Adadelta(p, eps=1e-3), lambda p: optim.SGD(p, 0.1),
    lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
    lambda p: optim.Adam(p, 0.01, weight_decay=0.1, eps=1e-3)])
def test_optimizers_are_part_of_the_graph(make_optimizer):
    losses, model, _ = run(False, net, make_optimizer, batches(8))
    replayed, twin, step = run(True, net, make_optimizer, batches(8))
    np.testing.assert_allclose(replayed, losses, rtol=1e-4)
    assert_equal_states(model, twin, 1e-3)
    assert "in 1 CUDA graph:" in step.explain()


@pytest.mark.parametrize("make_optimizer, why", [
    (lambda p: optim.Adam(p, 0.01, amsgrad=True, eps=1e-3), "Adam with amsgrad"),
    (lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True), "SGD with nesterov"),
    (lambda p: optim.Adagrad(p, eps=1e-3), "Adagrad.step")])
def test_other_optimizers_run_behind_the_graph(make_optimizer, why):
    losses, model, _ = run(False, net, make_optimizer, batches(6))
    replayed, twin, step = run(True, net, make_optimizer, batches(6))
    np.testing.assert_allclose(replayed, losses, rtol=1e-4)
    assert_equal_states(model, twin, 1e-3)
    assert f"in 1 CUDA graph (between them, {why} runs as it is)" in step.explain()


def test_float64():
    data = [(x.double(), y) for x, y in batches(6)]
    losses, model, _ = run(False, lambda: net(norm=True).double(), sgd, data)
    replayed, twin, step = run(True, lambda: net(norm=True).double(), sgd, data)
    np.testing.assert_allclose(replayed, losses, rtol=1e-12)
    assert_equal_states(model, twin, 1e-9)
    assert "CUDA graph" in step.explain()


def test_what_changes_between_replays_is_seen():
    """Learning rates from inside and outside, gradient clipping, counters, seeds."""
    def train(compiled):
        mt.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)).cuda()
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        scheduler = optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

        def step(x):
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            scheduler.step()
            return loss

        step = mt.compile(step) if compiled else step
        x = mt.Tensor(np.random.default_rng(0).random((5, 4), dtype=np.float32)).cuda()
        for i in range(9):
            if i == 6:
                optimizer.param_groups[0]["lr"] = 1.0
                mt.manual_seed(5)
            step(x)
        text = step.explain() if compiled else ""
        return model, optimizer.param_groups[0]["lr"], text

    (one, lr, _), (two, same, text) = train(False), train(True)
    assert lr == same
    assert_equal_states(one, two)
    assert "in 2 CUDA graphs (between them, clip_grad_norm_ runs as it is; StepLR.step" in text \
        or "in 2 CUDA graphs" in text and "clip_grad_norm_ runs as it is" in text, text


def test_new_shapes_and_modes_are_recorded_anew():
    model, data = net(norm=True, drop=0.5).cuda(), batches(1)[0][0]
    fast = mt.compile(lambda x: model(x))
    with mt.no_grad():
        for size in (2, 5, 3, 2):
            model.train(size != 3)
            for _ in range(5):
                mt.manual_seed(7)
                before = {k: v.clone() for k, v in model.state_dict().items()}
                got = fast(data[:size]).cpu().numpy()
                counted = model[1].num_batches_tracked.item()
                model.load_state_dict(before)
                mt.manual_seed(7)
                want = model(data[:size]).cpu().numpy()
                assert counted == model[1].num_batches_tracked.item()
                np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    assert fast.explain().count("1 CUDA graph:") == 3, fast.explain()


def test_another_precision_or_device_is_recorded_anew():
    model = nn.Conv2d(3, 20, 3)
    x = mt.Tensor(np.random.default_rng(0).random((2, 3, 5, 5), dtype=np.float32))
    fast, there = mt.compile(lambda model, x: model(x)), model
    with mt.no_grad():
        expected = model(x).numpy()
        for i in range(12):
            there = model.cuda() if i == 4 else there
            mt.cuda.set_float32_matmul_precision("high" if i >= 8 else "highest")
            try:
                y = fast(there, x.cuda() if i >= 4 else x).cpu().numpy()
            finally:
                mt.cuda.set_float32_matmul_precision("highest")
            error = abs(y - expected).max()
            assert (1e-6 if i >= 8 else 0) <= error < (2e-3 if i >= 8 else 1e-6)
    assert fast.explain().count("CUDA graph") == 2


def test_results_and_kept_gradients_stay_as_they_are():
    model = nn.Linear(4, 3).cuda()

    @mt.compile
    def step(x):
        model.zero_grad()
        y = model(x)
        y.sum().backward()
        return y

    kept = []
    for i in range(8):
        y = step(mt.Tensor(np.full((2, 4), i, np.float32)).cuda())
        grad = model.weight.grad
        kept.append((y, y.detach().cpu().numpy(), grad, model.bias.grad.data))
        assert float(model.weight.grad[0, 0]) == 2 * i
    for i, (y, then, grad, bias) in enumerate(kept):
        assert (y.detach().cpu().numpy() == then).all()
        assert (grad.cpu().numpy() == 2 * i).all() and (bias == 2).all()
    assert "1 CUDA graph:" in step.explain()


def test_gradients_accumulate_where_nobody_clears_them():
    model = nn.Linear(4, 3).cuda()

    @mt.compile
    def step(x):
        model(x).sum().backward()
        model(2 * x).sum().backward()

    x = mt.ones(2, 4).cuda()
    for _ in range(2):
        for i in range(1, 6):
            step(x)
            assert model.weight.grad.tolist() == np.full((3, 4), 6 * i).tolist()
        model.zero_grad()


def test_weights_updated_by_hand():
    w = mt.Tensor([1.0, 1.0]).cuda().requires_grad_()

    @mt.compile
    def step(x):
        loss = (w * x).sum()
        w.grad = None
        loss.backward()
        with mt.no_grad():
            w.sub_(0.5 * w.grad)
        return loss

    expected = np.ones(2)
    for i in range(7):
        x = np.array([float(i), 1.0], np.float32)
        assert step(mt.Tensor(x).cuda()).item() == pytest.approx((expected * x).sum())
        expected = expected - 0.5 * x
        np.testing.assert_allclose(w.detach().cpu().numpy(), expected)
    assert "1 CUDA graph:" in step.explain()


def test_a_leaf_argument_gets_its_gradient():
    w = mt.Tensor([1.0, 2.0]).cuda()

    @mt.compile
    def step(x):
        (x * x * w).sum().backward()

    for i in range(6):
        x = mt.Tensor([float(i), 1.0]).cuda().requires_grad_()
        step(x)
        assert x.grad.tolist() == [2.0 * i, 4.0]


def test_parameters_that_are_replaced_or_frozen():
    model = nn.Linear(3, 2).cuda()

    @mt.compile
    def step(x):
        model.zero_grad()
        model(x).sum().backward()

    x = mt.ones(1, 3).cuda()
    for _ in range(5):
        step(x)
    model.weight.data = mt.zeros(2, 3).cuda().data
    model.bias.requires_grad_(False)
    for _ in range(5):
        step(x)
        assert model.bias.grad is None and model.weight.grad.tolist() == [[1.0] * 3] * 2
    assert step.explain().count("1 CUDA graph:") == 2


def test_an_optimizer_that_is_loaded_is_captured_anew():
    def train(compiled):
        mt.manual_seed(0)
        model, data = net().cuda(), batches(12)
        optimizer = sgd(model.parameters())
        step = training(model, optimizer, [])
        step = mt.compile(step) if compiled else step
        for i, (x, y) in enumerate(data):
            if i == 5:
                saved = optimizer.state_dict()
                saved["state"] = {k: {n: v.clone() for n, v in s.items()}
                                  for k, s in saved["state"].items()}
            if i == 7:
                optimizer.load_state_dict(saved)
            if i == 9:
                optimizer.param_groups[0].update(momentum=0.5, lr=0.1)
            if i == 10:
                optimizer.param_groups[0]["weight_decay"] = 0.1
            step(x, y)
        return model

    assert_equal_states(train(False), train(True), 1e-4)


def test_a_label_that_is_no_class_makes_the_loss_nan_in_a_graph():
    model = net().cuda()
    step = mt.compile(training(model, optim.SGD(model.parameters(), 0.1), []))
    x, y = batches(1)[0]
    wrong = mt.Tensor(np.array([0, 1, 5, 0, 0])).cuda()
    with pytest.raises(IndexError, match="label 5"):
        step(x, wrong)
    for _ in range(4):
        step(x, y)
    assert np.isnan(step(x, wrong).item())


def test_reading_inside_is_refused_and_said():
    fast = mt.compile(lambda x: x * x.sum().item())
    with pytest.warns(RuntimeWarning, match="runs eagerly, because .*reads a value with item"):
        for i in range(5):
            assert fast(mt.Tensor([float(i)]).cuda()).item() == i * i
    assert "runs eagerly" in fast.explain()


class Waiting(mt.autograd.Function):
    """y = x max(x), read by the CPU;  dx = dy max(x)."""

    def forward(self, x):
        self.most = float(x.max())
        return x * self.most

    def backward(self, dy):
        return dy * self.most


class WaitingOnTheWayBack(mt.autograd.Function):
    """y = 2 x;  dx = 2 dy, by way of the CPU."""

    def forward(self, x):
        self.x = x + 0
        return x * 2

    def backward(self, dy):
        return dy * (2 if float(self.x.max()) else 0)


@pytest.mark.parametrize("kind", [Waiting, WaitingOnTheWayBack])
def test_an_op_that_waits_for_the_gpu_runs_between_two_graphs(kind):
    w = mt.Tensor([1.0, 2.0]).cuda().requires_grad_()
    x = mt.Tensor([1.0, 1.0]).cuda()

    @mt.compile
    def step(x):
        w.grad = None
        h = F.dropout(w * x, 0.0)
        y = kind()(h) * 3
        y.sum().backward()
        return y

    for i in range(1, 8):
        y, g = step(x * i), 3 * i * (2 * i if kind is Waiting else 2)
        assert y.tolist() == [g * 1.0, g * 2.0] and w.grad.tolist() == [g, g]
    assert f"in {3 if kind is Waiting else 2} CUDA graphs (between them, " in step.explain()
    assert f"ward of {kind.__name__} runs as it is: " in step.explain()


def test_without_a_graph_eager_remains():
    """Arrays on both sides: replayed op by op."""
    fast = mt.compile(lambda x, other: x * 2)
    x = mt.Tensor(np.arange(4, dtype=np.float32)).cuda()
    for i in range(5):
        assert fast(x + i, np.ones(3)).tolist() == [2.0 * k for k in range(i, i + 4)]
    assert "CUDA graph" not in fast.explain()


def test_a_net_in_eval_mode_is_one_graph():
    model = net(norm=True).cuda().eval()
    for norm in (model[1], model[5]):
        norm.running_mean += 0.5
        norm.running_var *= 2
    compiled = mt.compile(model)
    with mt.no_grad():
        for x, _ in batches(6):
            np.testing.assert_allclose(compiled(x).cpu().numpy(), model(x).cpu().numpy(), 0, 1e-5)
    explained = compiled.explain()
    assert explained.count("NormedConvReLUPool") == 2 and "in 1 CUDA graph" in explained


def test_a_number_on_the_cpu_keeps_a_step_eager():
    w, half = mt.ones(3, device="cuda", requires_grad=True), mt.tensor(0.5)

    @mt.compile
    def step(x):
        w.grad = None
        loss = (x * w * half).sum()
        loss.backward()
        return loss

    with pytest.warns(RuntimeWarning, match="Mul got a number on the CPU beside arrays on a GPU"):
        losses = [step(mt.full((3,), float(i), device="cuda")).item() for i in range(5)]
    assert losses == [0, 1.5, 3, 4.5, 6] and w.grad.tolist() == [2, 2, 2]
