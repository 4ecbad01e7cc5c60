"""Pictures in files: every mode becomes R G B; what is broken is refused; folders of them."""
import io
import warnings

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets as theirs

from minitorch_cnn import data, transforms
from minitorch_cnn.datasets import ImageFolder, load_image, pictures

RAMP = np.arange(40, dtype=np.uint8).reshape(5, 8) * 6


def test_a_colored_picture_and_a_grey_one(tmp_path):
    colors = np.stack([RAMP, RAMP[::-1], 255 - RAMP], 2)
    Image.fromarray(colors).save(tmp_path / "a.png")
    Image.fromarray(RAMP).save(tmp_path / "g.png")
    np.testing.assert_array_equal(load_image(tmp_path / "a.png"), colors)
    np.testing.assert_array_equal(load_image(tmp_path / "g.png"), np.stack([RAMP] * 3, 2))
    with open(tmp_path / "g.png", "rb") as file:
        assert load_image(file, "L").mode == "L"
    assert load_image(tmp_path / "g.png", mode=None).mode == "L"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "CMYK", "YCbCr", "HSV", "LAB"])
def test_every_mode_becomes_what_pillow_makes_of_it(tmp_path, mode):
    image = Image.fromarray(np.stack([RAMP] * 3, 2))
    image = image.convert("L" if mode == "LAB" else "RGB")
    if mode != "LAB":
        image = image.convert(mode)
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    if mode == "HSV":
        image = image.convert("RGB")
    image.save(tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as file:
        due = np.asarray(file.convert("RGB"))
    np.testing.assert_array_equal(load_image(tmp_path / f"a.{suffix}"), due)


def test_a_cmyk_jpeg(tmp_path):
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    red.save(tmp_path / "a.jpg", quality=100)
    pixels = np.asarray(load_image(tmp_path / "a.jpg")).astype(int)
    assert pixels.shape == (16, 16, 3) and (abs(pixels - (255, 0, 0)) < 6).all()


def test_sixteen_bits_are_scaled(tmp_path):
    deep = np.linspace(0, 65535, 40).round().astype(np.uint16).reshape(5, 8)
    Image.fromarray(deep).save(tmp_path / "a.png")
    pixels = np.asarray(load_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(pixels, np.stack([np.round(deep / 257).astype(np.uint8)] * 3, 2))


def test_what_is_no_picture_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"load_image: there is no file .*none\.png"):
        load_image(tmp_path / "none.png")
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(ValueError, match=r"text\.jpg is no picture that Pillow reads"):
        load_image(tmp_path / "text.jpg")
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)).save(
        buffer, "JPEG")
    (tmp_path / "half.jpg").write_bytes(buffer.getvalue()[:2000])
    with pytest.raises(ValueError, match=r"half\.jpg .*truncated or damaged"):
        load_image(tmp_path / "half.jpg")


def test_a_huge_picture(tmp_path, monkeypatch):
    Image.new("L", (300, 300)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_image(tmp_path / "a.png").size == (300, 300)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40_000)
    with pytest.raises(ValueError, match=r"a\.png has more than 80,000 pixels"):
        load_image(tmp_path / "a.png")


def test_a_dataset_says_what_it_lacks(tmp_path):
    class Nothing(pictures.PictureDataset):
        def __len__(self):
            return 1

    with pytest.raises(NotImplementedError, match="Nothing.picture is not written"):
        Nothing(tmp_path)[0]
    with pytest.raises(NotImplementedError, match="Nothing.target is not written"):
        Nothing(tmp_path).target(0)


@pytest.fixture
def folder(tmp_path, rng):
    for name in ("cat/b.png", "cat/a.JPG", "dog/sub/c.png", "dog/z.webp", "dog/notes.txt"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("nothing")
        else:
            Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).save(path)
    return tmp_path / "root"


def test_image_folder_is_torchvisions(folder):
    ours, due = ImageFolder(folder), theirs.ImageFolder(str(folder))
    assert ours.classes == due.classes and ours.class_to_idx == due.class_to_idx
    assert ours.samples == due.samples == ours.imgs and ours.targets == due.targets
    assert len(ours) == 4 and "Number of datapoints: 4" in repr(ours)
    for i in range(4):
        image, label = ours[i]
        assert image.shape == (3, 9, 12) and label == due[i][1]
        np.testing.assert_array_equal(image.data, np.asarray(due[i][0]).transpose(2, 0, 1) /
                                      np.float32(255))


def test_transforms_of_a_folder(folder):
    ours = ImageFolder(folder, transforms.Compose([transforms.Resize((4, 4)),
                                                   transforms.ToTensor()]), lambda i: 10 + i)
    images, labels = next(iter(data.DataLoader(ours, 4)))
    assert images.shape == (4, 3, 4, 4) and labels.data.tolist() == [10, 10, 11, 11]


def test_a_loader_and_a_filter_of_ones_own(folder):
    with pytest.raises(FileNotFoundError, match="no picture in the folders cat of"):
        ImageFolder(folder, is_valid_file=lambda path: path.endswith("txt"))
    ours = ImageFolder(folder, transform=lambda x: x, loader=str, allow_empty=True,
                       is_valid_file=lambda path: path.endswith("txt"))
    assert ours[0][0].endswith("notes.txt") and ours[0][1] == 1


def test_a_folder_without_classes(tmp_path):
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileNotFoundError, match="has no subfolders, one for each class"):
            ImageFolder(root)
