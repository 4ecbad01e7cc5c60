"""Collation beside PyTorch's: the same structures, dtypes and values."""
import collections
import types

import numpy as np
import pytest
import torch
import torch.utils.data as theirs
from PIL import Image

import minitorch_cnn as mt
from minitorch_cnn import data as ours

Point = collections.namedtuple("Point", ["x", "y"])


def same(one, two):
    """Whether ours and PyTorch's have one structure, with equal dtypes and values in it."""
    if isinstance(two, torch.Tensor):
        return isinstance(one, mt.Tensor) and str(one.dtype) == str(two.dtype)[6:] \
            and np.array_equal(one.numpy(), two.numpy()) and one.shape == tuple(two.shape)
    if type(one) is not type(two):
        return False
    if isinstance(two, collections.abc.Mapping):
        return list(one) == list(two) and all(same(one[k], two[k]) for k in two)
    if isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    return np.array_equal(one, two)


SAMPLES = [
    [1, 2], [1.5, 2], [2, 2.5], [True, False], [1, True], [True, 2.5], [2 ** 40],
    [np.float32(1), np.float32(2)], [np.float64(1.1), np.float64(2)], [np.int32(1)], [np.uint8(1)],
    [np.float16(1)], [np.bool_(True)], [1, np.float32(2)],
    [np.zeros((2, 3), np.float32)] * 2, [np.arange(3)] * 3, [np.array(3.5)] * 2, [np.zeros((0, 2))],
    ["a", "b"], [b"a"], ["a", 1], [np.str_("x")],
    [(1, 2.0), (3, 4.0)], [[1, 2.0], [3, 4.0]], [()], [range(3), range(3)],
    [{"a": 1, "b": (2, "x")}, {"b": (3, "y"), "a": 4}],
    [collections.OrderedDict(a=1, b=2.5)] * 2,
    [Point(1, (2, 3.5)), Point(4, (5, 6.5))],
    [(np.zeros((1, 2, 2), np.float32), 3), (np.ones((1, 2, 2), np.float32), 4)],
    [(1, [2, {"k": [np.ones(2), "s"]}])] * 3,
]


@pytest.mark.parametrize("batch", SAMPLES, ids=str)
def test_default_collate_is_pytorchs(batch):
    assert same(ours.default_collate(batch), theirs.default_collate(batch))


@pytest.mark.parametrize("batch", SAMPLES, ids=str)
def test_default_convert_is_pytorchs(batch):
    for sample in (batch, batch[0]):
        assert same(ours.default_convert(sample), theirs.default_convert(sample))


def test_convert_leaves_what_is_no_number_alone():
    text = np.array(["a", "b"])
    assert ours.default_convert(text) is text
    for sample in (None, "x", b"x", mt.Tensor([1.0])):
        assert ours.default_convert(sample) is sample


def test_mappings_keep_their_type():
    batch = [collections.defaultdict(list, a=1), collections.defaultdict(list, a=2)]
    result = ours.default_collate(batch)
    assert type(result) is collections.defaultdict and result["none"] == []
    assert batch[0]["a"] == 1, "the samples are not changed"
    frozen = ours.default_collate([types.MappingProxyType({"a": 1})] * 2)
    assert type(frozen) is types.MappingProxyType and frozen["a"].numpy().tolist() == [1, 1]


def test_tensors_of_any_maker_are_stacked():
    for batch in ([mt.Tensor(np.ones(2)), mt.Tensor(np.zeros(2))], [torch.ones(2).double()] * 2):
        result = ours.default_collate(batch)
        assert isinstance(result, mt.Tensor)
        assert result.shape == (2, 2) and result.dtype == np.float64


def test_gradients_flow_through_a_batch():
    x = mt.Tensor([1.0, 2.0], requires_grad=True)
    ours.default_collate([x, x]).backward(mt.Tensor(np.float32([[1, 2], [3, 4]])))
    assert x.grad.numpy().tolist() == [4, 6]


@pytest.mark.parametrize("batch, error, message", [
    ([], ValueError, "the batch is empty"),
    ([np.zeros(2), np.zeros(2), np.zeros(3)], ValueError,
     r"samples 0 and 2 of the batch have shapes \(2,\) and \(3,\); bring them to one size"),
    ([(1, 2), (1,)], ValueError, r"the same number of entries, got \[1, 2\]"),
    ([{"a": 1, "b": 2}, {"a": 1}], ValueError, r"sample 1 of the batch lacks the keys \['b'\]"),
    ([None], TypeError, "cannot put NoneType into a batch"),
    ([{1, 2}], TypeError, "cannot put set into a batch"),
    ([1 + 2j], TypeError, "cannot put complex into a batch"),
    ([Image.new("L", (2, 2))], TypeError, "PIL.Image.Image into a batch; .*transform=ToTensor"),
    ([1.5, None], TypeError, r"together the samples \(NoneType, float\) are not"),
    ([1, "2"], TypeError, r"\(int, str\)"),
    ([1, [2, 3]], TypeError, r"\(int, list\)"),
    ([2 ** 70], TypeError, "return real numbers only"),
    ([np.complex64(1)], TypeError, r"\(numpy.complex64\)"),
    ([np.array(["a"])], TypeError, "cannot make a tensor of ndarray with dtype <U1"),
])
def test_what_makes_no_batch_is_refused(batch, error, message):
    with pytest.raises(error, match=message):
        ours.default_collate(batch)
