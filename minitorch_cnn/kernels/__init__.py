"""The one door to the kernels: each primitive below runs in the language that suits its array.

The sources live in the top-level ``kernels/`` folder, a file per primitive and language:
``reference`` (NumPy, the definition), ``cpu`` (Numba) and ``cuda`` (CUDA C). ``setup.py`` ships
them inside this package, so that nothing importable is called ``kernels`` (a name taken on PyPI).

A CuPy array goes to ``cuda``, a NumPy array to ``cpu`` where Numba is installed. A kernel that does
not do a case (a dtype, a dilation) returns ``NotImplemented``, and the reference does it.
"""
import contextlib
import functools
import importlib
import importlib.util
import warnings
from pathlib import Path

import numpy as np

from ..device import is_gpu_array
from .explain import explain, listeners  # noqa: F401
from .switches import winograd  # noqa: F401
from .threads import get_num_threads, has_numba, set_num_threads  # noqa: F401

_HERE = Path(__file__).resolve().parent
if not (_HERE / "cpu").is_dir():  # a clone, not an installed package: the sources lie beside it
    __path__.append(str(_HERE.parents[1] / "kernels"))

LANGUAGES = ("reference", "cpu", "cuda")
_forced = []


@contextlib.contextmanager
def use(language):
    """Run every primitive in one language for a while, e.g. ``with kernels.use("reference"):``.

    Raises
    ------
    ValueError
        For a language that does not exist or is not installed here.
    """
    if language not in LANGUAGES:
        raise ValueError(f"kernels.use: no language {language!r}; "
                         f"choose one of {', '.join(LANGUAGES)}")
    if language == "cpu" and not has_numba():
        raise ValueError('kernels.use: "cpu" needs Numba; install it with `pip install numba`')
    _forced.append(language)
    try:
        yield
    finally:
        _forced.pop()


def together():
    """A context in which a GPU's updates of parameters wait, to be one launch for several.

    For optimizers: inside, nobody may look at what they change. See kernels/cuda/optimizer.py.
    """
    return importlib.import_module(".cuda.optimizer", __name__).together()


def language_of(array):
    """The language whose kernels an array is given to: "reference", "cpu" or "cuda"."""
    if _forced:
        return _forced[-1]
    if type(array) is not np.ndarray and is_gpu_array(array):
        return "cuda"
    return "cpu" if has_numba() else "reference"


def environment():
    """What decides which code a kernel runs, besides its arguments: the language, the threads."""
    language = language_of(None)
    if language != "cpu":
        return language
    threads, switch = _settings()
    return language, threads(), switch[-1]


@functools.cache
def _settings():
    """What tells the number of threads of the cpu kernels, and whether Winograd may be used."""
    jit, module = [importlib.import_module(f"{__name__}.cpu.{name}")
                     for name in ("jit", "winograd")]
    return jit.threads, module.SWITCH


def capture():
    """What notes the kernel calls of a step, to make them again; None where there is no such."""
    if language_of(None) != "cpu":
        return None
    return importlib.import_module(f"{__name__}.cpu.capture").Capture()


def describe():
    """One line on what NumPy arrays are computed with here, for programs to print."""
    language = language_of(None)
    if language == "reference":
        advice = "" if has_numba() else " (`pip install numba` for the fast ones)"
        return f"NumPy reference{advice}"
    return importlib.import_module(f"{__name__}.{language}").describe()


@functools.cache
def _warn_once(language, reason):
    warnings.warn(f"kernels: the fast {language} kernels cannot be used ({reason}); the slower "
                  "NumPy ones run instead", RuntimeWarning, stacklevel=4)


