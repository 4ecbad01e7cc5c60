"""From samples to a batch: nested structures keep their form, numbers and arrays are stacked."""
import copy
from collections import abc

import numpy as np

from ..autograd import Tensor
from ..ops import stack
from ..ops.checks import as_tensor

NUMBERS = (float, int, np.number, np.bool_)


def default_collate(batch):
    """Put samples together, with a new first dimension of the batch's size.

    Tensors and arrays are stacked; Python ints become int64, bools bool, floats float64; strings
    and bytes stay a list. Dicts, namedtuples, lists and tuples are collated entry by entry; a tuple
    becomes a list. The rules are those of ``torch.utils.data.default_collate``.

    Parameters
    ----------
    batch : sequence
        The samples, all of one structure.

    Returns
    -------
    Tensor, or the samples' structure with Tensors in it

    Raises
    ------
    TypeError
        For a type that cannot be put into a tensor, e.g. PIL images.
    ValueError
        If there is no sample, or the samples differ in shape, length or keys.
    """
    if len(batch) == 0:
        raise ValueError("default_collate: the batch is empty; a batch_sampler must yield at least "
                         "one index at a time")
    first = batch[0]
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, NUMBERS):
        return _collate_numbers(batch)
    if _is_array(first):
        return _stack([as_tensor(sample) for sample in batch])
    if isinstance(first, abc.Mapping):
        return _collate_mappings(batch)
    if isinstance(first, abc.Sequence):
        return _collate_sequences(batch)
    raise TypeError(f"default_collate: cannot put {_name(first)} into a batch; have the dataset "
                    "return tensors, arrays, numbers, strings, dicts or lists (for an image, "
                    "transform=ToTensor()), or pass collate_fn")


def _is_array(sample):
    """True for Tensors, NumPy and CuPy arrays and what else turns into an array, e.g. torch's."""
    return hasattr(sample, "__array__") or hasattr(sample, "__cuda_array_interface__")


def _collate_numbers(batch):
    array = np.array(batch) if all(isinstance(n, NUMBERS) for n in batch) else None
    if array is None or array.dtype.kind not in "biuf":
        kinds = ", ".join(sorted({_name(n) for n in batch}))
        raise TypeError("default_collate: the first sample is a number, but together the samples "
                        f"({kinds}) are not; have the dataset return real numbers only")
    if array.dtype == np.float64 and isinstance(batch[0], int):
        array = array.astype(np.float32)  # [1, 2.5], as in PyTorch
    return Tensor(array)


def _stack(tensors):
    for i, tensor in enumerate(tensors):
        if tensor.shape != tensors[0].shape:
            raise ValueError(f"default_collate: samples 0 and {i} of the batch have shapes "
                             f"{tensors[0].shape} and {tensor.shape}; bring them to one size with "
                             "a transform, or pass collate_fn")
    return stack(tensors)


def _collate_mappings(batch):
    first = batch[0]
    for i, sample in enumerate(batch):
        if not first.keys() <= sample.keys():
            raise ValueError(f"default_collate: sample {i} of the batch lacks the keys "
                             f"{sorted(first.keys() - sample.keys(), key=str)} of sample 0; "
                             "have all samples return the same keys, or pass collate_fn")
    entries = {key: default_collate([sample[key] for sample in batch]) for key in first}
    return _rebuild_mapping(first, entries)


def _collate_sequences(batch):
    lengths = {len(sample) for sample in batch}
    if len(lengths) > 1:
        raise ValueError("default_collate: all samples of a batch must have the same number of "
                         f"entries, got {sorted(lengths)}; pad them, or pass collate_fn")
    return _rebuild_sequence(batch[0], [default_collate(entries) for entries in zip(*batch)])


def default_convert(data):
    """One sample, its arrays as Tensors: for a loader that does not batch (``batch_size=None``)."""
    if isinstance(data, (str, bytes, Tensor)):
        return data
    if _is_array(data):
        is_text = isinstance(data, np.ndarray) and data.dtype.kind in "SUO"
        return data if is_text else as_tensor(data)
    if isinstance(data, abc.Mapping):
        return _rebuild_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, abc.Sequence):
        return _rebuild_sequence(data, [default_convert(entry) for entry in data])
    return data


def _rebuild_mapping(like, entries):
    """``entries`` (a dict) in the type of ``like``, or as they are if it cannot be made of them."""
    try:
        if not isinstance(like, abc.MutableMapping):
            return type(like)(entries)
        twin = copy.copy(like)  # keeps what the type has besides its entries, e.g. default_factory
        twin.update(entries)
        return twin
    except TypeError:
        return entries


def _rebuild_sequence(like, entries):
    """``entries`` (a list) in the type of ``like``; a plain tuple becomes a list."""
    if isinstance(like, tuple):
        return type(like)(*entries) if hasattr(like, "_fields") else entries
    try:
        return type(like)(entries)
    except TypeError:  # range and the like
        return entries


def _name(sample):
    kind = type(sample)
    inside = kind.__module__ == "builtins"
    return kind.__name__ if inside else f"{kind.__module__}.{kind.__name__}"
