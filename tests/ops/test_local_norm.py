"""Division by a norm against torch."""
import numpy as np
import pytest
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

ZEROS = np.array([[1.0, -2, 2, 0.5], [0, 0, 0, 0], [0, 3, 0, 0]])


@pytest.mark.parametrize("p", [2, 1, 3, 1.5, float("inf"), 0, 0.5, -1, -float("inf")])
@pytest.mark.parametrize("x", [(3, 4), (2, 3, 2), (4, 1)])
def test_normalize(x, p):
    check_op(mt.normalize, F.normalize, x, p=p)


@pytest.mark.parametrize("p", [2, 1, 3, 1.5, float("inf"), 0])
def test_normalize_zeros_and_ties(p):
    check_op(mt.normalize, F.normalize, ZEROS, p=p)


@pytest.mark.parametrize("x, dim", [((3, 4), 0), ((2, 3, 4), -1), ((2, 3, 4), (1, 2)), ((), 0),
                                    ((0, 3), 1), ((3, 0), 1), ((5,), 0)])
def test_normalize_dims(x, dim):
    check_op(mt.normalize, F.normalize, x, dim=dim)


def test_normalize_large_eps():
    check_op(mt.normalize, F.normalize, (3, 4), eps=1.7)


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 3, 2), (1, 2, 2, 2, 2), (0, 3, 2), (2, 1, 4)])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_local_response_norm(shape, size):
    check_op(mt.local_response_norm, F.local_response_norm, shape, size=size, alpha=0.5, k=0.7)


@pytest.mark.parametrize("call, error, words", [
    (lambda: mt.normalize([[1, 2]]), TypeError, "normalize: input must hold floats"),
    (lambda: mt.normalize([1.0, 2.0]), IndexError, "normalize: dim 1 does not exist"),
    (lambda: mt.local_response_norm(np.ones((2, 3)), 2), ValueError, r"input must be \(N, C, L\)"),
    (lambda: mt.local_response_norm(np.ones((2, 3, 1)), 0), ValueError, "size must be 1 or more"),
    (lambda: mt.local_response_norm(np.ones((2, 3, 1), int), 2), TypeError, "must hold floats"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
