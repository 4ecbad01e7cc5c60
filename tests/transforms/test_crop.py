"""Random crops and mirror images, Pad, CenterCrop, FiveCrop, TenCrop against torchvision."""
import numpy as np
import pytest
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_pil, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F

FIXED = [("CenterCrop", (5,), {}), ("CenterCrop", ((20, 6),), {}), ("Pad", (2,), {}),
         ("Pad", ([1, 2, 3, 4],), dict(fill=1)), ("Pad", ((1, 2),), dict(padding_mode="reflect")),
         ("FiveCrop", (4,), {}), ("TenCrop", ((4, 5), True), {})]


@pytest.mark.parametrize("name, args, options", FIXED)
def test_deterministic_ones(name, args, options):
    ours, theirs = getattr(T, name)(*args, **options), getattr(TT, name)(*args, **options)
    img, (x, tx) = picture(), tensors()
    y, ty, z, tz = ours(img), theirs(img), ours(x), theirs(tx)
    several = isinstance(y, tuple)
    for a, b in zip(y, ty) if several else [(y, ty)]:
        same_pil(a, b)
    for a, b in zip(z, tz) if several else [(z, tz)]:
        same(a, b)
    assert several == (not hasattr(ours, "batched"))
    if not several:
        np.testing.assert_array_equal(ours.batched(x.unsqueeze(0)).data[0], z.data)
    assert repr(ours).replace("(5, 5)", "5") == repr(theirs).replace("(5, 5)", "5")


@pytest.mark.parametrize("name, flip", [("RandomHorizontalFlip", F.hflip),
                                        ("RandomVerticalFlip", F.vflip)])
def test_flips(name, flip):
    x, _ = tensors((300, 1, 4, 5))
    t = getattr(T, name)(0.3)
    y, flipped = t.batched(x).data, flip(x).data
    is_flipped = (y == flipped).all((1, 2, 3))
    assert ((y == x.data).all((1, 2, 3)) ^ is_flipped).all() and 0.2 < is_flipped.mean() < 0.4
    single = [np.array_equal(t(x).data, flipped) for _ in range(300)]
    assert 0.2 < np.mean(single) < 0.4
    same_pil(getattr(T, name)(1)(picture()), getattr(TF, flip.__name__)(picture()))
    assert repr(t) == repr(getattr(TT, name)(0.3)) and getattr(T, name)().p == 0.5


CROPS = [dict(size=(13, 17)), dict(size=7), dict(size=[4], padding=2),
         dict(size=(6, 9), padding=(1, 3), fill=0.5), dict(size=(20, 30), pad_if_needed=True),
         dict(size=(13, 20), padding=[1, 0, 2, 1], pad_if_needed=True, padding_mode="edge"),
         dict(size=12, padding=3, padding_mode="reflect")]


@pytest.mark.parametrize("options", CROPS)
def test_random_crop_draws_what_torchvision_draws(options):
    ours, theirs = T.RandomCrop(**options), TT.RandomCrop(**options)
    x, tx = tensors((1, 13, 17))
    x.data[...] = tx[...] = tx.new_tensor(np.arange(1, 222.0).reshape(1, 13, 17))
    a = {ours(x).data.tobytes() for _ in range(150)}
    b = {theirs(tx).numpy().tobytes() for _ in range(150)}
    c = {image.tobytes() for image in ours.batched(np.repeat(x.data[None], 150, 0)).data}
    assert ours(x).shape == tuple(theirs(tx).shape)
    for drawn in (a, c):  # few places: all of them; many: as many different ones
        assert drawn == b if len(b) < 20 else abs(len(drawn) - len(b)) < 0.2 * len(b) + 5
    assert ours(picture("L")).size == theirs(picture("L")).size
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("options", CROPS)
def test_one_of_many_is_cropped_as_one_alone(options):
    t = T.RandomCrop(**options)
    x, _ = tensors((1, 3, 13, 17))
    for seed in range(5):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        np.testing.assert_array_equal(t.batched(x).data, one.data)


def test_borders_are_in_grey_levels_before_to_tensor():
    levels = np.zeros((2, 4, 4), np.uint8)
    np.testing.assert_allclose(T.Pad(1, fill=51).batched(levels).data[:, :, 0], 0.2, atol=1e-6)
    later = T.Compose([T.ToTensor(), T.Pad(1, fill=0.4)]).batched(levels)
    np.testing.assert_allclose(later.data[:, :, 0], 0.4, atol=1e-6)
    np.testing.assert_allclose(T.RandomCrop(6, 1, fill=51).batched(levels).data[:, :, 0], 0.2,
                               atol=1e-6)


def test_get_params():
    boxes = np.array([T.RandomCrop.get_params(picture(), (4, 6)) for _ in range(500)])
    assert set(boxes[:, 0]) == set(range(10)) and set(boxes[:, 1]) == set(range(12))
    assert (boxes[:, 2:] == (4, 6)).all()


@pytest.mark.parametrize("call, error, message", [
    (lambda: T.RandomCrop("a"), TypeError,
     "RandomCrop: size must be an int or a sequence of 1 or 2"),
    (lambda: T.RandomCrop(3, "a"), TypeError, "RandomCrop: padding must be an int or a sequence"),
    (lambda: T.RandomCrop(3, fill="a"), TypeError,
     "RandomCrop: fill must be a number or a sequence"),
    (lambda: T.RandomCrop(3, padding_mode="a"), ValueError,
     "RandomCrop: padding_mode must be one of"),
    (lambda: T.RandomCrop(20)(picture()), ValueError,
     r"the box \(20, 20\) is larger than the image \(13, 17\); pass padding or pad_if_needed=True"),
    (lambda: T.RandomCrop(20).batched(np.zeros((2, 1, 4, 4))), ValueError, "larger than the image"),
    (lambda: T.CenterCrop(0), ValueError, "CenterCrop: size must be at least 1, got 0"),
    (lambda: T.Pad("a"), TypeError, "Pad: padding must be an int or a sequence of 1, 2 or 4 ints"),
    (lambda: T.Pad((1, 2, 3)), ValueError, "Pad: padding must be an int, or 1, 2"),
    (lambda: T.Pad(1, "red"), TypeError, "Pad: fill must be a number or a sequence"),
    (lambda: T.Pad(1, 0, "wrap"), ValueError, "Pad: padding_mode must be one of constant, edge"),
    (lambda: T.FiveCrop((1, 2, 3)), ValueError, "FiveCrop: size must be an int or a sequence"),
    (lambda: T.RandomHorizontalFlip(2), ValueError, "RandomHorizontalFlip: p is a probability"),
    (lambda: T.RandomVerticalFlip("a"), ValueError, "RandomVerticalFlip: p is a probability"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
