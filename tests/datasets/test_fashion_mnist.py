"""Fashion-MNIST: the folders it is looked for in, in which order, and what is verified."""
import numpy as np
import pytest

from minitorch_cnn.datasets import FashionMNIST, fashion_mnist, sources, write_idx
from minitorch_cnn.datasets.idx import idx_bytes

IMAGES = np.arange(5 * 28 * 28, dtype=np.uint8).reshape(5, 28, 28)
LABELS = np.arange(5, dtype=np.uint8)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No Debian package, an empty cache, and checksums of a small stand-in for the real files."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDERS", [tmp_path / "debian"])
    monkeypatch.setenv("MINITORCH_CNN_CACHE", str(tmp_path / "cache"))
    md5s = {name: sources.md5_of(idx_bytes(IMAGES if "images" in name else LABELS))
            for name in FashionMNIST.md5s}
    monkeypatch.setattr(FashionMNIST, "md5s", md5s)
    monkeypatch.setattr(FashionMNIST, "mirrors", [(tmp_path / "mirror").as_uri() + "/"])


def _fill(folder, suffix=""):
    for name in FashionMNIST.md5s:
        write_idx(folder / f"{name}{suffix}", IMAGES if "images" in name else LABELS)


def _check(data):
    np.testing.assert_array_equal(data.data.numpy(), IMAGES)
    np.testing.assert_array_equal(data.targets.numpy(), LABELS)
    assert data[3][0].shape == (1, 28, 28) and data[3][1] == 3


def test_torchvisions_folder(tmp_path):
    from torchvision import datasets as theirs
    _fill(tmp_path / "FashionMNIST" / "raw")
    ours, expected = FashionMNIST(tmp_path), theirs.FashionMNIST(tmp_path)
    _check(ours)
    assert ours.classes == expected.classes and len(ours) == len(expected)


def test_the_debian_package_is_found_and_verified(tmp_path):
    _fill(tmp_path / "debian", ".gz")
    _check(FashionMNIST(train=False))
    assert f"Root location: {tmp_path / 'debian'}" in repr(FashionMNIST())
    _check(FashionMNIST(train=False, download=True))
    assert not (tmp_path / "cache").exists()
    write_idx(tmp_path / "debian" / "t10k-labels-idx1-ubyte.gz", LABELS[::-1])
    with pytest.raises(ValueError, match="wrong checksum"):
        FashionMNIST(train=False)


@pytest.mark.parametrize("where", ["root", "cache"])
@pytest.mark.parametrize("origin, suffix", [("debian", ".gz"), ("mirror", ".gz")])
def test_download_fills_a_folder(tmp_path, where, origin, suffix):
    root = tmp_path / "root" if where == "root" else None
    _fill(tmp_path / origin, suffix)
    _check(FashionMNIST(root, download=True))
    if where == "root" or origin == "mirror":
        files = sorted((tmp_path / where / "FashionMNIST" / "raw").iterdir())
        assert [path.name for path in files] == sorted(FashionMNIST.md5s)
    _check(FashionMNIST(root))


@pytest.mark.parametrize("root", [None, "root"])
def test_missing_files_are_named_with_the_ways_out(tmp_path, root):
    for options in ({}, {"download": True}):
        with pytest.raises(RuntimeError) as caught:
            FashionMNIST(root and tmp_path / root, **options)
        for due in ("FashionMNIST", "train-images-idx3-ubyte",
                    "apt-get install dataset-fashion-mnist", "download=True",
                    "torchvision.datasets.FashionMNIST(root, download=True)"):
            assert due in str(caught.value)
    assert not list(tmp_path.rglob("*ubyte*"))


def test_a_wrong_download_is_refused(tmp_path):
    _fill(tmp_path / "mirror", ".gz")
    write_idx(tmp_path / "mirror" / "t10k-images-idx3-ubyte.gz", IMAGES[:4])
    with pytest.raises(RuntimeError, match="wrong checksum"):
        FashionMNIST(download=True)
    assert not (tmp_path / "cache" / "FashionMNIST" / "raw" / "t10k-images-idx3-ubyte").exists()
