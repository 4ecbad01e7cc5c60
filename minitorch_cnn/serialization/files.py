"""The two public functions: what is written how, and which reader a file needs."""
import contextlib
import io
import os
from pathlib import Path

import numpy as np

from ..autograd import Tensor
from ..device import device, move
from . import safetensors_format
from .tree import flatten

ZIP_START = b"PK\x03\x04"
TELLTALES = {  # how files begin that are often taken for weights
    b"version https://git-lfs": "it is a Git LFS pointer; fetch the file with `git lfs pull`",
    b"<": "it is a web page; the download went to the wrong address",
    b"\x93NUMPY": "it is a NumPy array; read it with numpy.load",
    b"\x89HDF": "it is an HDF5 file; read it with h5py",
}


def save(obj, path):
    """Write a state dict or checkpoint into one safetensors file.

    Tensors and arrays are stored under the path of keys that leads to them
    ("optimizer/state/0/exp_avg"; in a flat state dict under its keys), everything else as text in
    the header. ``load`` gives back the same: types of containers and keys, dtypes, shapes, NaN,
    integers of any size.

    The file is written beside ``path``, flushed to the disk and renamed: an interrupted save leaves
    the old file as it was.

    Parameters
    ----------
    obj : dict, list, tuple, OrderedDict, Tensor, array, number, str, bool or None
        Nested as you like. Tensors on a GPU are copied to the CPU.
    path : str, Path or binary file
        Where to write; the folder must exist.

    Raises
    ------
    TypeError
        For anything else in ``obj``, naming where it is; nothing is written then.
    ValueError
        If ``obj`` contains itself.
    FileNotFoundError
        If the folder does not exist.
    """
    arrays, tree = flatten(obj)
    if hasattr(path, "write"):
        path.write(safetensors_format.to_bytes(arrays, tree))
    else:
        _write_beside(path, lambda file: safetensors_format.write(arrays, tree, file))


def load(path, map_location=None, *, weights_only=True, allow_numpy=False):
    """Read what ``save`` wrote, a safetensors file of others, or a PyTorch file (.pth, .pt).

    A file is recognized by its content. PyTorch files are pickles, which could run any program;
    here they are read as data by ``pickle_machine``: tensors, numbers, text and containers, nothing
    else.

    Parameters
    ----------
    path : str, Path or binary file
        What to read.
    map_location : str or device, optional
        Where the Tensors go, e.g. "cuda"; the CPU if left out.
    weights_only : bool
        Must be True (PyTorch's False would run programs).
    allow_numpy : bool
        Also read NumPy arrays in pickles (.pth, .pkl, .ckpt).

    Returns
    -------
    The saved object; of a safetensors file of others, dict of str to Tensor. bfloat16 becomes
    float32.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, in an unknown format, or refers to code; the message names it.
    """
    if not weights_only:
        raise ValueError("load: weights_only=False would run programs from the file, which load() "
                         "never does; save a state_dict instead of a whole model")

    where = device(map_location or "cpu")
    move(np.zeros(0), where)  # no GPU? say so before the file is read

    def make(array, requires_grad=False):
        return Tensor(move(array, where), requires_grad)

    if hasattr(path, "read"):
        return _read(io.BytesIO(path.read()), getattr(path, "name", "the stream"), make,
                     allow_numpy)
    with _open(path) as stream:
        return _read(stream, os.fspath(path), make, allow_numpy)


def _open(path):
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"load: {path} is a folder; name the file in it")
    if not path.exists():
        raise FileNotFoundError(f"load: there is no file {path} (looked from {Path.cwd()}); check "
                                "the name, or save or download it first")
    return path.open("rb")


def _read(stream, name, make, allow_numpy):
    """Hand the stream to the reader that its first bytes ask for."""
    from . import torch_format  # brings pickletools and zipfile, which most programs do not need
    start = stream.read(512)
    stream.seek(0)
    if safetensors_format.is_one(start):
        return safetensors_format.read(stream, name, make)
    if start.startswith(ZIP_START):
        return torch_format.read_zip(stream, name, make, allow_numpy)
    if start.startswith(b"\x80"):
        return torch_format.read_pickle(stream, name, make, allow_numpy)
    raise ValueError(f"load: {name} is in no known format: {_guess(start)}")


def _guess(start):
    """What a file that cannot be read may be."""
    if not start.strip(b"\0"):
        return "it is empty or filled with zeros; save or download it again"
    for beginning, explanation in TELLTALES.items():
        if start.lstrip().startswith(beginning):
            return explanation
    if start[257:262] == b"ustar":
        return ("it is a tar archive; unpack it (or, if PyTorch before 0.2 wrote it, load and save "
                "it once with PyTorch)")
    return ("neither safetensors nor PyTorch (.pth, .pt) nor a pickle of protocol 2 or later; is "
            "it damaged or of another program?")


def _write_beside(path, write):
    """Call ``write(temporary)`` with a new name beside ``path``, then rename it to ``path``."""
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(f"save: {path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {path.parent}; make it first with "
                                f"Path({str(path.parent)!r}).mkdir(parents=True)")
    temporary = path.parent / f".{os.urandom(8).hex()}.tmp"
    try:
        temporary.open("xb").close()
        mode = (path if path.exists() else temporary).stat().st_mode
        write(temporary)
        os.chmod(temporary, mode & 0o777)  # safetensors makes files only their owner can read
        _flush(temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    with contextlib.suppress(OSError):  # some systems cannot flush a folder
        _flush(path.parent)


def _flush(path):
    """Wait until a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
