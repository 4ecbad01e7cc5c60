"""A folder of pictures, a subfolder for each class."""
import os
from pathlib import Path

from .pictures import PictureDataset, load_image

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class ImageFolder(PictureDataset):
    """Pictures by class: ``root/dog/a.png``, ``root/dog/more/b.jpg``, ``root/cat/c.png``.

    Items as in ``PictureDataset``; a target is an int.

    Parameters
    ----------
    root : str or path
    transform, target_transform : callable, optional
        For the PIL image and for the class.
    loader : callable, optional
        Path -> picture; ``load_image`` by default.
    is_valid_file : callable, optional
        Path -> bool, in place of the check of the file's extension.
    allow_empty : bool
        Classes without pictures are no error.

    Attributes
    ----------
    classes : list of str
        Names of the subfolders, sorted.
    class_to_idx : dict
        {class name: target}.
    samples, imgs : list of (str, int)
        Path and class of each picture, sorted within their class.
    targets : list of int

    Raises
    ------
    FileNotFoundError
        If there is no folder of a class, or no picture in one.

    Source: torchvision.datasets.ImageFolder
    """

    def __init__(self, root, transform=None, target_transform=None, loader=load_image,
                 is_valid_file=None, allow_empty=False):
        super().__init__(root, transform, target_transform)
        self.loader = loader
        self.classes = self._find_classes()
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        is_valid = is_valid_file or _has_extension
        self.samples = [(path, i) for name, i in self.class_to_idx.items()
                        for path in _files_below(self.root / name) if is_valid(path)]
        self.imgs, self.targets = self.samples, [i for _, i in self.samples]
        empty = sorted(set(self.classes) - {self.classes[i] for i in self.targets})
        if empty and not allow_empty:
            raise FileNotFoundError(
                f"ImageFolder: no picture in the folders {', '.join(empty)} of {self.root}; known "
                f"extensions are {', '.join(EXTENSIONS)}; pass is_valid_file for others, or "
                "allow_empty=True")

    def _find_classes(self):
        folders = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir()) \
            if self.root.is_dir() else []
        if not folders:
            raise FileNotFoundError(f"ImageFolder: {self.root} has no subfolders, one for each "
                                    f"class (looked from {Path.cwd()})")
        return folders

    def __len__(self):
        return len(self.samples)

    def picture(self, index):
        """The PIL image of sample ``index``."""
        return self.loader(self.samples[index][0])

    def target(self, index):
        """The target of sample ``index``."""
        return self.targets[index]


def _has_extension(path):
    return path.lower().endswith(EXTENSIONS)


def _files_below(folder):
    """The paths of all files in a folder and its subfolders, in torchvision's order."""
    return [os.path.join(parent, name) for parent, _, names in
            sorted(os.walk(folder, followlinks=True)) for name in sorted(names)]
