"""MNIST: the packaged copy is the original, folders are torchvision's, batches equal samples."""
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.data import DataLoader, Subset, random_split
from minitorch_cnn.datasets import MNIST, DatasetNotFoundError, sources, write_idx

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture(scope="module")
def train():
    return MNIST()


@pytest.fixture(scope="module")
def test():
    return MNIST(train=False)


@pytest.fixture
def small(tmp_path, rng):
    """A root folder with 20 training and 10 test samples; yields (root, images, labels)."""
    raw = tmp_path / "MNIST" / "raw"
    for split, n in (("train", 20), ("t10k", 10)):
        images = rng.integers(0, 256, (n, 28, 28), np.uint8)
        labels = rng.integers(0, 10, n).astype(np.uint8)
        write_idx(raw / f"{split}-images-idx3-ubyte", images)
        write_idx(raw / f"{split}-labels-idx1-ubyte", labels)
    return tmp_path, images, labels


def test_the_whole_of_mnist_is_there(train, test):
    for data, n, counts, mean in ((train, 60000, TRAIN_COUNTS, 0.1307),
                                  (test, 10000, TEST_COUNTS, 0.1325)):
        assert len(data) == n
        assert data.data.shape == (n, 28, 28) and data.data.dtype == np.uint8
        assert data.targets.shape == (n,) and data.targets.dtype == np.int64
        assert np.bincount(data.targets.numpy()).tolist() == counts
        assert data.data.numpy().mean() / 255 == pytest.approx(mean, abs=5e-5)
    assert train.targets.numpy()[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert test.targets.numpy()[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]


def test_the_packaged_files_are_small_licensed_and_listed():
    files = {path.name: path.stat().st_size for path in sources.PACKAGED.iterdir()}
    assert sorted(files) == sorted([f"{name}.xz" for name in MNIST.md5s] + ["LICENSE", "README.md"])
    assert sum(files.values()) <= 12_000_000
    license = (sources.PACKAGED / "LICENSE").read_text()
    for due in ("CC BY-SA 3.0", "LeCun", "Cortes", "Changes:", "https://creativecommons.org"):
        assert due in license
    readme = (sources.PACKAGED / "README.md").read_text()
    for name, md5 in MNIST.md5s.items():
        packed = f"{files[f'{name}.xz']:,}"
        assert any(name in line and packed in line and md5 in line for line in readme.splitlines())


def test_decoding_is_quick_and_verified_every_time():
    name = "train-images-idx3-ubyte"
    start = time.perf_counter()
    raw = sources.packaged.__wrapped__(name, MNIST.md5s[name])
    assert time.perf_counter() - start < 5
    assert len(raw) == 47_040_016
    with pytest.raises(ValueError, match="wrong checksum"):
        sources.packaged.__wrapped__("t10k-labels-idx1-ubyte", MNIST.md5s[name])


def test_an_epoch_of_batches_is_quick(train):
    start = time.perf_counter()
    labels = np.concatenate([y.numpy() for _, y in DataLoader(train, batch_size=128, shuffle=True)])
    assert time.perf_counter() - start < 2
    assert np.bincount(labels).tolist() == TRAIN_COUNTS


def test_a_sample_is_a_tensor_and_an_int(train):
    image, label = train[0]
    assert isinstance(image, mt.Tensor) and image.shape == (1, 28, 28) and image.dtype == np.float32
    assert type(label) is int and label == 5
    expected = train.data.numpy()[0].astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(image.numpy()[0], expected)
    assert image.numpy().min() == 0 and 0.9 < image.numpy().max() <= 1
    np.testing.assert_array_equal(train[-1][0].numpy(), train[59999][0].numpy())
    assert train[np.int64(3)][1] == train[mt.Tensor(np.array(3))][1] == 1


def test_a_batch_equals_its_samples(train):
    indices = [5, 59999, -1, 0, 5]
    images, labels = train.get_batch(indices)
    assert images.shape == (5, 1, 28, 28) and images.dtype == np.float32
    assert labels.shape == (5,) and labels.dtype == np.int64
    for k, i in enumerate(indices):
        np.testing.assert_array_equal(images.numpy()[k], train[i][0].numpy())
        assert labels.numpy()[k] == train[i][1]


@pytest.mark.parametrize("index", [60000, -60001])
def test_a_missing_sample_is_refused(train, index):
    for ask in (lambda: train[index], lambda: train.get_batch([0, index])):
        with pytest.raises(IndexError, match=f"MNIST: there is no sample {index} in a dataset"):
            ask()


@pytest.mark.parametrize("index", [slice(3), 1.5, "a", [1, 2], None])
def test_what_is_no_index_is_refused(train, index):
    with pytest.raises(TypeError, match="MNIST: a sample is asked for by its number"):
        train[index]


def test_iteration_ends(small):
    root, images, labels = small
    assert [label for _, label in MNIST(root, train=False)] == labels.tolist()


def test_a_transform_is_given_a_pil_image(small):
    root, images, labels = small
    seen = []
    data = MNIST(root, train=False, transform=lambda image: seen.append(image) or len(seen),
                 target_transform=lambda label: -label)
    assert data[3] == (1, -int(labels[3]))
    assert type(seen[0]).__module__ == "PIL.Image"
    assert seen[0].mode == "L" and seen[0].size == (28, 28)
    np.testing.assert_array_equal(np.asarray(seen[0]), images[3])


def test_transforms_are_applied_in_batches_too(small):
    root, images, labels = small
    data = MNIST(root, train=False, transform=lambda image: np.asarray(image, np.float32) * 2)
    x, y = next(iter(DataLoader(data, batch_size=10)))
    np.testing.assert_array_equal(x.numpy(), images * np.float32(2))
    data = MNIST(root, train=False, target_transform=lambda label: label + 100)
    x, y = next(iter(DataLoader(data, batch_size=10)))
    np.testing.assert_array_equal(y.numpy(), labels + np.int64(100))
    np.testing.assert_array_equal(x.numpy()[:, 0], images / np.float32(255))


def test_a_batched_transform_is_given_whole_batches(small):
    root, images, labels = small

    class Negative:
        def __call__(self, image):
            raise AssertionError("the batched form is to be used")

        def batched(self, pixels):
            return mt.Tensor((255 - pixels.astype(np.float32))[:, None])

    x, y = next(iter(DataLoader(MNIST(root, train=False, transform=Negative()), batch_size=4)))
    np.testing.assert_array_equal(x.numpy()[:, 0], 255 - images[:4].astype(np.float32))
    np.testing.assert_array_equal(y.numpy(), labels[:4])


def test_changed_data_and_targets_are_what_is_served(small):
    data = MNIST(small[0], train=False)
    data.data, data.targets = np.full((3, 28, 28), 255, np.uint8), [7, 8, 9]
    assert len(data) == 3 and data[1][1] == 8
    x, y = next(iter(DataLoader(data, batch_size=3)))
    assert x.numpy().min() == 1 and y.numpy().tolist() == [7, 8, 9]


def test_two_datasets_share_no_memory(small):
    name = "t10k-labels-idx1-ubyte"
    one, two = MNIST(train=False), MNIST(train=False)
    one.data.data[0], one.targets.data[0] = 9, 9
    assert two[0][1] == 7 and two.data.numpy()[0, 0, 0] == 0
    assert sources.md5_of(sources.packaged(name, MNIST.md5s[name])) == MNIST.md5s[name]


def test_an_overridden_sample_is_not_bypassed(small):
    class Shifted(MNIST):
        raw_folder = small[0] / "MNIST" / "raw"

        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return image, label + 50

    data = Shifted(small[0], train=False)
    for form in (data, Subset(data, range(10))):
        _, y = next(iter(DataLoader(form, batch_size=10)))
        np.testing.assert_array_equal(y.numpy(), small[2] + np.int64(50))


@pytest.mark.parametrize("folder", ["MNIST/raw", "raw", "MNIST", ""])
@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_folders_and_compressions_that_are_read(tmp_path, rng, folder, suffix):
    images, labels = rng.integers(0, 256, (6, 28, 28), np.uint8), np.arange(6, dtype=np.uint8)
    write_idx(tmp_path / folder / f"t10k-images-idx3-ubyte{suffix}", images)
    write_idx(tmp_path / folder / f"t10k-labels-idx1-ubyte{suffix}", labels)
    data = MNIST(str(tmp_path), train=False)
    np.testing.assert_array_equal(data.data.numpy(), images)
    np.testing.assert_array_equal(data.targets.numpy(), labels)


def test_missing_files_are_named_with_both_ways_out(tmp_path):
    for error in (FileNotFoundError, RuntimeError, DatasetNotFoundError):
        with pytest.raises(error) as caught:
            MNIST(tmp_path)
    for due in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                str(tmp_path / "MNIST" / "raw"), "root=None", "download=True"):
        assert due in str(caught.value)


