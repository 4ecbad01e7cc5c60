"""Run the small problems in the simulator, in a process of its own: for sanitizers.

    python run_problems.py                      every problem
    python run_problems.py conv2d_forward       those of one primitive
    python run_problems.py NAME FILE FROM TO    with another text in a kernel's source
"""
import importlib
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "gpu")]

from gpu_sim import compiler  # noqa: E402
from gpu_sim.cupy_standin import installed  # noqa: E402


def plant(file, before, after):
    """Change a kernel's source for this process."""
    launch = importlib.import_module("minitorch_cnn.kernels.cuda.launch")
    real = launch.source

    def source(name):
        text = real(name)
        if name == file and before not in text:
            raise ValueError(f"{file}.cu has changed: plant this fault anew")
        return text.replace(before, after) if name == file else text

    launch.source = source


def main(names, fault):
    from check_gpu import close
    from small_problems import problems

    from minitorch_cnn import cuda
    conv = importlib.import_module("minitorch_cnn.kernels.cuda.conv")
    compiler.ORDERS = (0,)  # a sanitizer needs one
    if fault:
        plant(*fault)
    count = 0
    for name, arguments in problems():
        if not names or name in names:
            print(name, flush=True)
            close(name, arguments, scale=1e-5)
            if name.startswith("conv2d"):   # on tensor cores, in tiles of every height
                for enough in (0, 100):
                    conv.ENOUGH = enough
                    cuda.set_float32_matmul_precision("high")
                    close(name, arguments, scale=1e-2)
                    cuda.set_float32_matmul_precision("highest")
            count += 1
    print(f"{count} problems, all right")


if __name__ == "__main__":
    with installed():
        if len(sys.argv) == 5:
            main(sys.argv[1:2], sys.argv[2:])
        else:
            main(sys.argv[1:], None)
