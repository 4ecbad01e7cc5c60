"""A progress bar for long attacks; tqdm is imported only where one is shown."""


class _NoBar:
    def update(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


def progress_bar(progress, total, title):
    """tqdm's bar, for ``with`` and ``update()``; or one that shows nothing.

    Raises
    ------
    ImportError
        If a bar is wanted and tqdm is not installed.
    """
    if not progress:
        return _NoBar()
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError(f"{title}: progress=True needs tqdm; install it with `pip install tqdm` "
                          "or leave progress out") from error
    return tqdm(total=total, desc=title, unit=" iterations", mininterval=0.5)
