"""kernels/VERIFIED.json: which kernels ran on a real GPU as they stand, where, and how exactly.

    {"device": "NVIDIA H200", "driver": 13000, "cupy": "14.2.0", "date": "2026-11-20",
     "largest relative error": {"erf": 1e-7, ...},      by primitive
     "kernels": {"conv": "5f3a...", ...}}               by file: the hash of its source

Only a run of the whole suite with ``--device=cuda`` writes it. As long as there was none it says
so: no device, no kernels.
"""
import datetime
import hashlib
import importlib
import json
from pathlib import Path

RECORD = Path(__file__).resolve().parents[2] / "kernels" / "VERIFIED.json"
NEVER = {"device": None, "driver": None, "cupy": None, "date": None, "largest relative error": {},
         "kernels": {}}
errors = {}     # primitive: the largest error so far, relative to the largest result


def note(primitive, error):
    """Remember an error that ``check_gpu.check`` found."""
    errors[primitive] = max(errors.get(primitive, 0.0), float(error))


def is_whole():
    """Whether every primitive with a twin was compared (updates are, by tests of their own)."""
    from small_problems import UPDATES

    from minitorch_cnn import kernels
    twins = {name for name, primitive in kernels.PRIMITIVES.items() if primitive.has("cuda")}
    return twins - set(UPDATES) <= set(errors)


def hashes():
    """{file: hash of all that goes into its compilation}."""
    launch = importlib.import_module("minitorch_cnn.kernels.cuda.launch")
    return {path.stem: hashlib.sha256(launch.source(path.stem).encode()).hexdigest()
            for path in sorted(launch.HERE.glob("*.cu"))}


def record(cupy, path=RECORD):
    """Write down that the whole suite passed on this GPU."""
    runtime = cupy.cuda.runtime
    facts = {"device": runtime.getDeviceProperties(0)["name"].decode(),
             "driver": runtime.driverGetVersion(), "cupy": cupy.__version__,
             "date": datetime.date.today().isoformat(),
             "largest relative error": dict(sorted(errors.items())), "kernels": hashes()}
    write(facts, path)


def write(facts, path=RECORD):
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def read(path=RECORD):
    return json.loads(path.read_text(encoding="utf-8"))


def unverified(path=RECORD):
    """The files that have changed since, or never ran on a GPU."""
    ran = read(path)["kernels"]
    return [file for file, key in hashes().items() if ran.get(file) != key]


def describe(path=RECORD):
    """What the record says of the kernels as they are now, in a line."""
    facts, waiting = read(path), unverified(path)
    if facts["device"] is None:
        return f"no kernel has run on a GPU yet; {len(waiting)} files wait for one"
    since = f"all {len(hashes())} files as they are" if not waiting else \
        f"changed since: {', '.join(waiting)}"
    return f"verified on {facts['device']} on {facts['date']}; {since}"
