"""affine, rotate and perspective against torchvision: PIL images, tensors, gradients, errors."""
import numpy as np
import pytest
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors
from torchvision.transforms import InterpolationMode as TMode

import minitorch_cnn as mt
from minitorch_cnn.transforms import functional as F
from minitorch_cnn.transforms.warp import inverse_matrix

MODES = ["nearest", "bilinear"]
AFFINE = [  # angle, translate, scale, shear
    (10, [2, -1], 1.1, [5, -3]), (-33.5, [0, 0], 0.7, 12.0), (0, [3, 2], 1, [0.0]),
    (180, [0, 0], 1.0, [0.0, 0.0]), (90, (1, 0), 2.0, (0.0, 30.0)), (0, [0, 0], 0.5, [45.0, 0.0]),
]
OPTIONS = [dict(), dict(fill=100), dict(center=[2, 3], fill=0)]


def options_for(mode, options, channels=None):
    fill = options.get("fill")
    fill = [fill] * channels if channels and fill is not None else fill
    return ({**options, "fill": fill, "interpolation": mode},
            {**options, "fill": fill, "interpolation": TMode(mode)})


@pytest.mark.parametrize("args", AFFINE)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_affine_of_pil_images_is_torchvisions(args, options, mode):
    for kind in ("L", "RGB", "F"):
        img = picture(kind)
        ours, theirs = options_for(mode, options)
        same_pil(F.affine(img, *args, **ours), TF.affine(img, *args, **theirs))


def scaled(options, white):
    return {k: [v / 255 * white] * 3 if k == "fill" else v for k, v in options.items()}


@pytest.mark.parametrize("args", AFFINE[:3] + [(180, [0, 0], 1.0, [0.0, 0.0])])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mode", MODES)
def test_affine_of_tensors_is_torchvisions(args, options, mode):
    for dtype, white in ((np.float32, 1.0), (np.float64, 1.0), (np.uint8, 255)):
        x, tx = tensors(dtype=dtype)
        ours, theirs = options_for(mode, scaled(options, white))
        # torchvision's positions are float32: a pixel in a few hundred falls on the other side
        y, ty = F.affine(x, *args, **ours), TF.affine(tx, *args, **theirs)
        if mode == "nearest":
            different = (y.data != ty.numpy()).mean()
            assert y.dtype == x.dtype and y.shape == x.shape and different < 0.02
        else:
            same(y, ty, 1 if dtype == np.uint8 else 2e-5)


@pytest.mark.parametrize("mode", MODES)
def test_tensors_differ_from_pil_images_by_one_grey_level_inside(mode):
    img = picture("RGB", 24, 30)
    x = F.to_tensor(img)
    for args in AFFINE[:2]:
        y = F.affine(x, *args, interpolation=mode).data
        expected = np.asarray(TF.affine(img, *args, interpolation=TMode(mode))).transpose(2, 0, 1)
        inside = F.affine(mt.ones(1, 24, 30), *args, interpolation="bilinear").data[0] == 1
        assert inside.mean() > 0.3
        np.testing.assert_allclose(y[:, inside] * 255, expected[:, inside], atol=1.01)


def test_leading_dims():
    for shape in ((13, 17), (2, 3, 13, 17), (2, 2, 3, 13, 17)):
        x, _ = tensors(shape)
        y = F.affine(x, 20, [1, 2], 1.1, 0, "bilinear", fill=0.5)
        flat = x.reshape(-1, 1, 13, 17)
        one = mt.stack([F.affine(it, 20, [1, 2], 1.1, 0, "bilinear", fill=0.5) for it in flat])
        np.testing.assert_array_equal(y.data, one.reshape(shape).data)
    array = np.random.default_rng(0).random((3, 5, 6))
    assert isinstance(F.rotate(array, 10), mt.Tensor)


@pytest.mark.parametrize("angle", [0, 31, -75.5, 90, 180, 270])
@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("center", [None, [3, 4]])
def test_rotate(angle, expand, mode, center):
    for kind in ("L", "RGB"):
        img = picture(kind)
        same_pil(F.rotate(img, angle, mode, expand, center, 9),
                 TF.rotate(img, angle, TMode(mode), expand, center, 9))
    x, tx = tensors()
    if center is None or not expand:
        y, ty = F.rotate(x, angle, mode, expand, center), TF.rotate(tx, angle, TMode(mode), expand,
                                                                   center)
        assert y.shape == tuple(ty.shape)
        wrong = abs(y.data - ty.numpy()) > 2e-5
        assert wrong.mean() < (0.02 if mode == "nearest" else 1e-9)


