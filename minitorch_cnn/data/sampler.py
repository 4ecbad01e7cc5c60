"""Samplers: in which order a loader asks for samples, and how it bundles them."""
import itertools
import numbers
from typing import Generic, TypeVar

import numpy as np

from ..random import numpy_generator

T = TypeVar("T", covariant=True)


class Sampler(Generic[T]):
    """Base of samplers: ``__iter__`` yields indices of samples (or lists of them, for batches)."""

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__}: write __iter__(self)")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ... up to the length of the dataset."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Samples in random order, a new one at each iteration.

    Parameters
    ----------
    data_source : sized
        The dataset, N samples.
    replacement : bool
        Draw each sample from all N, so that some come twice and others never.
    num_samples : int, optional
        How many to draw, default N. Without replacement, more than N begin another permutation.
    generator : Generator, optional
        Source of the order; default is the stream "shuffle" of ``manual_seed``.

    Raises
    ------
    ValueError
        If there is nothing to draw, or ``num_samples`` is not a positive integer.
    TypeError
        If ``replacement`` is not a bool.
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self.generator = check_generator("RandomSampler", generator)
        self._num_samples = num_samples
        check_bool("RandomSampler", replacement=replacement)
        check_count("RandomSampler", num_samples=self.num_samples)
        if len(data_source) == 0:
            raise ValueError("RandomSampler: there is nothing to draw from an empty dataset")

    @property
    def num_samples(self):
        """How many indices an iteration yields."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self):
        n = len(self.data_source)
        generator = numpy_generator(self.generator, "shuffle")
        if self.replacement:
            yield from generator.integers(n, size=self.num_samples).tolist()
            return
        for start in range(0, self.num_samples, n):
            yield from generator.permutation(n)[:self.num_samples - start].tolist()

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, a new one at each iteration."""

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = check_generator("SubsetRandomSampler", generator)

    def __iter__(self):
        for i in numpy_generator(self.generator, "shuffle").permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Index i with a probability proportional to ``weights[i]``.

    Parameters
    ----------
    weights : array-like
        (N,), finite, none negative, not all zero.
    num_samples : int
        How many to draw.
    replacement : bool
        Whether an index may come more than once.
    generator : Generator, optional
        Default is the stream "shuffle" of ``manual_seed``.

    Raises
    ------
    ValueError
        For weights or numbers that do not fit this.
    TypeError
        If ``replacement`` is not a bool.
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        self.weights = np.asarray(weights, np.float64)  # (N,)
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = check_generator("WeightedRandomSampler", generator)
        check_bool("WeightedRandomSampler", replacement=replacement)
        check_count("WeightedRandomSampler", num_samples=num_samples)
        self._check_weights()

    def _check_weights(self):
        w = self.weights
        if w.ndim != 1 or not np.isfinite(w).all() or (w < 0).any() or not w.sum() > 0:
            raise ValueError("WeightedRandomSampler: weights must be one row of finite numbers, "
                             f"none negative and not all zero, got {w.tolist()}")
        if not self.replacement and np.count_nonzero(w) < self.num_samples:
            raise ValueError(f"WeightedRandomSampler: {np.count_nonzero(w)} indices have a weight, "
                             f"too few for {self.num_samples} without replacement")

    def __iter__(self):
        generator = numpy_generator(self.generator, "shuffle")
        drawn = generator.choice(len(self.weights), self.num_samples, self.replacement,
                                 self.weights / self.weights.sum())
        yield from drawn.tolist()

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler[list]):
    """What a sampler yields, in lists of ``batch_size``; the last may be shorter.

    Parameters
    ----------
    sampler : Sampler or iterable
        Yields indices.
    batch_size : int
        Length of a list.
    drop_last : bool
        Leave out a last list that is shorter.

    Raises
    ------
    ValueError
        If ``batch_size`` is not a positive integer.
    TypeError
        If ``drop_last`` is not a bool.
    """

    def __init__(self, sampler, batch_size, drop_last):
        check_count("BatchSampler", batch_size=batch_size)
        check_bool("BatchSampler", drop_last=drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self):
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)


def check_count(op, **number):
    """Refuse anything but a positive integer."""
    (name, value), = number.items()
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{op}: {name} must be a positive integer, got {value!r}")


def check_bool(op, **flag):
    """Refuse anything but True and False."""
    (name, value), = flag.items()
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{op}: {name} must be True or False, got {value!r}")


def check_generator(op, generator):
    """Refuse a bare seed: every iteration would start from it and repeat the same order."""
    if isinstance(generator, numbers.Integral):
        raise TypeError(f"{op}: generator must be a Generator, got the number {generator}; "
                        f"pass Generator().manual_seed({generator})")
    return generator
