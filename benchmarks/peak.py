"""The machine's limits, measured: multiply-adds in registers, and a copy of a large array.

    python benchmarks/peak.py
"""
import numpy as np
from numba import prange
from timing import machine, turn

import minitorch_cnn as mt
from minitorch_cnn import kernels
from minitorch_cnn.kernels.cpu import jit, simd

SUMS = 12               # independent sums in registers: more than a multiply-add takes cycles
TURNS = 1_000_000
FLOATS = 1 << 26        # 256 MiB: far more than any cache holds


@simd.kernel(2)
def _multiply_adds(b, place, turns):
    """``turns`` times SUMS sums = sums * x + y, all vectors from memory, so nothing is known."""
    vectors = [simd.load(b, simd.plus(b, place, i * simd.BYTES)) for i in range(SUMS + 2)]
    x, y = vectors[SUMS:]
    sums = simd.loop(b, turns, vectors[:SUMS], lambda now: [simd.fma(b, s, x, y) for s in now])
    for i, value in enumerate(sums):
        simd.store(b, value, simd.plus(b, place, i * simd.BYTES))


@jit.parallel
def _all_multiply(place, apart, workers, turns):
    for i in prange(workers):
        _multiply_adds(place + i * apart, turns)


@jit.parallel
def _copy(source, target):
    for i in prange(source.size):
        target[i] = source[i]


def fma_peak(threads):
    """Multiplications and additions a second of float32 on so many threads."""
    room = np.zeros((threads, 64 * simd.WIDTH), np.float32)

    def run():
        _all_multiply(room.ctypes.data, room.strides[0], threads, TURNS)
    seconds = min(turn(run, 1)[0] for _ in range(200))
    return threads * TURNS * SUMS * simd.WIDTH * 2 / seconds


def bandwidth():
    """Bytes a second read and written by a copy from memory to memory."""
    source, target = np.ones(FLOATS, np.float32), np.zeros(FLOATS, np.float32)
    return 2 * source.nbytes / min(turn(lambda: _copy(source, target), 2)[0] for _ in range(5))


if __name__ == "__main__":
    mt.set_num_threads(2)
    print(machine())
    print(kernels.describe())
    for count in (1, 2):
        print(f"multiply-add peak on {count} threads: {fma_peak(count) / 1e9:.0f} GFLOP/s")
    print(f"memory: {bandwidth() / 1e9:.0f} GB/s")
