"""Installed, installed in place, and run from a clone: the same package with the same files.

The sources are copied first, so that nothing is built inside the clone; nothing is downloaded.
"""
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
OFFLINE = ["--no-deps", "--no-build-isolation", "--no-index"]
USE = """
import minitorch_cnn as mt
from minitorch_cnn import kernels
assert all(p.has("reference") and p.version("cuda") for p in kernels.PRIMITIVES.values())
assert all(p.has("cpu") for p in (kernels.conv2d_forward, kernels.relu_forward))
with kernels.use("cpu"):
    assert mt.relu(mt.tensor([-1.0, 2.0])).tolist() == [0, 2]  # compiled in a moment
with kernels.use("reference"):
    y = mt.conv2d(mt.ones(1, 1, 4, 4), mt.ones(1, 1, 3, 3))
images, labels = mt.datasets.MNIST(train=False).data, None
assert y.tolist() == [[[[9, 9], [9, 9]]]] and images.shape == (10000, 28, 28)
print(mt.__file__)
"""


def call(command, where, **environment):
    done = subprocess.run(command, cwd=where, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": "", **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what is needed to build."""
    copy = tmp_path_factory.mktemp("sources")
    for folder in ("minitorch_cnn", "kernels"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    return copy


@pytest.fixture(scope="module")
def wheel(sources, tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    call([*PIP, "wheel", str(sources), *OFFLINE, "-w", str(out)], out)
    return next(out.glob("minitorch_cnn-*.whl"))


def packaged(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_source_file(wheel):
    wanted = {str(p.relative_to(ROOT)) for p in (ROOT / "minitorch_cnn").rglob("*.py")}
    for path in (ROOT / "kernels").rglob("*"):
        if path.suffix in (".py", ".cu", ".cuh"):
            wanted.add(f"minitorch_cnn/{path.relative_to(ROOT)}")
    data = ROOT / "minitorch_cnn" / "datasets" / "mnist_data"
    wanted |= {str(p.relative_to(ROOT)) for p in data.iterdir() if p.suffix == ".xz"}
    assert len(wanted) > 100 and not wanted - packaged(wheel)


def test_the_wheel_holds_nothing_else(wheel):
    top = {file.split("/")[0] for file in packaged(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == {"minitorch_cnn"}
    assert not [file for file in packaged(wheel) if "test" in file or "__pycache__" in file]


def test_setup_lists_every_language():
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    folders = [p.name for p in (ROOT / "kernels").iterdir() if (p / "__init__.py").is_file()]
    assert sorted(folders) == ["cpu", "cuda", "reference"]
    assert all(f'"{folder}"' in text for folder in folders)
    assert not (ROOT / "kernels" / "__init__.py").exists()


def test_a_plain_install_works(wheel, tmp_path):
    site = str(tmp_path / "site")
    call([*PIP, "install", "--no-compile", str(wheel), *OFFLINE, "--target", site], tmp_path)
    assert call([sys.executable, "-c", USE], tmp_path, PYTHONPATH=site).startswith(site)


def test_an_editable_install_works(sources, tmp_path):
    call([*PIP, "install", "--no-compile", "-e", str(sources), *OFFLINE,
          "--prefix", str(tmp_path)], tmp_path)
    site = next(tmp_path.rglob("site-packages"))
    code = f"import site; site.addsitedir({str(site)!r})\n{USE}"
    assert call([sys.executable, "-c", code], tmp_path).startswith(str(sources))


@pytest.mark.parametrize("inside", [True, False])
def test_a_clone_works(sources, tmp_path, inside):
    where = sources if inside else tmp_path
    place = call([sys.executable, "-c", USE], where, PYTHONPATH="" if inside else str(sources))
    assert Path(place).resolve().is_relative_to(sources.resolve())


def test_the_readme_says_what_ci_runs():
    command = 'python -m pip install -e ".[test]" && python -m pytest'
    for file in ("README.md", ".ci/run"):
        assert command in (ROOT / file).read_text(encoding="utf-8"), file


def test_the_extras_are_what_the_readme_promises():
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    for extra in ("cuda12", "cuda13", "study", "test", "sim", "dev"):
        assert f'"{extra}"' in text