@pytest.mark.parametrize("damage, message", [
    (lambda raw: raw[:-1], "is truncated"),
    (lambda raw: raw + b"x", "has excess bytes"),
    (lambda raw: b"\1" + raw[1:], "is not an IDX file"),
    (lambda raw: b"", "is truncated"),
])
def test_damaged_files_are_refused(small, damage, message):
    path = small[0] / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=f"t10k-images-idx3-ubyte {message}"):
        MNIST(small[0], train=False)


@pytest.mark.parametrize("images, labels", [
    (np.zeros((3, 28, 28), np.uint8), np.zeros(4, np.uint8)),
    (np.zeros((3, 784), np.uint8), np.zeros(3, np.uint8)),
    (np.zeros((3, 28, 28), np.float32), np.zeros(3, np.uint8)),
    (np.zeros((3, 28, 28), np.uint8), np.zeros((3, 1), np.uint8)),
    (np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.int32)),
])
def test_files_that_do_not_belong_together_are_refused(tmp_path, images, labels):
    write_idx(tmp_path / "t10k-images-idx3-ubyte", images)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", labels)
    with pytest.raises(ValueError, match=r"MNIST: needs images uint8 \(N, H, W\) and labels uint8"):
        MNIST(tmp_path, train=False)


def test_download_writes_what_is_missing_and_torchvision_reads_it(tmp_path, test, small):
    from torchvision import datasets as theirs
    root = tmp_path / "new"
    MNIST(root, train=False, download=True)
    raw = root / "MNIST" / "raw"
    assert {path.name: sources.md5_of(path.read_bytes()) for path in raw.iterdir()} == MNIST.md5s
    read = theirs.MNIST(root, train=False)
    np.testing.assert_array_equal(read.data.numpy(), test.data.numpy())
    np.testing.assert_array_equal(read.targets.numpy(), test.targets.numpy())
    assert read.classes == test.classes and read.class_to_idx == test.class_to_idx

    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"mine")
    (raw / "t10k-images-idx3-ubyte").unlink()
    MNIST(root, download=True)
    assert (raw / "t10k-labels-idx1-ubyte").read_bytes() == b"mine"
    assert (raw / "t10k-images-idx3-ubyte").stat().st_size == 7_840_016


