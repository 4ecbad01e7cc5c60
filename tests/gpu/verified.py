"""kernels/VERIFIED.json: which kernels ran on a real GPU as they stand, where, and how exactly."""
import datetime
import hashlib
import importlib
import json
from pathlib import Path

RECORD = Path(__file__).resolve().parents[2] / "kernels" / "VERIFIED.json"
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
             "largest relative error": dict(sorted(errors.items())), "sources": hashes()}
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def unverified(path=RECORD):
    """The files that have changed since, or never ran on a GPU."""
    ran = json.loads(path.read_text(encoding="utf-8"))["sources"] if path.exists() else {}
    return [file for file, key in hashes().items() if ran.get(file) != key]
