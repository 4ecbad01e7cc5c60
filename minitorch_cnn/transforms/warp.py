"""Affine and projective maps of images: ``affine``, ``rotate``, ``perspective``.

A map is a matrix M (3, 3), or (n, 3, 3) for n images, from the output's pixels to the input: it
says for each output pixel where its color is fetched. Positions count from the image's outer edge,
so the center of pixel k is k + 0.5 and the center of the image is (W / 2, H / 2).

N images, C channels, H W input size, OH OW output size.
"""
import math

import numpy as np

from .. import kernels
from ..autograd import Function
from . import pil
from .image import as_batch, get_dimensions, image_tensor, in_floats, is_pil
from .interpolation import WARP_MODES, InterpolationMode, for_pil, for_tensors
from .sizes import as_fill, as_floats, is_number

__all__ = ["affine", "perspective", "rotate"]


class Warp(Function):
    """y[n, :, oy, ox] = the input at M[n] (ox + 0.5, oy + 0.5, 1);  dx gets each dy back there."""

    def __init__(self, matrix, size, bilinear, fill):
        self.matrix, self.size = matrix, size            # (N, 3, 3), (OH, OW)
        self.bilinear, self.fill = bilinear, fill        # fill: C numbers, or None

    def forward(self, x):
        self.before = x.shape[2:]
        return kernels.warp_forward(x, self.matrix, self.size, self.bilinear, self.fill)

    def backward(self, dy):
        return kernels.warp_backward(dy, self.matrix, self.before, self.bilinear,
                                     self.fill is not None)


def warp(op, img, matrix, interpolation, fill, white=1, size=None):
    """Images (..., H, W) through M (3, 3), the same for all, or (n, 3, 3), each through its own.

    ``fill`` is in units where white is ``white``; ``size`` is (OH, OW), by default the input's.
    """
    bilinear = for_tensors(op, interpolation, WARP_MODES) is InterpolationMode.BILINEAR
    x = as_batch(img)
    size = tuple(img.shape[-2:]) if size is None else size
    matrix = np.broadcast_to(matrix, (len(x), 3, 3))
    op_ = Warp(matrix, size, bilinear, as_fill(op, fill, x.shape[1], white))
    return in_floats(x, op_).reshape((*img.shape[:-2], *size))


# affine maps --------------------------------------------------------------------------------------

def inverse_matrix(center, angle, translate, scale, shear, m=math):
    """M of "shear, scale, rotate about ``center``, then translate"; numbers, or arrays with m=np.

    With R = rotation, Hy and Hx the shears, C and T translations by center and ``translate``, the
    image undergoes T C R scale Hy Hx C^-1, and M is the inverse. Angles are in degrees, clockwise
    as seen on the screen, where y points down. The order is torchvision's.
    """
    rotation, sx, sy = m.radians(angle), m.radians(shear[0]), m.radians(shear[1])
    # [[a, b], [c, d]] = R Hy Hx, whose determinant is 1
    a = m.cos(rotation - sy) / m.cos(sy)
    b = -m.cos(rotation - sy) * m.tan(sx) / m.cos(sy) - m.sin(rotation)
    c = m.sin(rotation - sy) / m.cos(sy)
    d = -m.sin(rotation - sy) * m.tan(sx) / m.cos(sy) + m.cos(rotation)
    a, b, c, d = d / scale, -b / scale, -c / scale, a / scale
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    return rows_to_matrix([[a, b, a * x + b * y + center[0]], [c, d, c * x + d * y + center[1]],
                           [0, 0, 1]])


def rows_to_matrix(rows):
    """Three rows of numbers as M (3, 3); of arrays (n,), which numbers join, as M (n, 3, 3)."""
    numbers = np.broadcast_arrays(*[np.asarray(v, np.float64) for row in rows for v in row])
    return np.stack(numbers, axis=-1).reshape(*numbers[0].shape, 3, 3)


def affine(img, angle, translate, scale, shear, interpolation=InterpolationMode.NEAREST, fill=None,
           center=None):
    """Rotate, translate, scale and shear an image; its size stays.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., C, H, W)
        A batch is mapped as one, every image in the same way.
    angle : number
        Degrees, clockwise.
    translate : sequence of 2 numbers
        Pixels to the right and down, after the rotation.
    scale : number
        Above 0.
    shear : number or sequence of 1 or 2 numbers
        Degrees, along x and along y. A number shears along x; a sequence of one, along both.
    interpolation : InterpolationMode
        Nearest or bilinear; Pillow knows bicubic too.
    fill : number or sequence of numbers, optional
        The color outside: one number, or one per channel, in the image's units (0 to 255 for PIL
        images and uint8).
    center : sequence of 2 numbers, optional
        (x, y) of the point that stays, from the upper left corner; the image's center by default.

    Returns
    -------
    PIL image or Tensor
        Of the kind that came in; an array becomes a Tensor. Gradients flow through a Tensor.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Notes
    -----
    PIL images and tensors follow torchvision's two ways. With bilinear interpolation they differ in
    a seam at the border: Pillow repeats the border pixel, tensors blend it with ``fill``; without
    ``fill``, with black. Where a position falls on the edge between two pixels, the nearest one is
    the later one, as in Pillow.

    Source: torchvision.transforms.functional.affine
    """
    angle, translate, scale, shear = _affine_arguments(angle, translate, scale, shear)
    _, height, width = get_dimensions(img)
    center = _center("affine", center, width, height)
    matrix = inverse_matrix(center, angle, translate, scale, shear)
    if is_pil(img):
        return pil.affine(img, matrix, for_pil("affine", interpolation), fill)
    return warp("affine", image_tensor("affine", img), matrix, interpolation, fill)


