"""Occlusion: which positions of a patch reach which pixels, what is filled in, and Captum's map."""
import importlib.util
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from interpret_nets import SHAPE, images, one_pixel, pair

import minitorch_cnn as mt
from minitorch_cnn.interpret import blur, occlusion

GEOMETRIES = [((1, 1), (1, 1)), ((3, 3), (1, 1)), ((2, 5), (1, 1)), ((4, 3), (2, 3)),
              ((12, 10), (1, 1)), ((5, 4), (3, 3)), ((2, 2), (4, 3))]


@pytest.mark.parametrize("size,stride", GEOMETRIES)
@pytest.mark.parametrize("pixel", [(0, 0), (5, 3), (11, 9), (11, 0), (0, 9)])
def test_one_pixel_lights_exactly_the_positions_that_cover_it(size, stride, pixel):
    x = np.ones((1, 1, 12, 10))
    result = occlusion(one_pixel(*pixel), x, 1, size, stride, fill=0.0, output="logit")
    expected = np.zeros(((12 - size[0]) // stride[0] + 1, (10 - size[1]) // stride[1] + 1))
    for j in range(expected.shape[0]):
        for k in range(expected.shape[1]):
            rows = range(j * stride[0], j * stride[0] + size[0])
            columns = range(k * stride[1], k * stride[1] + size[1])
            expected[j, k] = pixel[0] in rows and pixel[1] in columns
    np.testing.assert_array_equal(result.drop[0], expected)
    np.testing.assert_array_equal(result.argmax[0], 1 - expected)
    probability = [1 / (1 + math.exp(0.25 - value)) for value in (1, 0)]
    np.testing.assert_allclose(result.probability[0], np.choose(expected.astype(int), probability))
    assert result.base[0] == 1 and result.target[0] == 1


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9),
       st.integers(1, 4), st.integers(1, 4), st.data())
def test_positions_and_windows_of_any_geometry(H, W, h, w, sh, sw, data):
    h, w = min(h, H), min(w, W)
    row, column = data.draw(st.integers(0, H - 1)), data.draw(st.integers(0, W - 1))
    result = occlusion(one_pixel(row, column), np.ones((1, H, W)), 1, (h, w), (sh, sw),
                       output="logit")
    assert result.drop.shape == (math.floor((H - h) / sh) + 1, math.floor((W - w) / sw) + 1)
    covers = ((result.rows <= row) & (row < result.rows + h))[:, None] \
        & ((result.columns <= column) & (column < result.columns + w))
    np.testing.assert_array_equal(result.drop, covers)


def test_element_j_k_is_the_patch_2j_2k_on_28_by_28():
    x = images((1, 1, 28, 28))
    ours, theirs = pair_28()
    result = occlusion(ours, x, [3], 14, 2)
    assert result.probability.shape == (1, 8, 8)
    for j, k in [(0, 0), (7, 7), (2, 5)]:
        covered = torch.from_numpy(x.copy())
        covered[:, :, 2 * j:2 * j + 14, 2 * k:2 * k + 14] = 0
        expected = theirs(covered).softmax(1)[0, 3].item()
        assert result.probability[0, j, k] == pytest.approx(expected, rel=1e-10)


def pair_28():
    from minitorch_cnn import nn
    theirs = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 5)).double()
    ours = nn.Sequential(nn.Flatten(), nn.Linear(784, 5)).double().eval()
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    return ours, theirs


def captum_occlusion(model, x, target, size, stride, fill):
    """Captum's definition: mean over the windows on a pixel of score(x) - score(window filled)."""
    total, count = torch.zeros_like(x), torch.zeros_like(x)
    base = model(x)[:, target]
    for top in range(0, x.shape[2] - size[0] + 1, stride[0]):
        for left in range(0, x.shape[3] - size[1] + 1, stride[1]):
            mask = torch.zeros_like(x)
            mask[:, :, top:top + size[0], left:left + size[1]] = 1
            drop = base - model(x * (1 - mask) + fill * mask)[:, target]
            total += drop[:, None, None, None] * mask
            count += mask
    return (total / count).detach().numpy()[:, 0]


