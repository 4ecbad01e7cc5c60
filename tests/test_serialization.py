"""Saving and loading our own files: everything comes back exactly."""
import io
import json
import os
import stat
import sys
from collections import Counter, OrderedDict

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.serialization import load, save

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16",
          "float32", "float64"]


def assert_equal(a, b):
    """The same, down to types, dtypes and NaN."""
    assert type(a) is type(b), f"{type(a)} and {type(b)}"
    if isinstance(a, mt.Tensor):
        assert a.requires_grad == b.requires_grad
        a, b = a.data, b.data
    if isinstance(a, (np.ndarray, np.generic)):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert list(map(repr, a)) == list(map(repr, b))
        for x, y in zip(a.values(), b.values()):
            assert_equal(x, y)
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_equal(x, y)
    elif isinstance(a, int):
        assert a == b
    else:
        assert repr(a) == repr(b)


def round_trip(obj, path):
    save(obj, path)
    return load(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.safetensors"


OBJECTS = [
    {}, [], (), None, True, 3, -2.5, "text", "", [None, False, (1, (2, [3]))],
    {"a": {"b": 1}, 1: "int key", None: 0, False: "x", 2.5: "y", (1, "t"): "z", "c": [{}, ()]},
    {"nan": float("nan"), "inf": float("inf"), "minus": -float("inf"), "zero": -0.0,
     "tiny": 5e-324},
    {"seed": 2 ** 127 + 1, "negative": -2 ** 64, "edge": 2 ** 63, "long": 10 ** 6000},
    OrderedDict([("b", 1), ("a", (2,)), (3, OrderedDict())]), {"c": Counter({3: 2, "x": 1})},
    {"é": "ü\n\0\ud800", "a/b": 1, "a": {"b": 2}},
    mt.Tensor(np.ones((2, 3))), np.arange(3), np.float32(1.5), np.int64(-3), np.bool_(True),
    {"__metadata__": mt.Tensor(1.0), "x": mt.Tensor(2.0)},
    {"a/b": mt.Tensor(1.0), "a": {"b": mt.Tensor(2.0), 0: mt.Tensor(3.0), "0": mt.Tensor(4.0)}},
    {"leaf": mt.Tensor(np.ones(2), requires_grad=True), "plain": np.ones(2)},
    {"strided": np.arange(24.0).reshape(2, 3, 4)[::-1, ::2, 1::2].T, "stretched":
     mt.Tensor(np.broadcast_to(np.float32(2), (3, 2)))},
]


@pytest.mark.parametrize("obj", OBJECTS, ids=range(len(OBJECTS)))
def test_objects_come_back_exactly(obj, path):
    assert_equal(round_trip(obj, path), obj)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_come_back_exactly(dtype, shape, path):
    array = np.asarray(np.random.default_rng(0).integers(0, 2, shape)).astype(dtype)
    loaded = round_trip({"tensor": mt.Tensor(array), "array": array}, path)
    assert_equal(loaded, {"tensor": mt.Tensor(array), "array": array})
    for part in (loaded["tensor"].data, loaded["array"]):
        assert part.flags.writeable
        assert part.dtype.isnative


def test_other_byte_orders_become_this_machines(path):
    loaded = round_trip(np.arange(4, dtype=">f4"), path)
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, [0, 1, 2, 3])


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ARRAYS = hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_side=3, min_side=0))
TREES = st.recursive(SCALARS | ARRAYS | ARRAYS.map(mt.Tensor), lambda inner: (
    st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(SCALARS, inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(OrderedDict)), max_leaves=8)


@settings(max_examples=80, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(obj=TREES)
def test_random_trees_come_back_exactly(obj, path):
    assert_equal(round_trip(obj, path), obj)


def test_a_flat_state_dict_is_an_ordinary_safetensors_file(path):
    state = OrderedDict([("conv.weight", mt.Tensor(np.ones((2, 3)))), ("bn.count",
                                                                       mt.Tensor(np.array(3)))])
    save(state, path)
    theirs = safetensors.numpy.load_file(path)
    assert set(theirs) == set(state)
    np.testing.assert_array_equal(theirs["conv.weight"], 1)
    assert safetensors.torch.load_file(path)["bn.count"].item() == 3


def test_a_nested_checkpoint_has_names_like_paths(path):
    save({"model": {"w": mt.Tensor(1.0)}, "optimizer": {"state": {0: {"step": np.ones(1)}}},
          "n": 1}, path)
    assert set(safetensors.numpy.load_file(path)) == {"model/w", "optimizer/state/0/step"}


def test_files_of_others_are_flat_dicts_of_tensors(path):
    arrays = {"b": torch.arange(6).reshape(2, 3), "a": torch.tensor([1.5, -2, 3e38]).bfloat16(),
              "c": torch.tensor(True), "d": torch.zeros(0, 2).half()}
    safetensors.torch.save_file(arrays, path, metadata={"format": "pt"})
    loaded = load(path)
    assert type(loaded) is dict
    for name, expected in arrays.items():
        expected = expected.float() if expected.dtype == torch.bfloat16 else expected
        assert_equal(loaded[name], mt.Tensor(expected.numpy()))


def test_a_dtype_numpy_lacks_is_named(path):
    safetensors.torch.save_file({"x": torch.ones(2).to(torch.float8_e5m2)}, path)
    with pytest.raises(ValueError, match=r"load: 'x' in .*file.safetensors has dtype F8_E5M2"):
        load(path)


def test_training_continues_from_a_checkpoint(path, rng):
    """Model, optimizer, scheduler and random numbers; the copy takes the same steps."""
    def start():
        p = mt.Tensor(np.ones((3, 2)), requires_grad=True)
        optimizer = optim.AdamW([p], lr=0.1, amsgrad=True)
        return p, optimizer, optim.lr_scheduler.MultiStepLR(optimizer, [2, 4])

    def train(p, optimizer, scheduler, steps):
        for _ in range(steps):
            p.grad = mt.Tensor(mt.random.generator().standard_normal(p.shape))
            optimizer.step()
            scheduler.step()

    first = start()
    train(*first, 3)
    save({"model": {"p": first[0].detach()}, "optimizer": first[1].state_dict(),
          "scheduler": first[2].state_dict(), "epoch": 3, "rng": mt.get_rng_state()}, path)
    train(*first, 3)
    checkpoint, second = load(path), start()
    second[0].data[...] = checkpoint["model"]["p"].data
    second[1].load_state_dict(checkpoint["optimizer"])
    second[2].load_state_dict(checkpoint["scheduler"])
    mt.set_rng_state(checkpoint["rng"])
    train(*second, 3)
    np.testing.assert_array_equal(second[0].data, first[0].data)
    assert second[2].get_last_lr() == first[2].get_last_lr()


def test_streams_instead_of_paths():
    stream = io.BytesIO()
    save({"x": mt.Tensor(np.ones(2)), "n": 3}, stream)
    stream.seek(0)
    assert_equal(load(stream), {"x": mt.Tensor(np.ones(2)), "n": 3})


def test_map_location(path):
    save({"x": mt.Tensor(np.ones(2))}, path)
    assert load(path, map_location="cpu")["x"].device == "cpu"
    with pytest.raises(ValueError, match="unknown device"):
        load(path, "tpu")


def test_a_gpu_that_is_not_there_is_not_called_damage(path, monkeypatch):
    save({"x": mt.Tensor(np.ones(2))}, path)
    monkeypatch.setattr(sys.modules["minitorch_cnn.device"], "cupy", lambda: None)
    with pytest.raises(RuntimeError, match="no GPU was found"):
        load(path, "cuda")


class Strange:
    pass


@pytest.mark.parametrize("obj, text", [
    ({"a": [1, {"b": Strange()}]}, r"cannot save the Strange at obj\['a'\]\[1\]\['b'\]"),
    ({"f": len}, r"cannot save the builtin_function_or_method at obj\['f'\]"),
    ({1, 2}, "cannot save the set at obj"),
    (mt.nn.ReLU(), r"cannot save the ReLU at obj, only .* None; save its state_dict\(\)"),
    ([b"bytes"], r"cannot save the bytes at obj\[0\]"),
    ({Strange: 1}, "cannot save the type at obj"),
    ({"x": np.array([None])}, r"array at obj\['x'\] has dtype object"),
    ({"x": np.ones(2, complex)}, "has dtype complex128"),
    ({"x": np.str_("text")}, "has dtype <U4"),
    (np.ma.masked_array([1]), "cannot save the MaskedArray at obj"),
])
def test_what_cannot_be_saved_is_named_and_nothing_is_written(obj, text, path):
    path.write_bytes(b"old")
    with pytest.raises(TypeError, match=text):
        save(obj, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


def test_an_object_that_contains_itself(path):
    loop = []
    loop.append({"again": loop})
    with pytest.raises(ValueError, match="does one contain itself"):
        save(loop, path)
    assert not path.exists()


def test_more_text_than_a_header_holds(path, monkeypatch):
    monkeypatch.setattr("minitorch_cnn.serialization.safetensors_format.LARGEST_HEADER", 1000)
    with pytest.raises(ValueError, match="put long lists of numbers into arrays"):
        save(list(range(1000)), path)
    assert not path.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("where", ["os.fsync", "os.replace"])
def test_an_interrupted_save_leaves_the_old_file_and_no_rubbish(where, error, path, monkeypatch):
    save({"version": 1}, path)

    def interrupt(*arguments):
        raise error

    monkeypatch.setattr(where, interrupt)
    with pytest.raises(error):
        save({"version": 2, "x": np.ones(100)}, path)
    monkeypatch.undo()
    assert load(path) == {"version": 1}
    assert os.listdir(path.parent) == [path.name]


def test_a_failing_writer_leaves_no_rubbish(path, monkeypatch):
    def fail(arrays, file, metadata):
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        save({}, path)
    assert os.listdir(path.parent) == []


def test_permissions_are_those_of_any_new_file_or_of_the_old_one(path):
    other = path.with_name("other")
    other.write_bytes(b"")
    save({}, path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
    path.chmod(0o640)
    save({"new": 1}, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_is_followed(path):
    link = path.with_name("latest")
    link.symlink_to(path)
    save({"n": 1}, link)
    assert link.is_symlink()
    assert load(path) == {"n": 1}


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="load: there is no file .*absent.pth"):
        load(tmp_path / "absent.pth")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*absent; make it first"):
        save({}, tmp_path / "absent" / "x")
    with pytest.raises(IsADirectoryError, match="save: .* is a folder"):
        save({}, tmp_path)
    with pytest.raises(IsADirectoryError, match="load: .* is a folder"):
        load(tmp_path)


@pytest.mark.parametrize("content, text", [
    (b"", "it is empty or filled with zeros"),
    (b"\0" * 100, "it is empty or filled with zeros"),
    (b"<!DOCTYPE html><html>", "web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
    (b"\x93NUMPY\x01\0", "numpy.load"),
    (b"\x89HDF\r\n\x1a\n", "h5py"),
    (b"x" * 257 + b"ustar" + b"y" * 300, "tar archive"),
    (b"hello, world", "neither safetensors nor PyTorch"),
])
def test_files_of_other_kinds_are_recognized(content, text, path):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="load: .*file.safetensors is in no known format: "
                                         f".*{text}"):
        load(path)


def test_a_file_cut_short_anywhere(path):
    save({"x": np.ones(3), "n": 1}, path)
    content = path.read_bytes()
    for size in range(9, len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"is damaged or cut short .* save or download it "
                                             r"again"):
            load(path)


@pytest.mark.parametrize("tree", ['{"tensor": "absent"}', '{"unknown": 1}', '{}', '{"a": 1, "b": '
                                                                                  '2}',
                                  '{"int": "x"}', '[', '{"tensor": ["x"]}', '{"items": [[[], 1]]}',
                                  '{"items": 3}', '{"parameter": "n"}', "[" * 5000 + "]" * 5000])
def test_a_damaged_description(tree, path):
    safetensors.numpy.save_file({"n": np.arange(3)}, path, metadata={"minitorch_cnn": tree})
    with pytest.raises(ValueError, match="holds arrays, but how they belong together is damaged"):
        load(path)


def test_the_description_is_json(path):
    save({"n": (1, 2 ** 64)}, path)
    with safetensors.safe_open(path, "np") as file:
        assert json.loads(file.metadata()["minitorch_cnn"]) == {
            "dict": {"n": {"tuple": [1, {"int": "0x10000000000000000"}]}}}


def test_without_the_package_the_message_says_how_to_get_it(path, monkeypatch):
    save({}, path)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match="load: .* `pip install safetensors`"):
        load(path)
    with pytest.raises(ImportError, match="save: .* `pip install safetensors`"):
        save({}, path)


def test_programs_are_never_run(path):
    with pytest.raises(ValueError, match="weights_only=False would run programs"):
        load(path, weights_only=False)
