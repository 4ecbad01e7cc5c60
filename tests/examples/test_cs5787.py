"""The scripts of the homework, tiny: a net of two convolutions, small pictures, few steps."""
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scripts import scripts

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.data import TensorDataset
from minitorch_cnn.datasets import DatasetNotFoundError, load_image
from minitorch_cnn.datasets.oxford_pets import BREEDS
from minitorch_cnn.models import Weights
from minitorch_cnn.report import Report

FOLDER = Path(__file__).parents[2] / "examples" / "cs5787"
S = scripts(FOLDER)
WEIGHTS = Weights("mobilenet_v2", "TINY", "tiny.pth", (71.0, 90.0), crop=24, resize=28)


def tiny_net(name, weights=None):
    """Stands for a pretrained net; its features are what colors there are."""
    mt.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, padding=1),
                        nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 64, 3), nn.ReLU6(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 1000))
    net.weights = WEIGHTS
    return net


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(S["pretrained"].models, "get_model", tiny_net)
    for function in (S["pretrained"].pretrained, S["features"].pets, S["cifar_runs"].cifar):
        function.cache_clear()
    monkeypatch.setattr(S["cifar_runs"], "QUICK", (64, 40))
    monkeypatch.setattr(S["cifar_runs"], "BATCH", 32)
    rng = np.random.default_rng(0)
    data = TensorDataset(mt.Tensor(rng.random((64, 3, 32, 32), np.float32)),
                         mt.Tensor(rng.integers(0, 10, 64)))
    monkeypatch.setattr(S["cifar_runs"], "cifar", lambda root, train, augment=(): data)
    yield
    S["pretrained"].pretrained.cache_clear()


