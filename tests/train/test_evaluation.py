"""evaluate and predict: sums over batches, nothing changed, and what eval() left out costs."""
import numpy as np
import pytest
from tiny_training import Net, loaders

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.data import DataLoader
from minitorch_cnn.inspect import checksum
from minitorch_cnn.nn import functional as F
from minitorch_cnn.train import Trainer, evaluate, predict


@pytest.fixture
def data():
    return DataLoader(loaders()[1].dataset, batch_size=16)  # 16 + 16 + 8


def test_mean_over_images_not_batches(data):
    net = Net().eval()
    score = evaluate(net, data)
    images, labels = data.dataset.tensors
    logits = net(images)
    assert score.loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-6)
    right = (logits.argmax(1) == labels).sum().item()
    assert (score.accuracy.correct, score.accuracy.count, score.count) == (right, 40, 40)
    assert score.error_rate == 1 - right / 40 and score.seconds > 0
    assert str(score).startswith(f"loss {score.loss:.4f}, accuracy {score.accuracy}")


def test_nothing_changes(data):
    net = Net()
    net.bn.eval()
    before, modes = checksum(net), [m.training for m in net.modules()]
    streams = repr(mt.get_rng_state())
    evaluate(net, data)
    predict(net, data)
    assert checksum(net) == before and repr(mt.get_rng_state()) == streams
    assert [m.training for m in net.modules()] == modes
    assert all(p.grad is None for p in net.parameters())


def test_modes_are_restored_after_an_error():
    net = Net()
    with pytest.raises(ValueError, match=r"evaluate: a batch must be \(images, targets\), the "
                                         "loader gave Tensor"):
        evaluate(net, [mt.zeros(2, 1, 6, 6)])
    assert all(m.training for m in net.modules())


class Sly(nn.Module):
    """Counts its calls in a buffer, in evaluation mode too."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(36, 4)
        self.inner.register_buffer("calls", mt.zeros(1))

    def forward(self, x):
        self.inner.calls.data += 1
        return self.inner(x.flatten(1))


@pytest.mark.parametrize("run", [evaluate, predict])
def test_a_buffer_that_changes_is_told_and_restored(run, data):
    net = Sly()
    with pytest.raises(RuntimeError, match=f"{run.__name__}: inner.calls changed although the "
                                           "model is in evaluation mode .undone.; some forward"):
        run(net, data)
    assert net.inner.calls.item() == 0
    run(net, data, as_written=True)
    assert net.inner.calls.item() == 3


def test_as_written(data):
    net = Net().eval()
    net.drop.p = 0.0
    right, wrong = evaluate(net, data), evaluate(net, data, as_written=True)
    net.train()
    losses = [F.cross_entropy(net(x), y).item() * len(y) for x, y in data]
    assert wrong.loss == pytest.approx(sum(losses) / 40, rel=1e-6) and wrong.loss != right.loss
    assert int(net.bn.num_batches_tracked.data) == 6  # absorbed: three here, three there
    assert "as written: without eval()" in str(wrong) and "as written" not in str(right)


def test_a_callable_and_no_classes(data):
    score = evaluate(lambda x: x.mean((1, 2, 3)), [(x, x.mean((1, 2, 3)) + 1) for x, _ in data],
                     F.mse_loss)
    assert score.loss == pytest.approx(1) and score.accuracy is None and np.isnan(score.error_rate)
    assert str(score) == "loss 1.0000"
    nothing = evaluate(Net(), [])
    assert np.isnan(nothing.loss) and nothing.accuracy is None and nothing.count == 0


def test_predictions(data):
    net = Net()
    found = predict(net, data)
    images, labels = data.dataset.tensors
    logits = net.eval()(images).detach().numpy()
    np.testing.assert_allclose(found.logits, logits, atol=1e-6)
    np.testing.assert_array_equal(found.labels, labels.data)
    np.testing.assert_array_equal(found.classes, logits.argmax(1))
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found.wrong, np.flatnonzero(logits.argmax(1) != labels.data))
    assert found.accuracy.correct == 40 - len(found.wrong)


def test_predictions_of_images_alone(data):
    net = Net()
    images = data.dataset.tensors[0]
    whole = predict(net, data)
    for given in (images, images.data, [x for x, _ in data]):
        found = Trainer(net).predict(given)
        np.testing.assert_allclose(found.logits, whole.logits, atol=1e-6)
        with pytest.raises(ValueError, match="Predictions.wrong: there are no labels; predict"):
            found.wrong
        with pytest.raises(ValueError, match="Predictions.accuracy: there are no labels"):
            found.accuracy


def test_predict_nothing(data):
    with pytest.raises(ValueError, match="predict: the loader gave no batch; is its dataset empty"):
        predict(Net(), [])
    x, y = next(iter(data))
    with pytest.raises(ValueError, match="predict: 1 of 2 batches had labels; all of them must"):
        predict(Net(), [(x, y), x])
