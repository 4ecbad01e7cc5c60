"""The bar that shows how far an epoch is."""


def progress_bar(loader, title, show=None):
    """A tqdm bar that counts images: done, all, images per second, time left.

    Parameters
    ----------
    loader : DataLoader or iterable of batches
        Tells how many images there will be, if it can.
    title : str
        Stands in front.
    show : bool, optional
        None shows it where standard error is a terminal.

    Returns
    -------
    tqdm, or a stand-in that shows nothing where tqdm is not installed.
    """
    try:
        from tqdm import tqdm
    except ImportError:
        return _Silent()
    return tqdm(total=images_in(loader), desc=title, unit=" images", leave=False,
                disable=None if show is None else not show)


def images_in(loader):
    """How many images a pass over the loader gives, or None where nobody can tell."""
    size, dataset = getattr(loader, "batch_size", None), getattr(loader, "dataset", None)
    if not hasattr(loader, "sampler") or not hasattr(loader.sampler, "__len__") or not size \
            or not hasattr(dataset, "__len__"):
        return None
    return len(loader) * size if loader.drop_last else len(loader.sampler)


class _Silent:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def update(self, n):
        pass

    def set_postfix_str(self, text, refresh=True):
        pass
