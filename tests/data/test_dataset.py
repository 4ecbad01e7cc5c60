"""Datasets and the ways to cut and join them, beside PyTorch's."""
import numpy as np
import pytest
import torch.utils.data as theirs
from hypothesis import given
from hypothesis import strategies as st

import minitorch_cnn as mt
from minitorch_cnn import data as ours
from minitorch_cnn.data.dataset import batch_method


class Squares(ours.Dataset):
    def __init__(self, n):
        self.n = n

    def __getitem__(self, index):
        if not -self.n <= index < self.n:
            raise IndexError
        return index ** 2

    def __len__(self):
        return self.n


def test_tensor_dataset(rng):
    x, y = rng.random((6, 2, 3)), rng.integers(0, 9, 6)
    data = ours.TensorDataset(mt.Tensor(x), y)
    assert len(data) == 6
    image, label = data[-2]
    assert image.dtype == np.float64 and label.dtype == np.int64 and label.shape == ()
    np.testing.assert_array_equal(image.numpy(), x[4])
    assert label.item() == y[4]
    for index in (slice(1, 4), [3, 0], np.array([3, 0]), mt.Tensor(np.array([3, 0]))):
        np.testing.assert_array_equal(data[index][0].numpy(), x[np.asarray(index)]
                                      if not isinstance(index, slice) else x[index])
    batch = data.get_batch([5, -1, 0])
    np.testing.assert_array_equal(batch[0].numpy(), x[[5, 5, 0]])
    np.testing.assert_array_equal(batch[1].numpy(), y[[5, 5, 0]])


def test_tensor_dataset_of_lists():
    data = ours.TensorDataset([[1.5, 2.0], [3.0, 4.0]], [1, 0])
    assert data[0][0].dtype == np.float32 and data[0][1].dtype == np.int64


def test_gradients_reach_a_dataset_that_wants_them():
    x = mt.Tensor(np.arange(4.0), requires_grad=True)
    data = ours.TensorDataset(x)
    (batch,) = data.get_batch([1, 1, 3])
    batch.backward(mt.Tensor(np.ones(3)))
    np.testing.assert_array_equal(x.grad.numpy(), [0, 2, 0, 1])
    assert data[2][0].requires_grad


@pytest.mark.parametrize("tensors", [(), (np.zeros(3), np.zeros(4)), (np.float32(1),)])
def test_tensor_dataset_refuses_what_has_no_common_length(tensors):
    with pytest.raises(ValueError, match="TensorDataset: needs tensors of one length, got shapes"):
        ours.TensorDataset(*tensors)


@pytest.mark.parametrize("index", [3, -4])
def test_tensor_dataset_refuses_a_missing_sample(index):
    data = ours.TensorDataset(np.zeros(3))
    for ask in (lambda: data[index], lambda: data.get_batch([index])):
        with pytest.raises(IndexError, match=f"TensorDataset: there is no sample {index} in"):
            ask()
    with pytest.raises(TypeError, match="asked for by its number, got"):
        data[0.5]


def test_subset_of_a_subset(rng):
    x = rng.random((10, 3))
    whole = ours.TensorDataset(x, np.arange(10))
    inner = ours.Subset(ours.Subset(whole, [9, 7, 5, 3, 1]), mt.Tensor(np.array([4, 0, -2])))
    assert len(inner) == 3
    assert [inner[i][1].item() for i in range(3)] == [1, 9, 3]
    assert [sample[1].item() for sample in inner.__getitems__([2, 0])] == [3, 1]
    assert inner.get_batch([2, 0])[1].numpy().tolist() == [3, 1]
    assert ours.Subset(whole, range(4, 8))[[1, 3]][1].numpy().tolist() == [5, 7]
    assert ours.Subset(whole, np.array([4, 8]))[1][1].item() == 8


@pytest.mark.parametrize("index", [2, -3])
def test_subset_refuses_a_missing_sample(index):
    for whole in (Squares(9), ours.TensorDataset(np.ones(9))):
        with pytest.raises(IndexError, match=f"Subset: there is no sample {index} in a dataset"):
            ours.Subset(whole, [4, 5])[index]
    with pytest.raises(IndexError, match="TensorDataset: there is no sample 9"):
        ours.Subset(ours.TensorDataset(np.ones(9)), [9])[0]


def test_subset_asks_a_dataset_for_many_samples_in_its_own_way():
    class Many(Squares):
        def __getitems__(self, indices):
            return [-i for i in indices]

    assert ours.Subset(Many(9), [8, 6, 4]).__getitems__([0, 2]) == [-8, -4]
    assert ours.Subset(Squares(9), [8, 6, 4]).__getitems__([0, 2]) == [64, 16]
    assert ours.Subset(Squares(9), [8, 6]).get_batch([0]) is NotImplemented


