"""The folder for what can be made or fetched again: compiled kernels, downloads, features."""
import os
import sys
from pathlib import Path


def cache_folder():
    """``MINITORCH_CNN_CACHE`` if set, else ``minitorch_cnn`` in the platform's user cache folder.

    Returns
    -------
    pathlib.Path
        It may not exist yet.
    """
    named = os.environ.get("MINITORCH_CNN_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "minitorch_cnn"
