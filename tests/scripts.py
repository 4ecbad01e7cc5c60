"""Import the scripts of a folder; other folders have scripts of the same names."""
import contextlib
import sys
from importlib import import_module


@contextlib.contextmanager
def importable(folder):
    """Inside, the scripts of ``folder`` are what their names mean; afterwards nobody sees them."""
    names = [path.stem for path in folder.glob("*.py")]
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    try:
        yield names
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(others)


def scripts(folder):
    """{name: module} of all of them."""
    with importable(folder) as names:
        return {name: import_module(name) for name in names}
