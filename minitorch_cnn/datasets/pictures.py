"""Pictures in files, decoded by Pillow, and what datasets of them share.

C = 3 channels R G B, H rows, W columns; every picture has its own H and W.
"""
import warnings
from pathlib import Path

import numpy as np

from ..data.dataset import Dataset, as_indices
from ..transforms import pil
from ..transforms.convert import to_tensor

LEVELS_16 = 257  # 65535 / 255


def load_image(path, mode="RGB"):
    """A picture from a file, as a PIL image of one mode.

    Grey, palette, CMYK and 16-bit pictures are converted; an alpha channel is left out.

    Parameters
    ----------
    path : str, path or binary file
    mode : str
        Pillow's: "RGB", "L" ... ; None keeps the file's.

    Raises
    ------
    ImportError
        Without Pillow.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no picture, truncated or damaged, or larger than Pillow
        opens (twice ``PIL.Image.MAX_IMAGE_PIXELS``: 179 million pixels).
    """
    image_module = pil.pillow("pictures").Image
    name = getattr(path, "name", path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", image_module.DecompressionBombWarning)
            return _decoded(image_module, path, mode)
    except FileNotFoundError:
        raise FileNotFoundError(f"load_image: there is no file {name} (looked from {Path.cwd()}); "
                                "check the name") from None
    except image_module.DecompressionBombError:
        raise ValueError(f"load_image: {name} has more than "
                         f"{2 * image_module.MAX_IMAGE_PIXELS:,} pixels; make it smaller first") \
            from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ValueError(f"load_image: {name} is no picture that Pillow reads, or is truncated or "
                         f"damaged ({error})") from None


def _decoded(image_module, path, mode):
    with image_module.open(path) as file:
        file.load()
        return file.copy() if mode is None else _converted(file, mode)


def _converted(image, mode):
    """To a mode of 8 bits; 16-bit grey is scaled first, which Pillow would cut off at 255."""
    if image.mode.startswith("I"):
        array = np.asarray(image).astype(np.int64)
        if array.max(initial=0) > 255:
            array = np.clip(np.round(array / LEVELS_16), 0, 255)
        image = pil.from_array(array.astype(np.uint8))
    return image.convert(mode)


class PictureDataset(Dataset):
    """Samples (picture, target), decoded when they are asked for.

    An item's picture is a float32 Tensor (3, H, W) with pixels in [0, 1]; with a ``transform``,
    which gets a PIL image as in torchvision, what that returns. Subclasses have ``__len__``, and
    ``picture(i)`` and ``target(i)`` for i = 0, 1, ...

    Parameters
    ----------
    root : str or path
    transform : callable, optional
        PIL image -> anything.
    target_transform : callable, optional
        Target -> anything.
    """

    def __init__(self, root, transform=None, target_transform=None):
        self.root = Path(root).expanduser()
        self.transform = transform
        self.target_transform = target_transform

    def __getitem__(self, index):
        index = int(as_indices(type(self).__name__, [index], len(self))[0])
        picture, target = self.picture(index), self.target(index)
        picture = to_tensor(picture) if self.transform is None else self.transform(picture)
        return picture, target if self.target_transform is None else self.target_transform(target)

    def picture(self, index):
        """The PIL image of sample ``index``."""
        raise NotImplementedError(f"{type(self).__name__}.picture is not written")

    def target(self, index):
        """The target of sample ``index``."""
        raise NotImplementedError(f"{type(self).__name__}.target is not written")

    def __repr__(self):
        lines = [f"Dataset {type(self).__name__}", f"Number of datapoints: {len(self)}",
                 f"Root location: {self.root}", *self._more_lines()]
        return "\n    ".join(lines)

    def _more_lines(self):
        return ()
