"""DataLoader beside PyTorch's: the same batches, lengths and refusals; and its two paths agree."""
import numpy as np
import pytest
import torch
import torch.utils.data as theirs
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt
from minitorch_cnn import data as ours

X = np.arange(23 * 6, dtype=np.float32).reshape(23, 2, 3)
Y = np.arange(23)


class OneByOne(ours.Dataset):
    """Samples without any batched form."""

    def __getitem__(self, index):
        return X[index], int(Y[index])

    def __len__(self):
        return len(Y)


class Stream(ours.IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return ((np.float32(i), i) for i in range(self.n))

    def __len__(self):
        return self.n


class TheirStream(theirs.IterableDataset):
    __init__, __iter__, __len__ = Stream.__init__, Stream.__iter__, Stream.__len__


def values(loader):
    """All batches as nested lists."""
    return [[part.tolist() for part in batch] for batch in loader]


@given(n=st.integers(1, 23), size=st.integers(1, 25), drop=st.booleans())
@settings(max_examples=30)
def test_batches_are_pytorchs(n, size, drop):
    options = {"batch_size": size, "drop_last": drop}
    tensors = theirs.TensorDataset(torch.from_numpy(X[:n]), torch.from_numpy(Y[:n]))
    expected = theirs.DataLoader(tensors, **options)
    for data in (ours.TensorDataset(X[:n], Y[:n]), ours.Subset(OneByOne(), range(n))):
        loader = ours.DataLoader(data, **options)
        assert len(loader) == len(expected)
        assert values(loader) == values(expected)


@given(n=st.integers(0, 12), size=st.one_of(st.none(), st.integers(1, 14)), drop=st.booleans())
@settings(max_examples=30)
def test_streams_are_pytorchs(n, size, drop):
    options = {"batch_size": size, "drop_last": drop and size is not None}
    one = ours.DataLoader(Stream(n), **options)
    two = theirs.DataLoader(TheirStream(n), **options)
    assert len(one) == len(two)
    if size is None:
        assert [(x.item(), y) for x, y in one] == [(x.item(), y) for x, y in two]
    else:
        assert values(one) == values(two)


def test_batches_are_lists_of_tensors():
    for data in (ours.TensorDataset(X, Y), ours.Subset(ours.TensorDataset(X, Y), Y), OneByOne()):
        batch = next(iter(ours.DataLoader(data, batch_size=4)))
        assert type(batch) is list and [type(part) for part in batch] == [mt.Tensor, mt.Tensor]
        assert batch[0].shape == (4, 2, 3) and batch[0].dtype == np.float32
        assert batch[1].shape == (4,) and batch[1].dtype == np.int64


def test_both_paths_shuffle_alike():
    def epochs(data):
        loader = ours.DataLoader(data, batch_size=5, shuffle=True,
                                 generator=mt.Generator().manual_seed(7))
        return values(loader), values(loader)

    whole = ours.TensorDataset(X, Y)
    assert epochs(whole) == epochs(OneByOne()) == epochs(ours.Subset(ours.Subset(whole, Y), Y))
    first, second = epochs(whole)
    assert first != second
    assert sorted(y for _, labels in first for y in labels) == Y.tolist()


def test_manual_seed_fixes_the_order():
    def order():
        mt.manual_seed(11)
        return values(ours.DataLoader(ours.TensorDataset(Y), batch_size=5, shuffle=True))
    assert order() == order()
    mt.manual_seed(12)
    assert values(ours.DataLoader(ours.TensorDataset(Y), batch_size=5, shuffle=True)) != order()


def test_other_draws_do_not_change_the_order():
    def order(other):
        mt.manual_seed(11)
        mt.random.generator("augmentation").random(other)
        return values(ours.DataLoader(ours.TensorDataset(Y), shuffle=True))
    assert order(0) == order(5)


@pytest.mark.parametrize("options", [
    {"num_workers": 3}, {"num_workers": 2, "prefetch_factor": 4, "persistent_workers": True},
    {"num_workers": 1, "timeout": 5, "worker_init_fn": print, "in_order": False},
    {"pin_memory": True},
])
def test_workers_change_nothing(options):
    def order(options):
        generator = mt.Generator().manual_seed(1)
        return values(ours.DataLoader(OneByOne(), 4, True, generator=generator, **options))
    assert order(options) == order({})


def test_samplers_and_batch_samplers():
    data = ours.TensorDataset(X, Y)
    assert values(ours.DataLoader(ours.TensorDataset(Y), 2, sampler=[5, 3, 8])) == [[[5, 3]], [[8]]]
    batches = [[0, 1, 2], [7], [3, 3]]
    for batch_sampler in (batches, [np.array(b) for b in batches],
                          [mt.Tensor(np.array(b)) for b in batches]):
        loader = ours.DataLoader(data, batch_sampler=batch_sampler)
        assert len(loader) == 3 and loader.batch_size is None
        assert [batch[1].tolist() for batch in loader] == batches
    weighted = ours.WeightedRandomSampler([0] * 22 + [1], 6)
    drawn = values(ours.DataLoader(ours.TensorDataset(Y), 4, sampler=weighted))
    assert drawn == [[[22] * 4], [[22] * 2]]


def test_without_batches_samples_come_as_they_are():
    loader = ours.DataLoader(OneByOne(), batch_size=None)
    image, label = next(iter(loader))
    assert len(loader) == 23 and isinstance(image, mt.Tensor) and image.shape == (2, 3)
    assert type(label) is int
    by_lists = ours.DataLoader(ours.TensorDataset(X, Y), batch_size=None,
                               sampler=ours.BatchSampler(range(23), 10, False))
    assert [batch[1].tolist() for batch in by_lists] == [
        Y[:10].tolist(), Y[10:20].tolist(), [20, 21, 22]]


def test_any_sequence_is_a_dataset():
    assert [b.tolist() for b in ours.DataLoader(range(5), 2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in ours.DataLoader(X[:3, 0, 0], 2)] == [[0, 6], [12]]
    assert [b.tolist() for b in ours.DataLoader(mt.Tensor(X[:3, 0, 0]), 2)] == [[0, 6], [12]]
    assert list(ours.DataLoader(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
    assert list(ours.DataLoader([], 2)) == []


def test_collate_fn_is_given_samples():
    data = ours.TensorDataset(Y)
    loader = ours.DataLoader(data, 3, collate_fn=lambda samples: [y.item() for y, in samples])
    assert next(iter(loader)) == [0, 1, 2]
    assert list(ours.DataLoader(range(3), batch_size=None, collate_fn=str)) == ["0", "1", "2"]


def test_getitems_is_used():
    class Many(OneByOne):
        def __getitems__(self, indices):
            return [-i for i in indices]
    assert next(iter(ours.DataLoader(Many(), 3))).tolist() == [0, -1, -2]

    class Changed(Many):
        def __getitem__(self, index):
            return 5
    assert next(iter(ours.DataLoader(Changed(), 3))).tolist() == [5, 5, 5]


def test_a_loader_may_be_left_early_and_iterated_twice_at_once():
    loader = ours.DataLoader(ours.TensorDataset(Y), 5)
    one, two = iter(loader), iter(loader)
    assert next(one)[0].tolist() == next(two)[0].tolist() == [0, 1, 2, 3, 4]
    assert len(list(one)) == 4 and len(values(loader)) == 5


def test_a_missing_sample_is_named():
    for data in (ours.TensorDataset(Y), ours.Subset(OneByOne(), range(23))):
        with pytest.raises(IndexError, match="there is no sample 23 in a dataset of 23"):
            list(ours.DataLoader(data, 2, sampler=[0, 23]))


def test_batches_are_copies():
    x = X.copy()
    for data in (ours.TensorDataset(x), ours.Subset(ours.TensorDataset(x), range(23))):
        for (batch,) in ours.DataLoader(data, 23):
            batch.data[...] = -1
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("options, message", [
    ({"sampler": [1], "shuffle": True}, "sampler and shuffle both set the order"),
    ({"batch_sampler": [[1]], "batch_size": 2}, "batch_sampler makes the batches"),
    ({"batch_sampler": [[1]], "shuffle": True}, "batch_sampler makes the batches"),
    ({"batch_sampler": [[1]], "sampler": [1]}, "batch_sampler makes the batches"),
    ({"batch_sampler": [[1]], "drop_last": True}, "batch_sampler makes the batches"),
    ({"batch_size": None, "drop_last": True}, "batch_size=None makes no batches"),
    ({"batch_size": 0}, "batch_size must be a positive integer, got 0"),
    ({"batch_size": 2.5}, "batch_size must be a positive integer, got 2.5"),
    ({"num_workers": -1}, "must not be negative, got -1, 0 and None"),
    ({"timeout": -1}, "must not be negative"),
    ({"num_workers": 1, "prefetch_factor": -1}, "must not be negative"),
    ({"prefetch_factor": 2}, "prefetch_factor and persistent_workers need num_workers > 0"),
    ({"persistent_workers": True}, "prefetch_factor and persistent_workers need num_workers > 0"),
])
def test_options_that_pytorch_refuses_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ours.DataLoader(ours.TensorDataset(Y), **options)
    with pytest.raises(ValueError):
        theirs.DataLoader(theirs.TensorDataset(torch.from_numpy(Y)), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}])
def test_a_stream_has_its_own_order(options):
    with pytest.raises(ValueError, match="an IterableDataset has its own order"):
        ours.DataLoader(Stream(3), **options)


@pytest.mark.parametrize("name", ["dataset", "batch_size", "sampler", "batch_sampler", "drop_last"])
def test_what_the_samplers_are_built_from_is_fixed(name):
    loader = ours.DataLoader(ours.TensorDataset(Y), 3)
    with pytest.raises(ValueError, match=f"DataLoader: {name} cannot be changed later"):
        setattr(loader, name, None)
    loader.collate_fn = len
    assert next(iter(loader)) == 3


def test_there_are_no_workers_to_ask():
    assert ours.get_worker_info() is theirs.get_worker_info() is None
