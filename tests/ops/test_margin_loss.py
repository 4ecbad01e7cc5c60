"""Margin losses against torch."""
import numpy as np
import pytest
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

REDUCTIONS = ["mean", "sum", "none"]
SIGNS = np.array([[1, -1, 1, -1], [-1, -1, 1, 1], [1, 1, -1, -1]])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [1.0, 0.3])
def test_hinge_embedding_loss(reduction, margin):
    for x, t in [((3, 4), SIGNS), ((), np.array(-1)), ((3, 4), SIGNS[0]),
                 (np.array([1.0]), np.array([-1]))]:
        check_op(mt.hinge_embedding_loss, F.hinge_embedding_loss, x, t, margin=margin,
                 reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_margin_ranking_loss(reduction, margin):
    check_op(mt.margin_ranking_loss, F.margin_ranking_loss, (3, 4), (3, 4), SIGNS, margin=margin,
             reduction=reduction)
    check_op(mt.margin_ranking_loss, F.margin_ranking_loss, (3, 1), (1, 4), SIGNS.astype(float))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_soft_margin_loss(reduction):
    for t in (SIGNS, SIGNS[0], np.array(-1)):
        check_op(mt.soft_margin_loss, F.soft_margin_loss, (3, 4), t, reduction=reduction)


def test_soft_margin_loss_is_stable():
    x = mt.Tensor(np.array([1e4, -1e4]), requires_grad=True)
    y = mt.soft_margin_loss(x, [-1, -1], reduction="none")
    y.backward(np.ones(2))
    np.testing.assert_array_equal(y.data, [1e4, 0])
    np.testing.assert_array_equal(x.grad.data, [1, 0])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(3, 4), (4,), (2, 3, 4)])
@pytest.mark.parametrize("weight", [None, np.array([0.5, 1, 2, 3])])
def test_multilabel_soft_margin_loss(reduction, shape, weight):
    t = np.random.default_rng(1).integers(0, 2, shape).astype(float)
    check_op(mt.multilabel_soft_margin_loss, F.multilabel_soft_margin_loss, shape, t, weight,
             reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("p, margin", [(1, 1.0), (2, 1.0), (1, 0.4), (2, -0.5)])
@pytest.mark.parametrize("weight", [None, np.array([0.5, 1, 2, 3])])
def test_multi_margin_loss(reduction, p, margin, weight):
    def call(module):
        return lambda x, t, w: module.multi_margin_loss(x, t, p, margin, w, reduction=reduction)
    for x, t in [((3, 4), np.array([0, 3, 1])), ((4,), np.array(2)),
                 (np.array([[1.0, 1, 0, 2]]), np.array([1]))]:
        check_op(call(mt), call(F), x, t, weight, constant=(2,))


def test_multi_margin_loss_without_dimensions():
    check_op(mt.multi_margin_loss, F.multi_margin_loss, (), np.array(0))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multilabel_margin_loss(reduction):
    for x, t in [((3, 4), np.array([[3, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3]])),
                 ((4,), np.array([2, 2, -1, 0])), ((), np.array(0))]:
        check_op(mt.multilabel_margin_loss, F.multilabel_margin_loss, x, t, reduction=reduction)


def test_shape_of_one_sample():
    for x, t in [((3,), np.array([1])), ((3,), np.array(1)), ((1, 3), np.array(1))]:
        check_op(mt.multi_margin_loss, F.multi_margin_loss, x, t, reduction="none")


def test_ranks_of_integers():
    x1, x2, t = np.array([3, 5, 5]), np.array([4, 1, 5]), np.array([1, -1, 1])
    for margin in (0, 1.5):
        check_op(mt.margin_ranking_loss, F.margin_ranking_loss, x1, x2, t, margin=margin)


TWO = np.zeros((2, 3))


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.hinge_embedding_loss([1], [1]), TypeError, "hinge_embedding_loss: input must hold"),
    (lambda: mt.hinge_embedding_loss(TWO, [1, 1]), ValueError, "do not broadcast"),
    (lambda: mt.margin_ranking_loss(TWO, TWO, [1, 1, 1]), ValueError, "as many dimensions"),
    (lambda: mt.soft_margin_loss([1], [1]), TypeError, "soft_margin_loss: input must hold floats"),
    (lambda: mt.multilabel_soft_margin_loss(1.0, 1.0), ValueError, "got a 0-d tensor"),
    (lambda: mt.multi_margin_loss(TWO, [0, 3]), IndexError, "holds label 3, but there are 3"),
    (lambda: mt.multi_margin_loss(TWO, [0]), ValueError, "one label per row of input"),
    (lambda: mt.multi_margin_loss(TWO, [0, 1], p=3), ValueError, "p must be 1 or 2, got 3"),
    (lambda: mt.multi_margin_loss(TWO, [0, 1], weight=[1.0]), ValueError, r"weight must have"),
    (lambda: mt.multi_margin_loss(TWO, [0.0, 1]), TypeError, "class labels, integers, got float32"),
    (lambda: mt.multi_margin_loss(TWO[None], [0]), ValueError, r"input must be \(N, C\) or \(C,\)"),
    (lambda: mt.multilabel_margin_loss(TWO, [[0, 1], [0, 1]]), ValueError, "shapes must be equal"),
    (lambda: mt.multilabel_margin_loss(TWO, [[0, 1, 5], [0, 1, 2]]), IndexError, "holds label 5"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
