"""Distances between vectors and the losses that learn them, against torch."""
import numpy as np
import pytest
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

REDUCTIONS = ["mean", "sum", "none"]


@pytest.mark.parametrize("a, b, dim", [((3, 4), (3, 4), 1), ((3, 4), (4,), 1),
                                       ((2, 3, 4), (2, 3, 4), 0), ((2, 1, 4), (3, 4), 1),
                                       ((4,), (4,), -1), ((3, 1), (3, 4), -1), ((0, 3), (0, 3), 1)])
def test_cosine_similarity(a, b, dim):
    check_op(mt.cosine_similarity, F.cosine_similarity, a, b, dim=dim)


def test_cosine_similarity_of_a_zero_vector():
    x = np.array([[0.0, 0, 0], [1, 2, 2]])
    assert mt.cosine_similarity(x, np.ones((2, 3))).tolist()[0] == 0


@pytest.mark.parametrize("p", [1, 2, 3, float("inf")])
@pytest.mark.parametrize("keepdim", [False, True])
def test_pairwise_distance(p, keepdim):
    for a, b in [((3, 4), (3, 4)), ((4,), (4,)), ((3, 4), (1, 4)), ((2, 3, 4), (3, 4))]:
        check_op(mt.pairwise_distance, F.pairwise_distance, a, b, p=p, keepdim=keepdim)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, 0.4, -0.5])
def test_cosine_embedding_loss(reduction, margin):
    for shape, t in [((4, 3), np.array([1, -1, 1, -1])), ((3,), np.array(-1)), ((3,), np.array(1))]:
        check_op(mt.cosine_embedding_loss, F.cosine_embedding_loss, shape, shape, t, margin=margin,
                 reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("p, margin", [(2, 1.0), (1, 3.0), (3, 0.1)])
def test_triplet_margin_loss(reduction, swap, p, margin):
    for shape in ((4, 3), (3,)):
        check_op(mt.triplet_margin_loss, F.triplet_margin_loss, shape, shape, shape,
                 margin=margin, p=p, swap=swap, reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("swap", [False, True])
def test_triplet_margin_with_distance_loss(reduction, swap):
    def call(module, distance):
        return lambda a, p, n: module.triplet_margin_with_distance_loss(
            a, p, n, distance_function=distance, margin=0.7, swap=swap, reduction=reduction)
    check_op(call(mt, None), call(F, None), (4, 3), (4, 3), (4, 3))
    check_op(call(mt, lambda a, b: 1 - mt.cosine_similarity(a, b)),
             call(F, lambda a, b: 1 - F.cosine_similarity(a, b)), (4, 3), (4, 3), (4, 3))


def test_integers_become_float32():
    a, b = np.array([[3, 1, 2], [0, 5, 5]]), np.array([[1, 1, 4], [2, 0, 1]])
    check_op(mt.pairwise_distance, F.pairwise_distance, a, b)
    check_op(mt.triplet_margin_loss, F.triplet_margin_loss, a, b, a[::-1].copy())
    check_op(mt.cosine_embedding_loss, F.cosine_embedding_loss, a, b, np.array([1, -1]))


TWO = np.ones((2, 3))


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.cosine_similarity([[1]], [[1]]), TypeError, "input1 must hold floats"),
    (lambda: mt.cosine_similarity(TWO, np.ones((2, 2))), ValueError, "do not broadcast"),
    (lambda: mt.cosine_similarity(TWO, TWO, dim=2), IndexError, "cosine_similarity: dim 2"),
    (lambda: mt.pairwise_distance(TWO, np.ones((2, 2))), ValueError, "pairwise_distance: shapes"),
    (lambda: mt.cosine_embedding_loss(TWO, TWO, 1), ValueError, r"inputs must be \(N, D\)"),
    (lambda: mt.cosine_embedding_loss(TWO, TWO, [1, 1], reduction=""), ValueError, "reduction"),
    (lambda: mt.triplet_margin_loss(TWO, TWO, TWO, margin=0), ValueError, "must be positive"),
    (lambda: mt.triplet_margin_loss(TWO, TWO, TWO[0]), ValueError, "have as many dimensions"),
    (lambda: mt.triplet_margin_loss(TWO, TWO, TWO.T), ValueError, "triplet_margin_loss: shapes"),
    (lambda: mt.triplet_margin_with_distance_loss(TWO, TWO, TWO, margin=-1), ValueError, "pos"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
