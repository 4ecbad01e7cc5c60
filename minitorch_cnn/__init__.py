"""minitorch_cnn: convolutional nets from scratch, to read and to use."""
from . import autograd, cuda, data, datasets, ops
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
from .device import device, has_gpu, synchronize
from .ops import *
from .random import Generator, get_rng_state, initial_seed, manual_seed, set_rng_state

__version__ = "0.1.0"
