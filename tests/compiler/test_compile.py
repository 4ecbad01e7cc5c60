"""A compiled step does what the step does, again and again; or it says why it cannot."""
import threading
import warnings

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn, optim
from minitorch_cnn.nn import functional as F


def net(norm=False, drop=0.0, pool_first=False, classes=5):
    layers = []
    for inside, outside in ((1, 8), (8, 20)):
        rest = [nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(inside, outside, 3, padding=1)]
        layers += [nn.BatchNorm2d(outside)] * norm + (rest[::-1] if pool_first else rest)
    layers += [nn.Flatten(), nn.Linear(20 * 9, 30), nn.ReLU(), nn.Dropout(drop)]
    return nn.Sequential(*layers, nn.Linear(30, classes))


def batches(count, size=6, classes=5):
    rng = np.random.default_rng(0)
    return [(mt.Tensor(rng.standard_normal((size, 1, 12, 12), dtype=np.float32)),
             mt.Tensor(rng.integers(0, classes, size))) for _ in range(count)]


def training(model, optimizer):
    """A step on (x, y), and how often Python ran it."""
    calls = []

    def step(x, y):
        calls.append(1)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, calls


def run(compiled, make_net, make_optimizer, data):
    """(losses, the model) after a step on each batch."""
    mt.manual_seed(3)
    model = make_net()
    step, calls = training(model, make_optimizer(model.parameters()))
    step = mt.compile(step) if compiled else step
    losses = [step(x, y) for x, y in data]
    assert len(calls) == (2 if compiled else len(data))
    return [loss.item() for loss in losses], model


def sgd(parameters):
    return optim.SGD(parameters, lr=0.05, momentum=0.9)


def assert_equal_states(one, other, rtol=2e-4):
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values()):
        a = a.numpy()
        np.testing.assert_allclose(a, b.numpy(), rtol, rtol * np.abs(a).max() + 1e-7, err_msg=name)


class Residual(nn.Sequential):
    """x + the layers of x."""

    def forward(self, x):
        return x + 0.5 * super().forward(x)


NETS = {
    "plain": net,
    "batch norm": lambda: net(norm=True),
    "dropout": lambda: net(drop=0.4),
    "pool before relu": lambda: net(pool_first=True),
    "norm, pool, relu": lambda: net(norm=True, pool_first=True),
    "odd": lambda: nn.Sequential(
        nn.Conv2d(1, 6, (3, 2), stride=2), nn.LeakyReLU(), nn.Conv2d(6, 7, 3, padding=2, groups=1),
        nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(7, 7, 3, groups=7), nn.ReLU(), nn.Flatten(),
        nn.Linear(14, 5)),
    "straight pieces": lambda: nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU6(), Residual(nn.Conv2d(6, 6, 3, padding=1), nn.Hardswish()),
        nn.AvgPool2d(2), Residual(nn.Conv2d(6, 6, 1), nn.LeakyReLU(0.2), nn.Hardsigmoid()),
        nn.Flatten(), nn.Linear(150, 5)),
    "smooth pieces": lambda: nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.SiLU(), Residual(nn.Conv2d(6, 6, 3, padding=1), nn.Mish()),
        nn.AvgPool2d(2), nn.ELU(), nn.Conv2d(6, 4, 1), nn.Softplus(), nn.GELU(), nn.Flatten(),
        nn.Linear(100, 9), nn.Sigmoid(), nn.Linear(9, 9), nn.Tanh(), nn.GELU("tanh"),
        nn.Linear(9, 5)),
}


@pytest.mark.parametrize("name", NETS)
def test_a_training_step_is_the_step(name):
    data = batches(6)
    losses, model = run(False, NETS[name], sgd, data)
    replayed, twin = run(True, NETS[name], sgd, data)
    np.testing.assert_allclose(replayed, losses, rtol=1e-4)
    assert_equal_states(model, twin, 5e-4)


@pytest.mark.parametrize("optimizer", [optim.Adam, optim.RMSprop, optim.Adadelta, optim.Adagrad])
def test_optimizers(optimizer):
    losses, model = run(False, net, optimizer, batches(6))
    replayed, twin = run(True, net, optimizer, batches(6))
    np.testing.assert_allclose(replayed, losses, rtol=1e-3)
    assert_equal_states(model, twin, 5e-3)


