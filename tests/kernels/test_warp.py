"""The warp kernels in every language, against PyTorch's grid_sample and each other."""
import numpy as np
import pytest
import torch

from minitorch_cnn import kernels

FILL = np.array([0.25, 0.5, 0.75])


def matrices(rng, n, projective=False):
    m = np.eye(3) + 0.2 * rng.standard_normal((n, 3, 3))
    m[:, :2, 2] += 3 * rng.standard_normal((n, 2))
    m[:, 2] = 0, 0, 1
    if projective:
        m[:, 2, :2] = 0.02 * rng.standard_normal((n, 2))
    return m


def in_torch(x, px, py, bilinear, fill):
    """torchvision's way: sample image and mask, blend with the color."""
    N, _, H, W = x.shape
    grid = torch.from_numpy(np.stack([px / W, py / H], -1) * 2 - 1)
    mode = "bilinear" if bilinear else "nearest"
    image = torch.cat([x, torch.ones(N, 1, H, W, dtype=x.dtype)], 1)
    y = torch.nn.functional.grid_sample(image, grid, mode, align_corners=False)
    y, mask = y[:, :-1], y[:, -1:]
    return y if fill is None else y * mask + (1 - mask) * torch.from_numpy(fill)[:, None, None]


@pytest.mark.parametrize("projective", [False, True])
@pytest.mark.parametrize("bilinear", [False, True])
@pytest.mark.parametrize("fill", [None, FILL])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forward(language, projective, bilinear, fill, dtype, rng):
    x = rng.random((4, 3, 9, 7))
    m = matrices(rng, 4, projective)
    out = np.stack(np.meshgrid(np.arange(11) + 0.5, np.arange(8) + 0.5), -1)      # (8, 11, 2)
    u, v, w = np.moveaxis(np.concatenate([out, np.ones((8, 11, 1))], -1) @ m[:, None].mT, -1, 0)
    px, py = u / w, v / w
    expected = in_torch(torch.from_numpy(x), px, py, bilinear, fill).numpy()
    close = dict(atol=2e-6 if dtype == np.float32 else 1e-12)
    for y in (kernels.warp_forward(x.astype(dtype), m, (8, 11), bilinear, fill),
              kernels.sample_forward(x.astype(dtype), px, py, bilinear, fill)):
        assert y.dtype == dtype and y.shape == (4, 3, 8, 11)
        np.testing.assert_allclose(y, expected, **close)


@pytest.mark.parametrize("projective", [False, True])
@pytest.mark.parametrize("bilinear", [False, True])
@pytest.mark.parametrize("filled", [False, True])
def test_backward_is_the_transpose_of_forward(language, projective, bilinear, filled, rng):
    x, dy = rng.random((2, 3, 6, 5)), rng.random((2, 3, 7, 4))
    m = matrices(rng, 2, projective)
    y = kernels.warp_forward(x, m, (7, 4), bilinear, np.zeros(3) if filled else None)
    dx = kernels.warp_backward(dy, m, (6, 5), bilinear, filled)
    assert dx.dtype == np.float64 and dx.shape == x.shape
    np.testing.assert_allclose((dx * x).sum(), (dy * y).sum(), rtol=1e-10)


def test_nowhere_is_outside(language):
    x = np.ones((1, 1, 4, 4), np.float32)
    p = np.array([[[np.nan, np.inf, -np.inf, 1e30, -1e30, 2.0]]])
    for bilinear in (False, True):
        with np.errstate(all="ignore"):
            y = kernels.sample_forward(x, p, p, bilinear, np.array([0.5]))
        np.testing.assert_array_equal(y[0, 0, 0], [0.5] * 5 + [1])


def test_a_position_between_two_pixels_belongs_to_the_later_one(language):
    x = np.arange(4, dtype=np.float32).reshape(1, 1, 1, 4)
    p = np.array([[[0.0, 0.999, 1.0, 3.0, 3.999, 4.0]]])
    y = kernels.sample_forward(x, p, np.zeros_like(p), False, np.array([9.0]))
    np.testing.assert_array_equal(y[0, 0, 0], [0, 0, 1, 3, 3, 9])


def test_layouts_and_empty_batches(language, rng):
    x = rng.random((3, 8, 6, 2)).astype(np.float32)
    m = matrices(rng, 3)
    expected = kernels.warp_forward(np.ascontiguousarray(x.transpose(0, 3, 1, 2)), m, (5, 5), True,
                                    None)
    x.flags.writeable = False
    m.flags.writeable = False
    np.testing.assert_array_equal(
        kernels.warp_forward(x.transpose(0, 3, 1, 2), m, (5, 5), True, None), expected)
    one = np.broadcast_to(m[:1], (3, 3, 3))
    same = kernels.warp_forward(np.broadcast_to(x[:1, ..., 0][:, None], (3, 1, 8, 6)), one, (5, 5),
                                True, None)
    np.testing.assert_array_equal(same[0], same[2])
    empty = np.zeros((0, 1, 4, 4), np.float32)
    assert kernels.warp_forward(empty, m[:0], (5, 5), True, None).shape == (0, 1, 5, 5)
    assert kernels.warp_backward(np.zeros((0, 1, 5, 5)), m[:0], (4, 4), True, False).shape \
        == empty.shape
