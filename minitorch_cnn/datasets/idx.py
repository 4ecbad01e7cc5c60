"""IDX, the file format of MNIST: a header of big-endian numbers, then the elements row by row.

::

    bytes 0-1   0 0
    byte  2     element type: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
    byte  3     number of dimensions D
    4 D bytes   the sizes, uint32
    the rest    the elements

Source: the page of MNIST, http://yann.lecun.com/exdb/mnist/ ("the IDX file format").
"""
import gzip
import math
import os
import struct
from pathlib import Path

import numpy as np

from .sources import decompress, lzma_module, write_atomically

DTYPES = {8: np.dtype(">u1"), 9: np.dtype(">i1"), 11: np.dtype(">i2"), 12: np.dtype(">i4"),
          13: np.dtype(">f4"), 14: np.dtype(">f8")}
CODES = {dtype.newbyteorder("="): code for code, dtype in DTYPES.items()}
_PACKERS = {".gz": lambda data: gzip.compress(data, mtime=0),
            ".xz": lambda data: lzma_module().compress(data)}


def read_idx(source):
    """Read an IDX file; gzip and xz are recognized by their content.

    Parameters
    ----------
    source : str, path, bytes or binary file
        A file's name, its content, or an open file.

    Returns
    -------
    numpy.ndarray
        A new array in the machine's byte order: uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    ValueError
        If the file is no IDX file, is truncated, damaged or longer than its header says.
    """
    data, name = _bytes_of(source)
    data = decompress(data, f"read_idx: {name}")
    dtype, shape, start = _header(data, name)
    due = start + math.prod(shape) * dtype.itemsize
    if len(data) != due:
        wrong = "is truncated" if len(data) < due else "has excess bytes"
        raise ValueError(f"read_idx: {name} {wrong}: its header announces {dtype.name} of shape "
                         f"{shape}, {due} bytes in all, but there are {len(data)}; get it again")
    return _elements(data, dtype, shape, start, name)


def _bytes_of(source):
    """(content, name for messages) of a path, bytes or a file."""
    if isinstance(source, (str, os.PathLike)):
        return Path(source).read_bytes(), str(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), "the data"
    if hasattr(source, "read"):
        return _bytes_of_file(source), str(getattr(source, "name", "the file"))
    raise TypeError(f"read_idx: needs a path, bytes or an open binary file, "
                    f"got {type(source).__name__}")


def _bytes_of_file(file):
    data = file.read()
    if isinstance(data, str):
        raise TypeError('read_idx: the file is open for text; open it with mode "rb"')
    return data


def _header(data, name):
    """(dtype, shape, position of the first element) from the first bytes of an IDX file."""
    if len(data) >= 4 and (data[:2] != b"\0\0" or data[2] not in DTYPES):
        raise ValueError(f"read_idx: {name} is not an IDX file: it starts with "
                         f"{data[:4].hex(' ')}, which should be 00 00, an element type (08, 09, "
                         "0b, 0c, 0d or 0e) and the number of dimensions")
    start = 4 + 4 * data[3] if len(data) >= 4 else 4
    if len(data) < start:
        raise ValueError(f"read_idx: {name} is truncated: its header alone has {start} bytes, "
                         f"but there are {len(data)}; get it again")
    return DTYPES[data[2]], struct.unpack_from(f">{data[3]}I", data, 4), start


def _elements(data, dtype, shape, start, name):
    flat = np.frombuffer(data, dtype, offset=start).astype(dtype.newbyteorder("="))
    try:
        return flat.reshape(shape)
    except ValueError:
        raise ValueError(f"read_idx: {name} has {len(shape)} dimensions of sizes {shape[:8]} ..., "
                         "more than NumPy can hold") from None


def idx_bytes(array):
    """``array`` as the content of an uncompressed IDX file.

    Raises
    ------
    TypeError
        For an element type that IDX does not have (int64, bool ...).
    """
    array = np.asarray(array)
    dtype = array.dtype.newbyteorder("=")
    if dtype not in CODES:
        raise TypeError(f"write_idx: IDX holds {', '.join(d.name for d in CODES)}, not "
                        f"{dtype.name}; convert the array with astype first")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[dtype], array.ndim, *array.shape)
    return header + array.astype(DTYPES[CODES[dtype]], copy=False).tobytes()


def write_idx(file, array):
    """Write ``array`` as an IDX file, completely or not at all.

    Parameters
    ----------
    file : str, path or binary file
        A name ending in .gz or .xz is compressed accordingly; an open file gets plain IDX.
    array : array-like
        uint8, int8, int16, int32, float32 or float64, any shape.

    Raises
    ------
    TypeError
        For another element type; nothing is written.
    """
    data = idx_bytes(array)
    if hasattr(file, "write"):
        file.write(data)
        return
    pack = _PACKERS.get(Path(file).suffix, bytes)
    write_atomically(file, pack(data))
