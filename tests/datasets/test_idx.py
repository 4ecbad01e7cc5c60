"""IDX files: what is written is read again, and nothing broken is read."""
import gzip
import io
import lzma
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from minitorch_cnn.datasets import read_idx, write_idx

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]
GOOD = b"\0\0\x08\x02" + struct.pack(">II", 2, 3) + bytes(range(6))


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4), (0, 28, 28), (3, 0)])
def test_round_trip(tmp_path, rng, dtype, shape, suffix):
    array = (rng.random(shape) * 100).astype(dtype)
    path = tmp_path / f"file{suffix}"
    write_idx(path, array)
    again = read_idx(path)
    assert again.dtype == array.dtype and again.dtype.isnative and again.flags.writeable
    np.testing.assert_array_equal(again, array, strict=True)


ANY_SHAPE = st_np.array_shapes(min_dims=0, max_dims=5, max_side=4)


@given(st_np.arrays(st.sampled_from(DTYPES), ANY_SHAPE))
def test_any_array_comes_back(array):
    file = io.BytesIO()
    write_idx(file, array)
    np.testing.assert_array_equal(read_idx(file.getvalue()), array, strict=True)


def test_the_layout_is_that_of_the_format(tmp_path):
    write_idx(tmp_path / "x", np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert (tmp_path / "x").read_bytes() == GOOD
    write_idx(tmp_path / "y", np.array([1, -2], np.int16))
    assert (tmp_path / "y").read_bytes() == b"\0\0\x0b\x01\0\0\0\x02\0\x01\xff\xfe"


def test_views_and_other_byte_orders_are_written_by_value(tmp_path):
    array = np.arange(24, dtype=">i4").reshape(4, 6)[::2, ::-1]
    write_idx(tmp_path / "x", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "x"), array.astype(np.int32), strict=True)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, io.BytesIO])
def test_compression_is_recognized_by_content_in_every_kind_of_source(pack, form):
    np.testing.assert_array_equal(read_idx(form(pack(GOOD))), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize("suffix", ["", ".gz", ".dat"])
def test_the_suffix_of_a_file_to_read_means_nothing(tmp_path, suffix):
    (tmp_path / f"x{suffix}").write_bytes(lzma.compress(GOOD))
    assert read_idx(str(tmp_path / f"x{suffix}")).shape == (2, 3)


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_every_truncation_is_refused(length):
    with pytest.raises(ValueError, match="the data is truncated.*get it again"):
        read_idx(GOOD[:length])


@pytest.mark.parametrize("extra", [b"\0", b"abc", GOOD])
def test_excess_bytes_are_refused(extra):
    with pytest.raises(ValueError, match=r"has excess bytes.*uint8 of shape \(2, 3\), 18 bytes"):
        read_idx(GOOD + extra)


@pytest.mark.parametrize("start", [b"\x89PNG", b"\0\0\x07\x01", b"\0\0\x0a\x01", b"\0\x01\x08\x01",
                                   b"PK\x03\x04", b"\x08\0\0\x02"])
def test_a_wrong_magic_number_is_refused(start):
    with pytest.raises(ValueError, match=f"not an IDX file: it starts with {start.hex(' ')}"):
        read_idx(start + GOOD[4:])


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_damaged_compressed_files_are_refused(pack):
    packed = pack(GOOD * 20)
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0x55
    for bad in (packed[:-1], packed[:len(packed) // 2], bytes(flipped), packed + b"trailing"):
        with pytest.raises(ValueError, match="truncated or damaged"):
            read_idx(bad)


def test_huge_announcements_cost_nothing():
    with pytest.raises(ValueError, match="is truncated"):
        read_idx(b"\0\0\x0e\x03" + b"\xff" * 12 + b"1234")
    with pytest.raises(ValueError, match="more than NumPy can hold"):
        read_idx(b"\0\0\x08\x64" + struct.pack(">100I", *[1] * 100) + b"1")
    with pytest.raises(ValueError, match="more than NumPy can hold"):
        read_idx(b"\0\0\x0e\x04" + b"\xff" * 12 + b"\0" * 4)


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint16", "float16", "complex64"])
def test_other_element_types_are_refused_and_nothing_is_written(tmp_path, dtype):
    with pytest.raises(TypeError, match=f"write_idx: IDX holds uint8, .* not {dtype}"):
        write_idx(tmp_path / "x", np.zeros(3, dtype))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_binary_file_is_refused():
    with pytest.raises(TypeError, match="needs a path, bytes or an open binary file, got int"):
        read_idx(3)
    with pytest.raises(TypeError, match='open it with mode "rb"'):
        read_idx(io.StringIO("text"))
