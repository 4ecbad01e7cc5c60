"""Images in another size: ``resize``, ``resized_crop`` and their transforms.

n images of C channels; H W input size, OH OW output size. Interpolation is linear in the pixels and
the same along every row and every column, so a resized image is a product of three matrices,

    y = R x S^T        (OH, OW) = (OH, H) @ (H, W) @ (W, OW)

and cutting out a box first only leaves columns of R and S zero. That holds for each of many images.
"""
import warnings

import numpy as np

from .. import dtypes, ops
from . import pil
from .frame import crop
from .image import beside, cast, get_dimensions, image_tensor, is_pil, rng
from .interpolation import RESIZE_MODES, InterpolationMode, for_pil, for_tensors, interpolation_mode
from .sizes import as_floats, as_size, check_order, is_number
from .transform import Transform

__all__ = ["RandomResizedCrop", "Resize", "resize", "resized_crop"]


# the weights --------------------------------------------------------------------------------------

def triangle(t):
    """1 at 0, falling to 0 at -1 and 1: the kernel of linear interpolation."""
    return np.maximum(1 - abs(t), 0)


def cubic(t, a):
    """Keys' cubic kernel, from -2 to 2; ``a`` is its slope at 1."""
    t = abs(t)
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = a * (((t - 5) * t + 8) * t - 4)
    return np.where(t < 1, near, np.where(t < 2, far, 0))


def resample_weights(start, length, size, full, mode, antialias):
    """R (n, size, full): the pixels start .. start + length of n rows, as ``size`` new ones.

    Parameters
    ----------
    start, length : array of int (n,)
    size, full : int
        New pixels, and pixels of a whole row.
    mode : InterpolationMode
    antialias : bool
        Where the row shrinks, widen the kernel so that every pixel has its share, as Pillow does.
    """
    start, length = start[:, None, None], length[:, None, None]       # (n, 1, 1)
    o, k = np.arange(size)[:, None], np.arange(full) - start          # (size, 1), (n, 1, full)
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        o = o.astype(np.float32) + np.float32(0.5 * (mode is InterpolationMode.NEAREST_EXACT))
        place = (o * (length.astype(np.float32) / np.float32(size))).astype(int)
        return (k == np.minimum(place, length - 1)).astype(np.float64)
    scale = length / size
    center = (o + 0.5) * scale                                        # (n, size, 1)
    if mode is InterpolationMode.BICUBIC and not antialias:
        return _cubic_taps(center, k, length)
    width = np.maximum(scale, 1) if antialias else 1
    t = (k + 0.5 - center) / width
    kernel = triangle(t) if mode is InterpolationMode.BILINEAR else cubic(t, -0.5)
    kernel = kernel * ((k >= 0) & (k < length))
    return kernel / kernel.sum(-1, keepdims=True)


def _cubic_taps(center, k, length):
    """Four pixels around each center, the border repeated; PyTorch's kernel has a = -0.75."""
    first = np.floor(center - 0.5)
    return sum(cubic(first + i + 0.5 - center, -0.75) * (k == np.clip(first + i, 0, length - 1))
               for i in (-1, 0, 1, 2))


def resample(x, boxes, size, mode, antialias):
    """Boxes of x (..., H, W) in a new size; one for all, or for x (n, C, H, W) one each.

    ``boxes`` is (top, left, height, width), each an array (1,) or (n,).
    """
    top, left, height, width = boxes
    rows = resample_weights(top, height, size[0], x.shape[-2], mode, antialias)
    columns = resample_weights(left, width, size[1], x.shape[-1], mode, antialias)
    if len(top) == 1:
        rows, columns = rows[0], columns[0]
    else:
        rows, columns = rows[:, None], columns[:, None]               # (n, 1, OH, H)
    dtype = x.dtype
    x = cast(x, dtype if dtype.kind == "f" and dtype.itemsize > 2 else dtypes.float32)
    rows, columns = beside(rows.astype(x.dtype), x), beside(columns.astype(x.dtype), x)
    y = ops.matmul(ops.matmul(rows, x), columns.transpose(-1, -2))            # (..., OH, OW)
    if dtype.kind == "f":
        return cast(y, dtype)
    info = np.iinfo(dtype)
    return cast(ops.round(y).clamp(int(info.min), int(info.max)), dtype)


