"""MixUp and CutMix: their definition, and against torchvision's with the same share."""
import numpy as np
import pytest
import torch
import torchvision.transforms.v2 as TV
from pictures import same, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import mixup

LABELS = np.array([0, 2, 1, 2])


def batch(n=4, dtype=np.float32):
    return tensors((n, 3, 8, 6), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixup_is_torchvisions_with_its_share(dtype, monkeypatch):
    (x, tx), theirs = batch(dtype=dtype), TV.MixUp(alpha=0.4, num_classes=3)
    kept = x.data.copy()
    for _ in range(3):
        images, labels = T.MixUp(alpha=0.4, num_classes=3)(x, LABELS)
        share = float(labels.data[0, 0])   # sample 0 is of class 0, the one before it of class 2
        monkeypatch.setattr(theirs, "make_params", lambda _, share=share: dict(lam=share))
        expected = theirs(tx, torch.from_numpy(LABELS))
        same(images, expected[0], 1e-6)
        same(labels, expected[1], 1e-6)
    np.testing.assert_array_equal(x.data, kept)


def test_cutmix_is_torchvisions_with_its_rectangle(monkeypatch):
    ours, theirs = T.CutMix(num_classes=3), TV.CutMix(num_classes=3)
    rows = np.arange(4 * 3 * 8 * 6, dtype=np.float32).reshape(4, 3, 8, 6)
    for _ in range(6):
        images, labels = ours(rows, LABELS)
        pasted = (images.data != rows)[0, 0]
        y, x = np.flatnonzero(pasted.any(1)), np.flatnonzero(pasted.any(0))
        box = (x[0], y[0], x[-1] + 1, y[-1] + 1) if len(x) else (0, 0, 0, 0)
        share = 1 - pasted.mean()
        params = dict(box=box, lam_adjusted=float(share))
        monkeypatch.setattr(theirs, "make_params", lambda _, params=params: params)
        expected = theirs(torch.from_numpy(rows), torch.from_numpy(LABELS))
        same(images, expected[0])
        same(labels, expected[1], 1e-6)


@pytest.mark.parametrize("kind", [T.MixUp, T.CutMix])
@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (5, 3, 7, 12), (3, 4, 1, 9), (1, 1, 5, 5)])
@pytest.mark.parametrize("alpha", [0.1, 1.0, 4.0])
def test_a_grid_of_batches_is_mixed_as_torchvision_mixes_them(kind, shape, alpha, monkeypatch):
    """Its own share and rectangle, put in place of the drawn ones."""
    n, _, height, width = shape
    x, tx = tensors(shape)
    labels = np.arange(n) % 3
    ours = kind(alpha=alpha, num_classes=3)
    theirs = getattr(TV, kind.__name__)(alpha=alpha, num_classes=3)
    params = theirs.make_params([tx])
    monkeypatch.setattr(theirs, "make_params", lambda _: params)
    expected = theirs(tx, torch.from_numpy(labels))
    if kind is T.MixUp:
        monkeypatch.setattr(ours, "mix", lambda images, _: T.MixUp.mix(ours, images, params["lam"]))
    else:
        x1, y1, x2, y2 = params["box"]
        spans = [(np.arange(height) >= y1) & (np.arange(height) < y2),
                 (np.arange(width) >= x1) & (np.arange(width) < x2)]
        monkeypatch.setattr(mixup, "_span", lambda *_: spans.pop(0))
    images, soft = ours(x, labels)
    same(images, expected[0], 1e-6)
    same(soft, expected[1], 1e-6)


@pytest.mark.parametrize("kind", [T.MixUp, T.CutMix])
@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_shares_are_drawn_as_torchvision_draws_them(kind, alpha):
    x, tx = batch(2)
    labels = np.array([0, 1])
    theirs = getattr(TV, kind.__name__)(alpha=alpha, num_classes=2)
    ours = np.array([kind(alpha=alpha, num_classes=2)(x, labels)[1].data[0, 0] for _ in range(500)])
    expected = np.array([theirs(tx, torch.from_numpy(labels))[1][0, 0].item() for _ in range(500)])
    assert ((ours >= 0) & (ours <= 1)).all()
    spread = 5 * np.sqrt((ours.var() + expected.var()) / 500)
    assert abs(ours.mean() - expected.mean()) < spread
    assert abs(ours.std() - expected.std()) < 0.06


@pytest.mark.parametrize("kind", [T.MixUp, T.CutMix])
def test_soft_labels_one_argument_and_empty_batches(kind):
    x, _ = batch()
    soft = np.eye(3, dtype=np.float32)[LABELS]
    mt.manual_seed(1)
    a = kind(num_classes=3)(x, LABELS)
    mt.manual_seed(1)
    b = kind()([x, soft])
    np.testing.assert_array_equal(a[0].data, b[0].data)
    np.testing.assert_array_equal(a[1].data, b[1].data)
    np.testing.assert_allclose(a[1].data.sum(1), 1, rtol=1e-6)
    images, labels = kind(num_classes=3)(x.data[:0], LABELS[:0])
    assert images.shape == (0, 3, 8, 6) and labels.shape == (0, 3)
    assert kind()(x, soft.astype(int))[1].dtype == np.float32
    assert not hasattr(kind(), "batched")


def test_labels_fit_cross_entropy():
    x, _ = batch()
    _, labels = T.MixUp(num_classes=3)(x, LABELS)
    loss = mt.cross_entropy(mt.zeros(4, 3), labels)
    np.testing.assert_allclose(loss.item(), np.log(3), rtol=1e-5)
    assert repr(T.MixUp(num_classes=3)) == "MixUp(alpha=1.0, num_classes=3)"


X = np.zeros((4, 1, 5, 5), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: T.MixUp(alpha=0), ValueError, "MixUp: alpha must be above 0, got 0"),
    (lambda: T.CutMix(alpha="a"), ValueError, "CutMix: alpha must be above 0, got 'a'"),
    (lambda: T.MixUp()(X), TypeError,
     "MixUp: needs a batch of images and their labels, two Tensors"),
    (lambda: T.MixUp()(X, "a"), TypeError, "MixUp: needs a batch of images and their labels"),
    (lambda: T.MixUp()(X, LABELS), ValueError, r"MixUp: labels \(n,\) need num_classes"),
    (lambda: T.MixUp(num_classes=3)(X[0], LABELS), ValueError,
     r"needs images \(n, C, H, W\) and lab"),
    (lambda: T.MixUp(num_classes=3)(X, LABELS[:2]), ValueError, r"got \(4, 1, 5, 5\) and \(2,\)"),
    (lambda: T.MixUp(num_classes=3)(X, np.eye(4)), ValueError,
     "labels have 4 classes, num_classes is"),
    (lambda: T.CutMix(num_classes=3)(X.astype(np.uint8), LABELS), TypeError,
     "images must hold float"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
