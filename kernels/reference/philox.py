"""Philox4x32-10: random numbers from a counter, so that every device draws the same ones.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11,
doi 10.1145/2063384.2063405. A block cipher turns a counter of four 32-bit words into four random
ones under a key of two words. Number i of a draw depends on (seed, stream, call, i) alone: there is
no state to carry along, and blocks may be computed in any order.
"""
from minitorch_cnn.device import array_module

M0, M1 = 0xD2511F53, 0xCD9E8D57   # multipliers and key increments: the paper's
W0, W1 = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10
MASK = 0xFFFFFFFF


def philox4x32(counter, key):
    """Ten rounds.

    Parameters
    ----------
    counter : four uint64 arrays of one shape
        Words below 2**32.
    key : (int, int)
        Words below 2**32.

    Returns
    -------
    four uint64 arrays
        Random words below 2**32.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p0, p1 = c0 * M0, c2 * M1  # 32 x 32 -> 64 bits
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + W0) & MASK, (k1 + W1) & MASK
    return c0, c1, c2, c3


def philox_uniform(like, shape, seed, stream, call):
    """Uniform numbers in [0, 1), multiples of 2**-24.

    Parameters
    ----------
    like : array
        Chooses where and in which language the numbers are drawn; its values do not matter.
    shape : tuple of int
        Shape of the result; numbers are laid down in row-major order, four per counter.
    seed : int
        64 bits: the key.
    stream, call : int
        32 bits each: who draws, and the how-many-eth time.

    Returns
    -------
    float32 array of ``shape``
    """
    xp = array_module(like)
    n = 1
    for size in shape:
        n *= size
    index = xp.arange((n + 3) // 4, dtype=xp.uint64)
    one = xp.ones_like(index)
    counter = index & MASK, index >> 32, one * (call & MASK), one * (stream & MASK)
    words = philox4x32(counter, (seed & MASK, seed >> 32))
    blocks = xp.stack([word >> 8 for word in words], axis=1)  # (blocks, 4), 24 bits each
    return (blocks.reshape(-1)[:n].astype(xp.float32) * xp.float32(2 ** -24)).reshape(shape)