def test_a_batch_method_speaks_only_for_its_own_samples():
    class Changed(ours.TensorDataset):
        def __getitem__(self, index):
            return "changed"

    class ChangedBoth(Changed):
        def get_batch(self, indices):
            return "both"

    assert batch_method(ours.TensorDataset(np.ones(2)), "get_batch")([0])
    assert batch_method(Changed(np.ones(2)), "get_batch") is None
    assert batch_method(ChangedBoth(np.ones(2)), "get_batch")([0]) == "both"
    for data in (Squares(3), [1, 2], range(3), np.ones(3), {"a": 1}):
        assert batch_method(data, "get_batch") is None


def test_concat_dataset():
    parts = [Squares(3), ours.TensorDataset(np.arange(2)), Squares(0), [7, 8]]
    data = ours.ConcatDataset(parts)
    assert len(data) == 7 and data.cumulative_sizes == [3, 5, 5, 7]
    assert [data[i] if i not in (3, 4) else data[i][0].item() for i in range(7)] == [
        0, 1, 4, 0, 1, 7, 8]
    assert data[-1] == 8 and data[-7] == 0
    assert len(Squares(2) + Squares(3)) == 5
    for index in (7, -8):
        with pytest.raises(IndexError, match=f"ConcatDataset: there is no sample {index} in"):
            data[index]


class Stream(ours.IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


def test_streams_are_chained():
    chain = Stream(2) + Stream(3)
    assert list(chain) == [0, 1, 0, 1, 2] and len(chain) == 5
    with pytest.raises(TypeError, match="joins IterableDatasets, got Squares; .* ConcatDataset"):
        list(ours.ChainDataset([Squares(2)]))
    for datasets in ([], [Squares(2), Stream(2)]):
        with pytest.raises(ValueError, match="none that is an IterableDataset.* ChainDataset"):
            ours.ConcatDataset(datasets)


def test_stack_dataset():
    assert ours.StackDataset(Squares(3), [7, 8, 9])[2] == (4, 9)
    named = ours.StackDataset(a=Squares(3), b="xyz")
    assert named[1] == {"a": 1, "b": "y"} and len(named) == 3
    for args, kwargs in (([], {}), ([Squares(2), Squares(3)], {}), ("ab", {"a": "ab"})):
        with pytest.raises(ValueError, match="StackDataset: needs datasets of one length"):
            ours.StackDataset(*args, **kwargs)


def test_base_classes_say_what_to_write():
    with pytest.raises(NotImplementedError, match=r"Dataset: write __getitem__\(self, index\)"):
        ours.Dataset()[0]
    with pytest.raises(NotImplementedError, match=r"IterableDataset: write __iter__\(self\)"):
        iter(ours.IterableDataset())
    assert ours.Dataset[int].__origin__ is ours.Dataset, "PyTorch scripts write Dataset[int]"


FRACTIONS = st.lists(st.integers(1, 20), min_size=1, max_size=5).map(
    lambda parts: [part / sum(parts) for part in parts])


@pytest.mark.filterwarnings("ignore:.*empty:UserWarning")
@given(n=st.integers(0, 50), lengths=FRACTIONS)
def test_fractions_are_shared_out_as_in_pytorch(n, lengths):
    if sum(lengths) > 1:
        return  # there PyTorch finds fault with a rounding error
    parts = ours.random_split(range(n), lengths)
    assert [len(p) for p in parts] == [len(p) for p in theirs.random_split(range(n), lengths)]
    assert sorted(sum((p.indices for p in parts), [])) == list(range(n))


def test_fractions_whose_sum_is_a_rounding_error_above_one():
    fractions = [0.2, 0.4, 0.3, 0.1]
    assert sum(fractions) > 1
    assert [len(part) for part in ours.random_split(range(50), fractions)] == [10, 20, 15, 5]


def test_random_split_draws_from_its_generator():
    def split(seed):
        generator = mt.Generator().manual_seed(seed)
        return [part.indices for part in ours.random_split(range(20), [15, 5], generator)]
    assert split(0) == split(0) != split(1)
    generator = mt.Generator().manual_seed(0)
    first = ours.random_split(range(20), [15, 5], generator)[0].indices
    assert first != ours.random_split(range(20), [15, 5], generator)[0].indices
    mt.manual_seed(5)
    default = ours.random_split(range(20), [15, 5])[0].indices
    mt.manual_seed(5)
    list(ours.RandomSampler(range(9)))  # another stream
    assert ours.random_split(range(20), [15, 5])[0].indices == default


@pytest.mark.parametrize("lengths", [[5, 4], [0.5, 0.4], [], [11], [9.5, 0.5]])
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="random_split: lengths .* add up to .* 10 samples"):
        ours.random_split(range(10), lengths)


def test_negative_lengths_are_refused_and_empty_parts_warn():
    with pytest.raises(ValueError, match="must not be negative"):
        ours.random_split(range(10), [12, -2])
    with pytest.raises(ValueError, match="must not be negative"):
        ours.random_split(range(10), [1.5, -0.5])
    with pytest.warns(UserWarning, match=r"random_split: part 2 of \[0.5, 0.49, 0.01\] is empty"):
        ours.random_split(range(3), [0.5, 0.49, 0.01])
    assert [len(p) for p in ours.random_split(range(3), [3, 0])] == [3, 0]
