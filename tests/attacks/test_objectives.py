import numpy as np
import pytest
import torch
from check_op import check_op

import minitorch_cnn as mt
from minitorch_cnn.attacks.objectives import OBJECTIVES, as_objective

TARGETS = np.array([0, 2, 1, 2])


def theirs(name, logits):
    t = torch.from_numpy(TARGETS)[:, None]
    if name == "log_probability":
        logits = logits.log_softmax(1)
    if name == "probability":
        logits = logits.softmax(1)
    picked = logits.gather(1, t).squeeze(1)
    if name == "margin":
        return picked - logits.scatter(1, t, -torch.inf).amax(1)
    return picked


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_against_torch(name):
    check_op(lambda logits: OBJECTIVES[name](logits, mt.Tensor(TARGETS)),
             lambda logits: theirs(name, logits), (4, 3))


def test_margin_is_positive_where_the_target_is_predicted(rng):
    logits = rng.standard_normal((50, 6))
    targets = rng.integers(0, 6, 50)
    value = OBJECTIVES["margin"](mt.Tensor(logits), mt.Tensor(targets)).data
    np.testing.assert_array_equal(value > 0, logits.argmax(1) == targets)


def test_a_function_is_taken_as_it_is():
    assert as_objective("a", print) is print
