"""Conversions between PIL images, arrays and tensors, and Normalize, against torchvision."""
import numpy as np
import pytest
import torch
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors
from PIL import Image

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F


def modes():
    yield from (picture(mode) for mode in ("L", "RGB", "RGBA", "F", "P"))
    grey = picture("L")
    yield grey.convert("1")
    yield from (picture("RGB").convert(mode) for mode in ("HSV", "YCbCr", "CMYK", "LA", "I"))


def test_pil_images_to_tensors():
    for img in modes():
        same(F.to_tensor(img), TF.to_tensor(img), 0)
        same(T.ToTensor()(img), TF.to_tensor(img), 0)
        same(F.pil_to_tensor(img), TF.pil_to_tensor(img), 0)
        same(T.PILToTensor()(img), TF.pil_to_tensor(img), 0)
    sixteen = Image.fromarray(np.arange(12, dtype=np.uint16).reshape(3, 4) * 1000)
    same(F.to_tensor(sixteen), TF.to_tensor(sixteen), 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int32])
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3)])
def test_arrays_to_tensors(dtype, shape):
    array = (np.random.default_rng(0).random(shape) * 255).astype(dtype)
    before = array.copy()
    y = F.to_tensor(array)
    same(y, TF.to_tensor(array), 0)
    y.data[...] = 0
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("shape", [(1, 5, 4), (3, 5, 4), (4, 5, 4), (2, 5, 4), (5, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_tensors_to_pil_images(shape, dtype):
    x, tx = tensors(shape, dtype)
    same_pil(F.to_pil_image(x), TF.to_pil_image(tx))
    same_pil(T.ToPILImage()(x), TF.to_pil_image(tx))
    array = np.ascontiguousarray(np.moveaxis(x.data, 0, -1) if x.ndim == 3 else x.data)
    same_pil(F.to_pil_image(array), TF.to_pil_image(array))


def test_tensors_to_pil_images_of_other_modes():
    for mode in ("YCbCr", "HSV", "RGB"):
        x, tx = tensors((3, 5, 4), np.uint8)
        same_pil(F.to_pil_image(x, mode), TF.to_pil_image(tx, mode))
    for mode in ("CMYK", "RGBX", "RGBA"):
        x, tx = tensors((4, 5, 4), np.uint8)
        same_pil(F.to_pil_image(x, mode), TF.to_pil_image(tx, mode))
    for dtype, mode in ((np.int16, None), (np.int32, None), (np.float32, "F")):
        x, tx = tensors((1, 5, 4), dtype)
        same_pil(F.to_pil_image(x, mode), TF.to_pil_image(tx, mode))


def test_there_and_back():
    img = picture("RGB")
    same_pil(F.to_pil_image(F.to_tensor(img)), img)


@pytest.mark.parametrize("old", ["uint8", "int16", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("new", ["uint8", "int16", "int32", "int64", "float32", "float64"])
def test_convert_image_dtype(old, new):
    x, tx = tensors((3, 4, 5), np.dtype(old))
    if (old, new) in (("float32", "int32"), ("float32", "int64"), ("float64", "int64")):
        with pytest.raises(ValueError, match=f"{old} cannot hold every {new}"):
            F.convert_image_dtype(x, new)
        return
    same(F.convert_image_dtype(x, new), TF.convert_image_dtype(tx, getattr(torch, new)), 1e-7)
    same(T.ConvertImageDtype(new)(x), TF.convert_image_dtype(tx, getattr(torch, new)), 1e-7)


MEAN, STD = (0.1, 0.2, 0.3), (0.5, 0.25, 2.0)


def test_normalize():
    for shape in ((3, 5, 4), (2, 3, 5, 4)):
        for dtype in (np.float32, np.float64):
            x, tx = tensors(shape, dtype)
            same(F.normalize(x, MEAN, STD), TF.normalize(tx, MEAN, STD))
            same(T.Normalize(MEAN, STD)(x), TF.normalize(tx, MEAN, STD))
            np.testing.assert_array_equal(x.data, tx.numpy())
            changed = F.normalize(x, MEAN, STD, inplace=True)
            assert changed is x
            same(x, TF.normalize(tx, MEAN, STD))
    same_gradient(lambda x: F.normalize(x, MEAN, STD), lambda x: TF.normalize(x, MEAN, STD))
    x, tx = tensors((3, 5, 4))
    same(F.normalize(x, [0.5], [0.2]), TF.normalize(tx, [0.5], [0.2]))


def test_a_model_may_begin_with_normalize():
    model = mt.nn.Sequential(T.Normalize([0.5], [0.2]), mt.nn.Flatten(), mt.nn.Linear(4, 2))
    x = mt.rand(3, 1, 2, 2).requires_grad_()
    model(x).sum().backward()
    assert x.grad.shape == x.shape and abs(x.grad.data).min() > 0
    assert len(list(model.parameters())) == 2


def test_linear_transformation():
    rng = np.random.default_rng(0)
    matrix, mean = rng.random((12, 12)).astype(np.float32), rng.random(12).astype(np.float32)
    ours = T.LinearTransformation(matrix, mean)
    theirs = TT.LinearTransformation(torch.from_numpy(matrix), torch.from_numpy(mean))
    for shape in ((3, 2, 2), (5, 3, 2, 2)):
        x, tx = tensors(shape)
        same(ours(x), theirs(tx), 1e-5)
    assert repr(ours) == repr(theirs)


def test_texts():
    for ours, theirs in ((T.ToTensor(), TT.ToTensor()), (T.PILToTensor(), TT.PILToTensor()),
                         (T.ToPILImage("L"), TT.ToPILImage("L")), (T.ToPILImage(), TT.ToPILImage()),
                         (T.Normalize(MEAN, STD), TT.Normalize(MEAN, STD))):
        assert repr(ours) == repr(theirs)


def test_dimensions():
    for img, shape in ((picture("RGB"), [3, 13, 17]), (picture("L"), [1, 13, 17]),
                       (np.zeros((2, 3, 4, 5)), [3, 4, 5]), (np.zeros((4, 5)), [1, 4, 5])):
        assert F.get_dimensions(img) == shape
        assert F.get_image_size(img) == shape[:0:-1]
        assert F.get_image_num_channels(img) == shape[0]


X = np.zeros((3, 4, 4), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.to_tensor(mt.zeros(3, 4, 4)), TypeError,
     "to_tensor: pic must be a PIL image or an ar"),
    (lambda: F.to_tensor("a.png"), TypeError, "to_tensor: pic must be a PIL image .* got str"),
    (lambda: F.to_tensor(np.zeros(3)), ValueError, r"to_tensor: an array must be \(H, W\) or"),
    (lambda: F.pil_to_tensor(X), TypeError, "pil_to_tensor: pic must be a PIL image, got ndarray"),
    (lambda: F.to_pil_image([1]), TypeError,
     "to_pil_image: pic must be a Tensor or an array, got li"),
    (lambda: F.to_pil_image(mt.zeros(1, 3, 4, 4)), ValueError,
     r"got Tensor of shape \(1, 3, 4, 4\)"),
    (lambda: F.to_pil_image(np.zeros((4, 4, 5))), ValueError, "with 1 to 4 channels"),
    (lambda: F.to_pil_image(np.zeros((4, 4), np.int64)), TypeError,
     "no mode for 1 channels of int64"),
    (lambda: F.to_pil_image(np.zeros((4, 4, 3), np.int32)), TypeError,
     "no mode for 3 channels of in"),
    (lambda: F.to_pil_image(X.transpose(1, 2, 0), "L"), ValueError,
     "3 channels of uint8 can be mode RGB or YCbCr or HSV, not L"),
    (lambda: F.convert_image_dtype(picture(), "float32"), TypeError,
     "got a PIL image; convert it wi"),
    (lambda: F.normalize(picture(), MEAN, STD), TypeError,
     "normalize: works on tensors, got a PIL"),
    (lambda: F.normalize(X.astype(int), MEAN, STD), TypeError,
     "must hold floats, got int64; use ToT"),
    (lambda: F.normalize(X[0], MEAN, STD), ValueError,
     r"needs an image \(..., C, H, W\), got shape"),
    (lambda: F.normalize(X, (1, 2), STD), ValueError, "mean has 2 numbers, the image 3 channels"),
    (lambda: F.normalize(X, MEAN, (1, 0, 1)), ValueError, "normalize: std must not be 0, got"),
    (lambda: T.Normalize("a", STD), TypeError, "Normalize: mean must be a sequence of numbers"),
    (lambda: T.LinearTransformation(np.zeros((3, 4)), np.zeros(3)), ValueError,
     r"needs transformation_matrix \(D, D\) and mean_vector \(D,\), got \(3, 4\)"),
    (lambda: T.LinearTransformation(np.eye(3), np.zeros(3))(X), ValueError,
     "has 48 pixels, the matr"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_pillow_the_error_says_how_to_get_it(monkeypatch):
    import sys
    for name in [name for name in sys.modules if name.split(".")[0] == "PIL"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="to_pil_image: this needs Pillow; `pip install pillow`"):
        F.to_pil_image(X[0])
    assert F.hflip(X).shape == X.shape
