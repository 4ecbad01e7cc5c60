"""Datasets: things with a length and ``[i]``, and how to cut, join and zip them.

How a batch is fetched without a loop over its samples: a dataset may have ``get_batch(indices)``,
which returns what ``default_collate([dataset[i] for i in indices])`` would, or ``NotImplemented``
where it cannot. PyTorch's ``__getitems__(indices)``, a list of samples, works too.
"""
import bisect
import itertools
import math
import operator
import warnings
from typing import Generic, TypeVar

import numpy as np

from ..autograd import Tensor
from ..device import array_module
from ..ops.checks import as_tensor
from ..random import numpy_generator

T = TypeVar("T", covariant=True)


class Dataset(Generic[T]):
    """Base of datasets that are asked for a sample by its index.

    A subclass has ``__getitem__(index)`` and, for most samplers, ``__len__()``.
    """

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__}: write __getitem__(self, index)")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Base of datasets that are a stream: a subclass has ``__iter__``; samples have no index."""

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__}: write __iter__(self)")

    def __add__(self, other):
        return ChainDataset([self, other])


def batch_method(dataset, name):
    """``dataset.<name>`` if it speaks for ``dataset[i]``, else None.

    It does not where a subclass has changed ``__getitem__`` alone: the batch would bypass that.
    """
    for kind in type(dataset).__mro__:
        if name in vars(kind):
            return getattr(dataset, name)
        if "__getitem__" in vars(kind):
            return None
    return None


def as_indices(name, indices, length):
    """``indices`` (numbers; negative ones count from the end) as an int64 array.

    Raises
    ------
    IndexError
        If there is no such sample.
    TypeError
        For anything but integers.
    """
    try:
        indices = indices.tolist() if hasattr(indices, "tolist") else indices
        array = np.array([operator.index(i) for i in indices], np.int64)  # (n,)
    except TypeError:
        raise TypeError(f"{name}: a sample is asked for by its number, got {indices}; "
                        "use Subset(dataset, indices) for several") from None
    outside = array[(array < -length) | (array >= length)]
    if len(outside):
        raise IndexError(f"{name}: there is no sample {outside[0]} in a dataset of {length}")
    return array


class TensorDataset(Dataset):
    """Tensors (or arrays) of one length, zipped: sample i is ``(tensors[0][i], ...)``.

    Parameters
    ----------
    *tensors : Tensor or array-like
        Each (N, ...).

    Raises
    ------
    ValueError
        If there is none, or the lengths differ.
    """

    def __init__(self, *tensors):
        self.tensors = tuple([as_tensor(t) for t in tensors])
        shapes = [t.shape for t in self.tensors]
        if not shapes or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(f"TensorDataset: needs tensors of one length, got shapes {shapes}")

    def __getitem__(self, index):
        if not isinstance(index, (slice, list, tuple, np.ndarray, Tensor)):
            index = int(as_indices("TensorDataset", [index], len(self))[0])
        return tuple([_rows(t, index) for t in self.tensors])

    def get_batch(self, indices):
        """``[tensors[0][indices], tensors[1][indices], ...]``."""
        index = as_indices("TensorDataset", indices, len(self))
        return [_rows(t, index) for t in self.tensors]

    def __len__(self):
        return len(self.tensors[0])


def _rows(tensor, index):
    """``tensor[index]``, recorded if gradients are to flow back into the dataset."""
    if tensor.requires_grad:
        return tensor[index]
    index = index.data if isinstance(index, Tensor) else index
    if isinstance(index, np.ndarray):
        index = array_module(tensor.data).asarray(index)
    return Tensor(tensor.data[index])


class StackDataset(Dataset):
    """Datasets of one length, zipped: samples are tuples, or dicts if the datasets have names.

    Raises
    ------
    ValueError
        If there is no dataset, some have names and some not, or the lengths differ.
    """

    def __init__(self, *args, **kwargs):
        self.datasets = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if not lengths or (args and kwargs) or len(set(lengths)) > 1:
            raise ValueError("StackDataset: needs datasets of one length, all with names or all "
                             f"without; got {len(args)} without, {len(kwargs)} with, of lengths "
                             f"{lengths}")
        self._length = lengths[0]

    def __getitem__(self, index):
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple([dataset[index] for dataset in self.datasets])

    def __len__(self):
        return self._length