def test_samples_equal_torchvisions_with_to_tensor(small):
    from torchvision import datasets as theirs
    from torchvision.transforms import ToTensor
    ours = MNIST(small[0], train=False)
    expected = theirs.MNIST(small[0], train=False, transform=ToTensor())
    with_their_transform = MNIST(small[0], train=False, transform=ToTensor())
    for i in range(len(ours)):
        np.testing.assert_array_equal(ours[i][0].numpy(), expected[i][0].numpy())
        np.testing.assert_array_equal(with_their_transform[i][0].numpy(), expected[i][0].numpy())
        assert ours[i][1] == expected[i][1]
    x, _ = next(iter(DataLoader(with_their_transform, batch_size=10)))
    np.testing.assert_array_equal(x.numpy(), ours.get_batch(range(10))[0].numpy())


def test_an_interrupted_download_leaves_no_half_file(tmp_path, monkeypatch):
    def break_off(path, data):
        path.touch()
        raise KeyboardInterrupt
    monkeypatch.setattr(Path, "write_bytes", break_off)
    with pytest.raises(KeyboardInterrupt):
        MNIST(tmp_path, train=False, download=True)
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


def test_download_without_a_root_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert len(MNIST(train=False, download=True)) == 10000
    assert list(tmp_path.iterdir()) == []


def test_the_split_of_the_studies(train):
    first, second = random_split(train, [50000, 10000], generator=mt.Generator().manual_seed(0))
    assert len(first) == 50000 and len(second) == 10000
    assert sorted(first.indices + second.indices) == list(range(60000))
    again, _ = random_split(train, [50000, 10000], generator=mt.Generator().manual_seed(0))
    assert again.indices == first.indices != list(range(50000))
    x, y = next(iter(DataLoader(second, batch_size=64)))
    expected = train.get_batch(second.indices[:64])
    np.testing.assert_array_equal(x.numpy(), expected[0].numpy())
    np.testing.assert_array_equal(y.numpy(), expected[1].numpy())


def test_repr_says_what_it_is(small, test):
    assert repr(MNIST(small[0])) == (f"Dataset MNIST\n    Number of datapoints: 20\n"
                                     f"    Root location: {small[0]}\n    Split: Train")
    assert "Root location: packaged\n    Split: Test" in repr(test)


def test_without_pillow_only_transforms_fail(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert len(MNIST(small[0])[0]) == 2
    with pytest.raises(ImportError, match="needs Pillow: `pip install pillow`"):
        MNIST(small[0], transform=lambda image: image)[0]


def test_importing_the_package_imports_no_pillow():
    code = ("import sys, minitorch_cnn as mt; mt.datasets.MNIST, mt.data.DataLoader; "
            "print({'PIL', 'torch', 'urllib.request'} & set(sys.modules))")
    root = Path(mt.__file__).resolve().parents[1]
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True)
    assert printed.strip() == "set()"
