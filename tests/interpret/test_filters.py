"""Filters as pictures: selection, scales, sheets."""
import numpy as np
import pytest
from interpret_nets import Functional, pair

from minitorch_cnn import nn
from minitorch_cnn.interpret import filters, tile


def test_selection():
    ours, _ = pair()
    first, second = ours[0].weight.data, ours[4].weight.data
    np.testing.assert_array_equal(filters(ours, scale=None), first)
    np.testing.assert_array_equal(filters(ours[0], channels=0, scale=None), first[:, 0])
    np.testing.assert_array_equal(filters(ours, "4", 2, scale=None), second[:, 2])
    np.testing.assert_array_equal(filters(ours, ours[4], [3, 1], scale=None), second[:, [3, 1]])
    net = Functional(ours)
    kept = first.copy()
    filters(net, "conv1", scale=None)[...] = 9
    np.testing.assert_array_equal(net.conv1.weight.data, kept)


def test_shared_scale_compares_private_scale_shows_each():
    net = nn.Conv2d(2, 3, 2)
    net.weight.data = np.arange(24, dtype=np.float32).reshape(3, 2, 2, 2)
    shared = filters(net)
    np.testing.assert_allclose(shared, net.weight.data / 23)
    private = filters(net, scale="private")
    np.testing.assert_allclose(private, np.broadcast_to([[0, 1 / 3], [2 / 3, 1]], (3, 2, 2, 2)),
                               rtol=1e-6)
    np.testing.assert_allclose(filters(net, channels=1), (net.weight.data[:, 1] - 4) / 19,
                               rtol=1e-6)
    assert shared.dtype == private.dtype == np.float32


@pytest.mark.parametrize("scale", ["shared", "private"])
def test_constant_filters_are_gray(scale):
    net = nn.Conv2d(1, 2, 3)
    net.weight.data = np.full((2, 1, 3, 3), 0.7, np.float32)
    np.testing.assert_array_equal(filters(net, scale=scale), np.full((2, 1, 3, 3), 0.5))


def test_color_pictures_keep_their_colors():
    net = nn.Conv2d(3, 4, 5)
    w = net.weight.data
    mine = filters(net, scale="private", rgb=True)
    assert mine.shape == (4, 5, 5, 3)
    low, high = w.min(axis=(1, 2, 3), keepdims=True), w.max(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(mine, ((w - low) / (high - low)).transpose(0, 2, 3, 1), rtol=1e-6)


@pytest.mark.parametrize("arguments,text", [
    (dict(layer="2"), "layer '2' is a ReLU; name a Conv2d"),
    (dict(layer="44"), "no layer '44'; there are 0, 1"),
    (dict(channels=1), "input channel 1 does not exist, the filters have 1 of them; choose 0 to 0"),
    (dict(layer="4", channels=[0, -1]), "input channel -1 does not exist"),
    (dict(channels=[]), "channels is empty"),
    (dict(scale="common"), 'scale must be "shared", "private" or None, got \'common\''),
    (dict(rgb=True), "rgb=True needs three input channels")])
def test_bad_arguments(arguments, text):
    with pytest.raises(ValueError, match="filters: .*" + text):
        filters(pair()[0], **arguments)


def test_tile():
    pictures = np.arange(1, 31).reshape(5, 2, 3)
    sheet = tile(pictures, 3, gap=1, background=0)
    assert sheet.shape == (5, 11)
    for i, picture in enumerate(pictures):
        top, left = i // 3 * 3, i % 3 * 4
        np.testing.assert_array_equal(sheet[top:top + 2, left:left + 3], picture)
    assert sheet.sum() == pictures.sum()
    np.testing.assert_array_equal(tile(pictures[:4].reshape(2, 2, 2, 3), 2, gap=0),
                                  pictures[:4].reshape(2, 2, 2, 3).swapaxes(1, 2).reshape(4, 6))


def test_tile_of_color_pictures_and_of_three_pixels_wide_ones():
    assert tile(np.zeros((2, 3, 4, 4, 3))[0], rgb=True).shape == (4, 39, 3)
    assert tile(np.zeros((4, 2, 3, 3))).shape == (3, 31)
    assert tile(np.zeros((0, 3, 3))).size == 0


@pytest.mark.parametrize("arguments,text", [
    ((np.zeros((3, 3)),), r"pictures must have shape \(P, h, w\) .* got \(3, 3\)"),
    ((np.zeros((2, 3, 3)), 0), "columns must be at least 1"),
    ((np.zeros((2, 3, 3)), 2, -1), "gap must be at least 0, got -1")])
def test_bad_sheets(arguments, text):
    with pytest.raises(ValueError, match="tile: .*" + text):
        tile(*arguments[:2], **({"gap": arguments[2]} if len(arguments) > 2 else {}))
