"""What the options of the command line may be; argparse tells what is wrong with others."""
import argparse
import tempfile
from pathlib import Path

import minitorch_cnn as mt


def at_least_one(text):
    """A number of seeds."""
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


def place(text):
    """A device that is there."""
    try:
        mt.zeros(1).to(text)
    except (ValueError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
