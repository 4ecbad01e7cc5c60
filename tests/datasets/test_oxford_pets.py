"""Oxford-IIIT Pet: the official layout as torchvision reads it, and parts of the dataset."""
import io
import tarfile

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets as theirs

from minitorch_cnn.datasets import DatasetNotFoundError, OxfordIIITPet, oxford_pets
from minitorch_cnn.datasets.fetching import digest_of, unpack


def fill(folder, per_breed=2, lists=True):
    """Small pictures of all breeds, the first half of each in trainval."""
    (folder / "images").mkdir(parents=True)
    rows = {"trainval": [], "test": []}
    for label, breed in enumerate(oxford_pets.BREEDS):
        for n in range(1, per_breed + 1):
            pixels = np.full((6, 8, 3), (label, n, 7), np.uint8)
            Image.fromarray(pixels).save(folder / "images" / f"{breed}_{n}.jpg", quality=100)
            split = "trainval" if n <= per_breed / 2 else "test"
            species = 1 if breed in oxford_pets.CATS else 2
            rows[split].append(f"{breed}_{n} {label + 1} {species} 1")
    if lists:
        trimaps = folder / "annotations" / "trimaps"
        trimaps.mkdir(parents=True)
        for split, lines in rows.items():
            (folder / "annotations" / f"{split}.txt").write_text("\n".join(lines) + "\n")
            for line in lines:
                Image.new("L", (8, 6), 2).save(trimaps / f"{line.split()[0]}.png")
    return folder


@pytest.mark.parametrize("split", ["trainval", "test"])
def test_the_official_layout_as_torchvision_reads_it(tmp_path, split):
    fill(tmp_path / "oxford-iiit-pet")
    kinds = ["category", "binary-category", "segmentation"]
    ours = OxfordIIITPet(tmp_path, split, kinds, transform=lambda image: image)
    due = theirs.OxfordIIITPet(tmp_path, split, kinds)
    assert len(ours) == len(due) == 37 and ours.official and not ours.left_out
    assert ours.classes == due.classes and ours.class_to_idx == due.class_to_idx
    assert ours.bin_classes == due.bin_classes and ours.bin_class_to_idx == due.bin_class_to_idx
    for (image, target), (picture, expected) in zip(ours, due):
        assert target[:2] == expected[:2]
        np.testing.assert_array_equal(image, picture)
        np.testing.assert_array_equal(target[2], expected[2])


def test_the_breeds_are_the_official_37():
    assert len(oxford_pets.CATS) == 12 and len(set(oxford_pets.BREEDS)) == 37
    assert oxford_pets.BREEDS[:3] + oxford_pets.BREEDS[-1:] == [
        "Abyssinian", "american_bulldog", "american_pit_bull_terrier", "yorkshire_terrier"]


def test_items(tmp_path):
    fill(tmp_path)
    image, target = OxfordIIITPet(tmp_path)[3]
    assert image.shape == (3, 6, 8) and target == 3 and float(image.data.max()) <= 1
    assert OxfordIIITPet(tmp_path, target_types=[])[3][1] is None
    assert OxfordIIITPet(tmp_path, target_types="binary-category")[1][1] == 1
    assert OxfordIIITPet(tmp_path, target_transform=str)[3][1] == "3"


def test_without_the_lists_numbers_decide(tmp_path):
    fill(tmp_path, 10, lists=False)
    train, test = OxfordIIITPet(tmp_path), OxfordIIITPet(tmp_path, "test")
    assert (len(train), len(test)) == (259, 111) and not train.official
    assert [path.stem for path in train.files[:7]] == [f"Abyssinian_{i}" for i in range(1, 8)]
    assert [path.stem for path in test.files[:3]] == [f"Abyssinian_{i}" for i in (8, 9, 10)]
    assert train.targets == [i for i in range(37) for _ in range(7)]
    assert "by the numbers of the files" in repr(train)


def test_a_part_of_the_pictures(tmp_path):
    folder = fill(tmp_path / "oxford-iiit-pet", 4)
    for path in folder.glob("images/*_1.jpg"):
        path.unlink()
    ours = OxfordIIITPet(tmp_path)
    assert len(ours) == 37 and ours.left_out == 37 and "37 missing" in repr(ours)
    for path in folder.glob("images/[!A]*"):
        path.unlink()
    ours = OxfordIIITPet(tmp_path)
    assert set(ours.targets) == {0} and len(ours.classes) == 37


def test_what_is_missing_or_damaged(tmp_path):
    with pytest.raises(DatasetNotFoundError, match="pass download=True, or unpack images.tar.gz"):
        OxfordIIITPet(tmp_path)
    for kwargs, words in (({"split": "train"}, "split must be one of trainval, test, got 'train'"),
                          ({"target_types": "breed"}, "target_types must be one of category")):
        with pytest.raises(ValueError, match=words):
            OxfordIIITPet(tmp_path, **kwargs)
    fill(tmp_path)
    for line, words in (("Abyssinian_1 2 1 1", "is damaged at 'Abyssinian_1 2 1 1'"),
                        ("Abyssinian_1 1", "is damaged at"), ("lion_1 1 1 1", "names no breed")):
        (tmp_path / "annotations" / "trainval.txt").write_text(line)
        with pytest.raises(ValueError, match=words):
            OxfordIIITPet(tmp_path)


def test_download(tmp_path, monkeypatch):
    fill(tmp_path / "site")
    for name in ("images", "annotations"):
        with tarfile.open(tmp_path / "site" / f"{name}.tar.gz", "w:gz") as tar:
            tar.add(tmp_path / "site" / name, name)
    md5s = {name: digest_of(tmp_path / "site" / name, "md5") for name in oxford_pets.MD5S}
    monkeypatch.setattr(oxford_pets, "URL", (tmp_path / "site").as_uri() + "/")
    root = tmp_path / "root"
    with pytest.raises(RuntimeError, match="wrong checksum"):
        OxfordIIITPet(root, download=True)
    assert list((root / "oxford-iiit-pet").iterdir()) == []
    monkeypatch.setattr(oxford_pets, "MD5S", md5s)
    monkeypatch.setenv("MINITORCH_CNN_CACHE", str(root))
    assert len(OxfordIIITPet(download=True)) == 37
    assert sorted(p.name for p in (root / "oxford-iiit-pet").iterdir()) == ["annotations", "images"]
    monkeypatch.setattr(oxford_pets, "URL", "http://127.0.0.1:1/")
    assert len(OxfordIIITPet(root, download=True)) == 37


def test_the_checksums_are_torchvisions():
    assert {(oxford_pets.URL + name, md5) for name, md5 in oxford_pets.MD5S.items()} \
        == set(theirs.OxfordIIITPet._RESOURCES)


@pytest.mark.parametrize("names, words", [
    (["../evil"], "leads out of the folder"), (["/evil"], "leads out of the folder"),
    (["a/x", "b/x"], "expected one folder in it, found a, b"), (["x"], "expected one folder"),
    ([], "found nothing")])
def test_archives_that_are_refused(tmp_path, names, words):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"1"))
    with pytest.raises(ValueError, match=words):
        unpack(tmp_path / "a.tar", tmp_path / "to" / "folder")
    assert list((tmp_path / "to").iterdir()) == []


def test_a_truncated_archive_is_refused(tmp_path):
    fill(tmp_path / "images", lists=False)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "images", "images")
    whole = (tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(whole[:len(whole) // 2])
    with pytest.raises(ValueError, match=r"a\.tar\.gz: truncated or damaged"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "to" / "folder")
    assert list((tmp_path / "to").iterdir()) == []