# the functions ------------------------------------------------------------------------------------

def resize(img, size, interpolation=InterpolationMode.BILINEAR, max_size=None, antialias=True):
    """Give an image another size.

    Parameters
    ----------
    img : PIL image, Tensor or array (..., H, W)
    size : int or sequence of 1 or 2 ints
        (height, width); one number is the shorter edge, and the aspect ratio stays.
    interpolation : InterpolationMode
        Nearest, nearest-exact, bilinear or bicubic; Pillow knows box, hamming and lanczos too.
    max_size : int, optional
        With one number: the most the longer edge may become.
    antialias : bool or None
        For tensors and bilinear or bicubic: shrink as Pillow does. PIL images always do.

    Returns
    -------
    PIL image or Tensor
        Of the kind that came in; an array becomes a Tensor. Gradients flow through a Tensor.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.functional.resize
    """
    mode = interpolation_mode("resize", interpolation)
    _, height, width = get_dimensions(img)
    new = resized_size(height, width, size, max_size)
    if new == (height, width):
        return img if is_pil(img) else image_tensor("resize", img)
    if is_pil(img):
        if antialias is False:
            warnings.warn("resize: Pillow always uses antialiasing; antialias=False has no effect "
                          "on a PIL image", stacklevel=2)
        return pil.resize(img, *new, for_pil("resize", mode))
    for_tensors("resize", mode, RESIZE_MODES)
    box = [np.array([n]) for n in (0, 0, height, width)]
    return resample(image_tensor("resize", img), box, new, mode, bool(antialias))


def resized_size(height, width, size, max_size=None):
    """(height, width) that an image will have; see ``resize``.

    Raises
    ------
    TypeError, ValueError
        For another kind of size, or a ``max_size`` that is not above ``size``.
    """
    h, w = as_size("resize", size)
    both = not is_number(size) and len(size) == 2
    if max_size is not None and (both or max_size <= h):
        raise ValueError(f"resize: max_size={max_size} limits the longer edge where size is the "
                         f"shorter one, so it must be larger than size, one number; got {size!r}")
    if both:
        return h, w
    short, long = h, int(h * max(height, width) / min(height, width))
    if max_size is not None and long > max_size:
        short, long = int(max_size * short / long), max_size
    return (long, short) if width <= height else (short, long)


def resized_crop(img, top, left, height, width, size, interpolation=InterpolationMode.BILINEAR,
                 antialias=True):
    """Cut out a box and give it another size: ``crop`` and ``resize`` with their arguments.

    Source: torchvision.transforms.functional.resized_crop
    """
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


# the transforms -----------------------------------------------------------------------------------

class Resize(Transform):
    """Give images another size.

    Parameters
    ----------
    size, interpolation, max_size, antialias
        Those of ``functional.resize``.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.Resize
    """

    def __init__(self, size, interpolation=InterpolationMode.BILINEAR, max_size=None,
                 antialias=True):
        super().__init__()
        resized_size(1, 1, size, max_size)
        self.size, self.max_size, self.antialias = size, max_size, antialias
        self.interpolation = interpolation_mode("Resize", interpolation)
        self.one_by_one = self.interpolation not in RESIZE_MODES

    def forward(self, img):
        """A PIL image or Tensor (..., H, W)."""
        return resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self):
        return (f"Resize(size={self.size}, interpolation={self.interpolation.value}, "
                f"max_size={self.max_size}, antialias={self.antialias})")


