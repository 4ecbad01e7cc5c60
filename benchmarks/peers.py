"""The MNIST net's training step in other frameworks, in turns with ours, each in its own process.

Each framework lives in a virtual environment of its own, in the cache folder of this package;
``--install`` makes it (with pip, from PyPI). One that is not there is left out, with a word. Every
framework takes the step in the way its manual recommends: JAX and tinygrad with their compilers,
DeZero and PyDyNet as they are (Python and NumPy). They use as many threads as they like. tinygrad
needs clang on the PATH.

    python benchmarks/peers.py [jax tinygrad dezero pydynet] [--install] [--batch 64]
"""
import argparse
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
from contest import data, threads
from rivals import Rival
from step import Step
from timing import compare, machine, table, verify

from minitorch_cnn.cache import cache_folder

# What pip installs; the script is peer_<name>.py beside this file.
PEERS = {"jax": ["jax"], "tinygrad": ["tinygrad", "numpy"],
         "dezero": ["dezero", "numpy", "matplotlib"], "pydynet": ["pydynet", "numpy"]}
NET = "mnist"


def python_of(name):
    """The interpreter of a peer's environment; it may not exist."""
    folder = cache_folder() / "peers" / name
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def install(name):
    """Make the environment."""
    folder = python_of(name).parents[1]
    venv.create(folder, with_pip=True, clear=True)
    subprocess.run([python_of(name), "-m", "pip", "install", "--quiet", *PEERS[name]], check=True)


def problem(batch):
    """The images, labels and weights for all, as a file."""
    images, labels, net = data(NET, batch)
    state = {name.replace(".", "_"): value.data for name, value in net.state_dict().items()}
    file = cache_folder() / "peers" / f"problem_{batch}.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, images=images, labels=labels, **state)
    return file


def rivals(names, batch):
    """The peers that are there and work, with the versions they say."""
    found, file = {}, problem(batch)
    for name in names:
        if not python_of(name).exists():
            print(f"{name}: not installed (--install), left out")
            continue
        script = Path(__file__).with_name(f"peer_{name}.py")
        try:
            found[name] = Rival([str(python_of(name)), str(script), str(file)])
        except RuntimeError:
            print(f"{name}: does not run here (see above), left out")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="*", metavar="peer", help=", ".join(PEERS))
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    names = args.peers or list(PEERS)
    if args.install:
        for name in names:
            install(name)
    threads()
    step = Step()
    ours = step.ours(NET, args.batch)
    arms = ours | step.theirs(NET, args.batch)
    losses = [arms["torch"]() for _ in range(4)]
    for run in ours.values():
        verify("ours", [run() for _ in range(4)], losses, 2e-4)
    there = rivals(names, args.batch)
    for name, rival in there.items():
        (run,) = rival.arms().values()
        verify(name, run(), losses[0], 2e-4)    # later ones depend on what max-pool does with ties
        arms[f"{name} {rival.hello['version']}"] = run
    seconds, quiet = compare(arms)
    print(machine(), f"quiet turns: {quiet:.0%}", sep="\n")
    print(table((f"MNIST net, batch {args.batch}", "ms", "eager / it", "compiled / it"),
                [(arm, f"{1e3 * value:.3g}", f"{seconds['eager'] / value:.2f}",
                  f"{seconds['compiled'] / value:.2f}") for arm, value in seconds.items()]))
    for rival in there.values():
        rival.close()


if __name__ == "__main__":
    main()
