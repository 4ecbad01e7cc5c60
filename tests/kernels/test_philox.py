"""Philox4x32-10: the published test vectors, and every language bit for bit."""
import numpy as np
import pytest

from minitorch_cnn import kernels
from minitorch_cnn.kernels.reference.philox import philox4x32

LIKE = np.zeros(1)
# Random123's kat_vectors: counter, key, result
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize("counter, key, expected", VECTORS)
def test_known_answers(counter, key, expected):
    words = philox4x32([np.array([word], np.uint64) for word in counter], key)
    assert tuple(int(word[0]) for word in words) == expected


@pytest.mark.parametrize("language", ["reference", "cpu"])
def test_layout_of_counter_and_key(language):
    """Number 4 i + j is word j under counter (i low, i high, call, stream)."""
    with kernels.use(language):
        drawn = kernels.philox_uniform(LIKE, (3, 4), 0x299F31D0A4093822, 0x03707344, 0x13198A2E)
    for i in range(3):
        counter = [np.array([word], np.uint64) for word in (i, 0, 0x13198A2E, 0x03707344)]
        words = philox4x32(counter, (0xA4093822, 0x299F31D0))
        expected = [int(word[0]) // 256 * 2.0 ** -24 for word in words]
        np.testing.assert_array_equal(drawn[i], expected)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1,), (5,), (3, 7), (2, 2, 2), (300, 301)])
@pytest.mark.parametrize("seed", [0, 2 ** 64 - 1, 12345678901234567890])
def test_numba_equals_numpy_bit_for_bit(shape, seed):
    drawn = [kernels.philox_uniform.version(language)(LIKE, shape, seed, 4294967295, 7)
             for language in ("reference", "cpu")]
    assert drawn[0].shape == drawn[1].shape == shape
    assert drawn[0].dtype == drawn[1].dtype == np.float32
    np.testing.assert_array_equal(*drawn)


def test_uniform():
    x = kernels.philox_uniform(LIKE, (100000,), 3, 1, 0)
    assert 0 <= x.min() < 1e-4 and 1 - 1e-4 < x.max() < 1
    counts = np.histogram(x, 20, (0, 1))[0]
    assert ((counts - 5000) ** 2 / 5000).sum() < 43  # chi-square, 19 degrees, 0.1 percent
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 0.01


@pytest.mark.parametrize("change", [dict(seed=1), dict(seed=2 ** 32), dict(stream=1), dict(call=1)])
def test_every_part_of_the_key_matters(change):
    def draw(seed=0, stream=0, call=0):
        return kernels.philox_uniform(LIKE, (64,), seed, stream, call)
    assert (draw() != draw(**change)).mean() > 0.95


def test_a_longer_draw_begins_with_the_shorter():
    short, long = [kernels.philox_uniform(LIKE, (n,), 5, 0, 0) for n in (6, 1000)]
    np.testing.assert_array_equal(short, long[:6])
