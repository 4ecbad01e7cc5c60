"""The assignment's study on a GPU: the parts that look inside a net, on some images."""
import dataclasses

import pytest
from tiny_study import script

import minitorch_cnn as mt
from minitorch_cnn.data import DataLoader, Subset
from minitorch_cnn.datasets import MNIST
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.report import Report

common = script("common")


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Where a net is kept that has learned nothing; few images."""
    mt.manual_seed(0)
    path = tmp_path / "quick" / "results" / "best.safetensors"
    path.parent.mkdir(parents=True)
    mt.save({"model": MnistCNN(batch_norm=True).state_dict(), "spent": 1.0}, path)
    few = [DataLoader(Subset(MNIST(train=False), range(130)), 130)] * 3
    monkeypatch.setattr(script("activations"), "loaders", lambda s, count: few)
    return dataclasses.replace(common.Settings(tmp_path, quick=True), device="cuda")


@pytest.mark.parametrize("part", ["filters", "activations"])
def test_a_part_runs_unchanged(part, settings):
    report = Report(part)
    script(part).study(settings, report)
    here, there = report.to_markdown(), Report(part)
    script(part).study(dataclasses.replace(settings, device="cpu"), there)
    assert here.count("![") == there.to_markdown().count("![") > 0
