import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as tv

from minitorch_cnn.attacks import bim, robustness
from minitorch_cnn.attacks.robustness import cropped, grey, mirrored, rotated


def test_table(net, test_digits):
    images, labels = test_digits[0][:6], test_digits[1][:6]
    attacked = bim(net, images, (labels + 3) % 10, 0.3, targeted=True)
    result = robustness(net, attacked.images, attacked.targets)
    assert result.changes == ["none", "mirror", "crop 80 %", "rotation 30°", "grey"]
    np.testing.assert_array_equal(result.classes[0], attacked.after.classes)
    np.testing.assert_array_equal(result.classes[4], result.classes[0])
    np.testing.assert_allclose(result.target_probability[0],
                               attacked.after.probability_of(attacked.targets), rtol=1e-5)
    assert result.images.shape == (5, 6, 1, 28, 28) and result.confidence.shape == (5, 6)
    assert (result.target_probability[1:4] < 0.5).any()
    assert str(result).splitlines()[2].startswith("mirror        ")
    assert robustness(net, images).target_probability is None


def test_mirror_and_grey(rng):
    x = rng.random((2, 3, 5, 4)).astype(np.float32)
    np.testing.assert_array_equal(mirrored(x), torch.from_numpy(x).flip(3).numpy())
    bright = grey(x)
    assert bright.shape == x.shape and bright.dtype == np.float32
    picture = Image.fromarray((x[0].transpose(1, 2, 0) * 255).round().astype(np.uint8))
    expected = np.asarray(picture.convert("L")) / 255
    np.testing.assert_allclose(bright[0, 0], expected, atol=1.5 / 255)
    assert (bright[:, 0] == bright[:, 2]).all()
    np.testing.assert_array_equal(grey(x[:, :1]), x[:, :1])
    with pytest.raises(ValueError, match="images must have 1 or 3 channels, got 2"):
        grey(x[:, :2])


@pytest.mark.parametrize("degrees", [30, -75.5, 180, 0])
@pytest.mark.parametrize("size", [(28, 28), (9, 16)])
def test_rotation_as_torchvision(rng, degrees, size):
    x = rng.random((2, 2, *size))
    expected = tv.rotate(torch.from_numpy(x), degrees,
                         interpolation=tv.InterpolationMode.BILINEAR).numpy()
    ours = rotated(x, degrees)
    inside = (slice(None), slice(None), slice(3, -3), slice(3, -3))  # torch blends fill at the rim
    np.testing.assert_allclose(ours[inside], expected[inside], atol=1e-5)
    assert ours.shape == x.shape and ours.min() >= 0 and ours.max() <= 1


def test_crop(rng):
    x = rng.random((1, 1, 20, 20))
    part = torch.from_numpy(x[:, :, 1:19, 1:19])
    expected = torch.nn.functional.interpolate(part, (20, 20), mode="bilinear").numpy()
    np.testing.assert_allclose(cropped(x, 0.8), expected, atol=1e-12)
    np.testing.assert_array_equal(cropped(x, 1.0), x)
    assert cropped(x[:, :, :1, :1], 0.1).shape == (1, 1, 1, 1)


def test_messages(two_pixels):
    image = np.full((1, 1, 1, 2), 0.5)
    for area in (0, 1.5):
        with pytest.raises(ValueError, match="area must be above 0 and at most 1"):
            robustness(two_pixels, image, area=area)
    with pytest.raises(ValueError, match="robustness: targets names class 2"):
        robustness(two_pixels, image, 2)
    with pytest.raises(ValueError, match=r"robustness: pixels of images must lie in \[0, 1\]"):
        robustness(two_pixels, image * 4)
    with pytest.raises(ValueError, match="degrees must be finite"):
        robustness(two_pixels, image, degrees=np.inf)