CORNERS = [[0, 0], [16, 0], [16, 12], [0, 12]]
MOVED = [[2, 1], [14, 3], [15, 11], [1, 9]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fill", [None, 50])
def test_perspective(mode, fill):
    for kind in ("L", "RGB"):
        img = picture(kind)
        same_pil(F.perspective(img, CORNERS, MOVED, mode, fill),
                 TF.perspective(img, CORNERS, MOVED, TMode(mode), fill))
    x, tx = tensors()
    fill = None if fill is None else [0.2, 0.4, 0.6]
    y = F.perspective(x, CORNERS, MOVED, mode, fill).data
    wrong = abs(y - TF.perspective(tx, CORNERS, MOVED, TMode(mode), fill).numpy()) > 1e-4
    assert wrong.mean() < 0.02 if mode == "nearest" else not wrong.any()


def test_perspective_that_moves_nothing_gives_the_image():
    x, _ = tensors()
    np.testing.assert_array_equal(F.perspective(x, CORNERS, CORNERS).data, x.data)
    for kind in ("L", "RGB"):
        for mode in ("nearest", "bilinear", "bicubic"):
            same_pil(F.perspective(picture(kind), CORNERS, CORNERS, mode), picture(kind))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fill", [None, [0.3, 0.5, 0.1]])
def test_gradients(mode, fill):
    theirs = dict(interpolation=TMode(mode), fill=fill)
    ours = dict(interpolation=mode, fill=fill)
    same_gradient(lambda x: F.affine(x, 20, [1, 2], 1.3, [5, 3], **ours),
                  lambda x: TF.affine(x, 20, [1, 2], 1.3, [5, 3], **theirs))
    corners = [[[0, 0], [7, 0], [7, 8], [0, 8]], [[1, 1], [6, 0], [7, 7], [0, 8]]]
    same_gradient(lambda x: F.perspective(x, *corners, **ours),
                  lambda x: TF.perspective(x, *corners, **theirs), atol=1e-5)


def test_matrices_of_many_are_those_of_each():
    rng = np.random.default_rng(0)
    angle, x, y, scale, sx, sy = rng.uniform(1, 30, (6, 5))
    many = inverse_matrix((14, 14), angle, (x, y), scale, (sx, sy), m=np)
    assert many.shape == (5, 3, 3)
    for i in range(5):
        one = inverse_matrix((14, 14), angle[i], (x[i], y[i]), scale[i], (sx[i], sy[i]))
        np.testing.assert_allclose(many[i], one, rtol=1e-12)


def test_inputs_stay_as_they_are():
    img, (x, _) = picture(), tensors()
    before, kept = np.array(img), x.data.copy()
    for it in (img, x):
        F.affine(it, 10, [1, 1], 1.2, 3, "bilinear", 7)
        F.rotate(it, 10)
        F.perspective(it, CORNERS, MOVED)
    np.testing.assert_array_equal(np.array(img), before)
    np.testing.assert_array_equal(x.data, kept)


X = np.zeros((3, 6, 6), np.float32)
POINTS = [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.affine(X, "1", [0, 0], 1, 0), TypeError, "affine: angle must be a number"),
    (lambda: F.affine(X, 1, 3, 1, 0), TypeError,
     "translate must be a sequence of 2 numbers, got 3"),
    (lambda: F.affine(X, 1, [1], 1, 0), ValueError,
     "translate must be a sequence of 2 numbers, got "
                                                    "1"),
    (lambda: F.affine(X, 1, [0, 0], "a", 0), TypeError, "affine: scale must be a number"),
    (lambda: F.affine(X, 1, [0, 0], 0, 0), ValueError, "affine: scale must be above 0, got 0"),
    (lambda: F.affine(X, 1, [0, 0], 1, "a"), TypeError, "shear must be a sequence of 1 or 2"),
    (lambda: F.affine(X, 1, [0, 0], 1, [1, 2, 3]), ValueError, "shear must be .* got 3"),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, center=4), TypeError, "center must be a sequence of 2"),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, "bicubic"), ValueError,
     'interpolation "bicubic" does not work on tensors; use "nearest" or "bilinear"'),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, "cubic"), ValueError,
     "there is no interpolation 'cubic'"),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, 9), ValueError, "there is no interpolation 9"),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, None), TypeError, "interpolation must be an Interpolat"),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, fill=[1, 2]), ValueError,
     "affine: fill has 2 numbers, the image 3 channels"),
    (lambda: F.affine(picture(), 1, [0, 0], 1, 0, fill=[1, 2]), ValueError,
     "affine: fill has 2 numbers, the image 3 channels"),
    (lambda: F.affine(X, 1, [0, 0], 1, 0, fill="red"), TypeError, "fill must be a number or a seq"),
    (lambda: F.affine("cat.png", 1, [0, 0], 1, 0), TypeError,
     "img must be a PIL image, a Tensor or an array, got str"),
    (lambda: F.affine(X[0, 0], 1, [0, 0], 1, 0), TypeError,
     r"an image has shape \(..., H, W\), got \(6,\)"),
    (lambda: F.rotate(X, None), TypeError, "rotate: angle must be a number of degrees, got None"),
    (lambda: F.rotate(X, 1, center=[1]), ValueError,
     "center must be a sequence of 2 numbers, got 1"),
    (lambda: F.perspective(X, POINTS[:3], POINTS), ValueError, "startpoints must be four corners"),
    (lambda: F.perspective(X, POINTS, [[0, 0, 0]] * 4), ValueError,
     "endpoints must be four corners"),
    (lambda: F.perspective(X, POINTS, [[0, 0], [1, 1], [2, 2], [0, 3]]), ValueError,
     "three corners must not lie on one line"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("number, name", [(0, "nearest"), (2, "bilinear"), (3, "bicubic")])
def test_pillows_numbers_name_modes(number, name):
    img = picture()
    same_pil(F.affine(img, 10, [0, 0], 1, 0, number), F.affine(img, 10, [0, 0], 1, 0, name))
