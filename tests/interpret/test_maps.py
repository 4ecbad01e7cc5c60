"""From patch positions to pixels, and whether the drop is where the digit is."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.interpret import meaningful, spread


@pytest.mark.parametrize("size,stride", [((1, 1), (1, 1)), ((3, 2), (1, 1)), ((2, 3), (2, 1)),
                                         ((6, 7), (1, 1)), ((2, 2), (3, 3))])
def test_mean_over_the_covering_positions(size, stride, rng):
    H, W = 6, 7
    positions = (H - size[0]) // stride[0] + 1, (W - size[1]) // stride[1] + 1
    values = rng.standard_normal((2, *positions))
    mine = spread(values, size, stride, (H, W))
    for row in range(H):
        for column in range(W):
            over = [values[:, j, k] for j in range(positions[0]) for k in range(positions[1])
                    if 0 <= row - j * stride[0] < size[0] and 0 <= column - k * stride[1] < size[1]]
            expected = np.mean(over, axis=0) if over else np.full(2, np.nan)
            np.testing.assert_allclose(mine[:, row, column], expected, rtol=1e-12)


def test_uncovered_pixels_and_dtypes():
    assert np.isnan(spread(np.ones((1, 1)), 2, 2, 3)).sum() == 5
    np.testing.assert_array_equal(spread(np.ones((1, 1), np.float32), 2, 2, 3, uncovered=-1),
                                  np.array([[1, 1, -1], [1, 1, -1], [-1, -1, -1]], np.float32))
    assert spread(mt.Tensor(np.ones((1, 1), np.float32)), 3, 1, 3).dtype == np.float32
    assert spread([[1, 2]], 1, 1, (1, 2)).dtype.kind == "f"


def test_spread_refuses_a_map_of_other_sizes():
    with pytest.raises(ValueError, match=r"spread: a 2 x 2 patch with stride \(1, 1\) has 4 x 4"):
        spread(np.ones((3, 3)), 2, 1, 5)


def test_meaningful_compares_digit_and_background():
    drop = np.array([[[0.4, 0.2], [0.1, np.nan]], [[0.0, 0.0], [0.5, 0.5]]])
    digit = np.array([[[True, True], [False, True]], [[False, True], [True, False]]])
    mine = meaningful(drop, digit)
    np.testing.assert_allclose(mine.digit, [0.3, 0.25])
    np.testing.assert_allclose(mine.background, [0.1, 0.25])
    np.testing.assert_allclose(mine.difference, [0.2, 0], atol=1e-15)
    assert meaningful(drop[1], digit[1]).digit == 0.25


@pytest.mark.parametrize("drop,digit,kind,text", [
    (np.ones((2, 2)), np.ones((2, 2)), TypeError, "digit must be a boolean mask, got float64"),
    (np.ones((2, 2)), np.ones((3, 3), bool), ValueError, r"shape \(2, 2\) and the mask \(3, 3\)"),
    (np.ones(2), np.ones(2, bool), ValueError, r"both must be \(N, H, W\) or \(H, W\)"),
    (np.ones((2, 2)), np.zeros((2, 2), bool), ValueError, "a mask has no digit pixel"),
    (np.ones((2, 2)), np.ones((2, 2), bool), ValueError, "a mask has no background pixel")])
def test_meaningful_refuses(drop, digit, kind, text):
    with pytest.raises(kind, match="meaningful: .*" + text):
        meaningful(drop, digit)
