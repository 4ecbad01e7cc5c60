"""Images to transform, as PIL images, our tensors and torch's, and comparisons between them."""
import numpy as np
import torch
from PIL import Image

import minitorch_cnn as mt


def smooth(height, width, channels, seed=0):
    """uint8 (H, W, C): blurred noise, so that a small error of a position is a small error."""
    noise = np.random.default_rng(seed).random((channels, height // 3 + 2, width // 3 + 2))
    blurred = mt.interpolate(mt.tensor(noise[None]), (height, width), mode="bicubic").data[0]
    return (np.clip(blurred, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def picture(mode="RGB", height=13, width=17, seed=0):
    """A PIL image of mode L, RGB, RGBA, F or P."""
    pixels = smooth(height, width, {"RGB": 3, "RGBA": 4}.get(mode, 1), seed).squeeze(-1) \
        if mode in ("L", "F", "P") else smooth(height, width, {"RGB": 3, "RGBA": 4}[mode], seed)
    if mode == "F":
        return Image.fromarray(pixels.astype(np.float32))
    image = Image.fromarray(pixels)
    return image.convert("P") if mode == "P" else image


def tensors(shape=(3, 13, 17), dtype=np.float32, seed=0):
    """(ours, torch's) of the same random pixels; (..., C, H, W)."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, shape).astype(dtype) if np.dtype(dtype).kind in "iu" \
        else rng.random(shape).astype(dtype)
    return mt.Tensor(x), torch.from_numpy(x.copy())


def same_pil(ours, theirs, levels=0):
    """Two PIL images of one mode and size that differ by at most ``levels``."""
    assert isinstance(ours, Image.Image)
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    a, b = np.asarray(ours).astype(float), np.asarray(theirs).astype(float)
    np.testing.assert_allclose(a, b, atol=levels, rtol=0)


def same(ours, theirs, atol=2e-6):
    """Our tensor and torch's agree in shape, dtype and values."""
    expected = theirs.detach().numpy()
    assert isinstance(ours, mt.Tensor)
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(ours.detach().numpy().astype(float), expected.astype(float),
                               atol=atol, rtol=0)


def same_gradient(ours, theirs, shape=(2, 3, 9, 8), atol=1e-9):
    """``ours(x)`` and ``theirs(x)`` for float64 pixels: results and gradients agree."""
    x, tx = tensors(shape, np.float64)
    x.requires_grad_()
    tx.requires_grad_()
    y, ty = ours(x), theirs(tx)
    same(y, ty, atol)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(dy)
    ty.backward(torch.from_numpy(dy))
    same(x.grad, tx.grad, atol)
