import numpy as np
import pytest

from minitorch_cnn.attacks import additive_noise


def test_until_the_target_wins(net, one_each):
    targets = (np.arange(10) + 1) % 10
    result = additive_noise(net, one_each, targets, others=one_each[::-1], iterations=500, every=1)
    assert result.success.all()
    np.testing.assert_array_equal(result.needed == 0, result.before.classes == targets)
    np.testing.assert_array_equal(result.start, one_each)
    np.testing.assert_allclose(result.start + result.noise, result.images, atol=1e-7)
    # each image stops at its own first success
    likely = result.trajectory.probability
    for i, step in enumerate(result.needed):
        assert (likely[step:, i] == likely[step, i]).all()
    assert result.trajectory.iteration[-1] == result.needed.max()
    assert f"{result.needed.max()} of at most 500 iterations" in str(result)


def test_the_same_noise_on_other_images(net, one_each):
    others = one_each[::-1]
    result = additive_noise(net, one_each, (np.arange(10) + 1) % 10, others=others)
    np.testing.assert_allclose(result.others_with_noise, np.clip(others + result.noise, 0, 1),
                               atol=1e-6)
    assert (result.others_before.classes == np.arange(10)[::-1]).mean() >= 0.8
    moved = (result.others_before.logits != result.others_after.logits).any(axis=1)
    np.testing.assert_array_equal(moved, result.needed > 0)
    assert additive_noise(net, one_each[:1], 3, iterations=1).others_after is None


def test_by_hand(two_pixels):
    images = np.array([[[[0.6, 0.3]]], [[[0.2, 0.3]]], [[[1.0, 0.0]]]])
    result = additive_noise(two_pixels, images, 1, objective="logit", lr=0.2, iterations=4)
    assert result.needed.tolist() == [2, 0, -1]
    np.testing.assert_allclose(result.noise[:, 0, 0, 1], [0.4, 0, 0.8])
    assert result.success.tolist() == [True, True, False]
    assert [float(rate) for rate in (result.success_rate_before, result.success_rate)] == \
        [1 / 3, 2 / 3]
    late = additive_noise(two_pixels, images[:1], 1, objective="logit", lr=0.2, iterations=2)
    assert late.needed.tolist() == [2]  # won by the very last step


def test_batches_end_by_themselves(two_pixels):
    images = np.array([[[[0.6, 0.3]]], [[[0.9, 0.1]]]])
    result = additive_noise(two_pixels, images, 1, objective="logit", lr=0.1, iterations=20,
                            batch_size=1, every=1, images_every=2)
    assert result.needed.tolist() == [4, 9]
    assert result.trajectory.iteration.tolist() == list(range(10))
    np.testing.assert_allclose(result.trajectory.logit[:, 0], [.3, .4, .5, .6, .7] + 5 * [.7])
    assert result.trajectory.image_iteration.tolist() == [0, 2, 4, 6, 8, 9]
    np.testing.assert_allclose(result.trajectory.images[:, 0, 0, 0, 1], [.3, .5, .7, .7, .7, .7])


def test_messages(two_pixels):
    images = np.full((2, 1, 1, 2), 0.5)
    with pytest.raises(ValueError, match=r"others has shape \(1, 1, 1, 2\), images \(2, 1, 1, 2\)"):
        additive_noise(two_pixels, images, 1, others=images[:1])
    with pytest.raises(ValueError, match=r"pixels of others must lie in \[0, 1\]"):
        additive_noise(two_pixels, images, 1, others=images * 3)
    with pytest.raises(ValueError, match="lr must be finite and at least 0, got -0.1"):
        additive_noise(two_pixels, images, 1, lr=-0.1)
