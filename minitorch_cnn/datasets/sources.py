"""Where the bytes of a dataset come from: packed with this package, a folder, or a download.

Nothing is taken on trust: what has a known checksum is compared with it, and a file appears under
its name only when it is complete.
"""
import functools
import gzip
import hashlib
import os
import zlib
from pathlib import Path

PACKAGED = Path(__file__).resolve().parent / "mnist_data"
SUFFIXES = ("", ".gz", ".xz")  # a file is looked for raw first, then compressed
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"


class DatasetNotFoundError(FileNotFoundError, RuntimeError):
    """A dataset's files are not there (a RuntimeError too, which is what torchvision raises)."""


def md5_of(data):
    """The MD5 of ``data`` (bytes) in hexadecimal: a checksum here, not a protection."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def check_md5(data, expected, name):
    """Refuse bytes whose MD5 is not the expected one.

    Raises
    ------
    ValueError
        Naming the file, both checksums and the way out.
    """
    found = md5_of(data)
    if found != expected:
        raise ValueError(f"{name}: wrong checksum: MD5 {found}, expected {expected}; "
                         "the file is damaged or another one: delete it and get it again")
    return data


def decompress(data, name="data"):
    """``data`` unpacked if it is gzip or xz, which its first bytes tell, else as it is.

    Raises
    ------
    ValueError
        For a compressed file that is truncated, damaged or followed by something else.
    """
    try:
        if data[:2] == _GZIP:
            return gzip.decompress(data)
        return _unxz(data) if data[:6] == _XZ else data
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{name}: the compressed file is truncated or damaged ({error}); "
                         "get it again") from None


def lzma_module():
    """Python's ``lzma``, which some self-built Pythons lack; hence no import at the top.

    Raises
    ------
    ImportError
        Where it is missing.
    """
    try:
        import lzma
    except ImportError:
        raise ImportError("this Python was built without lzma, which .xz files need (the packaged "
                          "MNIST too): install liblzma's headers and rebuild Python, or pass the "
                          "root of a folder with raw or .gz files") from None
    return lzma


def _unxz(data):
    lzma = lzma_module()
    parts = []
    while data:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        try:
            parts.append(stream.decompress(data))
        except lzma.LZMAError as error:
            raise OSError(str(error)) from None
        if not stream.eof:
            raise EOFError("the stream ends before its end marker")
        data = stream.unused_data.lstrip(b"\0")  # zeros may stand between the streams of a .xz
    return b"".join(parts)


@functools.cache
def packaged(name, md5):
    """The raw bytes of a file that is packed with this package, their checksum verified.

    They stay in memory, so that a dataset made again costs a copy and no second decoding.

    Raises
    ------
    DatasetNotFoundError
        If the installation lacks the file.
    ValueError
        If it is damaged.
    """
    path = PACKAGED / f"{name}.xz"
    if not path.is_file():
        raise DatasetNotFoundError(f"{path}: this installation lacks its data; install "
                                   "minitorch_cnn again")
    return check_md5(decompress(path.read_bytes(), path), md5, path)


def find(folder, name):
    """The path of ``name`` in ``folder``, raw or compressed (.gz, .xz), or None."""
    paths = [Path(folder) / f"{name}{suffix}" for suffix in SUFFIXES]
    return next((path for path in paths if path.is_file()), None)


def find_folder(folders, names):
    """The first of ``folders`` that holds every one of ``names``, raw or compressed, or None."""
    return next((f for f in folders if all(find(f, name) for name in names)), None)


def write_atomically(path, data):
    """Write ``data`` (bytes) to ``path``: completely or not at all, also when interrupted.

    Folders are made as needed. The bytes go to a temporary file beside ``path``, which then takes
    its name in one step.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def download(urls, path, md5, timeout=30):
    """Fetch a file from the first of ``urls`` that answers with the right bytes, and unpack it.

    Parameters
    ----------
    urls : sequence of str
        Mirrors of one file, raw or compressed.
    path : str or path
        Where the unpacked file goes; nothing is written unless everything is right.
    md5 : str
        MD5 of the unpacked bytes.
    timeout : float
        Seconds to wait for an answer.

    Raises
    ------
    RuntimeError
        If no mirror worked, with what each of them said.
    """
    import http.client
    import urllib.request  # here, because importing it takes longer than the rest of the package

    problems = []
    for url in urls:
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                data = check_md5(decompress(answer.read(), url), md5, url)
        except (OSError, ValueError, http.client.HTTPException) as error:
            problems.append(f"{url}: {error}")
        else:
            return write_atomically(path, data)
    raise RuntimeError("download: no source worked:\n  " + "\n  ".join(problems))
