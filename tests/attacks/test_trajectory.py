import numpy as np
import pytest

from minitorch_cnn.attacks import activation_maximization, bim, pgd

IMAGES = np.array([[[[0.8, 0.3]]], [[[0.7, 0.2]]], [[[0.6, 0.1]]]])


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_every_step(two_pixels, batch_size):
    result = bim(two_pixels, IMAGES, 0, 0.2, 0.1, 3, every=1, images_every=2, objective="logit",
                 batch_size=batch_size)
    way = result.trajectory
    assert way.iteration.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(way.logit[:, 0], [0.8, 0.7, 0.6, 0.6])
    np.testing.assert_allclose(way.cost, -way.logit)
    np.testing.assert_allclose(way.linf, np.array([[0, 0.1, 0.2, 0.2]] * 3).T, atol=1e-12)
    np.testing.assert_allclose(way.l2, way.linf, atol=1e-12)
    assert way.image_iteration.tolist() == [0, 2, 3]
    assert way.images.shape == (3, 3, 1, 1, 2)
    np.testing.assert_array_equal(way.images[0], IMAGES)
    np.testing.assert_array_equal(way.images[-1], result.images)
    odds = np.exp(way.logit[-1]) / (np.exp(way.logit[-1]) + np.exp(IMAGES[:, 0, 0, 1]))
    np.testing.assert_allclose(way.probability[-1], odds)


def test_about_a_hundred_records(two_pixels):
    result = activation_maximization(two_pixels, 0, (1, 1, 2), iterations=1050)
    way = result.trajectory
    assert way.iteration[:3].tolist() == [0, 10, 20] and way.iteration[-1] == 1050
    assert len(way.iteration) == 106 and way.images.shape == (0, 1, 1, 1, 2)
    assert repr(way) == ("Trajectory(106 records of 1 images, iterations 0 to 1050, "
                         "0 sets of images)")
    odd = activation_maximization(two_pixels, 0, (1, 1, 2), iterations=7, every=3).trajectory
    assert odd.iteration.tolist() == [0, 3, 6, 7]


def test_the_last_record_is_the_result(two_pixels):
    result = pgd(two_pixels, IMAGES, 0, 0.1, steps=4, restarts=3)
    np.testing.assert_allclose(result.trajectory.probability[-1],
                               result.after.probability_of(result.targets))
    np.testing.assert_allclose(result.trajectory.linf[-1], result.linf)
