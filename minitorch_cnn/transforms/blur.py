"""Smoothing and sharpening: ``gaussian_blur``, ``adjust_sharpness`` and their transforms.

n images of C channels, H rows, W columns. A Gaussian blur is the same along every row and every
column, so a blurred image is a product of three matrices,

    y = R x S^T        (H, W) = (H, H) @ (H, W) @ (W, W)

where a row of R holds the weights of the pixels around one, those beyond the border mirrored in.
"""
import numpy as np

from .. import ops
from . import pil
from .color import blend, check_factor
from .convert import pil_to_tensor, to_pil_image
from .image import beside, check_channels, image_tensor, in_floats, is_pil, uniform
from .sizes import as_floats, as_size, check_order, is_number
from .transform import Sometimes, Transform

__all__ = ["GaussianBlur", "RandomAdjustSharpness", "adjust_sharpness", "gaussian_blur"]


def blur_matrix(size, kernel_size, sigma):
    """R (n, size, size) for standard deviations ``sigma`` (n,); 0 does not blur."""
    half = kernel_size // 2
    t = np.arange(-half, half + 1)                                          # (K,)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(t == 0, 1, np.exp(-0.5 * (t / sigma[:, None]) ** 2))   # (n, K)
    weight = weight / weight.sum(1, keepdims=True)
    source = np.pad(np.arange(size), half, "reflect")                       # (size + K - 1,)
    taps = np.eye(size)[source[np.arange(size) + (t + half)[:, None]]]      # (K, size, size)
    return np.tensordot(weight, taps, 1)              # (n, size, size) = (n, K) @ (K, size, size)


def blurred(x, kernel_size, sigma):
    """x (..., H, W) blurred; sigma is (along x, along y), each (1,), or (n,) for x (n, C, H, W)."""
    columns = blur_matrix(x.shape[-1], kernel_size[0], sigma[0]).astype(x.dtype)
    rows = blur_matrix(x.shape[-2], kernel_size[1], sigma[1]).astype(x.dtype)
    rows, columns = (beside(m[0] if len(m) == 1 else m[:, None], x) for m in (rows, columns))
    return ops.matmul(ops.matmul(rows, x), columns.transpose(-1, -2))


def gaussian_blur(img, kernel_size, sigma=None):
    """Blend every pixel with its neighbors, by a Gaussian of their distance.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    kernel_size : int or sequence of 1 or 2 ints
        (along x, along y) pixels that have a share; odd.
    sigma : number or sequence of 1 or 2 numbers, optional
        Standard deviation (along x, along y) in pixels, above 0; 0.15 * kernel_size + 0.35 by
        default.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.functional.gaussian_blur, which refuses images smaller than half
    the kernel; here they are mirrored again.
    """
    kernel = _check_kernel("gaussian_blur", kernel_size)
    if sigma is None:
        sigma = [0.15 * k + 0.35 for k in kernel]
    sigma = as_floats("gaussian_blur", "sigma", [sigma] if is_number(sigma) else sigma, (1, 2))
    if min(sigma) <= 0:
        raise ValueError(f"gaussian_blur: sigma must be above 0, got {sigma}")
    sigma = [np.array([s]) for s in sigma * (2 // len(sigma))]

    def blur(x):
        return blurred(x, kernel, sigma)

    if is_pil(img):
        return through_tensor(img, lambda tensor: in_floats(tensor, blur))
    return in_floats(image_tensor("gaussian_blur", img), blur)


def through_tensor(img, function):
    """A PIL image after a function of tensors."""
    return to_pil_image(function(pil_to_tensor(img)), img.mode)


def _check_kernel(op, kernel_size):
    kernel = as_size(op, kernel_size)
    if kernel[0] % 2 == 0 or kernel[1] % 2 == 0:
        raise ValueError(f"{op}: kernel_size must be odd, got {kernel_size!r}")
    return kernel


def adjust_sharpness(img, sharpness_factor):
    """Move all pixels away from a smoothed image, or towards it.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., 1 or 3, H, W)
    sharpness_factor : number
        0 is the smoothed image, 1 the image itself, 2 is twice as sharp; 0 or more.

    Returns
    -------
    PIL image or Tensor

    Raises
    ------
    TypeError, ValueError
        For another kind of image, another number of channels, or a negative factor.

    Source: torchvision.transforms.functional.adjust_sharpness
    """
    check_factor("adjust_sharpness", sharpness_factor)
    if is_pil(img):
        return pil.enhance(img, "Sharpness", sharpness_factor)
    tensor = check_channels("adjust_sharpness", img)
    if min(tensor.shape[-2:]) <= 2:
        return tensor
    return blend(tensor, in_floats(tensor, _smoothed), sharpness_factor)


def _smoothed(x):
    """A pixel has the weight 5, its eight neighbors 1 each; the border stays."""
    rows = x[..., :-2, :] + x[..., 1:-1, :] + x[..., 2:, :]
    nine = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]        # sums of 3 x 3 pixels
    smooth = (nine + 4 * x[..., 1:-1, 1:-1]) / 13
    border = np.ones(x.shape[-2:], bool)
    border[1:-1, 1:-1] = False
    return ops.where(beside(border, x), x, ops.pad(smooth, (1, 1, 1, 1)))


class GaussianBlur(Transform):
    """Blur by a Gaussian of random width.

    Parameters
    ----------
    kernel_size : int or sequence of 1 or 2 ints
        (along x, along y); odd.
    sigma : number or (least, most)
        Standard deviation in pixels, above 0.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.GaussianBlur
    """

    def __init__(self, kernel_size, sigma=(0.1, 2.0)):
        super().__init__()
        op = "GaussianBlur"
        self.kernel_size = _check_kernel(op, kernel_size)
        sigma = (sigma, sigma) if is_number(sigma) else sigma
        self.sigma = tuple(check_order(op, "sigma", as_floats(op, "sigma", sigma, (2,))))
        if self.sigma[0] <= 0:
            raise ValueError(f"{op}: sigma must be above 0, got {self.sigma}")

    @staticmethod
    def get_params(sigma_min, sigma_max):
        """A standard deviation."""
        return float(uniform((sigma_min, sigma_max), 1)[0])

    def forward(self, img):
        """A PIL image or Tensor (a batch is blurred as one)."""
        return gaussian_blur(img, self.kernel_size, self.get_params(*self.sigma))

    def on_batch(self, images, white):
        """Every image by a width of its own."""
        sigma = uniform(self.sigma, len(images))
        return blurred(images, self.kernel_size, (sigma, sigma))

    def __repr__(self):
        return f"GaussianBlur(kernel_size={self.kernel_size}, sigma={self.sigma})"


class RandomAdjustSharpness(Sometimes):
    """``functional.adjust_sharpness`` with probability ``p``.

    Source: torchvision.transforms.RandomAdjustSharpness
    """

    def __init__(self, sharpness_factor, p=0.5):
        super().__init__(p)
        check_factor("RandomAdjustSharpness", sharpness_factor)
        self.sharpness_factor = sharpness_factor

    def change(self, img):
        """Sharper or smoother."""
        return adjust_sharpness(img, self.sharpness_factor)

    def __repr__(self):
        return f"RandomAdjustSharpness(sharpness_factor={self.sharpness_factor},p={self.p})"
