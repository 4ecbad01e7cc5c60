"""Transforms that choose a part of an image or mirror it.

n images of C channels, H rows and W columns; the random ones draw from the stream "augmentation".
"""
import numpy as np

from .frame import center_crop, check_padding_mode, crop, five_crop, hflip, pad, ten_crop, vflip
from .image import get_dimensions, rng
from .sizes import as_fill, as_sides, as_size, check_fill
from .transform import Sometimes, Transform

__all__ = ["CenterCrop", "FiveCrop", "Pad", "RandomCrop", "RandomHorizontalFlip",
           "RandomVerticalFlip", "TenCrop"]


class RandomHorizontalFlip(Sometimes):
    """Mirror left to right with probability ``p``.

    Source: torchvision.transforms.RandomHorizontalFlip
    """

    def __init__(self, p=0.5):
        super().__init__(p)

    def change(self, img):
        """The mirror image."""
        return hflip(img)


class RandomVerticalFlip(Sometimes):
    """Mirror top to bottom with probability ``p``.

    Source: torchvision.transforms.RandomVerticalFlip
    """

    def __init__(self, p=0.5):
        super().__init__(p)

    def change(self, img):
        """The mirror image."""
        return vflip(img)


class CenterCrop(Transform):
    """Cut out the middle; a smaller image gets a black border first.

    Parameters
    ----------
    size : int or sequence of 1 or 2 ints
        (height, width); one number is both.

    Source: torchvision.transforms.CenterCrop
    """

    def __init__(self, size):
        super().__init__()
        self.size = as_size("CenterCrop", size)

    def forward(self, img):
        """A PIL image or Tensor (..., H, W)."""
        return center_crop(img, self.size)

    def __repr__(self):
        return f"CenterCrop(size={self.size})"


def _in_unit(op, fill, images, white):
    """A color in units where white is 1."""
    return as_fill(op, fill, images.shape[1], white)


class Pad(Transform):
    """Add a border.

    Parameters
    ----------
    padding, fill, padding_mode
        Those of ``functional.pad``; ``fill`` in the image's units (0 to 255 for PIL images).

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind.

    Source: torchvision.transforms.Pad
    """

    def __init__(self, padding, fill=0, padding_mode="constant"):
        super().__init__()
        as_sides("Pad", padding)
        self.padding, self.fill = padding, check_fill("Pad", fill)
        self.padding_mode = check_padding_mode("Pad", padding_mode)

    def forward(self, img):
        """A PIL image or Tensor (..., H, W)."""
        return pad(img, self.padding, self.fill, self.padding_mode)

    def on_batch(self, images, white):
        """All images alike."""
        return pad(images, self.padding, _in_unit("Pad", self.fill, images, white),
                   self.padding_mode)

    def __repr__(self):
        return f"Pad(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class RandomCrop(Transform):
    """Cut out a box of a given size at a random place.

    Parameters
    ----------
    size : int or sequence of 1 or 2 ints
        (height, width) of the box; one number is both.
    padding : int or sequence of 1, 2 or 4 ints, optional
        A border that is added first; see ``functional.pad``.
    pad_if_needed : bool
        If the image is still smaller than the box, add what is missing on both sides.
    fill, padding_mode
        Of the border; see ``functional.pad``.

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind, or an image smaller than the box.

    Source: torchvision.transforms.RandomCrop
    """

    def __init__(self, size, padding=None, pad_if_needed=False, fill=0, padding_mode="constant"):
        super().__init__()
        self.size = as_size("RandomCrop", size)
        if padding is not None:
            as_sides("RandomCrop", padding)
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill = check_fill("RandomCrop", fill)
        self.padding_mode = check_padding_mode("RandomCrop", padding_mode)

    @staticmethod
    def get_params(img, output_size):
        """(top, left, height, width) of a random box of size (height, width) in an image."""
        _, height, width = get_dimensions(img)
        top, left = draw_boxes(1, height, width, *output_size)
        return int(top[0]), int(left[0]), *output_size

    def _padded(self, img, fill):
        if self.padding is not None:
            img = pad(img, self.padding, fill, self.padding_mode)
        _, height, width = get_dimensions(img)
        if self.pad_if_needed:
            missing = max(self.size[1] - width, 0), max(self.size[0] - height, 0)
            img = pad(img, missing, fill, self.padding_mode) if any(missing) else img
        return img

    def forward(self, img):
        """A PIL image or Tensor (a batch is cropped as one)."""
        img = self._padded(img, self.fill)
        return crop(img, *self.get_params(img, self.size))

    def on_batch(self, images, white):
        """A box of its own for every image."""
        images = self._padded(images, _in_unit("RandomCrop", self.fill, images, white))
        n, _, height, width = images.shape
        h, w = self.size
        top, left = draw_boxes(n, height, width, h, w)
        rows = (top[:, None] + np.arange(h))[:, :, None]         # (n, h, 1)
        columns = (left[:, None] + np.arange(w))[:, None, :]     # (n, 1, w)
        cut = images[np.arange(n)[:, None, None], :, rows, columns]
        return cut.permute(0, 3, 1, 2)                           # (n, h, w, C) -> (n, C, h, w)

    def __repr__(self):
        return f"RandomCrop(size={self.size}, padding={self.padding})"


def draw_boxes(n, height, width, h, w):
    """Upper left corners (n,), (n,) of boxes (h, w) inside an image (height, width).

    Raises
    ------
    ValueError
        If the box is larger than the image.
    """
    if h > height or w > width:
        raise ValueError(f"RandomCrop: the box {(h, w)} is larger than the image "
                         f"{(height, width)}; pass padding or pad_if_needed=True")
    return rng().integers(0, height - h + 1, n), rng().integers(0, width - w + 1, n)


class _ManyCrops(Transform):
    """A tuple of images from one."""

    one_by_one = True

    def __init__(self, size):
        super().__init__()
        self.size = as_size(type(self).__name__, size)


class FiveCrop(_ManyCrops):
    """The four corners and the middle of an image, as a tuple of five.

    Parameters
    ----------
    size : int or sequence of 1 or 2 ints
        (height, width) of each.

    Source: torchvision.transforms.FiveCrop
    """

    def forward(self, img):
        """A PIL image or Tensor (..., H, W)."""
        return five_crop(img, self.size)

    def __repr__(self):
        return f"FiveCrop(size={self.size})"


class TenCrop(_ManyCrops):
    """``FiveCrop`` of the image and of its mirror image, as a tuple of ten.

    Parameters
    ----------
    size : int or sequence of 1 or 2 ints
        (height, width) of each.
    vertical_flip : bool
        Mirror top to bottom instead of left to right.

    Source: torchvision.transforms.TenCrop
    """

    def __init__(self, size, vertical_flip=False):
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def forward(self, img):
        """A PIL image or Tensor (..., H, W)."""
        return ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self):
        return f"TenCrop(size={self.size}, vertical_flip={self.vertical_flip})"
