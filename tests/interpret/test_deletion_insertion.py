"""Deletion and insertion curves against RISE's definition."""
import numpy as np
import pytest
import torch
from interpret_nets import images, one_pixel, pair

import minitorch_cnn as mt
from minitorch_cnn.interpret import blur, deletion, insertion


def rise(model, x, order, start, end, target, step):
    """The curve of one image (C, H, W): ``step`` pixels of ``end`` at a time, in ``order``."""
    x, scores = torch.from_numpy(start.copy()), []
    for s in range((order.size + step - 1) // step + 1):
        scores.append(model(x[None]).softmax(1)[0, target].item())
        for pixel in order[s * step:(s + 1) * step]:
            row, column = divmod(int(pixel), x.shape[2])
            x[:, row, column] = torch.from_numpy(end[:, row, column])
    return np.array(scores)


@pytest.mark.parametrize("step", [1, 7, 30, 500])
def test_curves(step):
    ours, theirs = pair()
    x, maps = images(), images(seed=8)
    d = deletion(ours, x, maps, 2, step=step, fill=0.1, batch_size=50)
    i = insertion(ours, mt.Tensor(x), maps[:, 0], 2, step=step)
    for n in range(3):
        order = np.argsort(-maps[n].ravel())
        np.testing.assert_allclose(d.probability[n], rise(theirs, x[n], order, x[n],
                                                          np.full_like(x[n], 0.1), 2, step))
        np.testing.assert_allclose(i.probability[n],
                                   rise(theirs, x[n], order, blur(x)[n], x[n], 2, step))
    for curve in (d, i):
        np.testing.assert_allclose(curve.share, np.minimum(np.arange(len(curve.share)) * step, 120)
                                   / 120)
        np.testing.assert_allclose(curve.auc, [np.trapezoid(p, curve.share)
                                               for p in curve.probability])


def test_auc_of_an_even_step_is_rises():
    scores = deletion(pair()[0], images(), images(seed=8), step=10)
    p = scores.probability
    expected = (p.sum(1) - p[:, 0] / 2 - p[:, -1] / 2) / (p.shape[1] - 1)
    np.testing.assert_allclose(scores.auc, expected)


def test_the_right_map_wins_and_ties_go_top_left_first():
    x = np.ones((1, 1, 4, 5))
    right, wrong = np.zeros((1, 4, 5)), np.zeros((1, 4, 5))
    right[0, 2, 3] = wrong[0, 0, 0] = 1
    model = one_pixel(2, 3)
    good, bad = [deletion(model, x, m, 1, step=1, output="logit") for m in (right, wrong)]
    np.testing.assert_array_equal(good.probability[0], [1] + [0] * 20)
    np.testing.assert_array_equal(bad.probability[0], [1] * 14 + [0] * 7)
    shown = [insertion(model, x, m, 1, step=1, fill=0.0).auc[0] for m in (right, wrong)]
    assert good.auc < bad.auc and shown[0] > shown[1]


def test_single_images_channels_and_the_default_step():
    ours, _ = pair()
    x, maps = images(), images(seed=8)
    whole, one = deletion(ours, x, maps), deletion(ours, x[1], maps[1])
    assert len(whole.share) == 121 and one.probability.shape == (121,)
    np.testing.assert_allclose(one.probability, whole.probability[1], rtol=1e-12)
    assert one.auc == pytest.approx(whole.auc[1]) and one.target == whole.target[1]
    np.testing.assert_array_equal(deletion(ours, x[1], maps[1, 0]).probability, one.probability)
    color = images((1, 3, 4, 4))
    model = one_pixel(1, 1)
    np.testing.assert_array_equal(deletion(model, color, color, 1).probability,
                                  deletion(model, color, color.sum(1), 1).probability)
    assert len(deletion(one_pixel(0, 0), np.ones((1, 28, 28)), np.ones((28, 28))).share) == 113
    assert deletion(ours, x[:0], maps[:0]).auc.shape == (0,)


@pytest.mark.parametrize("method", [deletion, insertion])
@pytest.mark.parametrize("change,kind,text", [
    (dict(maps=images((3, 12, 9))), ValueError, r"maps must have shape \(3, 12, 10\) or "),
    (dict(maps=np.full((3, 12, 10), np.nan)), ValueError, "the maps hold NaN"),
    (dict(step=0), ValueError, "step must be at least 1"),
    (dict(fill="black"), ValueError, "fill must be a number"),
    (dict(images=images() + 1), ValueError, r"pixels must lie in \[0, 1\]")])
def test_bad_arguments(method, change, kind, text):
    options = dict(model=one_pixel(0, 0), images=images(), maps=images((3, 12, 10))) | change
    with pytest.raises(kind, match=method.__name__ + ": .*" + text):
        method(**options)
