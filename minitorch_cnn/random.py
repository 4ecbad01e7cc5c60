"""One seed, several streams: ``manual_seed(s)`` fixes every draw, and no stream disturbs another.

Turning augmentation on does not change the initial weights, because "init" and "augmentation" are
different streams. Each is a ``numpy.random.Generator`` keyed by (seed, name of the stream).
Dropout and device-side noise use the counter-based Philox generator in ``kernels/`` instead, keyed
by the same seed, so that the CPU and the GPU draw the same numbers.
"""
import copy
import zlib

import numpy as np

_DEFAULT_SEED = 0
_state = {"seed": _DEFAULT_SEED, "generators": {}, "calls": {}}


def manual_seed(seed):
    """Restart every stream from ``seed`` (any int; negative ones wrap to 64 bits as in PyTorch).

    Returns
    -------
    int
        The seed now in force.
    """
    seed = int(seed) % 2 ** 64
    _state.update(seed=seed, generators={}, calls={})
    return seed


def initial_seed():
    """The seed in force."""
    return _state["seed"]


def make_generator(seed, stream="default"):
    """A new ``numpy.random.Generator`` for (seed, stream)."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, stream_id(stream)])))


def stream_id(stream):
    """A stable 32-bit number for the name of a stream."""
    return zlib.crc32(stream.encode())


def generator(stream="default"):
    """The ``numpy.random.Generator`` of a stream: "init", "shuffle", "augmentation", "attack" ...

    Changing what one stream draws never changes another.
    """
    generators = _state["generators"]
    if stream not in generators:
        generators[stream] = make_generator(_state["seed"], stream)
    return generators[stream]


def next_call(stream):
    """How often ``stream`` was asked before: the call counter of the Philox generator."""
    number = _state["calls"].get(stream, 0)
    _state["calls"][stream] = number + 1
    return number


def get_rng_state():
    """Everything needed to continue all streams where they are, as plain containers."""
    states = {name: g.bit_generator.state for name, g in _state["generators"].items()}
    return copy.deepcopy({"seed": _state["seed"], "generators": states, "calls": _state["calls"]})


def set_rng_state(state):
    """Continue from what ``get_rng_state`` returned."""
    manual_seed(state["seed"])
    for name, saved in state["generators"].items():
        generator(name).bit_generator.state = copy.deepcopy(saved)
    _state["calls"] = dict(state["calls"])


class Generator:
    """PyTorch's ``torch.Generator``: a source of numbers of one's own, for ``DataLoader`` say.

    ``Generator().manual_seed(3)`` draws the same sequence every time.
    """

    def __init__(self, device="cpu"):
        self.device = device
        self.manual_seed(_DEFAULT_SEED)

    def manual_seed(self, seed):
        """Restart from ``seed``; returns the generator itself."""
        self._seed = int(seed) % 2 ** 64
        self.numpy = make_generator(self._seed, "generator")
        return self

    def initial_seed(self):
        """The seed it was started from."""
        return self._seed

    def get_state(self):
        """The state, to be given to ``set_state``."""
        return copy.deepcopy(self.numpy.bit_generator.state)

    def set_state(self, state):
        """Continue from a state."""
        self.numpy.bit_generator.state = copy.deepcopy(state)


def numpy_generator(source, stream="default"):
    """None, a Generator, a NumPy generator or a seed as a ``numpy.random.Generator``."""
    if source is None:
        return generator(stream)
    if isinstance(source, Generator):
        return source.numpy
    return np.random.default_rng(source)
