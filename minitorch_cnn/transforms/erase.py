"""Random erasing (Zhong et al., arXiv 1708.04896): hide a random rectangle of an image.

n images of C channels, H rows and W columns.
"""
import numpy as np

from .. import ops
from ..autograd import Tensor
from ..ops.checks import as_tensor
from .image import beside, choose, image_tensor, rng
from .resize import check_positive, draw_shapes, first_that_fits
from .sizes import as_floats, check_order, is_number, is_sequence
from .transform import Transform, check_probability

__all__ = ["RandomErasing", "erase"]


def erase(img, i, j, h, w, v, inplace=False):
    """Overwrite a rectangle of an image.

    Parameters
    ----------
    img : Tensor or array (..., C, H, W)
    i, j : int
        Row and column of its upper left pixel.
    h, w : int
        Its height and width.
    v : number, Tensor or array
        The new pixels: anything that broadcasts to (..., C, h, w).
    inplace : bool
        Change ``img`` itself.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        For a PIL image.
    ValueError
        If ``v`` does not fit.

    Source: torchvision.transforms.functional.erase
    """
    tensor = image_tensor("erase", img)
    rows, columns = slice(i, i + h), slice(j, j + w)
    v = as_tensor(v)
    shape = tensor.data[..., rows, columns].shape
    try:
        np.broadcast_to(np.empty(v.shape, bool), shape)
    except ValueError:
        raise ValueError(f"erase: v of shape {v.shape} does not fit the rectangle {shape}; pass a "
                         "number, or (C, 1, 1), or (C, h, w)") from None
    if inplace:
        tensor[..., rows, columns] = v.to(tensor.device).to(tensor.dtype)
        return tensor
    return _replace(tensor, v, rows, columns)


def _replace(tensor, v, rows, columns):
    """A new tensor: v in the rectangle, the image elsewhere; gradients flow to both."""
    inside = np.zeros(tensor.shape[-2:], bool)
    inside[rows, columns] = True
    shape = (*tensor.shape[:-2], *inside[rows, columns].shape)
    new = v.to(tensor.device).to(tensor.dtype).broadcast_to(shape)
    height, width = tensor.shape[-2:]
    top, bottom, _ = rows.indices(height)
    left, right, _ = columns.indices(width)
    framed = ops.pad(new, (left, width - right, top, height - bottom))
    return ops.where(beside(inside, tensor), framed, tensor)


class RandomErasing(Transform):
    """With probability p, overwrite a random rectangle of a tensor image.

    Parameters
    ----------
    p : float
        Probability.
    scale : (least, most)
        Area of the rectangle, as a fraction of the image's; from 0 to 1.
    ratio : (least, most)
        Height / width of the rectangle; its logarithm is drawn uniformly.
    value : number, sequence of numbers or "random"
        What it becomes: one number, one per channel, or standard normal noise.
    inplace : bool
        Change the tensor itself.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind, or PIL images: ``ToTensor`` comes first.

    Source: torchvision.transforms.RandomErasing
    """

    def __init__(self, p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False):
        super().__init__()
        op = "RandomErasing"
        self.p = check_probability(op, p)
        low, high = check_order(op, "scale", as_floats(op, "scale", scale, (2,)))
        if low < 0 or high > 1:
            raise ValueError(f"{op}: scale holds fractions of the image's area, from 0 to 1, got "
                             f"{tuple(scale)}")
        self.scale, self.ratio = tuple(scale), check_positive(op, "ratio", ratio)
        self.value, self.inplace = _check_value(op, value), inplace

    @staticmethod
    def get_params(img, scale, ratio, value=None):
        """(i, j, h, w, v) for ``erase``; ``value`` is a list of numbers, or None for noise.

        If none of ten rectangles fits, it is the whole image, with the image itself for v.
        """
        channels, height, width = img.shape[-3:]
        boxes, found = draw_rectangles(1, height, width, scale, ratio)
        if not found[0]:
            return 0, 0, height, width, img
        i, j, h, w = (int(numbers[0]) for numbers in boxes)
        if value is None:
            return i, j, h, w, Tensor(rng().standard_normal((channels, h, w), np.float32))
        return i, j, h, w, Tensor(np.float32(value)[:, None, None])

    def _numbers(self, channels):
        """The color as a list, None for noise."""
        if self.value == "random":
            return None
        numbers = list(self.value) if is_sequence(self.value) else [self.value]
        if len(numbers) not in (1, channels):
            raise ValueError(f"RandomErasing: value has {len(numbers)} numbers, the image "
                             f"{channels} channels; pass one number, or one per channel")
        return numbers

    def forward(self, img):
        """A Tensor or array (..., C, H, W); a batch is treated as one."""
        tensor = image_tensor("RandomErasing", img, least=3)
        if rng().random() >= self.p:
            return tensor
        numbers = self._numbers(tensor.shape[-3])
        return erase(tensor, *self.get_params(tensor, self.scale, self.ratio, numbers),
                     self.inplace)

    def on_batch(self, images, white):
        """A rectangle of its own for every image."""
        n, channels, height, width = images.shape
        numbers = self._numbers(channels)
        chosen = rng().random(n) < self.p
        boxes, found = draw_rectangles(n, height, width, self.scale, self.ratio)
        i, j, h, w = (box[:, None] for box in boxes)
        y, x = np.arange(height), np.arange(width)
        rows, columns = (i <= y) & (y < i + h), (j <= x) & (x < j + w)    # (n, H), (n, W)
        inside = (rows[:, None, :, None] & columns[:, None, None, :]
                  & found[:, None, None, None])                           # (n, 1, H, W)
        color = rng().standard_normal(images.shape, np.float32) if numbers is None \
            else np.float32(numbers)[:, None, None]
        erased = ops.where(beside(inside, images), beside(color, images), images)
        return choose(chosen, erased, images)

    def __repr__(self):
        return (f"RandomErasing(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
                f"value={self.value}, inplace={self.inplace})")


def _check_value(op, value):
    if isinstance(value, str):
        if value != "random":
            raise ValueError(f'{op}: the only text value can be is "random", got {value!r}')
        return value
    numbers = [value] if is_number(value) else value
    if not is_sequence(numbers) or not all(is_number(v) for v in numbers):
        raise TypeError(f'{op}: value must be a number, a sequence of numbers or "random", got '
                        f"{value!r}")
    return value


def draw_rectangles(n, height, width, scale, ratio):
    """((i, j, h, w), found): rectangles inside an image, each number (n,); found where one fits."""
    h, w = draw_shapes(n, height * width, scale, ratio)
    (h, w), found = first_that_fits((h < height) & (w < width), h, w)
    i, j = (rng().integers(0, np.maximum(most - size, 0) + 1)
            for most, size in ((height, h), (width, w)))
    return (i, j, h, w), found
