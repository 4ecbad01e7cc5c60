"""RandomAffine, RandomRotation, RandomPerspective: what they draw, one image against many."""
import numpy as np
import pytest
import torch
import torchvision.transforms as TT
import torchvision.transforms.functional as TF
from pictures import picture, same_pil, tensors
from torchvision.transforms import InterpolationMode as TMode

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms.geometry import draw_affine, draw_corners
from minitorch_cnn.transforms.warp import perspective_coefficients

AFFINE = [
    dict(degrees=20), dict(degrees=(5, 30), translate=(0.1, 0.2), scale=(0.8, 1)),
    dict(degrees=0, shear=30), dict(degrees=(0, 0), shear=[-30, 30, -5, 5]),
    dict(degrees=(-20, 20), translate=(0.1, 0.2), scale=(0.8, 1), shear=[-30, 30, -30, 30]),
    dict(degrees=10, shear=(5, 15), fill=7, center=(3, 4)),
]


def numbers(params):
    angle, shift, scale, shear = params
    return [angle, *shift, scale, *shear]


@pytest.mark.parametrize("options", AFFINE)
def test_affine_parameters_are_drawn_from_torchvisions_set(options):
    ours, theirs = T.RandomAffine(**options), TT.RandomAffine(**options)
    args = ours.degrees, ours.translate, ours.scale, ours.shear, (40, 60)
    assert list(ours.degrees) == list(theirs.degrees) and ours.translate == theirs.translate
    assert ours.scale == theirs.scale and ours.shear == theirs.shear
    a = np.array([numbers(ours.get_params(*args)) for _ in range(400)])
    many = np.array(numbers([np.array(p) for p in draw_affine(400, *args)])).T
    b = np.array([numbers(theirs.get_params(theirs.degrees, theirs.translate, theirs.scale,
                                            theirs.shear, [40, 60])) for _ in range(400)])
    for drawn in (a, many):
        # both samples fill the same interval evenly
        width = np.ptp(b, 0) + 1e-9
        assert (abs(drawn.min(0) - b.min(0)) < 0.1 * width + 1e-6).all()
        assert (abs(drawn.max(0) - b.max(0)) < 0.1 * width + 1e-6).all()
        assert (abs(np.sort(drawn, 0) - np.sort(b, 0)).max(0) < 0.15 * width + 1.01).all()
        assert (drawn[:, 1:3] == np.rint(drawn[:, 1:3])).all()   # whole pixels
    one = ours.get_params(*args)
    assert isinstance(one[0], float) and isinstance(one[1][0], int) and isinstance(one[2], float)


@pytest.mark.parametrize("options", AFFINE)
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_affine_of_a_pil_image_is_torchvisions_with_those_parameters(options, mode):
    t = T.RandomAffine(**options, interpolation=mode)
    mt.manual_seed(3)
    ours = t(picture())
    mt.manual_seed(3)
    params = t.get_params(t.degrees, t.translate, t.scale, t.shear, (17, 13))
    center = None if t.center is None else list(t.center)
    same_pil(ours, TF.affine(picture(), *map(_listed, params), interpolation=TMode(mode),
                             fill=t.fill, center=center))


def _listed(value):
    return list(value) if isinstance(value, tuple) else value


RANDOM = [lambda mode: T.RandomAffine(20, (0.1, 0.2), (0.8, 1.2), [-9, 9, -5, 5], mode, fill=0.5),
          lambda mode: T.RandomAffine(30, interpolation=mode, fill=(0.1, 0.2, 0.3), center=(2, 3)),
          lambda mode: T.RandomRotation(40, mode, center=(5, 5), fill=0.2),
          lambda mode: T.RandomRotation((10, 50), mode),
          lambda mode: T.RandomPerspective(0.5, 1, mode, fill=1),
          lambda mode: T.RandomPerspective(0.4, 0.5, mode)]


@pytest.mark.parametrize("make", RANDOM)
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_one_of_many_is_mapped_as_one_alone(make, mode):
    t = make(mode)
    x, _ = tensors((1, 3, 13, 17))
    for seed in range(6):
        mt.manual_seed(seed)
        one = t(x)
        mt.manual_seed(seed)
        many = t.batched(x)
        np.testing.assert_allclose(many.data, one.data, atol=2e-6)
        assert many.shape == x.shape and many.dtype == np.float32
    kept = x.data.copy()
    t.batched(x)
    np.testing.assert_array_equal(x.data, kept)


@pytest.mark.parametrize("make", RANDOM)
def test_every_one_of_many_has_parameters_of_its_own(make):
    x, _ = tensors((1, 3, 13, 17))
    y = make("bilinear").batched(np.repeat(x.data, 16, 0))
    assert len(np.unique(y.data.reshape(16, -1).sum(1))) >= 5
    assert make("bilinear").batched(x.data[:0]).shape == (0, 3, 13, 17)
    alike = make("bilinear")(np.repeat(x.data, 4, 0))   # called, a batch is treated as one
    np.testing.assert_array_equal(alike.data[0], alike.data[3])