@pytest.mark.parametrize("size,stride", [((3, 3), (1, 1)), ((4, 2), (2, 2)), ((2, 4), (1, 3))])
def test_pixel_map_is_captums(size, stride):
    ours, theirs = pair()
    x = images()
    mine = occlusion(ours, x, 2, size, stride, fill=0.5, output="logit").pixel_drop()
    expected = captum_occlusion(theirs, torch.from_numpy(x), 2, size, stride, 0.5)
    np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-12)
    if importlib.util.find_spec("captum"):
        from captum.attr import Occlusion
        captum = Occlusion(theirs).attribute(torch.from_numpy(x), (1, *size), (1, *stride), 0.5, 2)
        np.testing.assert_allclose(mine, captum.detach().numpy()[:, 0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("output", ["probability", "logit", "log_probability"])
def test_units_of_drop(output):
    ours, theirs = pair()
    x = torch.from_numpy(images())
    result = occlusion(ours, x.numpy(), None, (12, 10), fill=0.3, output=output, batch_size=2)
    score = {"probability": lambda t: t.softmax(1), "logit": lambda t: t,
             "log_probability": lambda t: t.log_softmax(1)}[output]
    target = theirs(x).argmax(1)
    base = score(theirs(x)).gather(1, target[:, None])[:, 0].detach().numpy()
    covered = score(theirs(torch.full_like(x, 0.3))).gather(1, target[:, None])[:, 0]
    np.testing.assert_array_equal(result.target, target.numpy())
    np.testing.assert_allclose(result.base, base, rtol=1e-10)
    np.testing.assert_allclose(result.drop[:, 0, 0], base - covered.detach().numpy(), atol=1e-12)


def seen_by(model_calls, x, **options):
    """The covered images of all positions, (P, C, H, W)."""
    def model(batch):
        model_calls.append(batch.data.copy())
        return mt.Tensor(np.zeros((len(batch), 2)))
    occlusion(model, x, 0, **options)
    return np.concatenate(model_calls[1:])


def test_fillings():
    x = images((2, 3, 6, 5))
    color = np.array([0.1, 0.5, 0.9]).reshape(3, 1, 1)
    expected = {"mean": np.broadcast_to(x.mean((2, 3), keepdims=True), x.shape), "blur": blur(x),
                0.7: np.full_like(x, 0.7)}
    for fill in [*expected, color]:
        covered = seen_by([], x, size=(6, 5), fill=fill)
        wanted = np.broadcast_to(color, x.shape) if fill is color else expected[fill]
        np.testing.assert_allclose(covered, wanted)


def test_noise_is_in_range_the_same_everywhere_and_from_the_attack_stream():
    x = np.full((1, 1, 4, 4), 0.5)
    mt.manual_seed(3)
    a = seen_by([], x, size=2, fill="noise", value_range=(0.4, 0.6))
    mt.manual_seed(3)
    mt.random.generator("init").random(5)
    b = seen_by([], x, size=2, fill="noise", value_range=(0.4, 0.6))
    np.testing.assert_array_equal(a, b)
    assert a.min() >= 0.4 and a.max() <= 0.6
    noise = a[0, 0, :2, :2]
    assert len(np.unique(noise)) == 4 and a[1, 0, 0, 1] == noise[0, 1]
    c = seen_by([], x, size=2, fill="noise", generator=7)
    np.testing.assert_array_equal(c, seen_by([], x, size=2, fill="noise", generator=7))


def test_only_the_patch_changes_and_the_images_stay():
    x = images((2, 1, 5, 4))
    before = x.copy()
    covered = seen_by([], x, size=(2, 3), fill=0.0, batch_size=3).reshape(2, 4, 2, 1, 5, 4)
    for n in range(2):
        for j in range(4):
            for k in range(2):
                wanted = x[n].copy()
                wanted[:, j:j + 2, k:k + 3] = 0
                np.testing.assert_array_equal(covered[n, j, k], wanted)
    np.testing.assert_array_equal(x, before)


def test_single_image_tensor_and_batch_size_change_nothing():
    ours, _ = pair()
    x = images()
    whole = occlusion(ours, x, [0, 1, 2], 3, 2)
    small = occlusion(ours, mt.Tensor(x), mt.Tensor(np.array([0, 1, 2])), 3, 2, batch_size=7)
    one = occlusion(ours, x[1], 1, 3, 2)
    for name in ("probability", "argmax", "drop", "base", "target"):
        np.testing.assert_allclose(getattr(whole, name), getattr(small, name), rtol=1e-12)
        np.testing.assert_allclose(getattr(whole, name)[1], getattr(one, name), rtol=1e-12)
    assert whole.probability.dtype == np.float64 and one.pixel_drop().shape == SHAPE[2:]


@pytest.mark.parametrize("size,positions", [(1, 27), (3, 25), (5, 23), (7, 21), (14, 14)])
def test_as_written_by_the_notebook(size, positions):
    """Its map[h, w] covers rows from w and columns from h, and stops one short of the edge."""
    ours, theirs = pair_28()
    x = images((1, 1, 28, 28))
    result = occlusion(ours, x, 2, size, 1, fill=0.5)
    assert result.probability.shape == (1, positions + 1, positions + 1)
    written = result.as_written("notebook2023")
    assert written.probability.shape == (1, positions, positions)
    for h, w in [(0, 0), (3, 9), (positions - 1, 2)]:
        covered = torch.from_numpy(x.copy())
        covered[:, :, w:w + size, h:h + size] = 0.5
        expected = theirs(covered).softmax(1)[0, 2].item()
        assert written.probability[0, h, w] == pytest.approx(expected, rel=1e-10)


def test_as_written_on_a_non_square_image_and_by_the_report():
    ours, _ = pair()
    result = occlusion(ours, images(), None, (3, 2), (2, 3))
    assert result.drop.shape == (3, 5, 3)
    np.testing.assert_array_equal(result.as_written("notebook2023").drop,
                                  result.drop.swapaxes(1, 2)[:, :3, :5])
    report = occlusion(pair_28()[0], images((1, 28, 28)), None, 14, 2).as_written("report2019")
    assert report.probability.shape == (7, 7) and list(report.rows) == [0, 2, 4, 6, 8, 10, 12]
    with pytest.raises(ValueError, match='must be "notebook2023" or "report2019", got \'x\''):
        result.as_written("x")


@pytest.mark.parametrize("change,kind,text", [
    (dict(size=13), ValueError, "patch of 13 x 13 pixels is larger than the image of 12 x 10"),
    (dict(size=(3, 11)), ValueError, "patch of 3 x 11 pixels is larger"),
    (dict(size=0), ValueError, "size must be at least 1, got 0"),
    (dict(size=1.5), TypeError, "size must be an integer, got 1.5"),
    (dict(stride=(1, 2, 3)), ValueError, r"stride must be an int or \(rows, columns\)"),
    (dict(fill="gray"), ValueError, 'fill must be a number, an array, "mean", "noise" or "blur"'),
    (dict(fill=np.zeros((2, 2))), ValueError, r"fill has shape \(2, 2\), which does not broadcast"),
    (dict(fill=None), TypeError, "fill must be a number or an array of numbers, got None"),
    (dict(fill=np.nan), ValueError, "fill must be finite"),
    (dict(fill=2.0), ValueError, r"fill must lie in \[0, 1\], found 2 to 2"),
    (dict(fill="noise", value_range=None), ValueError, "draws from value_range, which is None"),
    (dict(recompute="some"), ValueError, 'recompute must be "auto" or "full", got \'some\''),
    (dict(images=images() * 255), ValueError, r"pixels must lie in \[0, 1\], found .* to 25"),
    (dict(images=np.full((1, 1, 2, 2), np.nan)), ValueError, r"pixels must lie in \[0, 1\]")])
def test_bad_arguments(change, kind, text):
    options = dict(model=one_pixel(0, 0), images=images()) | change
    with pytest.raises(kind, match="occlusion: .*" + text):
        occlusion(**options)


def test_any_range_of_pixels_where_asked_for():
    x = images() * 4 - 2
    assert occlusion(one_pixel(0, 0), x, value_range=None).drop.shape == SHAPE[:1] + SHAPE[2:]
    assert occlusion(one_pixel(0, 0), x, value_range=(-2, 2)).drop.shape == SHAPE[:1] + SHAPE[2:]


def test_blur_is_scipys_gaussian_and_keeps_constants():
    from scipy.ndimage import gaussian_filter
    x = images((2, 3, 9, 14))
    expected = gaussian_filter(x, (0, 0, 1.5, 1.5), mode="nearest", radius=(0, 0, 5, 5))
    np.testing.assert_allclose(blur(x, 1.5), expected, rtol=1e-10)
    np.testing.assert_allclose(blur(mt.Tensor(np.full((1, 1, 4, 4), 0.3))), 0.3)
    with pytest.raises(ValueError, match="blur: sigma must be above 0, got 0"):
        blur(x, 0)
