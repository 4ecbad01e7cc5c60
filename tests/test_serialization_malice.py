"""Damaged and crafted files: refused with a ValueError, at once, and nothing is run."""
import collections
import gc
import io
import os
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch_files import HEADER, ORDERED, archive, assert_equal, legacy, row_tensor, tensor

from minitorch_cnn.serialization import load

GOOD = {"data/0": bytes(16)}


@pytest.mark.parametrize("stream, text", [
    (archive(HEADER + tensor(numel=10 ** 15) + b".", GOOD), "storage 0 should have "
                                                            "1000000000000000 "),
    (archive(HEADER + tensor(numel=-1) + b".", GOOD), "description of a storage is damaged"),
    (archive(HEADER + tensor(size=(5,)) + b".", GOOD), "a tensor reaches to element 4 of a storage "
                                                       "that"),
    (archive(HEADER + tensor(offset=1) + b".", GOOD), "a tensor reaches to element 4"),
    (archive(HEADER + tensor(stride=(2,)) + b".", GOOD), "a tensor reaches to element 6"),
    (archive(HEADER + tensor(stride=(-1,)) + b".", GOOD), "shape or strides are damaged"),
    (archive(HEADER + tensor(size=(-4,)) + b".", GOOD), "shape or strides are damaged"),
    (archive(HEADER + tensor(offset=-1) + b".", GOOD), "shape or strides are damaged"),
    (archive(HEADER + tensor(size=(2, 2)) + b".", GOOD), "shape or strides are damaged"),
    (archive(HEADER + tensor(size=(2 ** 40, 2 ** 40), stride=(0, 0)) + b".", GOOD), "they are too "
                                                                                    "large"),
    (archive(HEADER + tensor(key=b"../x") + b".", GOOD), "the record data/../x is missing"),
    (archive(HEADER + tensor() + b"."), "the record data/0 is missing"),
    (archive(HEADER + tensor() + b".", GOOD, b"middle"), "byte order is neither little nor big"),
    (archive(HEADER + b"}.", compression=zipfile.ZIP_DEFLATED), "compressed"),
    (archive(HEADER + b"}" + b"0" * 9 + b".", compression=zipfile.ZIP_DEFLATED), "compressed"),
    (archive(HEADER + b"}.", {"zeros": bytes(10 ** 6)}, compression=zipfile.ZIP_DEFLATED),
     "larger than"),
    (archive(HEADER + b"}.", {"constants.pkl": b""}), "TorchScript program"),
    (archive(b"", {"data/0": bytes(16)}), "exhausted before seeing STOP"),
    (archive(HEADER + b"}"), "exhausted before seeing STOP"),
    (archive(HEADER + b"0."), "takes more from its stack"),
    (archive(HEADER + b"."), "takes more from its stack"),
    (archive(HEADER + b"(K\x01d."), "is shorter than"),
])
def test_damaged_archives(stream, text):
    with pytest.raises(ValueError, match=f"load: the stream is damaged.*{text}"):
        load(stream)


def test_an_archive_of_something_else(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.ones(2))
    with pytest.raises(ValueError, match="zip archive without PyTorch's data.pkl; .* numpy.load"):
        load(tmp_path / "x.npz")


def test_a_crafted_row_that_is_sound():
    content = struct.pack("<q4f", 4, 1, 2, 3, 4)
    assert_equal(load(legacy(row_tensor(), storages=content)), torch.tensor([1., 2, 3, 4]))


@pytest.mark.parametrize("stream, text", [
    (legacy(row_tensor(numel=10 ** 15), storages=bytes(24)), "more than the file has bytes"),
    (legacy(row_tensor(), storages=struct.pack("<q4f", 5, 1, 2, 3, 4)), "another size than its "
                                                                        "tensors"),
    (legacy(row_tensor(), storages=struct.pack("<q3f", 4, 1, 2, 3)), "more than|ends within "
                                                                     "storage 0"),
    (legacy(row_tensor(), keys=["1"], storages=bytes(24)), "no tensor is made of storage 1"),
    (legacy(row_tensor(), keys=[[]], storages=bytes(24)), "its list of storages is damaged"),
    (io.BytesIO(pickle.dumps(0x1950a86a20f9469cfc6c, 2) + pickle.dumps(7, 2)), "unknown version"),
])
def test_damaged_rows(stream, text):
    with pytest.raises(ValueError, match=f"load: the stream is damaged.*{text}"):
        load(stream)


def test_a_part_of_a_storage():
    """Old files name a storage that is a part of another: (key, offset, size)."""
    part = b"(X\x01\0\0\0pK\x02K\x02tt"
    pickled = tensor(size=(2,)).replace(b"tQ", part + b"Q")
    content = struct.pack("<q4f", 4, 1, 2, 3, 4)
    assert_equal(load(legacy(pickled, storages=content)), torch.tensor([3., 4]))


