"""Results that a study keeps, and the types of its options."""
import argparse
import time

import numpy as np
import pytest

from minitorch_cnn import report
from minitorch_cnn.report import options, results


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """As in a new process."""
    monkeypatch.setattr(results, "_made", {})
    monkeypatch.setattr(results, "_earlier", {})


def test_it_is_computed_once(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return {"x": np.arange(3.0), "name": "a"}
    path = tmp_path / "deep" / "x.safetensors"
    first, second = report.kept(path, compute), report.kept(path, compute)
    assert len(calls) == 1
    assert first["name"] == second["name"] == "a"
    np.testing.assert_array_equal(second["x"].data, [0, 1, 2])


def test_the_time_of_earlier_processes_is_told_apart(tmp_path):
    path = tmp_path / "x.safetensors"
    spent = report.kept(path, lambda: (time.sleep(0.05), {"x": 1})[1])["spent"]
    assert 0.05 <= spent < 5
    assert report.earlier() == 0
    results._made.clear()
    report.kept(path, dict)
    report.kept(path, dict)
    assert report.earlier() == spent


def test_the_time_of_a_result_inside_another_is_not_counted_twice(tmp_path):
    def inner():
        time.sleep(0.2)
        return {"x": 1}

    def outer():
        report.kept(tmp_path / "inner.safetensors", inner)
        return {"x": 2}
    start = time.perf_counter()
    outside = report.kept(tmp_path / "outer.safetensors", outer)["spent"]
    passed = time.perf_counter() - start
    inside = report.kept(tmp_path / "inner.safetensors", inner)["spent"]
    assert inside >= 0.2
    assert inside + outside <= passed


def test_what_fails_or_is_interrupted_keeps_nothing(tmp_path):
    def interrupted():
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        report.kept(tmp_path / "x.safetensors", interrupted)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_says_what_to_do(tmp_path):
    path = tmp_path / "x.safetensors"
    report.kept(path, lambda: {"x": np.zeros(100)})
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"x\.safetensors is damaged .*; delete it, and"):
        report.kept(path, dict)


@pytest.mark.parametrize("kind, text, why", [
    (options.at_least_one, "0", "from 1 on, got 0"),
    (options.at_least_one, "-3", "from 1 on, got -3"),
    (options.at_least_one, "two", "from 1 on, got two"),
    (options.place, "gpu", "gpu"),
    (options.existing, "/no/such/folder", "there is no folder /no/such/folder"),
    (options.writable, "/dev/null/x", "no results can be written to /dev/null/x"),
])
def test_an_option_that_cannot_be_says_why(kind, text, why):
    with pytest.raises(argparse.ArgumentTypeError, match=why):
        kind(text)


def test_options_that_can_be(tmp_path):
    assert options.at_least_one("12") == 12
    assert options.place("cpu") == "cpu"
    assert options.existing(str(tmp_path)) == tmp_path
    assert options.writable(str(tmp_path / "new" / "folder")).is_dir()
