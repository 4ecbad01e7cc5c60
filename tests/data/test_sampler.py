"""Samplers beside PyTorch's: the same lengths and bundles, other random numbers."""
import collections

import numpy as np
import pytest
import torch.utils.data as theirs
from hypothesis import given
from hypothesis import strategies as st

import minitorch_cnn as mt
from minitorch_cnn import data as ours


@given(n=st.integers(0, 30), size=st.integers(1, 12), drop=st.booleans())
def test_batches_are_pytorchs(n, size, drop):
    one = ours.BatchSampler(ours.SequentialSampler(range(n)), size, drop)
    two = theirs.BatchSampler(theirs.SequentialSampler(range(n)), size, drop)
    assert list(one) == list(two) == list(one)
    assert len(one) == len(two)


def test_batches_of_any_iterable():
    assert list(ours.BatchSampler(iter("abcde"), 2, False)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(ours.BatchSampler([3, 1, 2], np.int64(2), True)) == [[3, 1]]


@pytest.mark.parametrize("size", [0, -1, 2.0, True, None, "3"])
def test_a_bad_batch_size_is_refused(size):
    with pytest.raises(ValueError, match="BatchSampler: batch_size must be a positive integer"):
        ours.BatchSampler([1, 2], size, False)


@pytest.mark.parametrize("num_samples", [None, 3, 10, 25])
def test_without_replacement_nothing_comes_twice_before_all_came(num_samples):
    sampler = ours.RandomSampler(range(10), num_samples=num_samples)
    drawn = list(sampler)
    assert len(drawn) == len(sampler) == (num_samples or 10)
    for start in range(0, len(drawn), 10):
        part = drawn[start:start + 10]
        assert len(set(part)) == len(part) and set(part) <= set(range(10))
    assert all(type(i) is int for i in drawn)


def test_with_replacement_samples_repeat():
    drawn = list(ours.RandomSampler(range(10), replacement=True, num_samples=1000))
    counts = collections.Counter(drawn)
    assert set(counts) == set(range(10)) and all(60 < n < 140 for n in counts.values())
    assert len(list(ours.RandomSampler(range(7), replacement=True))) == 7


def test_every_iteration_is_another_order_and_a_seed_repeats_them():
    def orders(make):
        sampler = make()
        return list(sampler), list(sampler)

    for seeded in (lambda: ours.RandomSampler(range(50), generator=mt.Generator().manual_seed(3)),
                   lambda: ours.SubsetRandomSampler(range(50), mt.Generator().manual_seed(3)),
                   lambda: mt.manual_seed(4) and ours.RandomSampler(range(50))):
        first, second = orders(seeded)
        assert first != second and sorted(first) == sorted(second) == list(range(50))
        assert orders(seeded) == (first, second)


def test_subset_random_sampler():
    sampler = ours.SubsetRandomSampler([4, 8, 15])
    assert sorted(sampler) == [4, 8, 15] and len(sampler) == 3


def test_weighted_random_sampler():
    sampler = ours.WeightedRandomSampler([0, 1, 3, 0], 4000)
    counts = collections.Counter(sampler)
    assert len(sampler) == 4000 and set(counts) == {1, 2} and 2850 < counts[2] < 3150
    few = ours.WeightedRandomSampler([0.5, 0, 9, 2], 3, replacement=False)
    assert sorted(few) == [0, 2, 3]
    seeded = [list(ours.WeightedRandomSampler([1] * 9, 20, generator=mt.Generator().manual_seed(1)))
              for _ in range(2)]
    assert seeded[0] == seeded[1] and type(seeded[0][0]) is int


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [1, np.nan], [1, np.inf], [[1], [2]]])
def test_bad_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weights must be one row of finite numbers"):
        ours.WeightedRandomSampler(weights, 1)


def test_numbers_and_flags_are_checked():
    with pytest.raises(ValueError, match="2 indices have a weight, too few for 3"):
        ours.WeightedRandomSampler([1, 1, 0], 3, replacement=False)
    for bad in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="RandomSampler: num_samples must be a positive int"):
            ours.RandomSampler(range(3), num_samples=bad)
        with pytest.raises(ValueError, match="num_samples must be a positive integer"):
            ours.WeightedRandomSampler([1], bad)
    with pytest.raises(TypeError, match="RandomSampler: replacement must be True or False, got 1"):
        ours.RandomSampler(range(3), replacement=1)
    with pytest.raises(TypeError, match="WeightedRandomSampler: replacement must be True or False"):
        ours.WeightedRandomSampler([1], 1, replacement="yes")
    with pytest.raises(TypeError, match="BatchSampler: drop_last must be True or False, got None"):
        ours.BatchSampler(range(3), 1, None)


def test_an_empty_dataset_cannot_be_shuffled():
    for options in ({}, {"num_samples": 3}):
        with pytest.raises(ValueError, match="RandomSampler: "):
            ours.RandomSampler([], **options)


@pytest.mark.parametrize("make", [lambda: ours.RandomSampler(range(3), generator=5),
                                  lambda: ours.SubsetRandomSampler(range(3), 5),
                                  lambda: ours.WeightedRandomSampler([1], 1, generator=5),
                                  lambda: ours.DataLoader(range(3), shuffle=True, generator=5)])
def test_a_bare_seed_is_refused(make):
    with pytest.raises(TypeError, match=r"got the number 5; pass Generator\(\).manual_seed\(5\)"):
        make()


def test_numpy_generators_are_taken():
    one, two = [ours.RandomSampler(range(9), generator=np.random.default_rng(1)) for _ in "ab"]
    assert list(one) == list(two) != list(one)


def test_the_base_class_says_what_to_write():
    with pytest.raises(NotImplementedError, match=r"Sampler: write __iter__\(self\)"):
        iter(ours.Sampler())