def test_float64_and_the_reference_kernels_are_replayed_op_by_op():
    data = [(x.double(), y) for x, y in batches(5)]
    losses, model = run(False, lambda: net(norm=True).double(), sgd, data)
    replayed, twin = run(True, lambda: net(norm=True).double(), sgd, data)
    np.testing.assert_allclose(replayed, losses, rtol=1e-12)
    assert_equal_states(model, twin, 1e-9)
    with kernels.use("reference"):
        losses, _ = run(False, net, sgd, batches(5))
        replayed, _ = run(True, net, sgd, batches(5))
    np.testing.assert_allclose(replayed, losses, rtol=1e-5)


def test_residual_blocks():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
            self.norm = nn.BatchNorm2d(8)

        def forward(self, x):
            return F.relu(x + self.norm(self.two(F.relu(self.one(x)))))

    def make():
        return nn.Sequential(nn.Conv2d(1, 8, 3), Block(), Block(), nn.AdaptiveAvgPool2d(1),
                             nn.Flatten(), nn.Linear(8, 5))

    losses, model = run(False, make, sgd, batches(6))
    replayed, twin = run(True, make, sgd, batches(6))
    np.testing.assert_allclose(replayed, losses, rtol=1e-4)
    assert_equal_states(model, twin, 1e-3)


def test_new_shapes_and_modes_are_recorded_anew():
    model, data = net(norm=True, drop=0.5), batches(1)[0][0]
    fast = mt.compile(lambda x: model(x))
    with mt.no_grad():
        for size in (2, 6, 3, 6, 2):
            model.train(size != 3)
            for _ in range(4):
                mt.manual_seed(7)
                got = fast(data[:size]).numpy()
                mt.manual_seed(7)
                before = {k: v.clone() for k, v in model.state_dict().items()}
                want = model(data[:size]).numpy()
                model.load_state_dict(before)
                np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    assert fast.explain().count("replays") == 3


def test_the_learning_rate_may_change_inside_and_outside():
    def train(compiled):
        mt.manual_seed(0)
        model = nn.Linear(4, 3)
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
        x = mt.Tensor(np.random.default_rng(0).random((5, 4), dtype=np.float32))
        for i in range(8):
            if i == 6:
                optimizer.param_groups[0]["lr"] = 1.0
            step(x)
        return model, optimizer.param_groups[0]["lr"]

    (one, lr), (two, same) = train(False), train(True)
    assert lr == same
    assert_equal_states(one, two)


def test_a_function_without_arguments_reads_what_it_names():
    model, x = nn.Linear(3, 2), mt.Tensor(np.ones((2, 3), np.float32))
    fast = mt.compile(lambda: model(x).sum())
    with mt.no_grad():
        for i in range(6):
            x.data[...] = i         # the same array
            assert fast().item() == pytest.approx(model(x).sum().item(), rel=1e-5)
        x = mt.Tensor(np.full((2, 3), 9, np.float32))   # another tensor in the variable
        for _ in range(4):
            assert fast().item() == pytest.approx(model(x).sum().item(), rel=1e-5)


def test_a_variable_that_is_another_object_each_time_is_said():
    batch = None
    fast = mt.compile(lambda: batch * 2)
    with pytest.warns(RuntimeWarning, match="the variable batch is another object in each call"):
        for i in range(12):
            batch = mt.Tensor([float(i)])
            assert fast().item() == 2 * i


def test_arrays_and_containers_go_in_and_out():
    @mt.compile
    def both(pair, scale, *, shift):
        x, y = pair
        return {"sum": y["y"] * scale + x, "rest": [shift, (y["y"] - x,)]}

    for i in range(5):
        x, y = np.full(3, i, np.float32), mt.Tensor([1.0, 2.0, 3.0])
        got = both((x, {"y": y}), 2, shift=None)
        assert got["sum"].tolist() == (2 * y.numpy() + x).tolist()
        assert got["rest"][0] is None
        assert got["rest"][1][0].tolist() == (y.numpy() - x).tolist()
    assert both((x, {"y": y}), 3, shift=None)["sum"].tolist() == (3 * y.numpy() + x).tolist()