class Primitive:
    """A kernel by name. Called with arrays, it finds the version for them and runs it.

    Parameters
    ----------
    file : str
        The file in each language's folder, without suffix.
    name : str
        The function in that file.
    """

    def __init__(self, file, name):
        self.file, self.name = file, name
        self._versions = {}

    def __call__(self, array, *args):
        """Run it in the language for ``array``; in the reference where that declines the case."""
        language = language_of(array)
        result = NotImplemented
        if language != "reference":
            result = (self._versions.get(language) or self.version(language))(array, *args)
        if result is NotImplemented:
            return self._run_reference(language, array, args)
        for listener in listeners:
            listener(self, language, False, array, args)
        return result

    def _run_reference(self, language, array, args):
        with np.errstate(all="ignore"):     # compiled kernels do not warn of inf and NaN either
            result = self.version("reference")(array, *args)
        for listener in listeners:
            listener(self, language, language != "reference", array, args)
        return result

    def version(self, language):
        """The function in one language; the reference where that language has none."""
        if language not in self._versions:
            self._versions[language] = self._find(language) or self._find("reference")
        return self._versions[language]

    def reason(self, language, declined, array, args):
        """(language it ran in, why), for ``explain``."""
        if language == "reference":
            return "reference", "the reference was asked for, or Numba is missing"
        if not self.has(language):
            return "reference", f"not written in {language}"
        if declined:
            return "reference", f"declined by {language}: {array.dtype}, shape {array.shape}"
        module = importlib.import_module(f"{__name__}.{language}.{self.file}")
        details = getattr(module, f"explain_{self.name}", None)
        return language, details(array, *args) if details else "fits"

    def has(self, language):
        """True if this primitive is written in ``language``."""
        return self._find(language) is not None

    def _find(self, language):
        module = f"{__name__}.{language}.{self.file}"
        if importlib.util.find_spec(module) is None:
            return None
        try:
            return getattr(importlib.import_module(module), self.name, None)
        except ImportError as error:  # say, a Numba too old for the NumPy beside it
            if language == "reference":
                raise
            _warn_once(language, str(error))
            return None

    def __repr__(self):
        return f"<kernel {self.file}.{self.name}>"


im2col = Primitive("conv", "im2col")
col2im = Primitive("conv", "col2im")
col2im_gather = Primitive("conv", "col2im_gather")
conv2d_forward = Primitive("conv", "conv2d_forward")
conv2d_relu_forward = Primitive("conv", "conv2d_relu_forward")
conv2d_input_gradient = Primitive("conv", "conv2d_input_gradient")
conv2d_weight_gradient = Primitive("conv", "conv2d_weight_gradient")
conv_transpose2d_forward = Primitive("conv", "conv_transpose2d_forward")
conv2d_norm_forward = Primitive("conv_fold", "conv2d_norm_forward")
conv2d_norm_input_gradient = Primitive("conv_fold", "conv2d_norm_input_gradient")
fold_norm = Primitive("conv_fold", "fold_norm")
conv2d_relu_pool_forward = Primitive("conv_pool", "conv2d_relu_pool_forward")
conv2d_relu_pool_input_gradient = Primitive("conv_pool", "conv2d_relu_pool_input_gradient")
conv2d_relu_pool_weight_gradient = Primitive("conv_pool", "conv2d_relu_pool_weight_gradient")
unpooled_channel_sum = Primitive("relu_pool", "unpooled_channel_sum")
relu_max_pool2d_forward = Primitive("relu_pool", "relu_max_pool2d_forward")
unpool2d = Primitive("relu_pool", "unpool2d")
max_pool2d_forward = Primitive("pool", "max_pool2d_forward")
max_pool2d_backward = Primitive("pool", "max_pool2d_backward")
avg_pool2d_forward = Primitive("pool", "avg_pool2d_forward")
avg_pool2d_backward = Primitive("pool", "avg_pool2d_backward")
adaptive_avg_pool2d_forward = Primitive("pool", "adaptive_avg_pool2d_forward")
adaptive_avg_pool2d_backward = Primitive("pool", "adaptive_avg_pool2d_backward")
adaptive_max_pool2d_forward = Primitive("pool", "adaptive_max_pool2d_forward")
batch_norm_statistics = Primitive("norm", "batch_norm_statistics")
batch_norm_forward = Primitive("norm", "batch_norm_forward")
batch_norm_backward = Primitive("norm", "batch_norm_backward")
batch_norm_relu_forward = Primitive("norm_relu", "batch_norm_relu_forward")
batch_norm_relu_factors = Primitive("norm_relu", "batch_norm_relu_factors")
batch_norm_relu_input_gradient = Primitive("norm_relu", "batch_norm_relu_input_gradient")
conv2d_norm_relu_pool_weight_gradient = Primitive(
    "conv_norm", "conv2d_norm_relu_pool_weight_gradient")
