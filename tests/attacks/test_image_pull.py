import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.attacks import every_pair, image_pull


def test_every_pair():
    looks, predicted = every_pair()
    assert len(looks) == len(predicted) == 90 and (looks != predicted).all()
    assert len(set(zip(looks.tolist(), predicted.tolist()))) == 90
    assert looks.tolist() == sorted(looks) and predicted[:9].tolist() == list(range(1, 10))
    with pytest.raises(ValueError, match="every_pair: classes must be at least 1"):
        every_pair(0)


def test_all_pairs_look_like_one_digit_and_are_taken_for_another(net, second_net, one_each):
    looks, predicted = every_pair()
    result = image_pull(net, one_each[looks], predicted, beta=100, objective="log_probability",
                        iterations=150)
    assert float(result.success_rate) > 0.9
    assert np.median(result.mse) < 0.03 < 0.1 < float(result._mse_at_start())
    seen = result.seen_by(second_net)
    assert (seen.classes == looks).mean() > 0.5
    np.testing.assert_array_equal(result.references, one_each[looks])
    assert "median MSE to the references" in str(result) and "beta = 100" in str(result)


def test_a_stronger_pull_ends_nearer(net, one_each):
    mse = [np.median(image_pull(net, one_each, (np.arange(10) + 1) % 10, beta, iterations=60).mse)
           for beta in (0, 100, 1000)]
    assert mse[0] > 2 * mse[1] > 4 * mse[2]


def test_as_written_the_pull_is_nothing(net, one_each):
    """X in 0..255 towards an image in 0..1 with beta = 0.001: less than a tenth of a grey level."""
    mt.manual_seed(0)
    options = dict(bounds=(0, 255), iterations=50, step=0.05)
    pulled = image_pull(net, one_each[:2], [5, 6], 0.001, **options)
    mt.manual_seed(0)
    free = image_pull(net, one_each[:2], [5, 6], 0.0, **options)
    assert np.abs(pulled.images - free.images).mean() < 0.1
    assert pulled.mse.min() > 100 ** 2


def test_one_step_by_hand(two_pixels):
    start, image = np.array([[[[0.5, 0.5]]]]), np.array([[[[0.3, 0.9]]]])
    result = image_pull(two_pixels, image, 0, beta=2.0, start=start, step=0.1, iterations=1)
    # dC/dX = (1, 0) - 2 * 2 / 2 * (X - image)
    np.testing.assert_allclose(result.images, [[[[0.5 + 0.1 * 0.6, 0.5 + 0.1 * 0.8]]]])
    np.testing.assert_allclose(result.trajectory.cost[0], 0.5 - 2 * (0.04 + 0.16) / 2)
    np.testing.assert_allclose(result.trajectory.logit[0], 0.5)


def test_messages(two_pixels):
    image = np.full((2, 1, 1, 2), 0.5)
    with pytest.raises(ValueError, match=r"image_pull: start has shape \(1, 1, 1, 2\)"):
        image_pull(two_pixels, image, 0, 1.0, start=image[:1])
    with pytest.raises(ValueError, match="beta must be finite and at least 0, got -1"):
        image_pull(two_pixels, image, 0, -1)
    with pytest.raises(ValueError, match=r"pixels of images must lie in \[0, 1\]"):
        image_pull(two_pixels, image * 255, 0, 1)
    with pytest.raises(ValueError, match="targets names class 5"):
        image_pull(two_pixels, image, 5, 1)
