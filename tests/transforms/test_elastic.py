"""Elastic deformations against torchvision."""
import numpy as np
import pytest
import torch
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same, same_gradient, same_pil, tensors
from torchvision.transforms import InterpolationMode as TMode

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F
from minitorch_cnn.transforms.elastic import draw_displacements

MOVE = (0.3 * np.random.default_rng(0).standard_normal((1, 13, 17, 2))).astype(np.float32)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill", [None, [0.5]])
def test_function(mode, fill):
    theirs = dict(interpolation=TMode(mode), fill=fill)
    for dtype in (np.float32, np.uint8):
        for shape in ((3, 13, 17), (2, 1, 13, 17)):
            x, tx = tensors(shape, dtype)
            same(F.elastic_transform(x, MOVE, mode, fill),
                 TF.elastic_transform(tx, torch.from_numpy(MOVE), **theirs),
                 1 if dtype == np.uint8 else 1e-5)
            np.testing.assert_array_equal(x.data, tx.numpy())
    for kind in ("L", "RGB"):
        same_pil(F.elastic_transform(picture(kind), MOVE, mode, fill),
                 TF.elastic_transform(picture(kind), torch.from_numpy(MOVE), **theirs), levels=1)
    move = MOVE[:, :9, :8].astype(float)
    same_gradient(lambda x: F.elastic_transform(x, move, mode, fill),
                  lambda x: TF.elastic_transform(x, torch.from_numpy(move), **theirs), atol=1e-6)


@pytest.mark.parametrize("alpha, sigma", [(50.0, 5.0), ([30.0, 90.0], 2.0), (5.0, 0.0)])
def test_displacements_are_distributed_as_torchvisions(alpha, sigma):
    ours, theirs = T.ElasticTransform(alpha, sigma), TT.ElasticTransform(alpha, sigma)
    assert ours.alpha == theirs.alpha and ours.sigma == theirs.sigma
    a = draw_displacements(80, ours.alpha, ours.sigma, (28, 32))
    b = np.concatenate([theirs.get_params(theirs.alpha, theirs.sigma, [28, 32]).numpy()
                        for _ in range(25)])
    assert a.shape == (80, 28, 32, 2) and a.dtype == np.float32
    np.testing.assert_allclose(a.std((0, 1, 2)), b.std((0, 1, 2)), rtol=0.1)
    inner = (slice(None), slice(8, 20), slice(8, 20))   # as smooth inside, as wild at the border
    np.testing.assert_allclose(a[inner].std((0, 1, 2)), b[inner].std((0, 1, 2)), rtol=0.15)
    step_a, step_b = (np.diff(d, axis=1).std((0, 1, 2)) for d in (a, b))
    np.testing.assert_allclose(step_a, step_b, rtol=0.15)
    assert ours.get_params(ours.alpha, ours.sigma, (4, 5)).shape == (1, 4, 5, 2)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_one_of_many_is_deformed_as_one_alone(mode):
    t = T.ElasticTransform(40.0, 3.0, mode, 0.2)
    x, _ = tensors((1, 3, 28, 32))
    for seed in range(3):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        np.testing.assert_allclose(t.batched(x).data, one.data, atol=1e-6)
    many = t.batched(np.repeat(x.data, 4, 0)).data
    assert len(np.unique(many.reshape(4, -1).sum(1))) == 4
    assert T.ElasticTransform()(picture("L", 28, 28)).size == (28, 28)
    levels = np.full((2, 28, 28), 102, np.uint8)
    alike = T.ElasticTransform(90.0, 1.0, "nearest", 102).batched(levels)
    np.testing.assert_allclose(alike.data, 0.4, atol=1e-6)
    assert repr(T.ElasticTransform()).startswith("ElasticTransform(alpha=[50.0, 50.0], sigma=[5.0")


X = np.zeros((3, 6, 6), np.float32)


@pytest.mark.parametrize("call, error, message", [
    (lambda: F.elastic_transform(X, 3), TypeError,
     "displacement must be a Tensor or an array, got i"),
    (lambda: F.elastic_transform(X, X), ValueError,
     r"must have shape \(1, 6, 6, 2\) for this image"),
    (lambda: F.elastic_transform(X, np.zeros((1, 6, 6, 2)), "bicubic"), ValueError,
     'interpolation "bicubic" does not work on tensors'),
    (lambda: T.ElasticTransform(sigma=-1), ValueError, "ElasticTransform: sigma must be 0 or more"),
    (lambda: T.ElasticTransform("a"), TypeError, "alpha must be a sequence of 2 numbers, got 'a'"),
    (lambda: T.ElasticTransform((1, 2, 3)), ValueError,
     "alpha must be a sequence of 2 numbers, got"),
    (lambda: T.ElasticTransform(fill="a"), TypeError,
     "ElasticTransform: fill must be a number or a"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