@pytest.mark.parametrize("make", RANDOM)
def test_grey_levels_in_give_the_same_as_floats(make):
    levels = np.random.default_rng(0).integers(0, 256, (4, 13, 17, 3)).astype(np.uint8)
    t = make("bilinear")
    mt.manual_seed(1)
    a = t.batched(mt.Tensor(levels.transpose(0, 3, 1, 2) / np.float32(255)))
    t.fill = [255 * f for f in t.fill] if isinstance(t.fill, tuple) else 255 * t.fill
    mt.manual_seed(1)
    np.testing.assert_allclose(t.batched(levels).data, a.data, atol=2e-6)


def test_rotation():
    t = T.RandomRotation((10, 50), "bilinear", expand=True, fill=3)
    angles = [t.get_params(t.degrees) for _ in range(300)]
    assert 10 <= min(angles) < 13 and 47 < max(angles) <= 50
    mt.manual_seed(2)
    ours = t(picture())
    mt.manual_seed(2)
    same_pil(ours, TF.rotate(picture(), t.get_params(t.degrees), TMode.BILINEAR, True, fill=3))
    assert not hasattr(t, "batched")
    with pytest.raises(AttributeError, match="RandomRotation.batched: as it is set, this"):
        t.batched
    assert not hasattr(T.RandomAffine(3, interpolation="bicubic"), "batched")
    assert hasattr(T.RandomAffine(3), "batched")


@pytest.mark.parametrize("scale", [0, 0.3, 0.5, 1])
@pytest.mark.parametrize("size", [(17, 13), (28, 28), (5, 4)])
def test_corners_are_drawn_from_torchvisions_set(scale, size):
    width, height = size
    start, many = draw_corners(3000, width, height, scale)
    starts, one = T.RandomPerspective.get_params(width, height, scale)
    theirs = [TT.RandomPerspective.get_params(width, height, scale) for _ in range(600)]
    assert starts == theirs[0][0] == start.tolist()
    b = np.array([end for _, end in theirs])
    for i in range(4):
        for j in range(2):
            assert set(b[:, i, j]) <= set(many[:, i, j].tolist())
            assert many[:, i, j].min() >= b[:, i, j].min() - 1
            assert many[:, i, j].max() <= b[:, i, j].max() + 1
            assert one[i][j] in set(many[:, i, j].tolist())
    if min(size) > 5:
        assert (abs(many.mean(0) - b.mean(0)) < 0.15 * np.ptp(many, 0) + 0.01).all()


def test_perspective_happens_with_probability_p():
    x, _ = tensors((1, 1, 13, 17))
    many = np.repeat(x.data, 400, 0)
    y = T.RandomPerspective(0.5, 0.3).batched(many)
    changed = (y.data != x.data).any((1, 2, 3)).mean()
    assert 0.2 < changed < 0.4
    changed = np.mean([T.RandomPerspective(0.5, 0.3)(x) is not x for _ in range(400)])
    assert 0.2 < changed < 0.4
    assert T.RandomPerspective(p=0)(x) is x


def test_perspective_of_a_pil_image_is_torchvisions_with_those_corners():
    t = T.RandomPerspective(0.6, 1, fill=9)
    mt.manual_seed(3)
    ours = t(picture())
    mt.manual_seed(3)
    mt.random.generator("augmentation").random()
    start, end = t.get_params(17, 13, 0.6)
    same_pil(ours, TF.perspective(picture(), start, end, fill=9))


def on_a_border(start, end, size):
    """(H, W): where the center of a pixel comes from a place on, or next to, a border of pixels."""
    (w, h), (a, b, c, d, e, f, g, i) = size, perspective_coefficients(start, end)
    x, y = np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5)
    places = [(p * x + q * y + r) / (g * x + i * y + 1) for p, q, r in ((a, b, c), (d, e, f))]
    return np.any([abs(place - place.round()) < 1e-6 for place in places], axis=0)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("kind", ["L", "RGB", "RGBA", "F"])
@pytest.mark.parametrize("size", [(28, 28), (17, 13), (6, 31)])
def test_perspectives_over_a_grid_are_torchvisions(mode, kind, size):
    """(W, H), strong and weak distortions: PIL images to a grey level.

    A position on the border between two pixels may fall to either side; those are left out.
    """
    img = picture(kind, *size[::-1])
    for i, scale in enumerate((0.3, 0.5, 0.8)):
        start, end = T.RandomPerspective.get_params(*size, scale)
        ours = np.float32(T.functional.perspective(img, start, end, mode, 20 * i))
        theirs = np.float32(TF.perspective(img, start, end, TMode(mode), 20 * i))
        sure = ~on_a_border(start, end, size)
        assert sure.mean() > 0.8
        assert abs(ours - theirs)[sure].max() <= 1