def test_results_and_kept_gradients_stay_as_they_are():
    model = nn.Linear(4, 3)

    @mt.compile
    def step(x):
        model.zero_grad()
        y = model(x)
        y.sum().backward()
        return y

    kept = []
    for i in range(8):
        x = mt.Tensor(np.full((2, 4), i, np.float32))
        y = step(x)
        grad = model.weight.grad
        kept.append((y, y.detach().numpy().copy(), grad, grad.numpy().copy(),
                     model.bias.grad.numpy()))
        assert model.weight.grad.numpy()[0, 0] == 2 * i
    for y, y_then, grad, grad_then, bias in kept:
        assert (y.detach().numpy() == y_then).all() and (grad.numpy() == grad_then).all()
        assert (bias == 2).all()


def test_gradients_accumulate_where_nobody_clears_them():
    model = nn.Linear(4, 3)

    @mt.compile
    def step(x):
        model(x).sum().backward()

    x = mt.Tensor(np.ones((2, 4), np.float32))
    for i in range(1, 8):
        step(x)
        assert model.weight.grad.numpy().tolist() == np.full((3, 4), 2 * i).tolist()
    model.zero_grad()
    for i in range(1, 6):
        step(x)
        assert model.weight.grad.numpy()[0, 0] == 2 * i


def test_the_gradient_of_an_image_computes_no_weight_gradient():
    model = net()
    model.requires_grad_(False)
    image = batches(1, size=1)[0][0]
    image.requires_grad_()

    def gradient(x):
        return mt.autograd.grad(model(x)[0, 2], x)[0]

    fast = mt.compile(gradient)
    for i in range(9):
        if i > 5:   # packed weights are remembered, but not when they change
            model[3 * (i % 2)].bias.data[0] += 1
            model[3 * (i % 2)].weight.data[-1, -1, -1, -1] *= -2
        np.testing.assert_allclose(fast(image).numpy(), gradient(image).numpy(), 1e-4, 1e-6)
        assert image.grad is None
    assert "replays" in fast.explain()
    names = [function.__name__ for item in next(iter(fast._versions.values()))[0].run.todo
             if isinstance(item, list) for function, _ in item]
    assert names and not [name for name in names if "accumulate" in name or "weight" in name]


def test_a_leaf_argument_gets_its_gradient():
    w = mt.Tensor([1.0, 2.0])

    @mt.compile
    def step(x):
        (x * x * w).sum().backward()

    for i in range(5):
        x = mt.Tensor([float(i), 1.0], requires_grad=True)
        step(x)
        assert x.grad.tolist() == [2.0 * i, 4.0]


def test_a_tensor_made_inside_from_an_argument():
    @mt.compile
    def slope(array):
        x = mt.Tensor(array, requires_grad=True)
        (x ** 3).sum().backward()
        return x.grad

    for i in range(5):
        assert slope(np.array([i, 1], np.float32)).tolist() == [3.0 * i * i, 3.0]


def test_weights_updated_by_hand():
    w = mt.Tensor([1.0, 1.0], requires_grad=True)

    @mt.compile
    def step(x):
        loss = (w * x).sum()
        w.grad = None
        loss.backward()
        with mt.no_grad():
            w.sub_(0.5 * w.grad)
        return loss

    expected = np.ones(2)
    for i in range(6):
        x = mt.Tensor([float(i), 1.0])
        assert step(x).item() == pytest.approx((expected * x.numpy()).sum())
        expected = expected - 0.5 * x.numpy()
        np.testing.assert_allclose(w.detach().numpy(), expected)


