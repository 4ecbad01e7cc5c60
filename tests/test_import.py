"""``import minitorch_cnn`` needs NumPy alone, is quick, and computes; what is missing says so."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = ["numba", "llvmlite", "matplotlib", "cupy", "tqdm", "PIL", "safetensors",
            "threadpoolctl", "sklearn", "torch", "torchvision", "scipy"]
BLOCK = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""


def run(code, *options):
    """What a fresh interpreter prints that finds this clone first."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    done = subprocess.run([sys.executable, *options, "-W", "error", "-c", code],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_computes_with_numpy_alone():
    assert run(BLOCK + """
import numpy as np
import minitorch_cnn as mt
from minitorch_cnn.nn import functional as F
assert not mt.kernels.has_numba() and not mt.cuda.is_available()
mt.manual_seed(0)
net = mt.nn.Sequential(mt.nn.Conv2d(1, 4, 3), mt.nn.BatchNorm2d(4), mt.nn.ReLU(),
                       mt.nn.MaxPool2d(2), mt.nn.Dropout(0.5), mt.nn.Flatten(),
                       mt.nn.Linear(4 * 13 * 13, 10))
optimizer = mt.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
x, t = mt.randn(8, 1, 28, 28), mt.arange(8)
losses = []
for _ in range(5):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(x), t)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[-1] < 0.5 * losses[0], losses
print("computed")
""") == "computed"


def test_nothing_optional_is_imported():
    assert run(f"""
import minitorch_cnn
print([name for name in {OPTIONAL} if name in sys.modules])
""") == "[]"


def test_it_is_quick():
    """Under 0.3 s with NumPy, the best of several runs, in time of this process alone.

    Machines differ, and what else runs slows caches down: where NumPy by itself takes more than a
    quarter of that, four times as long as NumPy.
    """
    def seconds(name):
        return float(run(f"import time; start = time.process_time(); import {name}; "
                         "print(time.process_time() - start)"))
    ours, numpy = zip(*[(seconds("minitorch_cnn"), seconds("numpy")) for _ in range(7)])
    assert min(ours) < max(0.3, 4 * min(numpy)), (ours, numpy)


MISSING = {
    "numba": ("""
from minitorch_cnn import kernels
with kernels.use("cpu"):
    pass""", "pip install numba"),
    "cupy": ("mt.zeros(2).to('cuda')", "cuda12"),
    "safetensors": ("mt.save({'x': mt.zeros(2)}, 'x.safetensors')", "pip install safetensors"),
}


@pytest.mark.parametrize("library", MISSING)
def test_what_is_missing_says_what_to_install(library, tmp_path):
    code, advice = MISSING[library]
    body = "\n    ".join(code.strip().splitlines())
    said = run(BLOCK + f"""
import os
import minitorch_cnn as mt
os.chdir({str(tmp_path)!r})
try:
    {body}
except (ImportError, ValueError, RuntimeError) as error:
    print(error)
""")
    assert advice in said
