"""What the options of a study's command line may be, as types for argparse; errors tell why not."""
import argparse
import tempfile
from pathlib import Path

from ..ops import zeros


def at_least_one(text):
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, got {text}")
    return int(text)


def writable(text):
    """A folder for results, made if it is not there."""
    folder = Path(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"no results can be written to {text} ({error.strerror}); "
                                         "name another folder") from None
    return folder


def existing(text):
    """A folder that is there."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return Path(text)


def place(text):
    """A device that is there."""
    try:
        zeros(1).to(text)
    except (ValueError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