def test_wrong_labels_are_refused_before_anything_changes():
    model = net()
    step, _ = training(model, sgd(model.parameters()))
    fast = mt.compile(step)
    x, y = batches(1)[0]
    for _ in range(4):
        fast(x, y)
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    with pytest.raises(IndexError, match="target holds label 5, but input of shape"):
        fast(x, mt.Tensor(np.array([0, 1, 5, 0, 0, 0])))
    for name, value in model.state_dict().items():
        assert (value.numpy() == before[name]).all()
    assert np.isfinite(fast(x, y).item())


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("shape", [(6, 4), (2, 4, 3), (2, 4, 3, 2), (4,)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses_with_a_label_for_every_position(loss, shape, reduction):
    rng = np.random.default_rng(0)
    x = mt.Tensor(rng.standard_normal(shape, np.float32)).requires_grad_()

    @mt.compile
    def step(labels):
        x.grad = None
        result = loss(2 * x, labels, ignore_index=3, reduction=reduction)
        result.backward()
        return result

    for _ in range(5):
        labels = mt.Tensor(rng.integers(0, 3, shape[:1] + shape[2:] if len(shape) > 1 else ()))
        if labels.ndim:
            labels[0] = 3
        got, grad = step(labels).item(), x.grad.numpy().copy()
        x.grad = None
        right = loss(2 * x, labels, ignore_index=3, reduction=reduction)
        right.backward()
        assert got == pytest.approx(right.item())
        np.testing.assert_allclose(grad, x.grad.numpy(), 1e-6, 1e-7)
    assert "Label" in step.explain()
    with pytest.raises(IndexError, match=f"{loss.__name__}: target holds label 7"):
        step(labels * 0 + 7)


def counter():
    return mt.Tensor([1.0])


REFUSED = {
    "item": (lambda x: x * x.sum().item(), "reads a value with item"),
    "branch": (lambda x: x if x.sum() > 0 else -x, "reads a value with bool"),
    "print": (lambda x: (str(x), x * 2)[1], "reads a value with print"),
    "data": (lambda x: mt.Tensor(x.data * 2), r"reads a value with \.data"),
    "numpy": (lambda x: mt.Tensor(np.exp(x.numpy())) * 1, r"reads a value with numpy\(\)"),
    "made outside": (lambda x: x + mt.Tensor(np.random.rand(2).astype(np.float32)), "made anew"),
    "no op": (lambda x: mt.Tensor([1.0, 2.0]), "returns a tensor that no op made"),
    "not a tensor": (lambda x: {x.shape}, "returns a set"),
    "changing": (lambda x: x * next(NUMBERS), "Mul.* changes from call to call"),
    "in place": (lambda x: x.copy_(mt.ones(2)), "changed in place"),
}
NUMBERS = iter(range(100))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_replayed_runs_as_it_is_and_says_why(name):
    function, reason = REFUSED[name]
    fast = mt.compile(function)
    with pytest.warns(RuntimeWarning, match="runs eagerly, because .*" + reason) as caught:
        for i in range(6):
            np.random.seed(i)
            got = fast(mt.Tensor([float(i), 1.0]))
            np.random.seed(i)
            if name not in ("changing", "in place", "not a tensor"):
                assert got.tolist() == function(mt.Tensor([float(i), 1.0])).tolist()
    assert len(caught) == 1 and "runs eagerly" in fast.explain()


def test_hooks_and_live_graphs_are_not_replayed():
    model = nn.Linear(2, 2)
    seen = []
    model.register_forward_hook(lambda *_: seen.append(1))
    with pytest.warns(RuntimeWarning, match="Linear has hooks"), mt.no_grad():
        fast = mt.compile(lambda x: model(x))
        for _ in range(5):
            fast(mt.ones(1, 2))
    assert len(seen) == 5
    other = nn.Linear(2, 2)
    with pytest.warns(RuntimeWarning, match="can still be differentiated"):
        fast = mt.compile(lambda x: other(x))
        for _ in range(4):
            fast(mt.ones(1, 2)).sum().backward()
    assert other.bias.grad.tolist() == [4.0, 4.0]


def test_errors_of_the_step_come_through():
    fast = mt.compile(lambda x: x.reshape(7))
    with pytest.raises(ValueError, match="reshape"):
        fast(mt.ones(2, 2))
    assert mt.autograd.modes.state.observer is None
    with pytest.raises(TypeError, match="compile: needs a function"):
        mt.compile(3)


def test_parameters_that_are_replaced_or_frozen():
    model = nn.Linear(3, 2)

    @mt.compile
    def step(x):
        model.zero_grad()
        model(x).sum().backward()

    x = mt.ones(1, 3)
    for _ in range(4):
        step(x)
    model.weight.data = np.zeros((2, 3), np.float32)
    model.bias.requires_grad_(False)
    for _ in range(4):
        step(x)
        assert model.bias.grad is None and model.weight.grad.tolist() == [[1.0] * 3] * 2
    with mt.no_grad():
        assert mt.compile(lambda x: model(x))(x).tolist() == [model.bias.tolist()]


def test_a_second_thread_does_not_disturb():
    model, errors = net(), []
    with mt.no_grad():
        fast = mt.compile(lambda x: model(x))
        data = [x for x, _ in batches(4)]
        wanted = [model(x).numpy() for x in data]
        for x in data:
            fast(x)

        def work(x, y):
            with mt.no_grad():
                for _ in range(50):
                    if not np.allclose(fast(x).numpy(), y, atol=1e-5):
                        errors.append(1)

        threads = [threading.Thread(target=work, args=pair) for pair in zip(data, wanted)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors


def test_options_of_pytorch():
    @mt.compile(mode="max-autotune", fullgraph=True)
    def double(x):
        return x * 2

    for i in range(4):
        assert double(mt.Tensor([float(i)])).item() == 2 * i
    assert mt.compile(len, disable=True) is len
    fast = mt.compile(lambda x: x * x.item(), fullgraph=True)
    with pytest.raises(RuntimeError, match="fullgraph=True.*reads a value with item"):
        for _ in range(2):
            fast(mt.ones(1))


def test_a_compiled_module_has_its_attributes():
    model = net(drop=0.5)
    fast = mt.compile(model)
    assert fast.eval() is model and len(list(fast.parameters())) == 8 and not fast.training
    with pytest.raises(AttributeError, match="no_such"):
        fast.no_such


def test_ever_new_shapes_end_in_eager_mode():
    fast = mt.compile(lambda x: x + 1)
    with pytest.warns(RuntimeWarning, match="more than 64 signatures") as caught:
        for i in range(1, 70):
            assert fast(mt.zeros(i)).sum().item() == i
    assert len(caught) == 1


def test_explain_and_repr():
    fast = mt.compile(nn.Linear(2, 2))
    assert fast.explain() == "not called yet" and "Linear" in repr(fast)
    with mt.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            fast(mt.ones(1, 2))
    assert fast.explain() == "1 x 2: replays 1 step in 1 kernel call: Linear"


def test_a_leaf_owns_the_gradient_that_a_sum_hands_on():
    one, two = [mt.Tensor(np.ones(4, np.float32), requires_grad=True) for _ in range(2)]

    @mt.compile
    def step(x):
        one.grad = two.grad = None
        ((one + two) * x + (one - two)).sum().backward()

    for i in range(5):
        step(mt.Tensor(np.full(4, i, np.float32)))
        assert one.grad.tolist() == [i + 1] * 4 and two.grad.tolist() == [i - 1] * 4
        one.grad.data[...] = 7
        assert two.grad.tolist() == [i - 1] * 4


def test_views_cost_nothing_in_a_replay():
    model = net().eval().requires_grad_(False)

    @mt.compile
    def gradient(x):
        x.grad = None
        z = model(x)
        picked = z[:, 3].sum() + 2 * z.permute(1, 0)[1].expand(3, 6).sum()
        picked.backward()
        return z[1:].detach()

    kept, x = [], mt.zeros(6, 1, 12, 12, requires_grad=True)
    for images, _ in batches(6):
        x.data[...] = images.data
        kept.append((gradient(x), x.grad))
    for (images, _), (rest, grad) in zip(batches(6), kept):
        images.requires_grad_()
        z = model(images)
        (z[:, 3].sum() + 2 * z.permute(1, 0)[1].expand(3, 6).sum()).backward()
        np.testing.assert_allclose(rest.numpy(), z.detach().numpy()[1:], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(grad.numpy(), images.grad.numpy(), rtol=1e-4, atol=1e-5)
    run = list(gradient._versions.values())[-1][0].run
    left = [item.node.kind.__name__ for item in run.todo if hasattr(item, "node")]
    assert sorted(left) == ["Expand", "GetItem", "GetItem", "Sum", "Sum"], "sums, and ways back"


@pytest.mark.parametrize("channels, size, stride", [(3, 20, 1), (64, 8, 1), (128, 6, 1), (64, 9, 2),
                                                    (32, 30, 1), (160, 7, 1)])
def test_every_call_computes_the_same_gradients(channels, size, stride):
    """The third call too, in which kernels are captured while they run (Winograd's, here)."""
    mt.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(channels, 96, 3, padding=1), nn.BatchNorm2d(96), nn.ReLU(),
                          nn.Conv2d(96, 64, 3, stride, 1), nn.ReLU())
    x = mt.randn(4, channels, size, size)
    seen = []

    @mt.compile
    def step():
        for p in model.parameters():
            p.grad = None
        loss = (model(x) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(5):
        step()
        seen.append([p.grad.numpy().copy() for p in model.parameters()])
    assert "replays" in step.explain()
    for later in seen[1:]:
        for (name, _), ours, first in zip(model.named_parameters(), later, seen[0]):
            if name != "0.bias":    # before a batch norm it is rounding alone
                assert np.linalg.norm(ours - first) <= 1e-4 * np.linalg.norm(first), name
