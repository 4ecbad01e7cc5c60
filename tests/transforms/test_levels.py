"""posterize, autocontrast and equalize against torchvision."""
import numpy as np
import pytest
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_pil, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F


@pytest.mark.parametrize("name, args", [
    *[("posterize", (bits,)) for bits in (1, 4, 8)], ("autocontrast", ()), ("equalize", ())])
def test_functions(name, args):
    ours, theirs = getattr(F, name), getattr(TF, name)
    for kind in ("L", "RGB"):
        same_pil(ours(picture(kind), *args), theirs(picture(kind), *args))
    for shape in ((3, 13, 17), (2, 1, 30, 40), (1, 64, 64)):
        x, tx = tensors(shape, np.uint8)
        same(ours(x, *args), theirs(tx, *args), 1 if name == "autocontrast" else 0)
        np.testing.assert_array_equal(x.data, tx.numpy())
    flat = np.full((3, 20, 20), 77, np.uint8)
    flat[0, :3] = 5
    same(ours(flat, *args), theirs(tensors()[1].new_tensor(flat).byte(), *args))


def test_autocontrast_of_floats():
    for dtype in (np.float32, np.float64):
        x, tx = tensors((2, 3, 9, 8), dtype)
        x.data[0, 1] = tx[0, 1] = 0.3
        same(F.autocontrast(x), TF.autocontrast(tx))
    x = x[:, :, :4, :4].clone().requires_grad_()
    assert mt.autograd.gradcheck(F.autocontrast, x)   # torchvision itself has no gradient


def test_no_bits_are_black():   # Pillow refuses what torchvision's documentation allows
    assert np.asarray(F.posterize(picture(), 0)).max() == 0
    assert F.posterize(tensors(dtype=np.uint8)[0], 0).data.max() == 0


@pytest.mark.parametrize("name, args, change", [
    ("RandomPosterize", (3,), lambda it: F.posterize(it, 3)),
    ("RandomEqualize", (), F.equalize), ("RandomAutocontrast", (), F.autocontrast)])
def test_transforms(name, args, change):
    t = getattr(T, name)(*args, p=1)
    same_pil(t(picture()), change(picture()))
    levels = np.random.default_rng(0).integers(20, 200, (3, 1, 30, 30)).astype(np.uint8)
    np.testing.assert_allclose(t.batched(levels[:, 0]).data * 255, change(levels).data, atol=1.001)
    t.p = 0
    np.testing.assert_allclose(t.batched(levels[:, 0]).data * 255, levels, atol=1e-4)
    assert repr(t) == repr(getattr(TT, name)(*args, p=0))


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.posterize(X, 3), TypeError,
     "posterize: works on grey levels, so the tensor must be"),
    (lambda: F.equalize(X), TypeError,
     "equalize: works on grey levels, so the tensor must be uint8"),
    (lambda: F.posterize(picture(), 9), ValueError, "posterize: bits must be an int from 0 to 8"),
    (lambda: T.RandomPosterize(1.5), ValueError,
     "RandomPosterize: bits must be an int from 0 to 8"),
    (lambda: F.autocontrast(X[:2]), TypeError, "autocontrast: needs an image"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