class RandomResizedCrop(Transform):
    """Cut out a box of random area and shape, and give it a fixed size.

    Parameters
    ----------
    size : int or sequence of 1 or 2 ints
        (height, width) of the result; one number is both.
    scale : (least, most)
        Area of the box, as a fraction of the image's.
    ratio : (least, most)
        Width / height of the box; its logarithm is drawn uniformly.
    interpolation, antialias
        Those of ``functional.resize``.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.RandomResizedCrop
    """

    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3),
                 interpolation=InterpolationMode.BILINEAR, antialias=True):
        super().__init__()
        op = "RandomResizedCrop"
        self.size, self.antialias = as_size(op, size), antialias
        self.interpolation = interpolation_mode(op, interpolation)
        self.one_by_one = self.interpolation not in RESIZE_MODES
        self.scale = check_positive(op, "scale", scale)
        self.ratio = check_positive(op, "ratio", ratio)

    @staticmethod
    def get_params(img, scale, ratio):
        """(top, left, height, width) of a random box in an image."""
        _, height, width = get_dimensions(img)
        return tuple([int(numbers[0]) for numbers in draw_areas(1, height, width, scale, ratio)])

    def forward(self, img):
        """A PIL image or Tensor (a batch is cropped as one)."""
        box = self.get_params(img, self.scale, self.ratio)
        return resized_crop(img, *box, self.size, self.interpolation, self.antialias)

    def on_batch(self, images, white):
        """A box of its own for every image."""
        n, _, height, width = images.shape
        boxes = draw_areas(n, height, width, self.scale, self.ratio)
        return resample(images, boxes, self.size, self.interpolation, bool(self.antialias))

    def __repr__(self):
        scale, ratio = (tuple([round(v, 4) for v in pair]) for pair in (self.scale, self.ratio))
        return (f"RandomResizedCrop(size={self.size}, scale={scale}, ratio={ratio}, "
                f"interpolation={self.interpolation.value}, antialias={self.antialias})")


def check_positive(op, name, values):
    """(least, most), both above 0.

    Raises
    ------
    TypeError, ValueError
        If they are not.
    """
    least, _ = check_order(op, name, as_floats(op, name, values, (2,)))
    if least <= 0:
        raise ValueError(f"{op}: {name} must be above 0, got {tuple(values)}")
    return tuple(values)


ATTEMPTS = 10


def draw_shapes(n, area, scale, ratio):
    """Two edges (n, 10) of ten boxes for each of n images.

    A box's area is uniform in ``scale``, first / second edge log-uniform in ``ratio``.
    """
    areas = area * rng().uniform(*scale, (n, ATTEMPTS))
    ratios = np.exp(rng().uniform(*np.log(ratio), (n, ATTEMPTS)))
    return (np.rint(np.sqrt(areas * ratios)).astype(int),
            np.rint(np.sqrt(areas / ratios)).astype(int))


def first_that_fits(fits, *edges):
    """Of the ten boxes the first that fits; and (n,) whether there is one."""
    which = np.arange(len(fits)), fits.argmax(1)
    return [edge[which] for edge in edges], fits.any(1)


def draw_areas(n, height, width, scale, ratio):
    """(top, left, height, width), each (n,), of random boxes in images; the middle if none fits."""
    w, h = draw_shapes(n, height * width, scale, ratio)
    (w, h), found = first_that_fits((w > 0) & (w <= width) & (h > 0) & (h <= height), w, h)
    w_else, h_else = _central(height, width, ratio)
    w, h = np.where(found, w, w_else), np.where(found, h, h_else)
    top, left = (rng().integers(0, most - size + 1) for most, size in ((height, h), (width, w)))
    return np.where(found, top, (height - h) // 2), np.where(found, left, (width - w) // 2), h, w


def _central(height, width, ratio):
    """(width, height) of the largest box that has an allowed ratio, or nearly."""
    if width / height < min(ratio):
        return width, max(int(np.rint(width / min(ratio))), 1)
    if width / height > max(ratio):
        return max(int(np.rint(height * max(ratio))), 1), height
    return width, height
