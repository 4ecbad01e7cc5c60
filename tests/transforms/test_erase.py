"""erase and RandomErasing against torchvision."""
import numpy as np
import pytest
import torch
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F
from minitorch_cnn.transforms.erase import draw_rectangles


@pytest.mark.parametrize("box", [(2, 3, 4, 5), (0, 0, 13, 17), (5, 5, 0, 3), (10, 12, 3, 5)])
def test_erase(box):
    for dtype in (np.float32, np.uint8):
        for shape in ((3, 13, 17), (2, 3, 13, 17)):
            x, tx = tensors(shape, dtype)
            color = np.arange(3).reshape(3, 1, 1).astype(dtype)
            same(F.erase(x, *box, color), TF.erase(tx, *box, torch.from_numpy(color)))
            np.testing.assert_array_equal(x.data, tx.numpy())
            assert F.erase(x, *box, color, inplace=True) is x
            same(x, TF.erase(tx, *box, torch.from_numpy(color)))
    x, tx = tensors()
    same(F.erase(x, *box, 0.5), TF.erase(tx, *box, torch.tensor(0.5)))
    same_gradient(lambda x: F.erase(x, 2, 3, 4, 5, 0.3),
                  lambda x: TF.erase(x, 2, 3, 4, 5, torch.tensor(0.3)))


def erased_boxes(images):
    """(n, 4): top, left, height, width of where images (n, H, W) of ones are zero."""
    boxes = []
    for image in images:
        rows, columns = np.flatnonzero((image == 0).any(1)), np.flatnonzero((image == 0).any(0))
        assert (image == 0).sum() == len(rows) * len(columns)   # a full rectangle
        boxes.append((rows[0], columns[0], len(rows), len(columns)) if len(rows) else (0, 0, 0, 0))
    return np.array(boxes)


OPTIONS = [dict(), dict(scale=(0.02, 0.1), ratio=(0.3, 0.5)), dict(scale=(0.5, 0.9)),
           dict(scale=(0.3, 0.4), ratio=(3, 4))]


@pytest.mark.parametrize("options", OPTIONS)
def test_rectangles_are_drawn_as_torchvision_draws_them(options):
    ours, theirs = T.RandomErasing(1, **options), TT.RandomErasing(1, **options)
    ones = np.ones((600, 1, 20, 24), np.float32)
    a = erased_boxes(ours.batched(ones).data[:, 0])
    b = erased_boxes([theirs(torch.ones(1, 20, 24)).numpy()[0] for _ in range(600)])
    c = erased_boxes([ours(ones[0]).data[0] for _ in range(300)])
    assert (ones == 1).all()
    for boxes in (a, c):
        spread = 5 * np.sqrt(boxes.var(0) / len(boxes) + b.var(0) / 600) + 1e-6
        assert (abs(boxes.mean(0) - b.mean(0)) < spread).all()
    assert repr(ours) == repr(theirs)


def test_if_no_rectangle_fits_nothing_is_erased():
    t = T.RandomErasing(1, scale=(1, 1), ratio=(1, 1))
    x, _ = tensors((2, 3, 6, 6))
    np.testing.assert_array_equal(t.batched(x).data, x.data)
    np.testing.assert_array_equal(t(x).data, x.data)
    assert t.get_params(x, (1, 1), (1, 1), [0.0])[:4] == (0, 0, 6, 6)
    assert not draw_rectangles(3, 6, 6, (1, 1), (1, 1))[1].any()


def test_probability_and_colors():
    ones = np.ones((400, 3, 8, 8), np.float32)
    y = T.RandomErasing(0.3, value=(0.2, 0.4, 0.6)).batched(ones).data
    changed = (y != 1).any((1, 2, 3))
    assert 0.2 < changed.mean() < 0.4
    for c, number in enumerate((0.2, 0.4, 0.6)):
        assert set(np.unique(y[:, c])) == {np.float32(number), np.float32(1)}
    noise = T.RandomErasing(1, value="random").batched(ones).data
    noise = noise[noise != 1]
    assert abs(noise.mean()) < 0.05 and abs(noise.std() - 1) < 0.05
    one = T.RandomErasing(1, value="random")(ones[0]).data
    assert len(np.unique(one)) > 4
    assert T.RandomErasing(0)(x := mt.Tensor(ones[0])) is x


@pytest.mark.parametrize("options", [dict(), dict(value=0.5), dict(p=1, value=(1, 2, 3))])
def test_one_of_many_is_erased_as_one_alone(options):
    t = T.RandomErasing(**options)
    x, _ = tensors((1, 3, 13, 17))
    for seed in range(8):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        np.testing.assert_array_equal(t.batched(x).data, one.data)


def test_in_place():
    x, tx = tensors()
    assert T.RandomErasing(1, inplace=True)(x) is x and (x.data != tx.numpy()).any()
    x, tx = tensors()
    T.RandomErasing(1)(x)
    np.testing.assert_array_equal(x.data, tx.numpy())


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.erase(picture(), 0, 0, 1, 1, 0), TypeError,
     "erase: works on tensors, got a PIL image"),
    (lambda: F.erase(X, 0, 0, 2, 2, np.zeros((2, 1, 1))), ValueError,
     r"v of shape \(2, 1, 1\) does not fit the rectangle \(3, 2, 2\)"),
    (lambda: T.RandomErasing(2), ValueError, "RandomErasing: p is a probability, from 0 to 1"),
    (lambda: T.RandomErasing(scale=1), TypeError, "scale must be a sequence of 2 numbers, got 1"),
    (lambda: T.RandomErasing(scale=(0, 2)), ValueError,
     "scale holds fractions of the image's area"),
    (lambda: T.RandomErasing(scale=(0.3, 0.2)), ValueError, r"scale must be \(least, most\)"),
    (lambda: T.RandomErasing(ratio=(0, 1)), ValueError, r"ratio must be above 0, got \(0, 1\)"),
    (lambda: T.RandomErasing(value="red"), ValueError, "the only text value can be is \"random\""),
    (lambda: T.RandomErasing(value=None), TypeError,
     "value must be a number, a sequence of numbers"),
    (lambda: T.RandomErasing(1, value=(1, 2))(X), ValueError,
     "value has 2 numbers, the image 3 chan"),
    (lambda: T.RandomErasing(1)(picture()), TypeError, "got a PIL image; convert it with ToTensor"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