def _affine_arguments(angle, translate, scale, shear):
    if not is_number(angle):
        raise TypeError(f"affine: angle must be a number of degrees, got {angle!r}")
    translate = as_floats("affine", "translate", translate, (2,))
    if not is_number(scale):
        raise TypeError(f"affine: scale must be a number, got {scale!r}")
    if scale <= 0:
        raise ValueError(f"affine: scale must be above 0, got {scale}")
    shear = as_floats("affine", "shear", [shear, 0] if is_number(shear) else shear, (1, 2))
    return float(angle), translate, scale, shear * (2 // len(shear))


def _center(op, center, width, height):
    return [width * 0.5, height * 0.5] if center is None else as_floats(op, "center", center, (2,))


def rotate(img, angle, interpolation=InterpolationMode.NEAREST, expand=False, center=None,
           fill=None):
    """Rotate an image.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., C, H, W)
    angle : number
        Degrees, counter-clockwise (``affine`` counts clockwise).
    interpolation : InterpolationMode
        As in ``affine``.
    expand : bool
        Make the result large enough to hold the whole rotated image.
    center : sequence of 2 numbers, optional
        (x, y), from the upper left corner; the image's center by default.
    fill : number or sequence of numbers, optional
        As in ``affine``.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.functional.rotate
    """
    if not is_number(angle):
        raise TypeError(f"rotate: angle must be a number of degrees, got {angle!r}")
    _, height, width = get_dimensions(img)
    middle = _center("rotate", center, width, height)
    if is_pil(img):
        return pil.rotate(img, angle, for_pil("rotate", interpolation), expand,
                          None if center is None else middle, fill)
    matrix = inverse_matrix(middle, -angle, (0, 0), 1, (0, 0))
    size = height, width
    if expand:
        matrix, size = _expanded(matrix, width, height)
    return warp("rotate", image_tensor("rotate", img), matrix, interpolation, fill, size=size)


def _expanded(matrix, width, height):
    """(M, (OH, OW)) of a rotation whose result holds the whole image; both centers coincide."""
    corners = np.array([[x, y, 1] for x in (-width / 2, width / 2)
                        for y in (-height / 2, height / 2)])            # (4, 3)
    from_center = _shift(-width / 2, -height / 2) @ matrix @ _shift(width / 2, height / 2)
    reach = corners @ from_center[:2].T + (width / 2, height / 2)       # (4, 2) = (4, 3) @ (3, 2)
    steps = np.trunc(np.float32(reach) / 1e-4) * 1e-4                   # 28.0000001 is not 29
    wide, high = np.ceil(steps.max(0)) - np.floor(steps.min(0))
    matrix = matrix @ _shift(width / 2 - wide / 2, height / 2 - high / 2)
    return matrix, (int(high), int(wide))


def _shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


# projective maps ----------------------------------------------------------------------------------

IDENTITY = np.array([1.0, 0, 0, 0, 1, 0, 0, 0])

def perspective_coefficients(startpoints, endpoints):
    """(a, b, c, d, e, f, g, h) of the map that takes each endpoint (x, y) to its startpoint.

    The startpoint is ((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)). Points
    are (..., 4, 2); each corner gives two linear equations, eight for the eight unknowns.
    """
    start, end = np.asarray(startpoints, np.float64), np.asarray(endpoints, np.float64)
    one, zero = np.ones_like(end[..., :1]), np.zeros_like(end)
    point = np.concatenate([end, one], axis=-1)                              # (..., 4, 3)
    none = np.zeros_like(point)
    rows_x = np.concatenate([point, none, zero - start[..., :1] * end], axis=-1)   # (..., 4, 8)
    rows_y = np.concatenate([none, point, zero - start[..., 1:] * end], axis=-1)
    equations = np.concatenate([rows_x, rows_y], axis=-2)                    # (..., 8, 8)
    known = np.concatenate([start[..., 0], start[..., 1]], axis=-1)          # (..., 8)
    # Solved for what differs from the identity, so that points which stay give the identity itself.
    known = known - equations @ IDENTITY
    try:
        return np.linalg.solve(equations, known[..., None])[..., 0] + IDENTITY
    except np.linalg.LinAlgError:
        raise ValueError(f"perspective: no map takes {np.asarray(endpoints).tolist()} to "
                         f"{np.asarray(startpoints).tolist()}; three corners must not lie on one "
                         "line") from None


def perspective_matrix(coefficients):
    """Eight coefficients (..., 8) as M (..., 3, 3)."""
    a, b, c, d, e, f, g, h = np.moveaxis(coefficients, -1, 0)
    return rows_to_matrix([[a, b, c], [d, e, f], [g, h, 1]])


def perspective(img, startpoints, endpoints, interpolation=InterpolationMode.BILINEAR, fill=None):
    """Show an image in perspective: four points of it go to four other places; its size stays.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., C, H, W)
    startpoints : sequence of 4 pairs (x, y)
        Top left, top right, bottom right, bottom left corner of the original.
    endpoints : sequence of 4 pairs (x, y)
        Where they go.
    interpolation : InterpolationMode
        As in ``affine``.
    fill : number or sequence of numbers, optional
        As in ``affine``.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    ValueError
        If there are not four pairs each, or three of the points lie on one line.

    Source: torchvision.transforms.functional.perspective
    """
    for name, points in (("startpoints", startpoints), ("endpoints", endpoints)):
        if len(points) != 4 or any(len(point) != 2 for point in points):
            raise ValueError(f"perspective: {name} must be four corners (x, y), got {points!r}")
    coefficients = np.float32(perspective_coefficients(startpoints, endpoints))
    if is_pil(img):
        return pil.perspective(img, coefficients.tolist(), for_pil("perspective", interpolation),
                               fill)
    return warp("perspective", image_tensor("perspective", img), perspective_matrix(coefficients),
                interpolation, fill)
