"""Fashion-MNIST: 70,000 grey pictures of clothes, in MNIST's sizes, splits and file format."""
from pathlib import Path

from ..cache import cache_folder
from . import sources
from .idx import read_idx
from .mnist import MNIST

# where Debian's and Ubuntu's package dataset-fashion-mnist puts the files, compressed
DEBIAN_FOLDERS = [Path("/usr/share/datasets/fashion-mnist"),
                  Path("/usr/share/dataset-fashion-mnist")]


class FashionMNIST(MNIST):
    """Fashion-MNIST (Xiao, Rasul, Vollgraf, arXiv 1708.07747; MIT license).

    Items, attributes, options and errors as in :class:`MNIST`.

    Parameters
    ----------
    root : str or path, optional
        Folder in torchvision's layout, ``root/FashionMNIST/raw/...``. None reads the files of the
        Debian package dataset-fashion-mnist, or what an earlier download left in the cache folder;
        both are verified by their checksums.
    train, transform, target_transform
        As in :class:`MNIST`.
    download : bool
        Put those of the four raw files that are missing into the folder (None: the cache folder),
        from the Debian package if it is installed, else over the network.
    """

    classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
               "Bag", "Ankle boot"]
    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
               "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"]
    md5s = {  # of the raw files
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    }

    @property
    def raw_folder(self):
        """Where the files are kept: ``FashionMNIST/raw`` in the root, or in the cache folder."""
        return (self.root or cache_folder()) / type(self).__name__ / "raw"

    def download(self):
        """Get the raw files that are missing; nothing to do where the Debian package has them."""
        if self.root is not None or sources.find_folder(DEBIAN_FOLDERS, self.md5s) is None:
            super().download()

    def _read(self):
        if self.root is not None:
            return super()._read()
        folders = [*DEBIAN_FOLDERS, self.raw_folder]
        self.folder = sources.find_folder(folders, self._names()) or self._refuse_missing()
        return [read_idx(self._verified(self.folder, name)) for name in self._names()]

    def _verified(self, folder, name):
        path = sources.find(folder, name)
        data = sources.decompress(path.read_bytes(), path)
        return sources.check_md5(data, self.md5s[name], path)

    def _refuse_missing(self):
        raise sources.DatasetNotFoundError(
            f"FashionMNIST: {' and '.join(self._names())} (or .gz) are not in {self.raw_folder}. "
            + _WAYS_OUT)

    def _fetch(self, name, md5, path):
        folder = sources.find_folder(DEBIAN_FOLDERS, [name])
        if folder is not None:
            sources.write_atomically(path, self._verified(folder, name))
            return
        try:
            sources.download([f"{mirror}{name}.gz" for mirror in self.mirrors], path, md5)
        except RuntimeError as error:
            raise RuntimeError(f"FashionMNIST: {error}\n{_WAYS_OUT}") from None


_WAYS_OUT = ("Get them with `apt-get install dataset-fashion-mnist` (Debian, Ubuntu) and leave out "
             "root; or pass download=True; or let torchvision.datasets.FashionMNIST(root, "
             "download=True) fill a folder and pass that as root")
