"""Reading PyTorch's files and other pickles as data: the same as torch.load, and nothing is run."""
import collections
import io
import pickle

import numpy as np
import pytest
import torch
from torch_files import HEADER, archive, assert_equal, tensor

import minitorch_cnn as mt
from minitorch_cnn.serialization import load

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
INTEGERS = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def write(request, tmp_path):
    """torch.save in one of the two formats; returns the path."""
    def save(obj):
        path = tmp_path / "file.pth"
        torch.save(obj, path, _use_new_zipfile_serialization=request.param)
        return path
    return save


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS + UNSIGNED, ids=str)
def test_dtypes(dtype, write):
    values = torch.tensor([0, 1, 1, 0, 1, 1]).to(dtype)
    assert_equal(load(write({"flat": values, "square": values.reshape(2, 3),
                             "0-d": values[1].clone(),
                             "empty": values[:0].clone(), "hollow": torch.zeros(2, 0,
                                                                                dtype=dtype)})),
                 {"flat": values, "square": values.reshape(2, 3), "0-d": values[1],
                  "empty": values[:0], "hollow": torch.zeros(2, 0, dtype=dtype)})


def test_strides_and_offsets(write):
    x = torch.arange(60.).reshape(3, 4, 5)
    views = [x.T if x.ndim == 2 else x.permute(2, 0, 1), x[1:, ::2, 3], x[2, 3, 4], x[:, :0],
             x[0].T,
             torch.tensor(7.).expand(2, 3), x.contiguous(memory_format=torch.contiguous_format),
             torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)]
    loaded = load(write(views))
    assert_equal(loaded, views)
    for ours, theirs in zip(loaded, views):
        if theirs.numel() and theirs.ndim:
            assert ours.stride() == theirs.stride()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool], ids=str)
def test_shared_storages_stay_shared(dtype, write):
    x = torch.zeros(6, dtype=dtype)
    loaded = load(write({"whole": x, "half": x[3:], "again": x}))
    loaded["half"].data[0] = 1
    assert loaded["whole"].data[3] == 1
    assert loaded["again"].data[3] == 1


def test_a_state_dict_of_a_model(write):
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2),
                                torch.nn.Linear(3, 4))
    state = model.state_dict()
    loaded = load(write(state))
    assert type(loaded) is collections.OrderedDict
    assert_equal(loaded, state)
    assert_equal(loaded._metadata, state._metadata)


def test_a_checkpoint(write):
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), amsgrad=True)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 2, 5])
    model(torch.ones(3)).sum().backward()
    optimizer.step()
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                  "scheduler": scheduler.state_dict(), "epoch": 3, "best": None, 7: (True, "text"),
                  "loss": [0.5, 1e-300], "rng": torch.get_rng_state(), "size": torch.Size([2, 3]),
                  "big": 2 ** 70, "bytes": b"\0\xff", "array": bytearray(b"ab"), "set": {1, 2},
                  "complex": 1 + 2j}
    assert_equal(load(write(checkpoint)), checkpoint)


def test_parameters_keep_requires_grad(write):
    parameter = torch.nn.Parameter(torch.ones(2))
    frozen = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    assert_equal(load(write([parameter, frozen, torch.ones(2, requires_grad=True)])),
                 [parameter, frozen, torch.ones(2, requires_grad=True)])


def test_attributes_of_tensors_are_left_out(write):
    x = torch.ones(2)
    x.comment = "text"
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.comment = [1]
    assert_equal(load(write([x, parameter])), [x, parameter])


def test_dtypes_devices_and_layouts_are_stand_ins(write):
    loaded = load(write([torch.float32, torch.device("cuda", 1), torch.device("cpu"),
                         torch.strided]))
    assert [str(item) for item in loaded] == ["torch.float32", "cuda:1", "cpu", "torch.strided"]
    assert loaded[2] == mt.device("cpu")


def test_every_protocol():
    for protocol in (2, 3, 4, 5):
        stream = io.BytesIO()
        state = {"x": torch.arange(3), "y": collections.OrderedDict(a=torch.ones(1, 2)), "t": {}}
        torch.save(state, stream, pickle_protocol=protocol)
        stream.seek(0)
        assert_equal(load(stream), state)


def test_storages_beside_other_bytes_of_a_file_of_python_2():
    """Text of Python 2 is bytes in the pickle; names of torchvision's old weights are such text."""
    pickled = b"\x80\x02}q\x00U\x08features(K\x01K\x02tq\x01s."
    assert load(io.BytesIO(pickled)) == {"features": (1, 2)}


def test_big_endian_files():
    content = np.array([1, 2, 3, 4], ">f4").tobytes()
    loaded = load(archive(HEADER + tensor() + b".", {"data/0": content}, b"big"))
    assert_equal(loaded, torch.tensor([1., 2, 3, 4]))
    loaded = load(archive(HEADER + tensor(b"BFloat16Storage", numel=2, size=(2,)) + b".",
                          {"data/0": b"\x3f\x80\x40\x00"}, b"big"))
    assert_equal(loaded, torch.tensor([1., 2]))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["f4", ">f8", "i8", "<u2", "?", "f2", "c8"])
def test_pickles_of_arrays(dtype, protocol):
    arrays = {"plain": np.arange(6).astype(dtype).reshape(2, 3), "0-d": np.array(1, dtype),
              "fortran": np.asfortranarray(np.arange(6).astype(dtype).reshape(2, 3)),
              "strided": np.arange(12).astype(dtype)[::3], "empty": np.zeros((0, 2), dtype)}
    arrays["scalar"] = arrays["plain"][1, 1]
    arrays["same"] = arrays["plain"]
    loaded = load(io.BytesIO(pickle.dumps(arrays, protocol)), allow_numpy=True)
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert type(loaded[name]) is type(array)
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
        assert loaded[name].shape == array.shape
        np.testing.assert_array_equal(loaded[name], array)


@pytest.mark.parametrize("protocol", [2, 5])
def test_arrays_are_refused_unless_asked_for(protocol):
    for item in (np.ones(2), np.float64(1)):
        with pytest.raises(ValueError, match=r'asks for "numpy\.[\w.]+".* pass allow_numpy=True'):
            load(io.BytesIO(pickle.dumps(item, protocol)))


def test_arrays_in_a_checkpoint_of_torch(write):
    path = write({"x": torch.ones(2), "losses": np.array([1.5, 2]), "best": np.float64(0.5)})
    loaded = load(path, allow_numpy=True)
    np.testing.assert_array_equal(loaded["losses"], [1.5, 2])
    assert loaded["best"] == 0.5


@pytest.mark.parametrize("array", [np.array([None, print], object), np.ones(2, "i4,f4"),
                                   np.array(["text"]), np.array(["2020"], "M8[D]")])
def test_arrays_of_objects_are_refused(array):
    for protocol in (2, 5):
        with pytest.raises(ValueError, match="load: the stream (asks for|is damaged)"):
            load(io.BytesIO(pickle.dumps(array, protocol)), allow_numpy=True)


def test_other_functions_of_numpy_are_refused():
    for function in (np.load, np.random.default_rng(0).bit_generator, np.fromfile):
        with pytest.raises(ValueError, match='asks for "numpy'):
            load(io.BytesIO(pickle.dumps(function)), allow_numpy=True)