@pytest.fixture(scope="module")
def pets(tmp_path_factory):
    """Ten pictures of each breed, all of one color with some noise."""
    root, rng = tmp_path_factory.mktemp("pets"), np.random.default_rng(0)
    (root / "images").mkdir()
    colors = rng.integers(0, 256, (37, 3))
    for breed, color in zip(BREEDS, colors):
        for n in range(10):
            pixels = np.clip(color + rng.integers(-9, 10, (30, 34, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / "images" / f"{breed}_{n}.jpg", quality=95)
    return root


@pytest.fixture
def s(tmp_path, pets):
    return S["common"].Settings(tmp_path, quick=True, root=pets)


@pytest.fixture
def report():
    return Report("tiny")


def test_classification_names_what_the_net_says(s, report):
    found = S["classify"].study(s, report)
    _, model, weights = S["pretrained"].net_of(s)
    images = S["pretrained"].photographs(weights)
    assert images.shape == (4, 3, 24, 24) and 0 <= images.min() < images.max() <= 1
    with mt.no_grad():
        p = mt.softmax(model(mt.Tensor(images)), 1).data
    names = weights.meta["categories"]
    assert {k: v[0] for k, v in found.items()} == {
        photo: names[row.argmax()] for photo, row in zip(S["pretrained"].PHOTOS, p)}
    text = report.to_markdown()
    assert all(name in text for name, _ in found.values()) and "71.0 % and 90.0 %" in text


def test_the_photographs_are_the_published_files():
    from hashlib import sha256
    folder = S["pretrained"].FOLDER
    listed = (folder / "README.md").read_text()
    for name in S["pretrained"].PHOTOS:
        assert sha256((folder / f"{name}.png").read_bytes()).hexdigest() in listed
        assert load_image(folder / f"{name}.png").mode == "RGB"


def test_feature_maps_are_scaled_and_named(s, report):
    found = S["feature_maps"].study(s, report)
    assert [found[k]["layer"] for k in ("early", "middle", "late")] == ["1", "3", "6"]
    assert found["middle"]["size"] == "24x24" and found["late"]["size"] == "10x10"
    for f in found.values():
        assert f["maps"].shape[0] == 5 and f["maps"].min() == 0 and f["maps"].max() == 1
    bright = np.arange(24.0).reshape(4, 6)
    np.testing.assert_allclose(S["feature_maps"].shrunk(bright, (2, 3)),
                               bright.reshape(2, 2, 3, 2).mean((1, 3)))


def test_transfer_tells_colored_breeds_apart(s, report, monkeypatch):
    monkeypatch.setattr(S["features"], "NETS", {"mobilenet_v2": "TINY"})
    monkeypatch.setattr(S["transfer"], "NETS", {"mobilenet_v2": "TINY"})
    s = dataclasses.replace(s, quick=False)
    monkeypatch.setattr(S["linear"], "STRENGTHS", (1000,))
    found = S["transfer"].study(s, report)
    assert len(found) == 2 and min(found.values()) > 0.3
    monkeypatch.setattr(S["features"], "computed", None)  # the features were kept
    x, y = S["features"].features(s, "mobilenet_v2", "TINY", "test")
    assert x.shape == (111, 64) and y.tolist() == [k for k in range(37) for _ in range(3)]
    np.testing.assert_allclose((x ** 2).sum(1), 1, rtol=1e-5)


def test_mean_per_class():
    said, y = np.array([0, 0, 1, 2]), np.array([0, 0, 0, 2])
    assert S["transfer"].mean_per_class(said, y) == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize("strength", [1, 100])
def test_our_softmax_layer_finds_what_scikit_learn_finds(strength, rng):
    centers = rng.standard_normal((4, 6))
    y = np.repeat(np.arange(4), 30)
    x = (centers[y] + 0.7 * rng.standard_normal((120, 6))).astype(np.float32)
    ours = S["linear"].softmax_layer(x, y, strength)(x)
    assert (ours == S["linear"].scikit_learn(x, y, strength)(x)).mean() > 0.97


def test_the_cifar_nets():
    asked, normed, better = (S["cifar_nets"].asked(), S["cifar_nets"].asked(True),
                             S["cifar_nets"].better())
    counts = [sum(p.numel() for p in net.parameters()) for net in (asked, normed, better)]
    assert counts[:2] == [246_026, 246_666] and counts[2] > 1e6
    names = [type(layer).__name__ for layer in normed.model]
    assert names[:4] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"] and names.count("ReLU") == 3
    x = mt.rand(2, 3, 32, 32)
    for net in (asked, normed, better, S["cifar_nets"].better(8)):
        assert net(x).shape == (2, 10)


def test_cifar_resumes_and_reports(s, report, monkeypatch):
    found = S["cifar"].study(s, report)
    text = report.to_markdown()
    assert set(found) == {"asked net", "asked net with batch norm", "better net"}
    assert all(name in text for name in found) and "246,026" in text
    monkeypatch.setattr(S["cifar_runs"], "_train", None)  # all of it was kept
    assert S["cifar"].study(s, Report("again")) == found


def test_ctrl_c_ends_the_study_and_leaves_no_result(s, monkeypatch):
    class Stopped(S["cifar_runs"].Trainer):
        def _end_batch(self, record):
            raise KeyboardInterrupt

    monkeypatch.setattr(S["cifar_runs"], "Trainer", Stopped)
    with pytest.raises(KeyboardInterrupt, match="interrupted in epoch 1"):
        S["cifar_runs"].trained(s, S["cifar_runs"].ASKED)
    assert not list(s.folder.glob("results/**/*.safetensors"))


def test_the_sheet_of_filters(rng):
    filters = rng.standard_normal((64, 3, 11, 11))
    filters[5] = 0.25
    sheet = S["cifar"].sheet(filters)
    assert sheet.shape == (3, 4 * 12 - 1, 16 * 12 - 1) and np.isfinite(sheet).all()
    second_row = sheet[:, 12:23, :11]
    f = filters[16] - filters[16].min()
    np.testing.assert_allclose(second_row, f / f.max())
    assert not sheet[:, :11, 60:71].any()


def test_fooling_stays_within_eps_and_survives_a_file(s, report):
    found = S["fooling"].study(s, report)
    assert set(found) == {"space shuttle", "banana", "lion", "sports car"}
    images = S["pretrained"].photographs(WEIGHTS)
    kept = mt.load(s.folder / "results" / "fooling" / "mobilenet_v2-812.safetensors")
    change = np.abs(kept["images"].data - images)
    assert 0.99 * 4 / 255 < change.max() <= 4 / 255 + 1e-6
    model = S["pretrained"].net_of(s)[1]
    with mt.no_grad():
        before = mt.softmax(model(mt.Tensor(images)), 1).data[:, 812]
    assert (kept["p"].data > before).all()
    again = np.asarray(load_image(s.folder / "fooling" / "812-2.png")).transpose(2, 0, 1)
    np.testing.assert_allclose(again / 255, kept["images"].data[2], atol=0.51 / 255)
    assert "No weight changed" in report.to_markdown()


def test_the_logarithm_and_the_logit_climb_higher_than_the_probability(s):
    _, model, weights = S["pretrained"].net_of(s)
    curves = S["attacking"].ascent_curves(s, model, S["pretrained"].photographs(weights), 812)
    ends = {name: curve.data[-1] / curve.data[0] for name, curve in curves.items()}
    assert ends["log P"] > ends["P"] >= 1 and ends["logit"] > ends["P"]


def test_views_keep_the_shape_and_pass_gradients():
    x = mt.rand(2, 3, 24, 24).requires_grad_()
    views = S["many_views"].views(x)
    assert len(views) == 6 and all(view.shape == x.shape for view in views)
    sum((view.sum() for view in views[1:]), views[0].sum()).backward()
    assert (x.grad.data > 0).mean() > 0.99


def test_robustness_counts_what_survives(s, report):
    found = S["robustness"].study(s, report)
    assert len(found) == 3 and all(0 <= n <= 4 for counts in found.values() for n in counts)
    kept = mt.load(s.folder / "results" / "robustness" / "mobilenet_v2.safetensors")
    images = S["pretrained"].photographs(WEIGHTS)
    assert np.abs(kept["images"].data - images).max() <= 8 / 255 + 1e-6
    assert "rotation 30°" in report.to_markdown()


def test_all_goes_on_where_it_was_interrupted(tmp_path, pets, monkeypatch, capsys):
    monkeypatch.setattr(S["features"], "NETS", {"mobilenet_v2": "TINY"})
    monkeypatch.setattr(S["transfer"], "NETS", {"mobilenet_v2": "TINY"})
    arguments = ["--quick", "--out", str(tmp_path), "--root", str(pets), "--weights", "TINY"]
    study = S["robustness"].study

    def interrupted(s, report):
        raise KeyboardInterrupt

    monkeypatch.setattr(S["robustness"], "study", interrupted)
    with pytest.raises(KeyboardInterrupt):
        S["all"].main(arguments)
    monkeypatch.setattr(S["robustness"], "study", study)
    for name, function in (("cifar_runs", "_train"), ("features", "computed"),
                           ("fooling", "fooled"), ("fooling", "ascent_curves")):
        monkeypatch.setattr(S[name], function, None)
    found = S["all"].main(arguments)
    assert list(found) == [part.__name__ for part in S["all"].PARTS]
    page = (tmp_path / "quick" / "report.html").read_text()
    for question in ("Does the preprocessing matter?", "What changes with depth?",
                     "What is confused", "What do batch norm and the better net bring?",
                     "Why is the probability a bad objective?", "Are the fooling images robust?"):
        assert question in page


def test_all_leaves_out_what_nobody_can_fetch(tmp_path, monkeypatch):
    def missing(s, report):
        raise DatasetNotFoundError("no pets")

    monkeypatch.setattr(S["all"], "PARTS", (S["classify"], S["transfer"]))
    monkeypatch.setattr(S["transfer"], "study", missing)
    assert list(S["all"].main(["--quick", "--out", str(tmp_path)])) == ["classify"]
    assert "transfer is missing: no pets" in (tmp_path / "quick" / "report.md").read_text()


def test_options(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = S["common"].settings("doc", ["--model", "resnet18", "--quick"])
    assert options.weights == "DEFAULT" and options.folder.name == "quick"
    assert S["common"].settings("doc", []).weights == "IMAGENET1K_V1"
    for option in ("--root", "--cifar"):
        with pytest.raises(SystemExit):
            S["common"].settings("doc", [option, "elsewhere"])
        assert "there is no folder elsewhere" in " ".join(capsys.readouterr().err.split())
