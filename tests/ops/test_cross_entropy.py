"""Cross-entropy and negative log-likelihood against torch."""
import numpy as np
import pytest
import torch.nn.functional as F
from check_op import check_op
from hypothesis import given
from hypothesis import strategies as st

import minitorch_cnn as mt

REDUCTIONS = ["mean", "sum", "none"]
WEIGHT = np.array([0.5, 2.0, 0.0, 1.5, 1.0])
LABELS = [((4, 5), np.array([0, 4, 2, 3])), ((2, 5, 3), np.array([[0, 1, 2], [4, 3, 3]])),
          ((2, 5, 1, 2), np.array([[[0, 1]], [[4, 4]]])), ((5,), np.array(3)),
          ((0, 5), np.zeros(0, int)), ((2, 5, 0), np.zeros((2, 0), int)),
          ((2, 5, 1, 2, 1), np.ones((2, 1, 2, 1), int))]


@pytest.mark.parametrize("x, t", LABELS, ids=[str(x) for x, _ in LABELS])
@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_labels(x, t, weight, reduction):
    for name in ("cross_entropy", "nll_loss"):
        check_op(getattr(mt, name), getattr(F, name), x, t, weight, constant=(2,),
                 reduction=reduction)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
@pytest.mark.parametrize("x, t", LABELS[:4], ids=[str(x) for x, _ in LABELS[:4]])
@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("ignore_index", [-100, 4])
def test_smoothing(x, t, weight, reduction, smoothing, ignore_index):
    check_op(mt.cross_entropy, F.cross_entropy, x, t, weight, constant=(2,), reduction=reduction,
             label_smoothing=smoothing, ignore_index=ignore_index)


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("t, ignore_index", [([0, 4, -100, 3], -100), ([1, 1, 7, 7], 7),
                                             ([3, 3, 3, 3], 3), ([0, -1, 2, 0], -1)])
def test_ignored_labels(weight, reduction, t, ignore_index):
    for name in ("cross_entropy", "nll_loss"):
        check_op(getattr(mt, name), getattr(F, name), (4, 5), np.array(t), weight, constant=(2,),
                 reduction=reduction, ignore_index=ignore_index)


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_it_is_the_likelihood_of_the_log_softmax(rng, dtype, rtol):
    labels = rng.integers(0, 10, 64)
    both = []
    for loss in (mt.cross_entropy, lambda x, t: mt.nll_loss(mt.log_softmax(x, 1), t)):
        logits = mt.tensor(np.random.default_rng(0).normal(0, 5, (64, 10)).astype(dtype),
                           requires_grad=True)
        value = loss(logits, labels)
        value.backward()
        both.append((value.item(), logits.grad.data))
    assert both[0][0] == pytest.approx(both[1][0], rel=rtol)
    np.testing.assert_allclose(both[0][1], both[1][1], rtol=0, atol=rtol)


def test_one_label_in_a_list_for_scores_without_batch():
    x = np.arange(5.0)
    assert mt.cross_entropy(x, [3]).item() == mt.cross_entropy(x, np.array(3)).item()
    assert mt.nll_loss(x, [3], reduction="none").shape == ()


def test_ignored_positions_hide_infinities():
    x = np.array([[-np.inf, 0.0, 1], [1, 2, 3]])
    check_op(mt.nll_loss, F.nll_loss, x, np.array([-100, 2]), np.array([0.0, 1, 2]), constant=(2,))


@pytest.mark.parametrize("x", [(4, 5), (2, 5, 3), (5,), (2, 5, 2, 2), (0, 5)])
@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_probabilities(x, weight, smoothing, reduction):
    t = np.random.default_rng(1).random(x)
    check_op(mt.cross_entropy, F.cross_entropy, x, t, weight, constant=(2,), reduction=reduction,
             label_smoothing=smoothing)
    check_op(mt.cross_entropy, F.cross_entropy, x, t, weight, constant=(1, 2))


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, np.float32])
def test_one_hot_is_the_same_as_labels(dtype, rng):
    x, labels = rng.standard_normal((4, 5)).astype(np.float32), np.array([0, 4, 2, 2])
    expected = mt.cross_entropy(x, labels)
    y = mt.cross_entropy(x, np.eye(5)[labels].astype(dtype))
    np.testing.assert_allclose(y.data, expected.data, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, "list", "tensor"])
