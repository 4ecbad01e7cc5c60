"""The Oxford-IIIT Pet dataset: 37 breeds of cats and dogs, about 200 photographs of each."""
import re
from pathlib import Path

from ..cache import cache_folder
from .fetching import download_file, scratch_folder, unpack
from .pictures import PictureDataset, load_image
from .sources import DatasetNotFoundError

CATS = ["Abyssinian", "Bengal", "Birman", "Bombay", "British_Shorthair", "Egyptian_Mau",
        "Maine_Coon", "Persian", "Ragdoll", "Russian_Blue", "Siamese", "Sphynx"]
DOGS = ["american_bulldog", "american_pit_bull_terrier", "basset_hound", "beagle", "boxer",
        "chihuahua", "english_cocker_spaniel", "english_setter", "german_shorthaired",
        "great_pyrenees", "havanese", "japanese_chin", "keeshond", "leonberger",
        "miniature_pinscher", "newfoundland", "pomeranian", "pug", "saint_bernard", "samoyed",
        "scottish_terrier", "shiba_inu", "staffordshire_bull_terrier", "wheaten_terrier",
        "yorkshire_terrier"]
BREEDS = sorted(CATS + DOGS, key=str.lower)  # in the order of the official class numbers
SPLITS = ("trainval", "test")
TARGETS = ("category", "binary-category", "segmentation")
TRAIN_SHARE = 0.7  # of each breed, where the official lists are missing
URL = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
MD5S = {"images.tar.gz": "5c4f3ee8e5d25df40f4fd59a7f44e54c",
        "annotations.tar.gz": "95a8c909bbe2e81eed6a22bccdf3f68f"}


class OxfordIIITPet(PictureDataset):
    """Oxford-IIIT Pet (Parkhi, Vedaldi, Zisserman, Jawahar, CVPR 2012; CC BY-SA 4.0).

    Items as in ``PictureDataset``. A part of the dataset will do: pictures that the official lists
    name but that are not there are left out; without the lists, the lowest-numbered 70 % of each
    breed are "trainval" and the others "test".

    Parameters
    ----------
    root : str or path, optional
        Folder in the official layout, ``root/oxford-iiit-pet/images/Abyssinian_1.jpg`` and
        ``root/oxford-iiit-pet/annotations/trainval.txt``; both may lie in ``root`` itself too.
        None is the cache folder.
    split : {"trainval", "test"}
    target_types : str or sequence of str
        "category": 0 to 36; "binary-category": 0 cat, 1 dog; "segmentation": the trimap, a PIL
        image. Several give a tuple, none gives None.
    transform, target_transform : callable, optional
        For the PIL image and for the target.
    download : bool
        Get what is missing from the site of the dataset: 0.8 GB.

    Attributes
    ----------
    classes, bin_classes : list of str
    class_to_idx, bin_class_to_idx : dict
        {class name: target}.
    files : list of path
    targets : list of int
        The category of each.
    official : bool
        Whether the split is that of the official lists.
    left_out : int
        Pictures that the lists name but that are not there.

    Raises
    ------
    DatasetNotFoundError
        If there are no pictures, and the download failed.
    ValueError
        For another split or target type, and for damaged lists.

    Source: torchvision.datasets.OxfordIIITPet
    """

    def __init__(self, root=None, split="trainval", target_types="category", transform=None,
                 target_transform=None, download=False):
        super().__init__(cache_folder() if root is None else root, transform, target_transform)
        types = [target_types] if isinstance(target_types, str) else list(target_types)
        self.split, self.target_types = _one_of("split", split, SPLITS), [
            _one_of("target_types", kind, TARGETS) for kind in types]
        if download:
            self._download()
        self.folder = self._find()
        self.classes = [" ".join(part.title() for part in breed.split("_")) for breed in BREEDS]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.bin_classes = ["Cat", "Dog"]
        self.bin_class_to_idx = {"Cat": 0, "Dog": 1}
        lists = self.folder / "annotations" / f"{split}.txt"
        self.official = lists.is_file()
        names = _listed(lists) if self.official else _by_number(self.folder, split)
        paths = [self.folder / "images" / f"{name}.jpg" for name in names]
        self.files = [path for path in paths if path.is_file()]
        self.left_out = len(paths) - len(self.files)
        self.targets = [BREEDS.index(_breed(path.stem)) for path in self.files]

    def _find(self):
        for folder in (self.root / "oxford-iiit-pet", self.root):
            if any((folder / "images").glob("*.jpg")):
                return folder
        raise DatasetNotFoundError(
            f"OxfordIIITPet: no pictures in {self.root / 'oxford-iiit-pet' / 'images'} (nor in "
            f"{self.root / 'images'}); pass download=True, or unpack {' and '.join(MD5S)} of {URL} "
            "there, or let torchvision.datasets.OxfordIIITPet(root, download=True) do it")

    def _download(self):
        folder = self.root / "oxford-iiit-pet"
        with scratch_folder(folder) as scratch:
            for name, md5 in MD5S.items():
                if not (folder / name.partition(".")[0]).is_dir():
                    self._fetch(name, md5, scratch, folder)

    def _fetch(self, name, md5, scratch, folder):
        try:
            archive = download_file(URL + name, scratch / name, f"md5:{md5}")
        except RuntimeError as error:
            raise DatasetNotFoundError(f"OxfordIIITPet: {error}; get {name} where there is a "
                                       f"network and unpack it in {folder}") from None
        unpack(archive, folder / name.partition(".")[0])

    def __len__(self):
        return len(self.files)

    def picture(self, index):
        """The PIL image of sample ``index``."""
        return load_image(self.files[index])

    def target(self, index):
        """The target of sample ``index``."""
        found = tuple(self._target(index, kind) for kind in self.target_types)
        return (found[0] if len(found) == 1 else found) if found else None

    def _target(self, index, kind):
        path, category = self.files[index], self.targets[index]
        if kind == "category":
            return category
        if kind == "binary-category":
            return int(BREEDS[category] in DOGS)
        return load_image(self.folder / "annotations" / "trimaps" / f"{path.stem}.png", mode=None)

    def _more_lines(self):
        lists = "the official lists" if self.official else "the numbers of the files"
        return [f"Split: {self.split}, by {lists}" + f", {self.left_out} missing" *
                bool(self.left_out)]


