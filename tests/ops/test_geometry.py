"""Sizes of convolutions and pools, against the shapes torch computes, and what is refused."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt
from minitorch_cnn.ops import geometry

SIZE = st.tuples(st.integers(1, 12), st.integers(1, 12))
SMALL = st.tuples(st.integers(1, 4), st.integers(1, 4))
NEAR = st.tuples(st.integers(0, 3), st.integers(0, 3))
FUZZ = settings(max_examples=200, deadline=None, derandomize=True)


def empty(*shape):
    """A torch tensor of this shape without memory: only shapes are computed."""
    return torch.empty(shape, device="meta")


def size_or_refusal(function, *args):
    """The result, or None where the arguments are refused."""
    try:
        return function(*args)
    except (ValueError, RuntimeError):
        return None


def symmetric(padding):
    return tuple([(p, p) for p in padding])


@FUZZ
@given(SIZE, SMALL, SMALL, NEAR, SMALL)
def test_conv_output(size, kernel, stride, padding, dilation):
    ours = size_or_refusal(geometry.conv_output, "conv2d", size, kernel, stride, symmetric(padding),
                           dilation)
    theirs = size_or_refusal(lambda: tuple(F.conv2d(
        empty(1, 1, *size), empty(1, 1, *kernel), None, stride, padding, dilation).shape[2:]))
    assert ours == theirs


@FUZZ
@given(SIZE, SMALL, SMALL, NEAR, NEAR, SMALL)
def test_transposed_output(size, kernel, stride, padding, output_padding, dilation):
    ours = size_or_refusal(geometry.transposed_output, "conv_transpose2d", size, kernel, stride,
                           symmetric(padding), output_padding, dilation)
    theirs = size_or_refusal(lambda: tuple(F.conv_transpose2d(
        torch.zeros(1, 1, *size), torch.zeros(1, 1, *kernel), None, stride, padding, output_padding,
        1, dilation).shape[2:]))
    assert ours == theirs or (ours is None and min(theirs) < 1)


@FUZZ
@given(SIZE, SMALL, SMALL, NEAR, SMALL, st.booleans())
def test_pool_output(size, kernel, stride, padding, dilation, ceil_mode):
    def ours():
        windows = geometry.pool_options("max_pool2d", kernel, stride, padding, 2, dilation)
        return geometry.pool_output("max_pool2d", size, *windows, ceil_mode)
    theirs = size_or_refusal(lambda: tuple(F.max_pool2d(
        empty(1, 1, *size), kernel, stride, padding, dilation, ceil_mode).shape[2:]))
    try:
        assert ours() == theirs
    except ValueError as error:
        assert theirs is None or "no pixel" in str(error)


@FUZZ
@given(SIZE, SMALL, SMALL)
def test_same_keeps_the_size(size, kernel, dilation):
    padding = geometry.conv_padding("conv2d", "same", kernel, (1, 1), dilation)
    assert geometry.conv_output("conv2d", size, kernel, (1, 1), padding, dilation) == size
    assert all(0 <= after - before <= 1 for before, after in padding)


@pytest.mark.parametrize("padding, expected", [
    (2, ((2, 2), (2, 2))), ((1,), ((1, 1), (1, 1))), ((1, 3), ((1, 1), (3, 3))),
    (((1, 2), (0, 3)), ((1, 2), (0, 3))), ([[1, 2], 3], ((1, 2), (3, 3))),
    ("valid", ((0, 0), (0, 0))), (np.int64(1), ((1, 1), (1, 1)))])
def test_padding(padding, expected):
    assert geometry.conv_padding("conv2d", padding, (3, 3), (1, 1), (1, 1)) == expected


def test_ints():
    assert geometry.pair("op", "stride", 2) == (2, 2)
    assert geometry.pair("op", "stride", [2]) == (2, 2)
    assert geometry.pair("op", "stride", (np.int32(2), mt.Tensor(np.array(3)))) == (2, 3)
    assert geometry.ints("op", "padding", 0, 1, 0) == (0,)


@pytest.mark.parametrize("value, error, words", [
    (2.0, TypeError, "op: stride must be an int or 2 ints, got 2.0"),
    ("2", TypeError, "op: stride must be an int or 2 ints, got '2'"),
    ((1, None), TypeError, r"op: stride must be an int or 2 ints, got \(1, None\)"),
    ((1, 2, 3), ValueError, "op: stride must be an int or 2 ints, got 3 of them"),
    ((), ValueError, "op: stride must be an int or 2 ints, got 0 of them"),
    ((1, 0), ValueError, r"op: stride must be at least 1, got \(1, 0\)"),
    (-2, ValueError, "op: stride must be at least 1, got -2"),
])
def test_ints_refused(value, error, words):
    with pytest.raises(error, match=words):
        geometry.pair("op", "stride", value)


@pytest.mark.parametrize("size, spatial, expected", [
    (3, (7, 8), (3, 3)), ((2, 5), (7, 8), (2, 5)), ((None, 2), (7, 8), (7, 2)),
    (None, (7, 8), (7, 8)), ([1], (7,), (1,)), ((0, 1), (7, 8), (0, 1))])
def test_adaptive_size(size, spatial, expected):
    assert geometry.adaptive_size("op", size, spatial) == expected


@pytest.mark.parametrize("size, error, words", [
    ((2,), ValueError, r"op: output_size must be an int or 2 ints, got \(2,\)"),
    (-1, ValueError, "op: output_size must be at least 0, got -1"),
    (2.5, TypeError, "op: output_size must be an int or 1 ints, got 2.5")])
def test_adaptive_size_refused(size, error, words):
    with pytest.raises(error, match=words):
        geometry.adaptive_size("op", size, (7, 8))


def test_images_and_back():
    for shape, dims, lifted in (((2, 3, 4, 5), 2, (2, 3, 4, 5)), ((3, 4, 5), 2, (1, 3, 4, 5)),
                                ((2, 3, 5), 1, (2, 3, 1, 5)), ((3, 5), 1, (1, 3, 1, 5)),
                                ((0, 3, 5), 1, (0, 3, 1, 5))):
        x = mt.Tensor(np.zeros(shape))
        images = geometry.as_images(x, dims)
        assert images.shape == lifted
        assert geometry.like_input(images, x, dims).shape == shape
