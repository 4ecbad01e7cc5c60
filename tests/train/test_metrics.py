"""Metrics: against scikit-learn, SciPy, and by hand."""
import sys

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

import minitorch_cnn as mt
from minitorch_cnn.train import (
    Proportion,
    accuracy,
    class_report,
    confusion_matrix,
    top_k_accuracy,
)
from minitorch_cnn.train.metrics import count_correct

METRICS = {"accuracy": accuracy, "confusion_matrix": confusion_matrix, "class_report": class_report}


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("correct, count", [(9907, 10_000), (0, 20), (20, 20), (8, 10), (1, 1)])
def test_wilson_interval(correct, count, confidence):
    p = Proportion(correct, count, confidence)
    theirs = scipy.stats.binomtest(correct, count).proportion_ci(confidence, "wilson")
    assert float(p) == p.value == correct / count
    assert (p.low, p.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= p.low <= p.value <= p.high <= 1
    assert p.value in p and p.high + 1e-3 not in p


def test_confidence_widens_and_nothing_says_nothing():
    assert Proportion(8, 10, 0.99).low < Proportion(8, 10, 0.5).low
    nothing = Proportion(0, 0)
    assert np.isnan(nothing.value) and (nothing.low, nothing.high) == (0, 1)
    assert str(Proportion(9907, 10_000)) == "99.07% [98.86%, 99.24%]"


@pytest.mark.parametrize("arguments, words", [
    ((3, 2), "Proportion: 3 right of 2 is impossible"), ((-1, 2), "-1 right of 2 is impossible"),
    ((1, 2, 1.0), "Proportion: confidence must lie between 0 and 1, such as 0.95, got 1.0")])
def test_impossible_proportions(arguments, words):
    with pytest.raises(ValueError, match=words):
        Proportion(*arguments)


def test_accuracy_of_scores_and_of_classes():
    scores = np.array([[1, 2], [3, 3], [0, -1]])
    found = accuracy(scores, [1, 1, 0])  # of equal scores the first wins
    assert (found.correct, found.count) == (2, 3)
    assert accuracy(mt.tensor([1, 0, 0]), mt.tensor([1, 1, 0]), confidence=0.5).correct == 2
    assert accuracy(np.zeros((0, 3)), np.zeros(0, int)).count == 0


def test_top_k(rng):
    scores, labels = rng.standard_normal((200, 6)), rng.integers(0, 6, 200)
    for k in range(1, 6):
        theirs = sklearn.metrics.top_k_accuracy_score(labels, scores, k=k)
        assert float(top_k_accuracy(scores, labels, k)) == theirs
    assert float(top_k_accuracy(scores, labels, 6)) == 1
    assert float(top_k_accuracy(scores, labels, 1)) == float(accuracy(scores, labels))
    assert top_k_accuracy(np.zeros((3, 3)), [0, 1, 2], 2).correct == 2  # lower classes first


@pytest.mark.parametrize("k", [0, 4])
def test_top_k_out_of_range(k):
    with pytest.raises(ValueError, match=f"top_k_accuracy: k must be 1 to 3, the number of classes,"
                                         f" got {k}"):
        top_k_accuracy(np.zeros((2, 3)), [0, 1], k)


def test_top_k_of_classes():
    with pytest.raises(ValueError, match=r"top_k_accuracy: predictions must be scores \(N, K\), "):
        top_k_accuracy([0, 1], [0, 1], 1)


def test_confusion_matrix(rng):
    given, labels = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    found = confusion_matrix(given, labels)
    np.testing.assert_array_equal(found, sklearn.metrics.confusion_matrix(labels, given))
    assert found[2, 1] == ((labels == 2) & (given == 1)).sum() and found.dtype == np.int64
    assert confusion_matrix([0], [0], classes=3).shape == (3, 3)
    assert confusion_matrix(np.zeros((1, 5)), [0]).shape == (5, 5)
    assert confusion_matrix(np.zeros((0, 2)), np.zeros(0, int)).tolist() == [[0, 0], [0, 0]]


def test_class_report(rng):
    scores, labels = rng.standard_normal((300, 3)), rng.integers(0, 2, 300)  # no label is 2
    found = class_report(scores, labels, ["cat", "dog", "owl"])
    theirs = sklearn.metrics.classification_report(
        labels, scores.argmax(1), target_names=["cat", "dog", "owl"], output_dict=True,
        zero_division=0)
    for row in [*found.classes, found.macro, found.weighted]:
        name = row.name.replace("average", "avg")
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(
            tuple(theirs[name].values()))
    assert float(found.accuracy) == theirs["accuracy"]
    assert found.classes[2].recall == 0 and found.classes[2].support == 0
    text = str(found)
    assert "macro average" in text and f"{found.classes[0].precision:.4f}" in text


def test_no_samples_no_report():
    with pytest.raises(ValueError, match="class_report: there are no samples to report on"):
        class_report(np.zeros((0, 2)), np.zeros(0, int))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("predictions, labels, error, words", [
    (np.zeros((2, 3)), [0], ValueError, r"needs predictions \(N, K\) or \(N,\) and labels \(N,\), "
                                        r"got \(2,\) and \(1,\)"),
    (np.zeros((2, 3, 4)), [0, 1], ValueError, "needs predictions"),
    (np.zeros((2, 0)), [0, 1], ValueError, r"predictions of shape \(2, 0\) have no classes"),
    ([0.5, 1.0], [0, 1], TypeError, "classes must be integers, got float32; convert them with"),
    ([0, 1], [0.0, 1.0], TypeError, "labels must be integers, got float32"),
])
def test_what_does_not_fit(name, predictions, labels, error, words):
    with pytest.raises(error, match=f"{name}: {words}"):
        METRICS[name](predictions, labels)


@pytest.mark.parametrize("name", ["confusion_matrix", "class_report"])
@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_classes_outside(name, labels):
    with pytest.raises(ValueError, match=f"{name}: classes must be 0 to 2, found "):
        METRICS[name]([0, 1], labels, ["a", "b", "c"])


@pytest.mark.parametrize("name", ["confusion_matrix", "class_report"])
def test_without_scikit_learn(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=f"{name}: needs scikit-learn, which is not installed; "
                                          "install it with `pip install scikit-learn`"):
        METRICS[name]([0, 1], [0, 1])


def test_right_answers_of_a_batch():
    logits = mt.tensor([[1., 2.], [3., 0.]])
    assert count_correct(logits, mt.tensor([1, 1])) == (1, 2)
    assert count_correct(logits, mt.tensor([[0.3, 0.7], [1., 0.]])) == (2, 2)   # mixed labels
    assert count_correct(mt.zeros(2, 3, 4, 4), mt.zeros(2, 4, 4, dtype="int64")) == (32, 32)
    none = [(logits, mt.tensor([[5., 1.], [0., 0.]])), (mt.zeros(2, 1), mt.ones(2, 1)),
            (mt.zeros(3), mt.zeros(3)), (None, mt.zeros(2))]
    assert [count_correct(*pair) for pair in none] == [None] * 4