class ConcatDataset(Dataset):
    """Datasets one after another.

    Parameters
    ----------
    datasets : iterable of Dataset
        At least one, each with a length.

    Raises
    ------
    ValueError
        If there is none, or one is a stream (use ``ChainDataset``).
    """

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets or any(isinstance(d, IterableDataset) for d in self.datasets):
            raise ValueError("ConcatDataset: needs at least one dataset, and none that is an "
                             "IterableDataset; join those with ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, index):
        index = int(as_indices("ConcatDataset", [index], len(self))[0]) % len(self)
        part = bisect.bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][index - before]


class ChainDataset(IterableDataset):
    """Streams one after another."""

    def __init__(self, datasets):
        self.datasets = datasets

    def __iter__(self):
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError("ChainDataset: joins IterableDatasets, got "
                                f"{type(dataset).__name__}; join those with ConcatDataset")
            yield from dataset

    def __len__(self):
        return sum(len(dataset) for dataset in self.datasets)


class Subset(Dataset[T]):
    """Some samples of a dataset, in an order of their own.

    Parameters
    ----------
    dataset : Dataset
        The whole.
    indices : sequence of int
        Sample i of the subset is ``dataset[indices[i]]``.
    """

    def __init__(self, dataset, indices):
        self.dataset = dataset
        self.indices = indices.tolist() if isinstance(indices, Tensor) else indices

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[self._translate(index)]
        return self.dataset[self._translate([index])[0]]

    def __getitems__(self, indices):
        """The samples as a list."""
        indices = self._translate(indices)
        getitems = batch_method(self.dataset, "__getitems__")
        return [self.dataset[i] for i in indices] if getitems is None else getitems(indices)

    def get_batch(self, indices):
        """The batch, if the whole dataset makes batches; else ``NotImplemented``."""
        get_batch = batch_method(self.dataset, "get_batch")
        return NotImplemented if get_batch is None else get_batch(self._translate(indices))

    def _translate(self, indices):
        """Numbers of samples in the whole dataset."""
        try:
            return [self.indices[i] for i in indices]
        except IndexError:
            as_indices("Subset", indices, len(self))
            raise

    def __len__(self):
        return len(self.indices)


def random_split(dataset, lengths, generator=None):
    """Cut a dataset at random into parts that do not overlap and together are the whole.

    Parameters
    ----------
    dataset : Dataset
        With a length N.
    lengths : sequence of int or float
        Sizes that add up to N; or fractions that add up to 1: then each part gets
        floor(fraction * N) samples, and what is left goes to the parts in turn, one each.
    generator : Generator, optional
        Source of the permutation, e.g. ``Generator().manual_seed(0)``; default is the stream
        "split" of ``manual_seed``.

    Returns
    -------
    list of Subset
        One for each length.

    Raises
    ------
    ValueError
        If lengths are negative or do not add up.
    """
    n = len(dataset)
    lengths = list(lengths)
    if any(length < 0 for length in lengths):
        raise ValueError(f"random_split: lengths must not be negative, got {lengths}")
    if lengths and math.isclose(sum(lengths), 1):
        lengths = _share_out(n, lengths)
    if sum(lengths) != n or not all(length == int(length) for length in lengths):
        raise ValueError(f"random_split: lengths {lengths} add up to {sum(lengths)}; they must be "
                         f"sizes that add up to the dataset's {n} samples, or fractions of 1")
    order = numpy_generator(generator, "split").permutation(n).tolist()
    stops = itertools.accumulate(map(int, lengths))
    return [Subset(dataset, order[stop - int(length):stop]) for stop, length in zip(stops, lengths)]


def _share_out(n, fractions):
    """Sizes for fractions of n samples."""
    lengths = [math.floor(n * fraction) for fraction in fractions]
    for i in range(n - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(f"random_split: part {i} of {fractions} is empty", stacklevel=3)
    return lengths
