"""The parts of the study that look inside and attack, small, on nets trained for a second."""
import sys

import numpy as np
import pytest
from tiny_study import fewer_steps, script

import minitorch_cnn as mt
from minitorch_cnn.attacks import weights_checksum
from minitorch_cnn.data import DataLoader, Subset
from minitorch_cnn.datasets import MNIST
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.nn import functional as F
from minitorch_cnn.optim import Adam
from minitorch_cnn.report import Report

activation_maximization = script("activation_maximization")
activation_measures = script("activation_measures")
activations = script("activations")
common = script("common")
filter_parts = script("filter_parts")
filters = script("filters")
image_pull = script("image_pull")
nets = script("nets")
noise_transfer = script("noise_transfer")
occlusion = script("occlusion")


def tiny(batch_norm, seed):
    """The study's net after one epoch of 2,000 images."""
    mt.manual_seed(seed)
    model = MnistCNN(batch_norm=batch_norm)
    optimizer = Adam(model.parameters(), lr=0.003)
    for images, labels in DataLoader(Subset(MNIST(), range(2_000)), 50, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return {"model": model.state_dict(), "as_written": {"buffers_moved": 0}, "spent": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where trained nets are kept already."""
    out = tmp_path_factory.mktemp("study")
    runs = out / "quick" / "results" / "runs"
    runs.mkdir(parents=True)
    normed = tiny(True, 0)
    mt.save(normed, runs.parent / "best.safetensors")
    mt.save(tiny(False, 1), runs / "RMSProp-0.safetensors")
    mt.save(tiny(False, 0), runs / "report2019-0.safetensors")
    for name in ("SGD+BN", "Adam+BN"):
        mt.save(normed, runs / f"{name}-0.safetensors")
    return out


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Fewer steps, pairs and images."""
    fewer_steps(monkeypatch)


def run(part, folder, as_written=False):
    """(what study() returned, the report)."""
    s = common.Settings(folder, as_written, quick=True, seeds=1)
    report = Report("test", as_written=as_written)
    return part.study(s, report), report


def figures(report):
    return [block for block in report.blocks if type(block).__name__ == "Figure"]


def test_filters(folder):
    found, report = run(filters, folder)
    assert len(figures(report)) == 4 and len(found["channels"]) == 3
    for name, shares in found["shares"].items():
        assert np.isclose(sum(shares), 1), name
    assert all(low <= share <= high for share, (low, high)
               in zip(found["shares"]["untrained"], found["chance"]["untrained"]))
    assert "interesting patterns" in report.to_markdown()
    written, report = run(filters, folder, as_written=True)
    assert written["channels"] == [0] and "as written" in report.to_markdown()


def test_parts_of_a_filter():
    edge = np.outer([1, 2, 1], [1, 0, -1])[None]
    spot = np.array([[[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]])
    assert np.allclose(filter_parts.shares_of(edge), (0, 1, 0))
    assert np.allclose(filter_parts.shares_of(spot), (0, 0, 1))
    assert np.allclose(filter_parts.shares_of(np.ones((2, 3, 3))), (1, 0, 0))
    assert np.isclose(filter_parts.likeness(-2 * edge, np.concatenate([-edge, spot])), 1)


@pytest.mark.parametrize("as_written", [False, True])
def test_activations(folder, as_written):
    found, report = run(activations, folder, as_written)
    assert [found[layer]["side"] for layer in (1, 2)] == [28, 14]
    assert len(figures(report)) == 6
    assert ("bn1" in report.to_markdown()) != as_written  # report2019's net has no batch norm
    assert 0 < found[1]["zeros"] < 100 and 0 < found[2]["like"] < 1
    assert found[2]["told"] > 60


def test_measures_of_activations(rng):
    images = rng.random((40, 1, 28, 28))
    labels = np.arange(40) % 10
    measured = activation_measures.measured(np.concatenate([images, -images], 1), images, labels)
    assert np.isclose(measured["like"], 1)
    signs = np.zeros((40, 10, 2, 2))
    signs[np.arange(40), labels] = 1
    assert activation_measures.told_apart(signs, labels) == 1


def test_occlusion(folder):
    found, report = run(occlusion, folder)
    sides = {1: 28, 2: 27, 3: 26, 4: 25, 5: 24, 7: 22, 14: 15}
    assert {size: shape[0] for size, shape in found["positions"].items()} == sides
    assert tuple(found["report2019"]) == (8, 8)
    digit, background = found["over"][0.0]
    assert digit > background, "black costs more over the digit"
    assert found["auc"]["occlusion, black"][0] < found["auc"]["chance"][0]
    assert found["auc"]["occlusion, black"][1] > found["auc"]["chance"][1]
    assert len(figures(report)) == 8


def test_occlusion_as_written(folder):
    found, report = run(occlusion, folder, as_written=True)
    assert {size: shape[0] for size, shape in found["positions"].items()} == {
        1: 27, 3: 25, 5: 23, 7: 21, 14: 14}
    assert tuple(found["report2019"]) == (7, 7)
    assert found["agree"] < 0.9, "transposed maps differ"
    assert report.to_markdown().count("✓ equal") == 6


def test_activation_maximization(folder):
    found, report = run(activation_maximization, folder)
    for kind in ("free", "smooth"):
        f = found[kind]
        assert (f["p_target"] >= 0.99).sum() >= 8
        assert f["images"].min() >= 0 and f["images"].max() <= 1
    falls = [int(f["falls"].sum()) for f in found["steps"].values()]
    assert falls == sorted(falls) and falls[-1] > 0
    assert "Is the cost increasing?" in report.to_markdown()
    assert len(figures(report)) == 4


def test_activation_maximization_as_written(folder):
    found, report = run(activation_maximization, folder, as_written=True)
    assert found.pop("short").startswith("Activation maximization: report2019, ")
    assert {name: f["steps"] for name, f in found.items()} == {"report2019": 30, "notebook2023": 20}
    for f in found.values():
        assert np.median(f["p_start"]) > 0.95, "noise around 128 is a digit for sure"
        assert 100 < f["images"].mean() < 160
    assert "as written" in report.to_markdown()


def test_image_pull(folder):
    found, report = run(image_pull, folder)
    for cost in ("logit", "log_probability"):
        f = found[cost]
        assert f["images"].shape == (90, 1, 28, 28)
        assert f["rounded"].mean() > 0.5 and np.median(f["mse"]) < 0.1
    assert len(figures(report)) == 2
    assert "second net" in report.to_markdown()


def test_image_pull_as_written(folder):
    found, _ = run(image_pull, folder, as_written=True)
    assert found.pop("short").endswith("(notebook2023).")
    assert [len(f["looks"]) for f in found.values()] == [9, 9, 90]
    assert all(f["moved"] < 1 and f["far"] > 100 for f in found.values()), "the pull is invisible"


@pytest.mark.parametrize("as_written", [False, True])
def test_noise_transfer(folder, as_written):
    found, report = run(noise_transfer, folder, as_written)
    assert found["success"].all() and (found["needed"] > 0).any()
    assert found["rates"][1] < 0.5, "made for one image"
    noisy = np.clip(found["start"] + found["noise"], 0, 1)
    assert np.allclose(noisy, found["images"], atol=1e-6)
    assert len(figures(report)) == 2


def test_no_weight_changes(folder):
    s = common.Settings(folder, quick=True, seeds=1)
    model = nets.net_of(s)
    before = weights_checksum(model)
    found, report = run(noise_transfer, folder)
    assert found["weights"] == before == weights_checksum(model)
    assert before[:16] in report.to_markdown()

    def spoil():
        model.fc2.bias.data += 1
        return {}

    with pytest.raises(RuntimeError, match="the net changed"):
        nets.kept_for(s, model, "test/spoiled", spoil)
    model.fc2.bias.data -= 1


def test_results_belong_to_their_net(folder):
    s = common.Settings(folder, quick=True, seeds=1)
    first, second = nets.net_of(s), nets.judge(s)
    a, b = (nets.kept_for(s, net, "test/value", lambda v=v: {"value": v})
            for net, v in ((first, 1), (second, 2)))
    again = nets.kept_for(s, first, "test/value", lambda: {"value": 3})
    assert (a["value"], b["value"], again["value"]) == (1, 2, 1)


def test_a_script_alone_writes_its_page(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["filters.py", "--quick", "--out", str(folder)])
    common.run_alone(filters.__doc__, filters.study)
    assert "page:" in capsys.readouterr().out
    assert (folder / "quick" / "filters.html").exists()
