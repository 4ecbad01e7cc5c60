"""Files that are there completely or not at all."""
import os
from pathlib import Path


def write_whole(path, data):
    """Write text or bytes beside ``path`` and rename, so that nobody ever reads half a file.

    Parameters
    ----------
    path : str or Path
        Its folder is made where it is missing.
    data : str or bytes

    Returns
    -------
    pathlib.Path
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{os.urandom(6).hex()}.tmp")
    try:
        temporary.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
