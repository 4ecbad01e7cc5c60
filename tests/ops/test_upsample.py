"""interpolate and pixel_shuffle, against torch, with fuzzed geometry."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt

MODES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,),
         "bilinear": (2,),
         "bicubic": (2,), "trilinear": (3,)}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_fuzz(data):
    mode = data.draw(st.sampled_from(sorted(MODES)))
    k = data.draw(st.sampled_from(MODES[mode]))
    options = {"mode": mode}
    if mode.endswith(("linear", "cubic")):
        options["align_corners"] = data.draw(st.sampled_from([None, False, True]))
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=k + 2, max_size=k + 2)))
    if data.draw(st.booleans()):
        options["size"] = data.draw(st.integers(1, 9) | st.lists(st.integers(1, 9), min_size=k,
                                                                 max_size=k))
    else:
        factors = st.sampled_from([0.5, 0.7, 1.0, 1.3, 1.5, 2, 2.0, 2.6, 3.0])
        options["scale_factor"] = data.draw(factors | st.lists(factors, min_size=k, max_size=k))
        options["recompute_scale_factor"] = data.draw(st.sampled_from([None, False, True]))
        factor = options["scale_factor"]
        factor = factor if isinstance(factor, list) else [factor] * k
        sizes = [int(n * f) for n, f in zip(shape[2:], factor)]
        if min(sizes) < 1:
            return
        if "nearest" in mode and any(size in (n, 2 * n) and n * f != size
                                     for size, n, f in zip(sizes, shape[2:], factor)):
            return  # here torch's backward takes other positions than its forward
    dtype = data.draw(st.sampled_from([np.float64, np.float32]))
    check_op(mt.interpolate, F.interpolate, shape, dtypes=(dtype,), **options)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("options", [
    dict(size=(4, 3)), dict(size=(20, 11)), dict(size=(9, 7)), dict(size=(1, 2)), dict(size=(3, 9)),
    dict(scale_factor=(1.7, 0.6)), dict(scale_factor=0.4, recompute_scale_factor=True)])
def test_antialias(mode, options):
    for align in (None,) if mode == "lanczos" else (None, True):
        check_op(mt.interpolate, F.interpolate, (2, 3, 9, 7), mode=mode, antialias=True,
                 align_corners=align, **options)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("n", [3, 5, 6, 7, 10, 13, 224])
def test_every_position_of_nearest(mode, n):
    x = np.arange(n, dtype=np.float32).reshape(1, 1, n)
    for size in (1, 2, n - 1, n, n + 1, 2 * n, 3 * n + 1, 331):
        np.testing.assert_array_equal(mt.interpolate(x, size, mode=mode).data,
                                      F.interpolate(torch.from_numpy(x), size, mode=mode).numpy())


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
def test_layouts_and_empty_batches(mode):
    check_op(lambda x: mt.interpolate(x.transpose(1, 3), (5, 3), mode=mode),
             lambda x: F.interpolate(x.transpose(1, 3), (5, 3), mode=mode), (2, 4, 3, 2))
    check_op(lambda x: mt.interpolate(x.expand(2, 2, 3, 4), (2, 6), mode=mode),
             lambda x: F.interpolate(x.expand(2, 2, 3, 4), (2, 6), mode=mode), (2, 1, 1, 4))
    assert mt.interpolate(np.zeros((0, 2, 3, 4)), (6, 6), mode=mode).shape == (0, 2, 6, 6)


def test_integers_and_float16():
    x = np.arange(12, dtype=np.uint8).reshape(1, 1, 3, 4)
    y = mt.interpolate(x, scale_factor=2)
    assert y.dtype == np.uint8
    np.testing.assert_array_equal(y.data, F.interpolate(torch.from_numpy(x),
                                                        scale_factor=2).numpy())
    for mode in ("bilinear", "bicubic"):
        half = mt.interpolate(x.astype(np.float16), (5, 5), mode=mode)
        expected = F.interpolate(torch.from_numpy(x.astype(np.float32)), (5, 5), mode=mode)
        assert half.dtype == np.float16
        np.testing.assert_allclose(half.data, expected.numpy(), rtol=2e-3, atol=1e-2)


def test_upsample_is_interpolate():
    assert mt.upsample(np.zeros((1, 1, 2, 2)), scale_factor=2, mode="bilinear").shape == (1, 1, 4,
                                                                                          4)


def test_bilinear_by_hand():
    """Four pixels become nine: the new ones are means of their neighbors."""
    y = mt.interpolate(np.array([[[[0., 2.], [4., 6.]]]]), (3, 3), mode="bilinear",
                       align_corners=True)
    np.testing.assert_array_equal(y.data[0, 0], [[0, 1, 2], [2, 3, 4], [4, 5, 6]])


@pytest.mark.parametrize("shape, r", [((2, 8, 3, 4), 2), ((9, 2, 3), 3), ((2, 3, 4, 1, 2), 2),
                                      ((1, 3, 2, 2), 1)])
def test_pixel_shuffle(shape, r):
    check_op(mt.pixel_shuffle, F.pixel_shuffle, shape, upscale_factor=r)
    *batch, C, H, W = shape
    check_op(mt.pixel_unshuffle, F.pixel_unshuffle, (*batch, C // (r * r), H * r, W * r),
             downscale_factor=r)


def test_pixel_shuffle_of_an_empty_batch():
    assert mt.pixel_shuffle(np.zeros((0, 4, 2, 3)), 2).shape == (0, 1, 4, 6)


X = mt.Tensor(np.zeros((1, 1, 3, 3), np.float32))


@pytest.mark.parametrize("options, error, message", [
    (dict(), ValueError, "interpolate: pass either size or scale_factor"),
    (dict(size=2, scale_factor=2), ValueError, "interpolate: pass either size or scale_factor"),
    (dict(size=2, mode="cubic"), ValueError, "interpolate: unknown mode 'cubic'"),
    (dict(size=2, mode="linear"), ValueError, 'mode "linear" takes 3 dims'),
    (dict(size=(2, 2, 2)), ValueError, "interpolate: 3 sizes or factors for 2 axes"),
    (dict(size=2.5), TypeError, "interpolate: sizes and dims must be integers"),
    (dict(size=0), ValueError, "input and output sizes must be at least 1"),
    (dict(scale_factor=0.1), ValueError, "input and output sizes must be at least 1"),
    (dict(size=2, align_corners=False), ValueError, "has no use for align_corners"),
    (dict(size=2, recompute_scale_factor=True), ValueError,
     "recompute_scale_factor has no meaning with size"),
    (dict(size=2, mode="nearest", antialias=True), ValueError, "antialias=True is for modes bil"),
    (dict(size=2, mode="lanczos"), ValueError, '"lanczos" is for antialias=True only'),
    (dict(size=2, mode="lanczos", antialias=True, align_corners=True), ValueError, "has no use"),
])
def test_messages(options, error, message):
    with pytest.raises(error, match=message):
        mt.interpolate(X, **options)


@pytest.mark.parametrize("call, error, message", [
    (lambda: mt.interpolate(np.zeros((1, 1, 2, 2), int), 3, mode="bilinear"), TypeError,
     "input must hold floats"),
    (lambda: mt.pixel_shuffle(X, 2), ValueError, r"pixel_shuffle: needs \(\*, C\*r\*r, H, W\)"),
    (lambda: mt.pixel_unshuffle(X, 2), ValueError, "pixel_unshuffle: needs"),
])
def test_other_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
