"""Files in the safetensors format: a header of names, dtypes and shapes, then the bytes of the
arrays.

https://huggingface.co/docs/safetensors
"""
import json

import numpy as np

from .tree import unflatten

METADATA = "minitorch_cnn"  # under this name, the tree of what save() was given
LARGEST_HEADER = 100_000_000  # bytes; the format's own limit
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
          "I8": "i1",
          "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"}


def _library(caller):
    """The package that reads and writes the format."""
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(f"{caller}: safetensors files need the package safetensors; install it "
                          "with `pip install safetensors`") from None
    return safetensors


def _metadata(tree):
    text = json.dumps(tree)
    if len(text) > LARGEST_HEADER // 2:
        raise ValueError(f"save: {len(text)} characters of numbers and text are too many for the "
                         "header of a file; put long lists of numbers into arrays")
    return {METADATA: text}


def write(arrays, tree, path):
    """Write arrays and tree into a file."""
    _library("save").numpy.save_file(arrays, path, metadata=_metadata(tree))


def to_bytes(arrays, tree):
    """The same as bytes."""
    return _library("save").numpy.save(arrays, metadata=_metadata(tree))


def is_one(start):
    """Whether a file with these first bytes (at least 9) is in this format."""
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= LARGEST_HEADER


def read(stream, name, make):
    """What ``save`` was given; of other files, a dict of Tensors in the order of their names.

    Raises
    ------
    ValueError
        If the file is damaged or holds a dtype that NumPy does not have.
    """
    library = _library("load")
    content = stream.read()
    try:
        parts = library.deserialize(content)
    except Exception as error:  # the package's own type of error
        raise ValueError(f"load: {name} is damaged or cut short ({error}); save or download it "
                         "again") from None
    arrays = {key: to_array(part["data"], part["dtype"], part["shape"], f"load: {key!r} in {name}")
              for key, part in parts}
    tree = _tree_in(content)
    if tree is None:
        return {key: make(arrays[key]) for key in sorted(arrays)}
    try:
        return unflatten(json.loads(tree), arrays, make)
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ValueError(f"load: {name} holds arrays, but how they belong together is damaged "
                         f"({type(error).__name__}: {error}); save it again") from None


def _tree_in(content):
    """The text that ``save`` put into the header, or None."""
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8:8 + size]).get("__metadata__", {}).get(METADATA)


def to_array(data, dtype, shape, what):
    """An array of its own memory from little-endian bytes; bfloat16 becomes float32."""
    if dtype == "BF16":
        return bfloat16_to_float32(np.frombuffer(data, "<u2")).reshape(shape)
    if dtype == "BOOL":
        return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
    if dtype not in DTYPES:
        raise ValueError(f"{what} has dtype {dtype}, which NumPy does not have; convert it to F32 "
                         "first")
    array = np.frombuffer(data, DTYPES[dtype]).reshape(shape)
    return array if array.flags.writeable and array.dtype.isnative else array.astype(
        array.dtype.newbyteorder("="))


def bfloat16_to_float32(bits):
    """float32 of bfloat16 given as 16-bit integers: they are the upper half of its bits."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