class Evil:
    """Pickles into a call of ``function``."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


ATTACKS = {
    f"{os.system.__module__}.system": Evil(os.system, "touch EVIL"),
    "builtins.eval": Evil(eval, "open('EVIL', 'w')"), "builtins.exec": Evil(exec, "open('EVIL', "
                                                                                  "'w')"),
    "builtins.open": Evil(open, "EVIL", "w"), "builtins.getattr": Evil(getattr, [], "append"),
    "_io.open": None, "subprocess.Popen": None, "pickle.loads": None, "builtins.__import__": None,
}


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_code_is_refused_by_name_and_not_run(name, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attack = ATTACKS[name]
    for obj in (attack, {"model": {"w": [torch.ones(2), attack]}},
                collections.OrderedDict(x=attack)):
        for is_zip in (True, False):
            path = tmp_path / "evil.pth"
            torch.save(obj, path, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
            with pytest.raises(ValueError, match=r'evil.pth asks for "(\w+)\.' + name.split(".")[1]
                               + '", which is not plain data; .* nothing was run'):
                load(path, allow_numpy=True)
    assert os.listdir(tmp_path) == ["evil.pth"]


@pytest.mark.parametrize("pickled, text", [
    (b"cos\nsystem\n(X\4\0\0\0exittR.", '"os.system"'),
    (b"c__builtin__\neval\n(X\1\0\0\0" b"1tR.", '"__builtin__.eval"'),
    (b"X\2\0\0\0osX\6\0\0\0system\x93(X\1\0\0\0xtR.", '"os.system"'),
    (b"X\5\0\0\0torchX\x0e\0\0\0_utils.os.path\x93.", '"torch._utils.os.path"'),
    (b"X\x0b\0\0\0collectionsX\x15\0\0\0OrderedDict.__class__\x93.", "OrderedDict.__class__"),
    (b"K\1K\2\x93.", "a name that is a int"),
    (b"cos\n\x1b[31m" + b"x" * 200 + b"\n.", r'"os.\\x1b\[31mx{72}"'),
    (b"(X\1\0\0\0xios\nsystem\n.", "the pickle instruction INST"),
    (b"(cos\nsystem\nX\1\0\0\0xo.", '"os.system"'),
    (b"(ccollections\nOrderedDict\no.", "the pickle instruction OBJ"),
    (b"\x82\x01.", "the pickle instruction EXT1"), (b"\x83\x01\x00.",
                                                    "the pickle instruction EXT2"),
    (b"\x84\1\0\0\0.", "the pickle instruction EXT4"),
    (b"ccollections\nOrderedDict\n)}\x92.", "the pickle instruction NEWOBJ_EX"),
    (b"\x97.", "the pickle instruction NEXT_BUFFER"), (b"Px\n.", "the pickle instruction PERSID"),
    (b"ccopyreg\n_reconstructor\n.", '"copyreg._reconstructor"'),
    (b"ccopy_reg\nadd_extension\n.", '"copy_reg.add_extension"'),
    (b"ctorch.hub\nload\n.", '"torch.hub.load"'),
    (b"ctorch.storage\n_load_from_bytes\n.", '"torch.storage._load_from_bytes"'),
    (b"ccollections\nOrderedDict\n}X\1\0\0\0xK\1sb.", "setting the attributes of a Function"),
    (b"ccollections\nOrderedDict\nN}X\1\0\0\0xK\1s\x86b.", "setting the attributes of a Function"),
    (b"]}X\1\0\0\0xK\1sb.", "setting the attributes of a list"),
    (ORDERED + b"N}X\5\0\0\0itemsK\1s\x86b.", "setting the attributes of a OrderedDict"),
    (b"K\5)R.", "calling a int"), (b"X\1\0\0\0x)R.", "calling a str"),
    (b"ctorch\nFloatStorage\n)R.", "calling a Name"),
    (b"ccollections\nOrderedDict\n]R.", "calling a Function"),
    (b"ccollections\nOrderedDict\nK\5\x85R.", "OrderedDict with arguments that do not fit"),
    (b"ccollections\nCounter\n]\x85R.", "Counter with arguments that do not fit"),
    (b"c__builtin__\nset\nK\5\x85R.", "set with arguments that do not fit"),
    (b"c__builtin__\nbytearray\n\x8a\x05\0\0\0\0\x7f\x85R.", "bytearray with arguments"),
    (b"c_codecs\nencode\nX\1\0\0\0xX\5\0\0\0rot13\x86R.", "encode with arguments that do not fit"),
    (b"ctorch\nSize\nX\1\0\0\0x\x85R.", "torch.Size that is not made of integers"),
    (b"ctorch\ndevice\nK\1\x85R.", "torch.device without a name"),
    (b"ctorch\ndevice\nX\3\0\0\0tpu\x85R.", "unknown device"),
    (b"ctorch.serialization\n_get_layout\n]\x85R.", "a layout without a name"),
    (b"ctorch._utils\n_rebuild_tensor_v2\n)R.", "_rebuild_tensor_v2 with arguments that do not"),
    (b"ctorch._utils\n_rebuild_tensor_v2\n(X\1\0\0\0xK\0))\x89NtR.", "a tensor that is not made of "
                                                                     "a"),
    (b"ctorch._utils\n_rebuild_parameter\n]\x88N\x87R.",
     "a parameter that is not made of a tensor"),
    (b"ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nN)NtR.", "another "
                                                                                   "function"),
    (b"X\1\0\0\0xQ.", "a persistent id"), (b"]K\1]s.", "setting items of a list"),
    (b"}]K\1s.", "a list as a key"), (b"})\x85K\1s.", "a tuple as a key"),
    (b"]K\1K\2s.", "setting items of a list"), (b"}K\1a.", "appending to a dict"),
    (b"\x8f(]\x90.", "a list as a key"), (b"}(K\1\x90.", "adding to a dict"),
    (b"cnumpy\ndtype\nX\2\0\0\0O8\x85R.", "dtype object"),
    (b"cnumpy\ndtype\nX\2\0\0\0f4\x85R.", "used before it is complete"),
    (b"cnumpy\ndtype\nX\2\0\0\0f4\x85R(K\3X\1\0\0\0xtb.", "numpy.dtype with arguments"),
    (b"cnumpy.core.multiarray\n_reconstruct\nNNN\x87R.", "numpy _reconstruct with arguments"),
    (b"cnumpy.core.numeric\n_frombuffer\n(C\1xNN)tR.", "damaged|numpy.ndarray with arguments"),
])
def test_crafted_instructions(pickled, text):
    for stream in (io.BytesIO(HEADER + pickled), archive(HEADER + pickled)):
        with pytest.raises(ValueError, match=f"load: the stream (asks for|is damaged).*({text})"):
            load(stream, allow_numpy=True)


def nested_tuples(depth):
    """((... , ...), (... , ...)) whose hash or text takes 2^depth steps, in a few bytes."""
    return b")" + b"2\x86" * depth


@pytest.mark.parametrize("pickled", [
    b"}" + nested_tuples(200) + b"K\1s.", b"\x8f(" + nested_tuples(200) + b"\x90.",
    nested_tuples(200) + b"X\1\0\0\0x\x93.", nested_tuples(200) + b"Q.",
    nested_tuples(200) + b")R.", b"}" + b")" + b"\x85" * 100_000 + b"K\1s.",
    b"\x96" + struct.pack("<Q", 2 ** 60) + b"x.", b"\x8b\xff\xff\xff\x7f1.",
    b"X\xff\xff\xff\xffx.", b"\x8e" + struct.pack("<Q", 2 ** 62) + b".",
    b"\x95" + b"\xff" * 8 + b".",
])
def test_bombs_are_refused_at_once(pickled):
    gc.freeze()     # or the collector looks through all that other tests left, again and again
    try:
        start = time.perf_counter()
        with pytest.raises(ValueError, match="load: the stream"):
            load(io.BytesIO(HEADER + pickled))
        assert time.perf_counter() - start < 2
    finally:
        gc.unfreeze()


def test_a_high_number_in_the_memo_takes_no_memory():
    assert load(io.BytesIO(HEADER + b"]r\xff\xff\xff\x7f0j\xff\xff\xff\x7f.")) == []


def test_shared_containers_stay_small():
    loaded = load(io.BytesIO(HEADER + nested_tuples(200) + b"."))
    assert loaded[0] is loaded[1]


SOUND = []
for is_zip in (True, False):
    _stream = io.BytesIO()
    torch.save({"x": torch.arange(5.), "y": [torch.ones(2, 2).bfloat16(), {"z": (1, None)}]},
               _stream,
               _use_new_zipfile_serialization=is_zip)
    SOUND.append(_stream.getvalue())
SOUND.append(pickle.dumps({"a": np.arange(4.), "b": [np.float32(1)]}, 2))
SOUND.append(pickle.dumps({"a": np.arange(4.), "b": [np.float32(1)]}, 5))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_anywhere_is_a_value_error_or_nothing(data):
    content = bytearray(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[:data.draw(st.sampled_from([len(content)] * 3 + [len(content) // 2]))]
    try:
        load(io.BytesIO(bytes(content)), allow_numpy=True)
    except ValueError as error:
        assert str(error).startswith("load: the stream")
