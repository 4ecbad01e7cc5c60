"""Large files over the network: streamed to the disk, their checksum taken on the way.

A file appears under its name only when it is complete and right; nothing half-written stays.
"""
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ..progress import progress_bar

CHUNK = 1 << 20  # bytes
MEGABYTE = 1e6


def digest_of(path, algorithm="sha256"):
    """The checksum of a file, in hexadecimal."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def check_digest(path, expected, name=None):
    """Refuse a file whose checksum does not start as expected.

    Parameters
    ----------
    path : str or path
    expected : str
        "sha256:..." or "md5:..."; of SHA-256 the first digits do (torchvision's file names hold 8).
    name : str, optional
        For the message, in place of the path.

    Raises
    ------
    ValueError
        Naming both checksums.
    """
    algorithm, _, digits = expected.partition(":")
    found = digest_of(path, algorithm)
    if not found.startswith(digits):
        raise ValueError(f"{name or path}: wrong checksum: {algorithm.upper()} {found}, expected "
                         f"{digits}; the file is truncated, damaged or another one: get it again")


@contextmanager
def beside(path):
    """A temporary path in the folder of ``path`` that takes its name if all goes well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def download_file(url, path, checksum, progress=None, timeout=20):
    """Fetch ``url`` into ``path``, completely or not at all.

    Parameters
    ----------
    url : str
    path : str or path
    checksum : str
        As for ``check_digest``.
    progress : bool, optional
        Show a bar; None where standard error is a terminal.
    timeout : float
        Seconds to wait for an answer, and for each part of it.

    Raises
    ------
    RuntimeError
        If the network or the server fails, or the bytes are not the right ones; says which.
    """
    import http.client
    import urllib.request  # here, because importing it takes longer than the rest of the package

    path = Path(path)
    try:
        with beside(path) as part, urllib.request.urlopen(url, timeout=timeout) as answer:
            _copy(answer, part, path.name, progress)
            check_digest(part, checksum, url)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise RuntimeError(f"{url}: {error}") from None
    return path


def read_url(url, timeout=20):
    """The bytes of a small page.

    Raises
    ------
    RuntimeError
        If the network or the server fails.
    """
    import http.client
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RuntimeError(f"{url}: {error}") from None


def _copy(answer, part, title, progress):
    """Stream an answer into a file, under a bar that counts megabytes."""
    length = answer.headers.get("Content-Length")
    total = int(length) / MEGABYTE if length else None
    with open(part, "wb") as file, progress_bar(total, title, "MB", progress) as bar:
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            bar.update(len(chunk) / MEGABYTE)
    if length and part.stat().st_size != int(length):
        raise ValueError(f"the connection broke off after {part.stat().st_size} of {length} bytes")


@contextmanager
def scratch_folder(near):
    """A folder that is removed afterwards, on the disk of ``near``, which has room for the rest."""
    Path(near).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".fetching-", dir=near))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(archive, folder):
    """Unpack the one top folder of a tar file as ``folder``, completely or not at all.

    Only plain files are taken, and only inside that folder, whatever the archive asks for.

    Raises
    ------
    ValueError
        If the archive is damaged, or has anything beside one top folder.
    """
    folder = Path(folder)
    with scratch_folder(folder.parent) as scratch:
        try:
            with tarfile.open(archive) as tar:
                for member in tar:
                    if member.isfile():
                        _unpack_one(tar, member, scratch)
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{archive}: truncated or damaged ({error}); get it again") from None
        tops = list(scratch.iterdir())
        if len(tops) != 1 or not tops[0].is_dir():
            raise ValueError(f"{archive}: expected one folder in it, found "
                             f"{', '.join(sorted(p.name for p in tops)) or 'nothing'}")
        os.replace(tops[0], folder)


def _unpack_one(tar, member, scratch):
    parts = PurePosixPath(member.name).parts
    if ".." in parts or PurePosixPath(member.name).is_absolute():
        raise tarfile.TarError(f"{member.name} leads out of the folder")
    target = scratch.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tar.extractfile(member) as source, open(target, "wb") as file:
        shutil.copyfileobj(source, file, CHUNK)