patch_moments = Primitive("moments", "patch_moments")
norm_by_moments = Primitive("moments", "norm_by_moments")
norm_by_moments_backward = Primitive("moments", "norm_by_moments_backward")
channel_sum = Primitive("norm", "channel_sum")
group_norm_forward = Primitive("group_norm", "group_norm_forward")
group_norm_backward = Primitive("group_norm", "group_norm_backward")
layer_norm_forward = Primitive("layer_norm", "layer_norm_forward")
layer_norm_backward = Primitive("layer_norm", "layer_norm_backward")
linear_forward = Primitive("linear", "linear_forward")
linear_relu_forward = Primitive("linear", "linear_relu_forward")
linear_input_gradient = Primitive("linear", "linear_input_gradient")
linear_weight_gradient = Primitive("linear", "linear_weight_gradient")
relu_forward = Primitive("elementwise", "relu_forward")
relu_backward = Primitive("elementwise", "relu_backward")
add = Primitive("elementwise", "add")
add_relu = Primitive("elementwise", "add_relu")
sub = Primitive("elementwise", "sub")
rsub = Primitive("elementwise", "rsub")
mul = Primitive("elementwise", "mul")
clamp_forward = Primitive("elementwise", "clamp_forward")
clamp_backward = Primitive("elementwise", "clamp_backward")
hardtanh_backward = Primitive("elementwise", "hardtanh_backward")
leaky_relu_forward = Primitive("elementwise", "leaky_relu_forward")
leaky_relu_backward = Primitive("elementwise", "leaky_relu_backward")
prelu_forward = Primitive("prelu", "prelu_forward")
prelu_backward = Primitive("prelu", "prelu_backward")
hardsigmoid_forward = Primitive("elementwise", "hardsigmoid_forward")
hardsigmoid_backward = Primitive("elementwise", "hardsigmoid_backward")
hardswish_forward = Primitive("elementwise", "hardswish_forward")
hardswish_backward = Primitive("elementwise", "hardswish_backward")
dropout_mask = Primitive("elementwise", "dropout_mask")
sigmoid_forward = Primitive("smooth", "sigmoid_forward")
sigmoid_backward = Primitive("smooth", "sigmoid_backward")
tanh_forward = Primitive("smooth", "tanh_forward")
tanh_backward = Primitive("smooth", "tanh_backward")
silu_forward = Primitive("smooth", "silu_forward")
silu_backward = Primitive("smooth", "silu_backward")
elu_forward = Primitive("smooth", "elu_forward")
elu_backward = Primitive("smooth", "elu_backward")
gelu_forward = Primitive("smooth", "gelu_forward")
gelu_backward = Primitive("smooth", "gelu_backward")
gelu_tanh_forward = Primitive("smooth", "gelu_tanh_forward")
gelu_tanh_backward = Primitive("smooth", "gelu_tanh_backward")
softplus_forward = Primitive("smooth", "softplus_forward")
softplus_backward = Primitive("smooth", "softplus_backward")
logsigmoid_forward = Primitive("smooth", "logsigmoid_forward")
logsigmoid_backward = Primitive("smooth", "logsigmoid_backward")
mish_forward = Primitive("smooth", "mish_forward")
mish_backward = Primitive("smooth", "mish_backward")
cross_entropy_forward = Primitive("cross_entropy", "cross_entropy_forward")
cross_entropy_backward = Primitive("cross_entropy", "cross_entropy_backward")
nll_forward = Primitive("cross_entropy", "nll_forward")
nll_backward = Primitive("cross_entropy", "nll_backward")
channels_last = Primitive("layout", "channels_last")
zeros_like = Primitive("layout", "zeros_like")
row_major = Primitive("layout", "row_major")
softmax_forward = Primitive("softmax", "softmax_forward")
softmax_backward = Primitive("softmax", "softmax_backward")
log_softmax_forward = Primitive("softmax", "log_softmax_forward")
log_softmax_backward = Primitive("softmax", "log_softmax_backward")
sgd_update = Primitive("optimizer", "sgd_update")
penalized = Primitive("optimizer", "penalized")
shrink = Primitive("optimizer", "shrink")
momentum_update = Primitive("optimizer", "momentum_update")
rmsprop_update = Primitive("optimizer", "rmsprop_update")
adam_update = Primitive("optimizer", "adam_update")
adadelta_update = Primitive("optimizer", "adadelta_update")
upsample_bilinear2d_forward = Primitive("upsample", "upsample_bilinear2d_forward")
upsample_bilinear2d_backward = Primitive("upsample", "upsample_bilinear2d_backward")
resample2d = Primitive("resample", "resample2d")
erf = Primitive("special", "erf")
philox_uniform = Primitive("philox", "philox_uniform")
gather_batch = Primitive("gather", "gather_batch")
warp_forward = Primitive("warp", "warp_forward")
warp_backward = Primitive("warp", "warp_backward")
sample_forward = Primitive("warp", "sample_forward")
sample_backward = Primitive("warp", "sample_backward")

PRIMITIVES = {name: it for name, it in list(globals().items()) if isinstance(it, Primitive)}
