"""Elastic deformation: every pixel moves a little, neighbors nearly alike, as in handwriting.

Simard, Steinkraus, Platt: Best Practices for Convolutional Neural Networks Applied to Visual
Document Analysis, ICDAR 2003 (https://doi.org/10.1109/ICDAR.2003.1227801). n images, H rows, W
columns.
"""
import numpy as np

from .. import kernels
from ..autograd import Function, Tensor
from ..device import to_cpu
from ..ops.checks import as_tensor
from .blur import blurred, through_tensor
from .image import as_batch, get_dimensions, image_tensor, in_floats, is_array_like, is_pil, rng
from .interpolation import WARP_MODES, InterpolationMode, for_tensors, interpolation_mode
from .sizes import as_fill, as_floats, check_fill, is_number
from .transform import Transform

__all__ = ["ElasticTransform", "elastic_transform"]


class Sample(Function):
    """y[n, :, oy, ox] = the input at (px, py)[n, oy, ox];  dx gets each dy back there."""

    def __init__(self, px, py, bilinear, fill):
        self.px, self.py = px, py                        # (N, H, W) each, from the outer edge
        self.bilinear, self.fill = bilinear, fill        # fill: C numbers, or None

    def forward(self, x):
        self.before = x.shape[2:]
        return kernels.sample_forward(x, self.px, self.py, self.bilinear, self.fill)

    def backward(self, dy):
        return kernels.sample_backward(dy, self.px, self.py, self.before, self.bilinear,
                                       self.fill is not None)


def displaced(op, img, displacement, interpolation, fill, white=1):
    """Images (..., H, W) by a displacement (1 or n, H, W, 2), in halves of the image's size."""
    bilinear = for_tensors(op, interpolation, WARP_MODES) is InterpolationMode.BILINEAR
    height, width = img.shape[-2:]
    x = as_batch(img)
    px = np.arange(width) + 0.5 + displacement[..., 0] * (width / 2)
    py = np.arange(height)[:, None] + 0.5 + displacement[..., 1] * (height / 2)
    px, py = (np.broadcast_to(p, (len(x), height, width)) for p in (px, py))
    sample = Sample(px, py, bilinear, as_fill(op, fill, x.shape[1], white))
    return in_floats(x, sample).reshape(img.shape)


def elastic_transform(img, displacement, interpolation=InterpolationMode.BILINEAR, fill=None):
    """Fetch every pixel from a place nearby.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    displacement : Tensor or array (1, H, W, 2)
        (x, y) from each pixel to where its color is fetched; 1 is half the image.
    interpolation : InterpolationMode
        Nearest or bilinear.
    fill : number or sequence of numbers, optional
        The color outside, in the image's units.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind or shape.

    Source: torchvision.transforms.functional.elastic_transform
    """
    if not is_array_like(displacement):
        raise TypeError("elastic_transform: displacement must be a Tensor or an array, got "
                        f"{type(displacement).__name__}")
    _, height, width = get_dimensions(img)
    displacement = as_tensor(displacement)
    if displacement.shape != (1, height, width, 2):
        raise ValueError(f"elastic_transform: displacement must have shape {(1, height, width, 2)} "
                         f"for this image, got {displacement.shape}")
    if is_pil(img):
        return through_tensor(img, lambda tensor: elastic_transform(tensor, displacement,
                                                                    interpolation, fill))
    return displaced("elastic_transform", image_tensor("elastic_transform", img),
                     to_cpu(displacement.data), interpolation, fill)


class ElasticTransform(Transform):
    """Move every pixel by smoothed noise.

    Parameters
    ----------
    alpha : number or (along x, along y)
        How far: noise in (-1, 1), smoothed, times alpha / 2 pixels.
    sigma : number or (along x, along y)
        Standard deviation of the smoothing in pixels; 0 leaves the noise as it is.
    interpolation : InterpolationMode
        Nearest or bilinear.
    fill : number or sequence of numbers
        The color outside, in the image's units (0 to 255 for PIL images and uint8).

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.ElasticTransform
    """

    def __init__(self, alpha=50.0, sigma=5.0, interpolation=InterpolationMode.BILINEAR, fill=0):
        super().__init__()
        self.alpha, self.sigma = _pair("alpha", alpha), _pair("sigma", sigma)
        if min(self.sigma) < 0:
            raise ValueError(f"ElasticTransform: sigma must be 0 or more, got {sigma!r}")
        self.interpolation = interpolation_mode("ElasticTransform", interpolation)
        self.fill = check_fill("ElasticTransform", fill)

    @staticmethod
    def get_params(alpha, sigma, size):
        """A displacement (1, H, W, 2) for an image of size (H, W)."""
        return Tensor(draw_displacements(1, alpha, sigma, size))

    def forward(self, img):
        """A PIL image or Tensor (a batch is deformed as one)."""
        _, height, width = get_dimensions(img)
        displacement = self.get_params(self.alpha, self.sigma, (height, width))
        return elastic_transform(img, displacement, self.interpolation, self.fill)

    def on_batch(self, images, white):
        """Every image by a displacement of its own."""
        n, _, height, width = images.shape
        displacement = draw_displacements(n, self.alpha, self.sigma, (height, width))
        return displaced("ElasticTransform", images, displacement, self.interpolation, self.fill,
                         white)

    def __repr__(self):
        return (f"ElasticTransform(alpha={self.alpha}, sigma={self.sigma}, "
                f"interpolation={self.interpolation}, fill={self.fill})")


def _pair(name, value):
    return [float(value)] * 2 if is_number(value) else as_floats("ElasticTransform", name, value,
                                                                 (2,))


def draw_displacements(n, alpha, sigma, size):
    """Displacements (n, H, W, 2) in halves of the image's size (H, W)."""
    parts = []
    for a, s, extent in zip(alpha, sigma, size[::-1]):
        noise = 2 * rng().random((n, *size), np.float32) - 1
        if s > 0:
            kernel = (int(8 * s + 1) | 1,) * 2   # odd; torchvision's width
            noise = blurred(Tensor(noise), kernel, [np.array([v]) for v in sigma]).data
        parts.append(noise * np.float32(a / extent))
    return np.stack(parts, axis=-1)
