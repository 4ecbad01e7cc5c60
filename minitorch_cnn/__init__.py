"""minitorch_cnn: convolutional nets from scratch, to read and to use."""
from math import e, inf, nan, pi

from numpy import dtype

from . import autograd, cuda, data, datasets, kernels, nn, ops, optim, serialization, transforms
from .autograd import (
    Function,
    Tensor,
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .compiler import compile
from .device import device, has_gpu, synchronize
from .dtypes import bool_ as bool
from .dtypes import (
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    short,
    uint8,
)
from .dtypes import float_ as float
from .dtypes import int_ as int
from .kernels import get_num_threads, set_num_threads
from .ops import *
from .random import Generator, get_rng_state, initial_seed, manual_seed, set_rng_state
from .serialization import load, save

Size = tuple  # of a shape
__version__ = "0.1.0"
