"""The doctor looks, tries and advises; nothing that is missing makes it fail."""
import ctypes
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gpu_sim.cupy_standin import installed

from minitorch_cnn import doctor, kernels
from minitorch_cnn.doctor import findings

ROOT = Path(__file__).resolve().parents[2]


def by_name():
    return {finding.name: finding for finding in doctor.examine()}


@pytest.fixture
def driver(monkeypatch):
    """A driver of a version to be set."""
    def set_version(version):
        monkeypatch.setattr(findings, "driver_version", lambda: version)
    return set_version


def test_a_machine_without_gpu(driver):
    driver(None)
    found = by_name()
    assert found["NumPy"].works and np.__version__ in found["NumPy"].text
    assert "blas" in found["NumPy"].text.lower() or "not known" in found["NumPy"].text
    assert found["Numba"].works and "threads (" in found["Numba"].text
    assert not found["driver"].works and "no GPU" in found["driver"].text
    assert not found["CuPy"].works and "NVRTC" not in found
    text = doctor.report(doctor.examine())
    assert text.endswith("Nothing to mend; the CPU is used.") and "ok  NumPy " in text


@pytest.mark.parametrize("version, extra", [(12040, "cuda12"), (13000, "cuda13")])
def test_a_driver_without_cupy(driver, version, extra):
    driver(version)
    text = doctor.report(doctor.examine())
    assert f"for CUDA {version // 1000}." in text
    assert text.endswith(f'    pip install "minitorch_cnn[{extra}]"')


def test_cupy_without_a_gpu(driver, monkeypatch):
    monkeypatch.setattr(findings, "_version", {"cupy-cuda13x": "14.2.0"}.get)
    driver(None)
    assert by_name()["CuPy"].text == "cupy-cuda13x 14.2.0 finds no GPU"
    assert not by_name()["CuPy"].packages
    driver(13000)
    assert by_name()["CuPy"].packages


def test_a_gpu(driver):
    driver(13000)
    with installed():
        found = by_name()
        for name in ("CuPy", "NVRTC", "cuBLAS", "graphs"):
            assert found[name].works, found[name].text
        assert "used for what is moved" in doctor.report(doctor.examine())


def test_a_gpu_that_captures_nothing(driver, monkeypatch):
    driver(13000)
    with installed():
        cublas = importlib.import_module("minitorch_cnn.kernels.cuda.cublas")
        monkeypatch.setattr(cublas, "library", lambda: None)
        text = by_name()["graphs"].text
        assert not by_name()["graphs"].works and "is not one graph" in text and "cuBLAS" in text


@pytest.mark.parametrize("broken, name", [("relu_forward", "NVRTC"), ("eye", "cuBLAS")])
def test_a_broken_gpu(driver, monkeypatch, broken, name):
    def fails(*args, **options):
        raise RuntimeError("libnvrtc.so.13: cannot open\nmore")

    driver(13000)
    with installed():
        if broken == "eye":
            monkeypatch.setattr(findings, "_multiply", fails)
        else:
            monkeypatch.setattr(findings, "_compile", fails)
        found = by_name()[name]
        assert not found.works and found.text == "RuntimeError: libnvrtc.so.13: cannot open"
        assert found.packages == ("minitorch_cnn[cuda13]",)


def test_nonsense_is_noticed(driver, monkeypatch):
    driver(13000)
    with installed():
        monkeypatch.setattr(kernels, "relu_forward", lambda x: x)
        assert by_name()["NVRTC"].text == "RuntimeError: a kernel computed nonsense"


def test_without_numba(monkeypatch):
    monkeypatch.setattr(findings.threads, "has_numba", lambda: False)
    assert by_name()["Numba"].packages == ("numba",)
    assert "pip install numba" in doctor.report(doctor.examine())


def test_a_broken_numba(monkeypatch):
    def fails(x):
        raise ImportError("")

    monkeypatch.setattr(kernels, "relu_forward", fails)
    assert findings.find_numba().text == "installed, but ImportError"


def test_an_unknown_blas(monkeypatch):
    monkeypatch.setattr(np, "show_config", lambda mode: {})
    assert "its BLAS is not known" in findings.find_numpy().text


@pytest.mark.parametrize("error, version", [(0, 12080), (100, None)])
def test_the_driver_is_asked(monkeypatch, error, version):
    class Library:
        def cuDriverGetVersion(self, pointer):  # noqa: N802
            pointer._obj.value = 12080
            return error

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    assert findings.driver_version() == version


def test_without_a_driver(monkeypatch):
    def fails(name):
        raise OSError("no such file")

    monkeypatch.setattr(ctypes, "CDLL", fails)
    assert findings.driver_version() is None


def test_it_runs():
    run = subprocess.run([sys.executable, "-m", "minitorch_cnn.doctor"], cwd=ROOT,
                         capture_output=True, text=True)
    assert run.returncode == 0 and "NumPy" in run.stdout and not run.stderr