def _one_of(argument, value, allowed):
    if value not in allowed:
        raise ValueError(f"OxfordIIITPet: {argument} must be one of {', '.join(allowed)}, got "
                         f"{value!r}")
    return value


def _breed(name):
    """Abyssinian_12 -> Abyssinian."""
    breed = name.rpartition("_")[0]
    if breed not in BREEDS:
        raise ValueError(f"OxfordIIITPet: {name} names no breed of the 37, as Abyssinian_12 does; "
                         "the folder or the list is damaged or another one")
    return breed


def _listed(path):
    """The names in an official list: "Abyssinian_1 1 1 1", name, class, species, breed."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()
             if line.strip() and not line.startswith("#")]
    wrong = [line for line in lines if len(line) != 4 or not line[1].isdigit()
             or BREEDS.index(_breed(line[0])) != int(line[1]) - 1]
    if wrong:
        raise ValueError(f"OxfordIIITPet: {path} is damaged at {' '.join(wrong[0])!r}, which is no "
                         "name with its class number, species and breed; get it again")
    return [line[0] for line in lines]


def _by_number(folder, split):
    """The names of a split without the official lists, breed by breed."""
    names = {}
    for path in sorted((folder / "images").glob("*.jpg"), key=_number):
        names.setdefault(_breed(path.stem), []).append(path.stem)
    chosen = []
    for breed in BREEDS:
        all_of_it = names.get(breed, [])
        border = round(TRAIN_SHARE * len(all_of_it))
        chosen += all_of_it[:border] if split == "trainval" else all_of_it[border:]
    return chosen


def _number(path):
    digits = re.search(r"(\d+)$", Path(path).stem)
    return int(digits.group(1)) if digits else 0
