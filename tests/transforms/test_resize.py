"""resize and resized_crop, Resize and RandomResizedCrop, against torchvision."""
import numpy as np
import pytest
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors
from torchvision.transforms import InterpolationMode as TMode

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F
from minitorch_cnn.transforms.resize import draw_areas

SIZES = [7, [5], (6, 9), (26, 34), (30, 8), 40, (13, 17), (1, 1)]
MODES = ["nearest", "nearest-exact", "bilinear", "bicubic"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", [*MODES, "box", "hamming", "lanczos"])
def test_pil_images(size, mode):
    for kind in ("L", "RGB", "F"):
        img = picture(kind)
        same_pil(F.resize(img, size, mode), TF.resize(img, size, TMode(mode)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("antialias", [True, False])
def test_tensors(size, mode, antialias):
    for shape in ((3, 13, 17), (2, 1, 13, 17)):
        x, tx = tensors(shape)
        same(F.resize(x, size, mode, antialias=antialias),
             TF.resize(tx, size, TMode(mode), antialias=antialias), 3e-6)
    x, tx = tensors(dtype=np.uint8)
    y, ty = (f(it, size, m, antialias=antialias) for f, it, m in ((F.resize, x, mode),
                                                                  (TF.resize, tx, TMode(mode))))
    same(y, ty, 0 if "nearest" in mode else 1)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_tensors_are_within_a_grey_level_of_pil_images(mode):
    img = picture("RGB", 40, 50).point(lambda level: level // 2 + 60)  # far from black and white
    for size in ((17, 21), (60, 90)):
        y = F.resize(F.to_tensor(img), size, mode).data.clip(0, 1) * 255
        expected = np.asarray(TF.resize(img, size, TMode(mode))).transpose(2, 0, 1)
        np.testing.assert_allclose(np.rint(y), expected, atol=1)


@pytest.mark.parametrize("size, most", [(5, 6), (5, 50), ([4], 5), (20, 22)])
def test_max_size(size, most):
    for img in (picture("L"), picture("L", 17, 13)):
        same_pil(F.resize(img, size, max_size=most), TF.resize(img, size, max_size=most))
    x, tx = tensors()
    same(F.resize(x, size, max_size=most), TF.resize(tx, size, max_size=most))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("antialias", [True, False])
def test_gradients(mode, antialias):
    same_gradient(lambda x: F.resize(x, (5, 11), mode, antialias=antialias),
                  lambda x: TF.resize(x, (5, 11), TMode(mode), antialias=antialias))


def test_resized_crop():
    img, (x, tx) = picture(), tensors()
    same_pil(F.resized_crop(img, 2, 3, 8, 7, (5, 6)), TF.resized_crop(img, 2, 3, 8, 7, [5, 6]))
    same(F.resized_crop(x, 2, 3, 8, 7, (5, 6), "bicubic"),
         TF.resized_crop(tx, 2, 3, 8, 7, [5, 6], TMode.BICUBIC))


def test_antialias_false_on_a_pil_image_is_said_to_do_nothing():
    with pytest.warns(UserWarning, match="antialias=False has no effect on a PIL image"):
        F.resize(picture(), 5, antialias=False)


def test_the_input_stays_as_it_is():
    x, tx = tensors()
    F.resize(x, 7)
    np.testing.assert_array_equal(x.data, tx.numpy())


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.resize(X, "a"), TypeError,
     "resize: size must be an int or a sequence of 1 or 2 ints"),
    (lambda: F.resize(X, (1, 2, 3)), ValueError, "resize: size must be an int or a sequence"),
    (lambda: F.resize(X, 0), ValueError, "resize: size must be at least 1"),
    (lambda: F.resize(X, 3.5), ValueError, "size must be an int or a sequence of 1 or 2 ints"),
    (lambda: F.resize(X, 5, max_size=5), ValueError, "max_size=5 limits the longer edge"),
    (lambda: F.resize(X, (5, 5), max_size=9), ValueError, "max_size=9 limits the longer edge"),
    (lambda: F.resize(X, 5, "lanczos"), ValueError,
     'resize: interpolation "lanczos" does not work on ten'),
    (lambda: F.resize(3, 5), TypeError, "img must be a PIL image, a Tensor or an array, got int"),
    (lambda: T.Resize(-1), ValueError, "size must be at least 1"),
    (lambda: T.RandomResizedCrop((1, 2, 3)), ValueError, "RandomResizedCrop: size must be an int"),
    (lambda: T.RandomResizedCrop(5, scale=1), TypeError, "scale must be a sequence of 2 numbers"),
    (lambda: T.RandomResizedCrop(5, scale=(1, 0.5)), ValueError, "scale must be \\(least, most\\)"),
    (lambda: T.RandomResizedCrop(5, ratio=(2, 1)), ValueError, "ratio must be \\(least, most\\)"),
    (lambda: T.RandomResizedCrop(5, ratio=(0, 1)), ValueError,
     "ratio must be above 0, got \\(0, 1\\)"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# the transforms -----------------------------------------------------------------------------------

def test_resize_transform():
    img, (x, tx) = picture(), tensors()
    same_pil(T.Resize(7)(img), TT.Resize(7)(img))
    same(T.Resize((5, 6), "bicubic")(x), TT.Resize((5, 6), TMode.BICUBIC)(tx))
    many = np.random.default_rng(0).integers(0, 256, (4, 13, 17)).astype(np.uint8)
    y = T.Resize((7, 9)).batched(many)
    one = T.Resize((7, 9))(mt.Tensor(many[2:3] / np.float32(255)))
    np.testing.assert_allclose(y.data[2], one.data, atol=1e-6)
    assert not hasattr(T.Resize(7, "lanczos"), "batched") and hasattr(T.Resize(7), "batched")


@pytest.mark.parametrize("scale, ratio", [((0.08, 1), (3 / 4, 4 / 3)), ((0.2, 0.3), (0.5, 2)),
                                          ((0.9, 1), (5, 6)), ((0.9, 1), (0.1, 0.2))])
def test_boxes_are_drawn_as_torchvision_draws_them(scale, ratio):
    img, (_, tx) = picture(), tensors()
    theirs = np.array([TT.RandomResizedCrop.get_params(tx, scale, ratio) for _ in range(400)])
    ours = np.array(draw_areas(4000, 13, 17, scale, ratio)).T
    one = np.array([T.RandomResizedCrop.get_params(img, scale, ratio) for _ in range(50)])
    for boxes in (ours, one):
        top, left, h, w = boxes.T
        assert (h >= 1).all() and (w >= 1).all() and (top >= 0).all() and (left >= 0).all()
        assert (top + h <= 13).all() and (left + w <= 17).all()
    assert set(map(tuple, one[:, 2:])) <= set(map(tuple, ours[:, 2:]))
    spread = theirs.std(0) / np.sqrt(400) + 1e-6
    assert (abs(ours.mean(0) - theirs.mean(0)) < 5 * spread).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("antialias", [True, False])
def test_random_resized_crop_of_one_is_that_of_many(mode, antialias):
    t = T.RandomResizedCrop((6, 8), interpolation=mode, antialias=antialias)
    x, _ = tensors((1, 3, 13, 17))
    for seed in range(5):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        many = t.batched(x)
        assert one.shape == (1, 3, 6, 8)
        np.testing.assert_allclose(many.data, one.data, atol=2e-6)
    x, _ = tensors((5, 3, 13, 17))
    y = t.batched(x)
    assert y.shape == (5, 3, 6, 8) and y.dtype == np.float32
    if antialias:
        assert t(picture()).size == (8, 6)


def test_texts():
    assert repr(T.Resize(7)) == repr(TT.Resize(7))
    assert repr(T.RandomResizedCrop(7)) == repr(TT.RandomResizedCrop(7))