@pytest.mark.parametrize("size", [(1, 28, 28), (3, 17, 13), (4, 6, 31)])
@pytest.mark.parametrize("scale", [0.1, 0.5, 1])
def test_perspectives_of_a_batch_are_torchvisions_of_each(size, scale):
    """(C, H, W), bilinear: what training uses, with the corners that were drawn."""
    x, tx = tensors((6, *size))
    t = T.RandomPerspective(scale, 1, fill=0.25)
    mt.manual_seed(5)
    ours = t.batched(x)
    mt.manual_seed(5)
    mt.random.generator("augmentation").random(6)
    start, ends = draw_corners(6, size[2], size[1], scale)
    for image, theirs, end in zip(ours.data, tx, ends):
        expected = TF.perspective(theirs, start.tolist(), end.tolist(), fill=[0.25] * size[0])
        np.testing.assert_allclose(image, expected.numpy(), atol=2e-4)


def test_texts():
    for name, args in [("RandomAffine", dict(degrees=10, translate=(0.1, 0.2), scale=(0.5, 1))),
                       ("RandomAffine", dict(degrees=3, shear=2, fill=5, center=[1.0, 2.0])),
                       ("RandomRotation", dict(degrees=3)), ("RandomRotation", dict(
                           degrees=(1, 2), expand=True, center=[1.0, 2.0], fill=3)),
                       ("RandomPerspective", dict(p=0.25))]:
        assert repr(getattr(T, name)(**args)) == repr(getattr(TT, name)(**args))
    assert "interpolation=bilinear" in repr(T.RandomAffine(3, interpolation=T.InterpolationMode(
        "bilinear")))


def test_a_tensor_of_pytorch_is_an_array():
    y = T.RandomRotation((90, 90))(torch.arange(4.0).reshape(1, 2, 2))
    np.testing.assert_array_equal(y.data, [[[1, 3], [0, 2]]])


@pytest.mark.parametrize("call, error, message", [
    (lambda: T.RandomAffine(-1), ValueError, "degrees as a single number must not be negative"),
    (lambda: T.RandomAffine("a"), TypeError, "degrees must be a sequence of 2 numbers, got 'a'"),
    (lambda: T.RandomAffine((1, 2, 3)), ValueError,
     "degrees must be a sequence of 2 numbers, got 3"),
    (lambda: T.RandomAffine((2, 1)), ValueError,
     r"degrees must be \(least, most\), got \(2.0, 1.0\)"),
    (lambda: T.RandomAffine(1, 0.1), TypeError,
     "translate must be a sequence of 2 numbers, got 0.1"),
    (lambda: T.RandomAffine(1, (0, 2)), ValueError,
     "translate holds fractions of the image, from 0"),
    (lambda: T.RandomAffine(1, None, (0, 1)), ValueError, r"scale must be above 0, got \(0, 1\)"),
    (lambda: T.RandomAffine(1, None, (2, 1)), ValueError, "scale must be \\(least, most\\)"),
    (lambda: T.RandomAffine(1, None, None, (1, 2, 3)), ValueError,
     "shear must be a sequence of 2 or"),
    (lambda: T.RandomAffine(1, None, None, (1, 2, 3, 2)), ValueError,
     "shear must be \\(least, most"),
    (lambda: T.RandomAffine(1, None, None, -2), ValueError, "shear as a single number must not be"),
    (lambda: T.RandomAffine(1, interpolation="best"), ValueError,
     "there is no interpolation 'best'"),
    (lambda: T.RandomAffine(1, fill="red"), TypeError,
     "RandomAffine: fill must be a number or a seq"),
    (lambda: T.RandomAffine(1, center=3), TypeError,
     "center must be a sequence of 2 numbers, got 3"),
    (lambda: T.RandomRotation(-1), ValueError,
     "RandomRotation: degrees as a single number must not"),
    (lambda: T.RandomRotation(1, center=(1,)), ValueError,
     "center must be a sequence of 2 numbers"),
    (lambda: T.RandomPerspective(2), ValueError, "distortion_scale must be from 0 to 1, got 2"),
    (lambda: T.RandomPerspective(0.5, 2), ValueError,
     "RandomPerspective: p is a probability, from 0"),
    (lambda: T.RandomAffine(1).batched([[1]]), TypeError,
     "batched: images must be a uint8 array .*li"),
    (lambda: T.RandomAffine(1).batched(np.zeros((3, 3))), ValueError,
     r"batched: images must be .* got float64 of shape \(3, 3\)"),
    (lambda: T.RandomAffine(1, fill=(1, 2)).batched(np.zeros((1, 3, 3, 3))), ValueError,
     "RandomAffine: fill has 2 numbers, the image 3 channels"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
