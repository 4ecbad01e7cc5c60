import math

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.attacks import Rate, bim, fgsm, predict, px, round_to_8_bits


def test_rate():
    assert str(Rate(3, 4)) == "3 of 4 (75.0%)" and float(Rate(3, 4)) == 0.75
    assert str(Rate(0, 0)) == "0 of 0" and math.isnan(float(Rate(0, 0)))


def test_prediction(two_pixels):
    x = np.array([[[[0.2, 0.9]]], [[[1.0, 0.0]]]])
    seen = predict(two_pixels, x)
    assert seen.classes.tolist() == [1, 0] and len(seen) == 2
    expected = np.exp([0.7, 1.0]) / (1 + np.exp([0.7, 1.0]))
    np.testing.assert_allclose(seen.confidence, expected)
    np.testing.assert_allclose(seen.probability_of([0, 0]), [1 - expected[0], expected[1]])
    np.testing.assert_allclose(seen.probabilities.sum(1), 1)
    assert repr(seen) == "Prediction(2 images, 2 classes)"


def test_rounding():
    x = np.array([0, 0.5, 1, 0.2501, -3, 7])
    np.testing.assert_allclose(round_to_8_bits(x), np.array([0, 128, 255, 64, 0, 255]) / 255)
    np.testing.assert_allclose(round_to_8_bits(np.array([3.4, 300.0]), (0, 255)), [3, 255])
    assert round_to_8_bits(x.astype(np.float32)).dtype == np.float32
    exact = np.arange(256) / 255
    np.testing.assert_allclose(round_to_8_bits(exact), exact, rtol=0, atol=1e-15)


def test_success_may_be_lost_in_rounding(two_pixels):
    image = np.array([[[[100 / 255, 100 / 255 - 1e-4]]]])
    result = fgsm(two_pixels, image, 0, 1e-3)
    assert result.success.tolist() == [True]
    assert result.success_after_rounding.tolist() == [False]
    assert str(result.success_rate_after_rounding) == "0 of 1 (0.0%)"
    assert "1 of 1 (100.0%) images misread, 0 before the attack; after rounding to 8 bits 0 of 1" \
        in str(result)


def test_numbers_of_the_change(two_pixels):
    image = np.full((1, 1, 1, 2), 0.5)
    result = bim(two_pixels, image, 0, px(51), px(51), 3)
    np.testing.assert_allclose(result.noise, [[[[-0.2, 0.2]]]])
    np.testing.assert_allclose(result.linf, [0.2])
    np.testing.assert_allclose(result.l2, [0.2 * 2 ** 0.5])
    text = repr(result)
    assert "eps = px(51) [0.2 of the pixel range, 51/255]" in text
    assert "3 of at most 3 iterations; weights not known" in text


def test_already_misread_images_are_counted_apart(two_pixels):
    images = np.array([[[[0.2, 0.9]]], [[[0.6, 0.5]]]])
    result = fgsm(two_pixels, images, 0, 0.1)
    assert str(result.success_rate) == "2 of 2 (100.0%)"
    assert str(result.success_rate_before) == "1 of 2 (50.0%)"


def test_seen_by_another_model(two_pixels):
    result = fgsm(two_pixels, np.array([[[[0.6, 0.5]]]]), 0, 0.2)
    assert result.seen_by(lambda x: -two_pixels(x)).classes.tolist() == [0]
    with pytest.raises(ValueError, match="fgsm.seen_by: the model is in training mode"):
        result.seen_by(nn.Sequential(nn.Flatten(), nn.Linear(2, 2)))


def test_predict_under_a_tensor(two_pixels):
    assert predict(two_pixels, mt.Tensor(np.array([[[[0.2, 0.9]]]]))).classes.tolist() == [1]
    with pytest.raises(TypeError, match="predict: pixels must be floats"):
        predict(two_pixels, np.zeros((1, 1, 1, 2), np.uint8))
