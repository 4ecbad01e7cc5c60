"""The bar that shows how far a long computation is: tqdm's, imported only when one is shown."""


class _NoBar:
    """Answers like a bar and shows nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def update(self, n=1):
        pass

    def set_postfix_str(self, text, refresh=True):
        pass


def progress_bar(total, title, unit, show=None):
    """A bar with what is done, what there is, the speed and the time left.

    Parameters
    ----------
    total : int or None
        How many there will be; None where nobody can tell.
    title : str
        Stands in front.
    unit : str
        What is counted.
    show : bool, optional
        None shows it where standard error is a terminal and tqdm is installed.

    Returns
    -------
    tqdm, or a stand-in that shows nothing
        Used in ``with``; ``update(n)`` counts on, ``set_postfix_str(text)`` writes behind the bar.

    Raises
    ------
    ImportError
        If ``show`` is True and tqdm is not installed.
    """
    if show is not None and not show:
        return _NoBar()
    try:
        from tqdm import tqdm
    except ImportError as error:
        if show is None:
            return _NoBar()
        raise ImportError(f"{title}: progress=True needs tqdm; install it with `pip install tqdm` "
                          "or leave progress out") from error
    return tqdm(total=total, desc=title, unit=f" {unit}", leave=False, mininterval=0.5,
                disable=None if show is None else False)
