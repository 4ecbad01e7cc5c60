import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.attacks import activation_maximization, px
from minitorch_cnn.attacks.activation_maximization import blurred, total_variation


def test_all_ten_classes_in_the_pixel_range(net):
    result = activation_maximization(net, range(10), iterations=150)
    assert result.images.shape == (10, 1, 28, 28) and result.images.dtype == np.float32
    assert result.images.min() >= 0 and result.images.max() <= 1
    assert result.after.probability_of(np.arange(10)).min() >= 0.99
    assert result.rounded.probability_of(np.arange(10)).min() >= 0.99
    assert str(result.success_rate) == "10 of 10 (100.0%)"
    assert (result.trajectory.logit[-1] > result.trajectory.logit[0] + 5).all()
    assert abs(result.start.mean() - 128 / 255) < 1e-3
    assert abs(result.start.std() - 1 / 255) < 1e-4


def test_as_written_the_logits_explode(net):
    """Noise around 128 and no bounds: confidence 1.0000 from the start, of no value."""
    result = activation_maximization(net, range(10), mean=128.0, std=1.0, bounds=None, step=0.1,
                                     iterations=20, every=1)
    assert result.before.confidence.min() > 0.9999
    assert np.abs(result.before.logits).max() > 100
    assert 127 < result.start.mean() < 129
    assert result.rounded is None and result.success_after_rounding is None
    assert result.success_rate_after_rounding is None and "no bounds" in str(result)


def test_in_grey_levels(net):
    result = activation_maximization(net, [3], bounds=(0, 255), step=0.05, max_change=0.3,
                                     iterations=5, images_every=1)
    assert 127 < result.start.mean() < 129 and 0.8 < result.start.std() < 1.2
    steps = np.abs(np.diff(result.trajectory.images, axis=0))
    assert steps.max() <= 0.3 + 1e-4
    assert result.rounded is not None


def test_one_step_by_hand(two_pixels):
    start = np.array([[[[0.2, 0.5]]], [[[0.2, 0.9]]]])
    result = activation_maximization(two_pixels, [0, 1], start=start, step=0.25, iterations=1)
    np.testing.assert_allclose(result.images, [[[[0.45, 0.5]]], [[[0.2, 1.0]]]])
    np.testing.assert_array_equal(result.start, start)
    np.testing.assert_allclose(result.trajectory.cost, [[0.2, 0.9], [0.45, 1.0]])
    capped = activation_maximization(two_pixels, 0, start=start[:1], step=0.25, iterations=3,
                                     max_change=px(51), eps=0.5)
    np.testing.assert_allclose(capped.images, [[[[0.7, 0.5]]]])
    assert capped.eps.value == 0.5
    pushed = activation_maximization(two_pixels, 0, start=start[:1], step=0.1, iterations=2,
                                     momentum=0.5)
    np.testing.assert_allclose(pushed.images, [[[[0.2 + 0.1 + 0.15, 0.5]]]])
    free = activation_maximization(two_pixels, 0, start=start[:1], step=2, iterations=2,
                                   bounds=None)
    np.testing.assert_allclose(free.images, [[[[4.2, 0.5]]]])


def test_region(net):
    region = np.zeros((28, 28), bool)
    region[:14] = True
    result = activation_maximization(net, [2, 3], iterations=8, region=region, blur=1.0)
    assert (result.images[:, :, 14:] == result.start[:, :, 14:]).all()
    assert (result.images[:, :, :14] != result.start[:, :, :14]).any()


def test_whether_the_cost_ever_fell(two_pixels):
    calm = activation_maximization(two_pixels, 0, (1, 1, 2), step=0.01, iterations=30)
    assert calm.trajectory.falls.tolist() == [0] and calm.trajectory.largest_fall.tolist() == [0]

    def hill(logits, targets):
        return -(logits[:, 0] - 0.6) ** 2

    start = np.array([[[[0.5, 0.0]]]])
    wild = activation_maximization(two_pixels, 0, start=start, objective=hill, step=1.2,
                                   iterations=3, every=3)
    # 0.5, 0.74, 0.404, 0.8744: ever farther from the top
    assert wild.trajectory.falls.tolist() == [3]
    np.testing.assert_allclose(wild.trajectory.largest_fall, 0.2744 ** 2 - 0.196 ** 2)


def test_regularizers(net):
    options = dict(targets=range(10), iterations=60, step=0.05)
    mt.manual_seed(0)
    plain = activation_maximization(net, **options)
    roughness = total_variation(mt.Tensor(plain.images)).data
    for extra in ({"tv": 300.0}, {"blur": 1.0}):
        result = activation_maximization(net, **options, **extra)
        assert (total_variation(mt.Tensor(result.images)).data < 0.8 * roughness).all(), extra
    result = activation_maximization(net, **options, l2=300.0)
    assert (result.l2 < plain.l2).all()


def test_total_variation_and_blur_by_hand():
    x = np.arange(6.0).reshape(1, 1, 2, 3) ** 2  # [0 1 4; 9 16 25]
    down, across = [81, 225, 441], [1, 9, 49, 81]
    np.testing.assert_allclose(total_variation(mt.Tensor(x)).data,
                               [np.mean(down) + np.mean(across)])
    assert total_variation(mt.Tensor(np.ones((2, 1, 1, 1)))).tolist() == [0, 0]
    dot = np.zeros((1, 1, 15, 15))
    dot[0, 0, 7, 7] = 1
    soft = blurred(dot, 1.0)
    np.testing.assert_allclose(soft.sum(), 1)
    np.testing.assert_allclose(soft[0, 0, 7, 8] / soft[0, 0, 7, 7], np.exp(-0.5))
    np.testing.assert_allclose(blurred(np.full((1, 2, 3, 4), 0.3), 2.0), 0.3)


def test_seed_dtype_and_batches(net, two_pixels):
    def run(**options):
        mt.manual_seed(5)
        return activation_maximization(net, [1, 2, 3], iterations=5, **options).images

    np.testing.assert_array_equal(run(), run())
    np.testing.assert_allclose(run(batch_size=2), run(), atol=1e-5)
    mt.manual_seed(6)
    assert (activation_maximization(net, [1, 2, 3], iterations=5).images != run()).any()
    double = activation_maximization(two_pixels, 0, (1, 1, 2), dtype=mt.float64, iterations=2)
    assert double.images.dtype == np.float64
    assert activation_maximization(two_pixels, 0, (1, 1, 2)).images.dtype == np.float32


def test_probability_is_flat_where_it_is_zero():
    def model(x):
        return x.flatten(1) * mt.Tensor(np.array([1.0, 400.0]))

    start = np.array([[[[0.5, 0.9]]]])
    stuck = activation_maximization(model, 0, start=start, objective="probability", iterations=3)
    np.testing.assert_array_equal(stuck.images, start)
    moved = activation_maximization(model, 0, start=start, objective="log_probability",
                                    iterations=3)
    assert moved.success.tolist() == [True]


def test_negative_numbers(two_pixels):
    for name in ("l2", "tv", "blur", "std", "max_change", "eps"):
        with pytest.raises(ValueError, match=f"{name} must be finite and at least 0, got -1"):
            activation_maximization(two_pixels, 0, (1, 1, 2), **{name: -1.0})
