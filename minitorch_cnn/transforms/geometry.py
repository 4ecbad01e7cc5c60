"""Random rotations, affine maps and perspectives.

n images of width W and height H; every random number comes from the stream "augmentation".
"""
import numpy as np

from .image import choose, get_dimensions, rng, unchanged, uniform
from .interpolation import WARP_MODES, InterpolationMode, interpolation_mode
from .sizes import as_angles, as_floats, check_fill, check_order, is_number
from .transform import Transform, check_probability
from .warp import (
    affine,
    inverse_matrix,
    perspective,
    perspective_coefficients,
    perspective_matrix,
    rotate,
    warp,
)

__all__ = ["RandomAffine", "RandomPerspective", "RandomRotation"]


class _RandomMap(Transform):
    """What the three have in common: interpolation and fill."""

    def __init__(self, interpolation, fill):
        super().__init__()
        self.interpolation = interpolation_mode(type(self).__name__, interpolation)
        self.one_by_one = self.interpolation not in WARP_MODES
        self.fill = check_fill(type(self).__name__, fill)

    def _warp(self, images, matrix, white):
        """Each image through its own matrix (n, 3, 3)."""
        return warp(type(self).__name__, images, matrix, self.interpolation, self.fill, white)


class RandomAffine(_RandomMap):
    """Rotate, translate, scale and shear by random amounts, the center staying where it is.

    Parameters
    ----------
    degrees : number or (least, most)
        Of rotation; a number d is (-d, d).
    translate : (a, b), optional
        Shift by up to a * W pixels to either side and b * H up or down, rounded to whole pixels;
        fractions from 0 to 1.
    scale : (least, most), optional
        Above 0.
    shear : number, (least, most) or (least x, most x, least y, most y), optional
        Degrees; a number d is (-d, d), along x alone.
    interpolation : InterpolationMode
        Nearest, bilinear; for PIL images bicubic, too.
    fill : number or sequence of numbers
        The color outside, in the image's units (0 to 255 for PIL images and uint8).
    center : (x, y), optional
        Of rotation, scale and shear.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind or range.

    Notes
    -----
    PIL images, and tensors and ``batched``, follow torchvision's two ways; see ``affine``.

    Source: torchvision.transforms.RandomAffine
    """

    def __init__(self, degrees, translate=None, scale=None, shear=None,
                 interpolation=InterpolationMode.NEAREST, fill=0, center=None):
        super().__init__(interpolation, fill)
        op = "RandomAffine"
        self.degrees = check_order(op, "degrees", as_angles(op, "degrees", degrees))
        self.translate = _fractions(op, translate)
        self.scale = _scales(op, scale)
        self.shear = None if shear is None else as_angles(op, "shear", shear, (2, 4))
        for i in range(0, len(self.shear or ()), 2):
            check_order(op, "shear", self.shear[i:i + 2])
        self.center = None if center is None else as_floats(op, "center", center, (2,))

    @staticmethod
    def get_params(degrees, translate, scale_ranges, shears, img_size):
        """(angle, (x, y), scale, (shear x, shear y)) drawn for one image of size (W, H)."""
        angle, shift, scale, shear = draw_affine(1, degrees, translate, scale_ranges, shears,
                                                 img_size)
        return (float(angle[0]), (int(shift[0][0]), int(shift[1][0])), float(scale[0]),
                (float(shear[0][0]), float(shear[1][0])))

    def forward(self, img):
        """A PIL image or Tensor (a batch is mapped as one), with parameters drawn once."""
        _, height, width = get_dimensions(img)
        params = self.get_params(self.degrees, self.translate, self.scale, self.shear,
                                 (width, height))
        return affine(img, *params, self.interpolation, self.fill, self.center)

    def on_batch(self, images, white):
        """Every image with parameters of its own, all in one go."""
        n, _, height, width = images.shape
        params = draw_affine(n, self.degrees, self.translate, self.scale, self.shear,
                             (width, height))
        center = self.center or (width * 0.5, height * 0.5)
        return self._warp(images, inverse_matrix(center, *params, m=np), white)

    def __repr__(self):
        shown = [f"degrees={self.degrees}"]
        shown += [f"{name}={getattr(self, name)}" for name in ("translate", "scale", "shear")
                  if getattr(self, name) is not None]
        if self.interpolation is not InterpolationMode.NEAREST:
            shown.append(f"interpolation={self.interpolation.value}")
        shown += [f"fill={self.fill}"] if self.fill != 0 else []
        shown += [f"center={self.center}"] if self.center is not None else []
        return f"RandomAffine({', '.join(shown)})"


def _fractions(op, translate):
    if translate is None:
        return None
    values = as_floats(op, "translate", translate, (2,))
    if not all(0 <= v <= 1 for v in values):
        raise ValueError(f"{op}: translate holds fractions of the image, from 0 to 1, got "
                         f"{tuple(translate)}")
    return tuple(translate)


def _scales(op, scale):
    if scale is None:
        return None
    values = as_floats(op, "scale", scale, (2,))
    if min(values) <= 0:
        raise ValueError(f"{op}: scale must be above 0, got {tuple(scale)}")
    return tuple(check_order(op, "scale", scale))


