"""Losses for probabilities and distributions against torch."""
import numpy as np
import pytest
import torch.nn.functional as F
from check_op import check_op

import minitorch_cnn as mt

REDUCTIONS = ["mean", "sum", "none"]
FAR = np.array([-1e4, -100, -20, -1, 0, 1, 20, 100, 1e4])


def shares(*shape, seed=0):
    return np.asarray(np.random.default_rng(seed).uniform(0.05, 0.95, shape))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, shares(4), shares(3, 4), shares(3, 1), shares()])
def test_binary_cross_entropy(reduction, weight):
    check_op(mt.binary_cross_entropy, F.binary_cross_entropy, shares(3, 4), shares(3, 4, seed=1),
             weight, constant=(2,), reduction=reduction)


def test_binary_cross_entropy_clamps_the_logarithm():
    x, t = np.array([0.0, 1, 0, 1, 1e-45]), np.array([0.0, 1, 1, 0, 1])
    # torch's 1e-12 is a float32 number
    check_op(mt.binary_cross_entropy, F.binary_cross_entropy, x, t, constant=(1,), reduction="none",
             tolerance={np.float64: dict(rtol=1e-8), np.float32: dict(rtol=1e-5)})
    x = mt.Tensor(np.array([0.0, 1.0]), requires_grad=True)
    assert mt.binary_cross_entropy(x, np.array([1.0, 0.0])).item() == 100
    check_op(mt.binary_cross_entropy, F.binary_cross_entropy, (0, 3), (0, 3))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, shares(4), shares(3, 4), shares()])
@pytest.mark.parametrize("pos_weight", [None, 3 * shares(4), 3 * shares(3, 1), np.array(2.5)])
def test_binary_cross_entropy_with_logits(reduction, weight, pos_weight):
    def call(module):
        return lambda x, t, w, p: module.binary_cross_entropy_with_logits(
            x, t, w, pos_weight=p, reduction=reduction)
    check_op(call(mt), call(F), (3, 4), shares(3, 4), weight, pos_weight, constant=(2, 3))


@pytest.mark.parametrize("t", [0.0, 1.0, 0.3, 2.0])
def test_logits_far_out(t):
    check_op(mt.binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, FAR,
             np.full(9, t), np.full(9, 2.0), constant=(2,), reduction="none")


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_gradients_of_the_weights_by_differences(name):
    """torch gives none, the formulas do."""
    def value(w, p):
        more = {} if name == "binary_cross_entropy" else dict(pos_weight=p)
        return getattr(mt, name)(shares(3, 4), shares(3, 4, seed=1), w, **more)

    w, p = shares(4, seed=2), shares(4, seed=3)
    tensors = [mt.Tensor(a.copy(), requires_grad=True) for a in (w, p)]
    value(*tensors).backward()
    for i, step in enumerate(np.eye(4) * 1e-6):
        numeric = [(value(w + step, p).item() - value(w - step, p).item()) / 2e-6,
                   (value(w, p + step).item() - value(w, p - step).item()) / 2e-6]
        assert abs(tensors[0].grad.data[i] - numeric[0]) < 1e-8
        if tensors[1].grad is not None:
            assert abs(tensors[1].grad.data[i] - numeric[1]) < 1e-8


@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.filterwarnings("ignore:reduction:UserWarning")
def test_kl_div(reduction, log_target):
    for x, t in [((3, 4), shares(3, 4)), ((4,), shares(3, 4)), ((3, 4), shares(4)), ((), shares())]:
        check_op(mt.kl_div, F.kl_div, x, t, reduction=reduction, log_target=log_target)


def test_kl_div_of_zero_probability():
    x, t = np.log([0.2, 0.3, 0.5]), np.array([0.0, 1.0, 0.0])
    check_op(mt.kl_div, F.kl_div, x, t, constant=(1,), reduction="sum")


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("log_input", [False, True])
@pytest.mark.parametrize("full", [False, True])
def test_poisson_nll_loss(reduction, log_input, full):
    t = np.array([[0.5, 1, 2, 3], [7, 4, 1.5, 0.1]])
    for x in (shares(2, 4), shares(4), shares(2, 1)):
        check_op(mt.poisson_nll_loss, F.poisson_nll_loss, x, t, reduction=reduction,
                 log_input=log_input, full=full)
    check_op(mt.poisson_nll_loss, F.poisson_nll_loss, shares(2), np.array([0, 3]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("full", [False, True])
def test_gaussian_nll_loss(reduction, full):
    for t, v in [((2, 3), shares(2, 3)), ((3,), shares(2)), ((2, 3), shares(2, 1)),
                 ((2, 3), np.array([[0.0, 1e-9, 1], [2, 3, 4]]))]:
        check_op(mt.gaussian_nll_loss, F.gaussian_nll_loss, (2, 3), t, v, full=full, eps=0.01,
                 reduction=reduction)
    check_op(mt.gaussian_nll_loss, F.gaussian_nll_loss, (2, 3), (2, 3), 2.0)


BCE, LOGITS = mt.binary_cross_entropy, mt.binary_cross_entropy_with_logits


@pytest.mark.parametrize("call, error, words", [
    (lambda: BCE([1.5], [1.0]), ValueError, "input must hold probabilities between 0 and 1"),
    (lambda: BCE([np.nan], [1.0]), ValueError, "input must hold probabilities"),
    (lambda: BCE([0.5], [-1.0]), ValueError, "target must hold probabilities"),
    (lambda: BCE([0.5], [[1.0]]), ValueError, r"shapes must be equal, got input \(1,\), target"),
    (lambda: BCE([0.5], [1]), TypeError, "binary_cross_entropy: all tensors must have one dtype"),
    (lambda: BCE([0.5], [1.0], [1.0, 2.0]), ValueError, r"weight of shape \(2,\) must broad"),
    (lambda: BCE([0.5], [1.0], reduction="avg"), ValueError, "binary_cross_entropy: reduction"),
    (lambda: LOGITS([0.5], [[1.0]]), ValueError, "shapes must be equal"),
    (lambda: LOGITS([1], [1]), TypeError, "one of them must hold floats"),
    (lambda: LOGITS([1.0], [1.0], [1.0, 2.0]), ValueError, r"weight of shape \(2,\)"),
    (lambda: LOGITS([1.0], [1.0], pos_weight=[1.0, 2.0]), ValueError, r"pos_weight of shape"),
    (lambda: mt.kl_div([1.0], [1]), TypeError, "kl_div: target must hold floats"),
    (lambda: mt.kl_div([1.0, 2], [1.0, 2, 3]), ValueError, "kl_div: shapes .* do not broadcast"),
    (lambda: mt.kl_div([1.0], [1.0], reduction="x"), ValueError, '"sum", "batchmean", got \'x\''),
    (lambda: mt.gaussian_nll_loss([1.0], [1.0], -1.0), ValueError, "var has negative entries"),
    (lambda: mt.gaussian_nll_loss(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 2))), ValueError,
     r"var of shape \(2, 2\) does not fit input of shape \(2, 3\)"),
])
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
