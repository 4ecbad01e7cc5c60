"""The bar that shows how far an epoch is."""
from ..progress import progress_bar


def epoch_bar(loader, title, show=None):
    """A bar that counts images: done, all, images per second, time left.

    Parameters
    ----------
    loader : DataLoader or iterable of batches
        Tells how many images there will be, if it can.
    title, show
        As in ``progress_bar``.
    """
    return progress_bar(images_in(loader), title, "images", show)


def images_in(loader):
    """How many images a pass over the loader gives, or None where nobody can tell."""
    size, dataset = getattr(loader, "batch_size", None), getattr(loader, "dataset", None)
    if not hasattr(loader, "sampler") or not hasattr(loader.sampler, "__len__") or not size \
            or not hasattr(dataset, "__len__"):
        return None
    return len(loader) * size if loader.drop_last else len(loader.sampler)