def draw_affine(n, degrees, translate, scales, shears, size):
    """Parameters of n affine maps: angle (n,), (x, y), scale, (shear x, shear y), all (n,)."""
    none = np.zeros(n)
    angle = uniform(degrees, n)
    shift = none, none
    if translate is not None:
        shift = [np.rint(uniform((-f * s, f * s), n)) for f, s in zip(translate, size)]
    scale = np.ones(n) if scales is None else uniform(scales, n)
    shear_x = none if shears is None else uniform(shears[:2], n)
    shear_y = uniform(shears[2:], n) if shears is not None and len(shears) == 4 else none
    return angle, shift, scale, (shear_x, shear_y)


class RandomRotation(_RandomMap):
    """Rotate by a random angle.

    Parameters
    ----------
    degrees : number or (least, most)
        Counter-clockwise; a number d is (-d, d).
    interpolation : InterpolationMode
        As in ``RandomAffine``.
    expand : bool
        Make the result large enough to hold the whole rotated image. Then every image has a size
        of its own, so there is no ``batched``.
    center : (x, y), optional
        From the upper left corner; the image's center by default.
    fill : number or sequence of numbers
        As in ``RandomAffine``.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind or range.

    Source: torchvision.transforms.RandomRotation
    """

    def __init__(self, degrees, interpolation=InterpolationMode.NEAREST, expand=False, center=None,
                 fill=0):
        super().__init__(interpolation, fill)
        op = "RandomRotation"
        self.degrees = check_order(op, "degrees", as_angles(op, "degrees", degrees))
        self.center = None if center is None else as_floats(op, "center", center, (2,))
        self.expand = expand
        self.one_by_one = self.one_by_one or bool(expand)

    @staticmethod
    def get_params(degrees):
        """An angle in degrees."""
        return float(uniform(degrees, 1)[0])

    def forward(self, img):
        """A PIL image or Tensor (a batch is rotated as one), with an angle drawn once."""
        angle = self.get_params(self.degrees)
        return rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)

    def on_batch(self, images, white):
        """Every image by an angle of its own."""
        n, _, height, width = images.shape
        center = self.center or (width * 0.5, height * 0.5)
        angle = uniform(self.degrees, n)
        return self._warp(images, inverse_matrix(center, -angle, (0, 0), 1, (0, 0), m=np), white)

    def __repr__(self):
        center = "" if self.center is None else f", center={self.center}"
        return (f"RandomRotation(degrees={self.degrees}, interpolation={self.interpolation.value}, "
                f"expand={self.expand}{center}, fill={self.fill})")


class RandomPerspective(_RandomMap):
    """With probability p, move each corner inwards by a random amount: a random perspective.

    Parameters
    ----------
    distortion_scale : float
        From 0 to 1: corners move by up to this fraction of half the width and half the height.
    p : float
        Probability.
    interpolation : InterpolationMode
        As in ``RandomAffine``.
    fill : number or sequence of numbers
        As in ``RandomAffine``.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind or range.

    Source: torchvision.transforms.RandomPerspective
    """

    def __init__(self, distortion_scale=0.5, p=0.5, interpolation=InterpolationMode.BILINEAR,
                 fill=0):
        super().__init__(interpolation, fill)
        if not is_number(distortion_scale) or not 0 <= distortion_scale <= 1:
            raise ValueError("RandomPerspective: distortion_scale must be from 0 to 1, got "
                             f"{distortion_scale!r}")
        self.distortion_scale = distortion_scale
        self.p = check_probability("RandomPerspective", p)

    @staticmethod
    def get_params(width, height, distortion_scale):
        """(startpoints, endpoints) for one image: four corners (x, y) each, whole numbers."""
        start, end = draw_corners(1, width, height, distortion_scale)
        return start.tolist(), end[0].tolist()

    def forward(self, img):
        """A PIL image or Tensor (a batch is mapped as one), with corners drawn once."""
        if rng().random() >= self.p:
            return unchanged(img)
        _, height, width = get_dimensions(img)
        start, end = self.get_params(width, height, self.distortion_scale)
        return perspective(img, start, end, self.interpolation, self.fill)

    def on_batch(self, images, white):
        """Every image with probability p, with corners of its own."""
        n, _, height, width = images.shape
        chosen = rng().random(n) < self.p
        start, end = draw_corners(n, width, height, self.distortion_scale)
        coefficients = np.float32(perspective_coefficients(np.broadcast_to(start, end.shape), end))
        return choose(chosen, self._warp(images, perspective_matrix(coefficients), white), images)

    def __repr__(self):
        return f"RandomPerspective(p={self.p})"


def draw_corners(n, width, height, distortion_scale):
    """The image's corners (4, 2), and n random sets of them (n, 4, 2), moved inwards."""
    last = np.array([width - 1, height - 1])
    start = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * last     # (4, 2)
    most = (np.array([width // 2, height // 2]) * distortion_scale).astype(int)
    moved = rng().integers(0, most + 1, (n, 4, 2))
    end = np.where(start > 0, start - moved, moved)
    first, second = np.roll(end, -1, axis=1) - end, np.roll(end, -2, axis=1) - end
    area = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    end[(area == 0).any(axis=1)] = start       # three corners on one line: no map goes there
    return start, end