def test_labels_of_any_kind(dtype, rng):
    x, labels = rng.standard_normal((4, 5)), [0, 4, 2, 2]
    expected = mt.cross_entropy(x, np.array(labels)).item()
    given_labels = {"list": labels, "tensor": mt.Tensor(np.array(labels))}
    t = given_labels[dtype] if isinstance(dtype, str) else np.array(labels, dtype)
    assert mt.cross_entropy(x, t).item() == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_scores_are_stable(dtype):
    x = mt.Tensor(np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4]], dtype), requires_grad=True)
    y = mt.cross_entropy(x, [1, 0], reduction="none")
    y.backward(np.ones(2, dtype))
    np.testing.assert_allclose(y.data, [2e4, np.log(3)], rtol=1e-6)
    np.testing.assert_allclose(x.grad.data, [[1, -1, 0], [-2 / 3, 1 / 3, 1 / 3]], atol=1e-6)


@given(st.integers(0, 4), st.integers(1, 6), st.lists(st.integers(1, 3), max_size=2),
       st.integers(0, 999), st.sampled_from(REDUCTIONS), st.booleans(), st.sampled_from([0.0, 0.3]))
def test_any_shape(N, C, rest, seed, reduction, weighted, smoothing):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, C, (N, *rest))
    t[rng.random(t.shape) < 0.2] = -100
    weight = rng.random(C) if weighted else None
    check_op(mt.cross_entropy, F.cross_entropy, (N, C, *rest), t, weight, constant=(2,),
             reduction=reduction, label_smoothing=smoothing, dtypes=(np.float64,))


SCORES = np.zeros((2, 3))
CE, NLL = mt.cross_entropy, mt.nll_loss


@pytest.mark.parametrize("call, error, words", [
    (lambda: CE(SCORES, [0, 3]), IndexError,
     r"holds label 3, but input of shape \(2, 3\) has 3 classes; labels are 0 to 2"),
    (lambda: CE(SCORES, [-1, 0]), IndexError, "holds label -1.* ignore_index=-100"),
    (lambda: NLL(SCORES, [0, 3]), IndexError, "nll_loss: target holds label 3"),
    (lambda: CE(SCORES, [0, 1, 2]), ValueError, r"target must have shape \(2,\), one label"),
    (lambda: CE(SCORES, [0.0, 1.0]), TypeError, "class labels must be integers, got float32"),
    (lambda: CE(SCORES, [True, False]), TypeError, "class labels must be integers, got bool"),
    (lambda: CE(SCORES.astype(int), [0, 1]), TypeError, "input must hold floats"),
    (lambda: CE(1.0, 0), ValueError, "got a 0-d tensor"),
    (lambda: CE(SCORES, [[2, 0, 1], [0, 1, 2]]), ValueError, "class labels have one dim"),
    (lambda: CE(SCORES, SCORES, ignore_index=1), ValueError, "ignore_index=1 has no meaning"),
    (lambda: CE(SCORES, [0, 1], [1.0, 2.0]), ValueError, "one entry for each of the 3"),
    (lambda: CE(SCORES, [0, 1], mt.Tensor([1.0, 2, 3], requires_grad=True)), ValueError,
     r"weight gets no gradient here; pass weight.detach\(\)"),
    (lambda: CE(SCORES, [0, 1], label_smoothing=1.1), ValueError, "between 0 and 1, got 1.1"),
    (lambda: CE(SCORES, [0, 1], reduction="avg"), ValueError, "cross_entropy: reduction"),
    (lambda: NLL(SCORES, SCORES), TypeError, "nll_loss: class labels must be integers"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
