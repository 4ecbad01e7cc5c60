"""DataLoader: a dataset in batches, in order or shuffled anew at each iteration."""
import itertools

from .collate import default_collate, default_convert
from .dataset import IterableDataset, batch_method
from .sampler import BatchSampler, RandomSampler, SequentialSampler

_FIXED = ("dataset", "batch_size", "sampler", "batch_sampler", "drop_last")


class DataLoader:
    """Iterate over a dataset in batches of Tensors.

    Where the dataset has ``get_batch`` (MNIST, TensorDataset, a Subset of them) and ``collate_fn``
    is the default one, a batch is one indexing of its arrays; else samples are fetched one by one
    and collated. The batches are the same.

    Parameters
    ----------
    dataset : Dataset, IterableDataset or sequence
        Anything with ``[i]`` and a length, or a stream.
    batch_size : int or None
        Samples per batch. None yields samples as they are, arrays as Tensors.
    shuffle : bool
        A new random order at each iteration.
    sampler : iterable of int, optional
        The order of the samples, instead of ``shuffle``.
    batch_sampler : iterable of list of int, optional
        The batches, instead of ``batch_size``, ``shuffle``, ``sampler`` and ``drop_last``.
    num_workers : int
        Accepted so that PyTorch scripts run. Samples are always fetched by the calling thread: a
        batch is a matter of microseconds, and random transforms draw the same numbers whatever
        is set here. The same holds for ``pin_memory``, ``timeout``, ``worker_init_fn``,
        ``multiprocessing_context``, ``prefetch_factor``, ``persistent_workers``,
        ``pin_memory_device`` and ``in_order``.
    collate_fn : callable, optional
        List of samples -> batch; default :func:`default_collate`.
    drop_last : bool
        Leave out a last batch that is smaller.
    generator : Generator, optional
        Source of the shuffled order, e.g. ``Generator().manual_seed(0)``; default is the stream
        "shuffle" of ``manual_seed``.

    Raises
    ------
    ValueError
        For options that exclude one another, or numbers out of range.

    Examples
    --------
    >>> loader = DataLoader(datasets.MNIST(), batch_size=128, shuffle=True)
    >>> images, labels = next(iter(loader))  # float32 (128, 1, 28, 28) in [0, 1], int64 (128,)
    """

    def __init__(self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None,
                 num_workers=0, collate_fn=None, pin_memory=False, drop_last=False, timeout=0,
                 worker_init_fn=None, multiprocessing_context=None, generator=None, *,
                 prefetch_factor=None, persistent_workers=False, pin_memory_device="",
                 in_order=True):
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        _check_exclusive(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.num_workers, self.timeout, self.worker_init_fn = num_workers, timeout, worker_init_fn
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.multiprocessing_context, self.in_order = multiprocessing_context, in_order
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.generator = generator
        self.sampler = _default_sampler(dataset, shuffle, generator) if sampler is None else sampler
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.batch_sampler, self.batch_size, self.drop_last = batch_sampler, batch_size, drop_last
        by_batch = batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if by_batch else default_convert)
        self.dataset = dataset  # the last: from now on these attributes are fixed

    def __setattr__(self, name, value):
        if name in _FIXED and "dataset" in vars(self):
            raise ValueError(f"DataLoader: {name} cannot be changed later, the samplers are built "
                             "from it; make a new DataLoader")
        super().__setattr__(name, value)

    def __len__(self):
        """Number of batches (samples, with ``batch_size=None``)."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if self.batch_size is None:
            return len(self.dataset)
        return len(BatchSampler(range(len(self.dataset)), self.batch_size, self.drop_last))

    def __iter__(self):
        if isinstance(self.dataset, IterableDataset):
            return map(self.collate_fn, self._stream())
        if self.batch_sampler is None:
            return (self.collate_fn(self.dataset[index]) for index in self.sampler)
        return map(self._batch, self.batch_sampler)

    def _stream(self):
        """Lists of samples of an IterableDataset, or its samples one by one."""
        if self.batch_size is None:
            return iter(self.dataset)
        return iter(BatchSampler(self.dataset, self.batch_size, self.drop_last))

    def _batch(self, indices):
        get_batch = batch_method(self.dataset, "get_batch")
        if get_batch is not None and self.collate_fn is default_collate:
            batch = get_batch(indices)
            if batch is not NotImplemented:
                return batch
        getitems = batch_method(self.dataset, "__getitems__")
        samples = [self.dataset[i] for i in indices] if getitems is None else getitems(indices)
        return self.collate_fn(samples)


def _default_sampler(dataset, shuffle, generator):
    if isinstance(dataset, IterableDataset):
        return itertools.repeat(None)  # a stream has its own order
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


def _check_workers(num_workers, timeout, prefetch_factor, persistent_workers):
    if num_workers < 0 or timeout < 0 or (prefetch_factor or 0) < 0:
        raise ValueError("DataLoader: num_workers, timeout and prefetch_factor must not be "
                         f"negative, got {num_workers}, {timeout} and {prefetch_factor}")
    if num_workers == 0 and (prefetch_factor is not None or persistent_workers):
        raise ValueError("DataLoader: prefetch_factor and persistent_workers need num_workers > 0")


def _check_exclusive(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last):
    if isinstance(dataset, IterableDataset) and (shuffle or sampler is not None
                                                 or batch_sampler is not None):
        raise ValueError("DataLoader: an IterableDataset has its own order; leave out shuffle, "
                         "sampler and batch_sampler")
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: sampler and shuffle both set the order; pass one of them")
    other = batch_size != 1 or shuffle or sampler is not None or drop_last
    if batch_sampler is not None and other:
        raise ValueError("DataLoader: batch_sampler makes the batches; leave out batch_size, "
                         "shuffle, sampler and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("DataLoader: batch_size=None makes no batches, so there is no last one to "
                         "drop; leave out drop_last")


def get_worker_info():
    """None: the calling thread fetches the samples, there are no workers to split a stream for."""
