"""Philox4x32-10 in Numba; see kernels/reference/philox.py for the algorithm and its source."""
import numpy as np
from numba import prange

from ..reference import philox as reference
from . import jit

M0, M1 = np.uint64(reference.M0), np.uint64(reference.M1)
W0, W1 = np.uint32(reference.W0), np.uint32(reference.W1)
ROUNDS = reference.ROUNDS
SHIFT, BITS24 = np.uint64(32), np.uint32(8)
SCALE = np.float32(2 ** -24)
PARALLEL_FROM = 1 << 16  # numbers; below, starting threads costs more than it saves
PART = 1 << 12           # counters that a thread takes at a time


@jit.inline
def _philox4x32(c0, c1, c2, c3, k0, k1):
    for _ in range(ROUNDS):
        p0 = np.uint64(c0) * M0  # 32 x 32 -> 64 bits
        p1 = np.uint64(c2) * M1
        c0 = np.uint32(np.uint32(p1 >> SHIFT) ^ c1 ^ k0)
        c1 = np.uint32(p1)
        c2 = np.uint32(np.uint32(p0 >> SHIFT) ^ c3 ^ k1)
        c3 = np.uint32(p0)
        k0 = np.uint32(k0 + W0)
        k1 = np.uint32(k1 + W1)
    return c0, c1, c2, c3


@jit.serial
def _fill(out, first, last, k0, k1, stream, call):
    """Numbers of the counters first .. last - 1, four each; the end of ``out`` may need fewer."""
    for block in range(first, last):
        low, high = np.uint32(block), np.uint32(np.uint64(block) >> SHIFT)
        words = _philox4x32(low, high, call, stream, k0, k1)
        i = 4 * block
        for j in range(min(4, out.size - i)):
            out[i + j] = np.float32(words[j] >> BITS24) * SCALE


@jit.parallel
def _fill_parallel(out, blocks, k0, k1, stream, call):
    for part in prange((blocks + PART - 1) // PART):
        first = part * PART
        _fill(out, first, min(first + PART, blocks), k0, k1, stream, call)


def philox_uniform(like, shape, seed, stream, call):
    out = np.empty(shape, np.float32)
    blocks = (out.size + 3) // 4
    words = seed & reference.MASK, seed >> 32, stream & reference.MASK, call & reference.MASK
    words = [np.uint32(word) for word in words]
    if out.size < PARALLEL_FROM:
        _fill(out.reshape(-1), 0, blocks, *words)
    else:
        _fill_parallel(out.reshape(-1), blocks, *words)
    return out
