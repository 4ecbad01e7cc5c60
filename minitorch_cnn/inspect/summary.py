"""What a model is made of: its layers in the order in which they run, with sizes and prices.

N images go through once; everything is counted for one of them.
"""
import contextlib
import math
from dataclasses import asdict, dataclass, fields

import numpy as np

from .. import nn
from ..autograd import Tensor, no_grad
from ..device import device, move
from ..random import get_rng_state, make_generator, set_rng_state
from .state import buffers_restored, mode
from .table import size_text, text_table

MEGABYTE = 1024 ** 2
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d)
N = 2  # images in the trial; a model may not be able to take a single one


@dataclass
class Layer:
    """One call of one layer; shapes and counts are those of one image.

    Attributes
    ----------
    name, type : str
        Dotted name in the model, and class.
    input_shape, output_shape : tuple of int
        Without the batch dimension.
    parameters : int
        Elements of the layer's own parameters; 0 where they were counted before (a layer that runs
        twice, shared weights).
    neurons : int
        Elements of the output of a convolution or linear layer, 0 for other layers.
    multiply_adds : int
        Products that a convolution or linear layer adds up; biases are not counted.
    output_bytes, parameter_bytes : int
        Memory of the output (once, without its gradient) and of the parameters.
    """

    name: str
    type: str
    input_shape: tuple
    output_shape: tuple
    parameters: int
    neurons: int
    multiply_adds: int
    output_bytes: int
    parameter_bytes: int


@dataclass
class Summary:
    """What ``summary`` found; ``str()`` of it is a table.

    Attributes
    ----------
    layers : list of Layer
        In the order in which they finished.
    parameters, trainable : int
        All parameters of the model, and those with ``requires_grad``; shared ones once.
    conv_neurons, linear_neurons, neurons : int
        Elements of the outputs of convolutions, of linear layers, and both.
    multiply_adds : int
    input_mb, forward_backward_mb, parameters_mb, total_mb : float
        torchsummary's totals, in units of 1024 * 1024 bytes: the input; twice (value and gradient)
        the outputs of all layers in the table; the parameters; their sum.
    """

    layers: list
    parameters: int
    trainable: int
    conv_neurons: int
    linear_neurons: int
    multiply_adds: int
    input_mb: float
    forward_backward_mb: float
    parameters_mb: float

    @property
    def neurons(self):
        """Elements of the outputs of all convolutions and linear layers."""
        return self.conv_neurons + self.linear_neurons

    @property
    def total_mb(self):
        """Input, forward/backward and parameters together."""
        return self.input_mb + self.forward_backward_mb + self.parameters_mb

    def rows(self):
        """The layers as a list of dicts, for a CSV file or a data frame."""
        return [asdict(layer) for layer in self.layers]

    def totals(self):
        """Everything but the layers, as a dict."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "layers"}
        return {**own, "neurons": self.neurons, "total_mb": self.total_mb}

    def __str__(self):
        header = ["layer", "type", "input", "output", "parameters", "neurons", "multiply-adds",
                  "output KB"]
        rows = [[layer.name, layer.type, size_text(layer.input_shape),
                 size_text(layer.output_shape), layer.parameters, layer.neurons or None,
                 layer.multiply_adds or None, f"{layer.output_bytes / 1024:,.1f}"]
                for layer in self.layers]
        return "\n".join([text_table(header, rows, left=2), "", *self._lines()])

    def _lines(self):
        return [
            f"Total params: {self.parameters:,}",
            f"Trainable params: {self.trainable:,}",
            f"Non-trainable params: {self.parameters - self.trainable:,}",
            f"Neurons: {self.neurons:,} (convolutions {self.conv_neurons:,}, linear layers "
            f"{self.linear_neurons:,})",
            f"Multiply-adds: {self.multiply_adds:,}",
            f"Input size (MB): {self.input_mb:.2f}",
            f"Forward/backward pass size (MB): {self.forward_backward_mb:.2f}",
            f"Params size (MB): {self.parameters_mb:.2f}",
            f"Estimated Total Size (MB): {self.total_mb:.2f}",
        ]


def summary(model, input_size, *, dtype=None):
    """The layers of a model with their shapes, parameters, neurons, multiply-adds and memory.

    Two random images go through the model in evaluation mode, with hooks on its layers. Afterwards
    modes, buffers, hooks and random streams are as they were, also if the model fails.

    A row is one call of a module other than the model itself, Sequential, ModuleList and
    ModuleDict: that is what torchsummary lists (https://github.com/sksq96/pytorch-summary), and
    "Forward/backward pass size" is twice the sum of these rows' outputs. What ``forward`` does
    without a module (``flatten``, ``F.relu``) is not seen. A block that is a module of its own has
    a row after those inside it, and its output is counted there again. Unlike torchsummary's,
    parameters that are used twice are counted once.

    Parameters
    ----------
    model : Module
    input_size : tuple of int, or list of such tuples
        Shape of one image, (C, H, W); a list where ``forward`` takes several inputs.
    dtype : dtype, optional
        Of the input; that of the model's parameters if left out. Integers become zeros.

    Returns
    -------
    Summary

    Raises
    ------
    TypeError
        If ``model`` is no Module.
    ValueError
        If ``input_size`` is no shape, or the model cannot take it.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"summary: needs a Module, got {type(model).__name__}; pass the model "
                        "itself, not what it returned")
    inputs = _trial_inputs(model, _shapes(input_size), dtype)
    recorder = _Recorder()
    streams = get_rng_state()
    try:
        with contextlib.ExitStack() as stack:
            for name, module in _watched(model):
                hook = recorder.hook_for(name or type(model).__name__)
                stack.enter_context(module.register_forward_hook(hook, with_kwargs=True))
            for scope in (no_grad(), mode(model, False), buffers_restored(model)):
                stack.enter_context(scope)
            _run(model, inputs, input_size)
    finally:
        set_rng_state(streams)
    return _total(model, recorder, inputs)


def _run(model, inputs, input_size):
    try:
        model(*inputs)
    except (ValueError, TypeError, RuntimeError, IndexError) as error:
        raise ValueError(f"summary: {type(model).__name__} cannot take an input of size "
                         f"{input_size} (without the batch dimension): {error}") from error


def _watched(model):
    """The modules that get a row; a model without modules inside is its own only layer."""
    if not any(True for _ in model.children()):
        return [("", model)]
    return [(name, module) for name, module in model.named_modules()
            if module is not model and not isinstance(module, CONTAINERS)]


def _shapes(input_size):
    """``input_size`` as a list of shapes."""
    several = isinstance(input_size, list) and not all(isinstance(n, int) for n in input_size)
    shapes = input_size if several else [input_size]
    for shape in shapes:
        if not isinstance(shape, (tuple, list)) or not all(_is_size(n) for n in shape):
            raise ValueError("summary: input_size must be the shape of one image without the batch "
                             f"dimension, such as (1, 28, 28), got {input_size!r}")
    return [tuple(shape) for shape in shapes]


def _is_size(n):
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0


def _trial_inputs(model, shapes, dtype):
    """Tensors (N, *shape) where the model's parameters are."""
    tensors = [t for t in [*model.parameters(), *model.buffers()] if t.is_floating_point()]
    dtype = np.dtype(dtype or (tensors[0].dtype if tensors else "float32"))
    where = tensors[0].device if tensors else device("cpu")
    draw = make_generator(0, "summary").random
    return [Tensor(move(draw((N, *shape)).astype(dtype), where)) for shape in shapes]


class _Recorder:
    """Collects a Layer for every call that a hook reports."""

    def __init__(self):
        self.layers, self.counted, self.conv_neurons = [], set(), 0

    def hook_for(self, name):
        def hook(module, args, kwargs, output):
            self.layers.append(self.layer(name, module, [*args, *kwargs.values()], output))
        return hook

    def layer(self, name, module, inputs, output):
        inputs, outputs = _tensors(inputs), _tensors(output)
        parameters = self._new_parameters(module)
        neurons = _neurons(module, outputs)
        if isinstance(module, (*CONVOLUTIONS, *TRANSPOSED)):
            self.conv_neurons += neurons
        return Layer(
            name, type(module).__name__, _shape(inputs), _shape(outputs),
            sum(p.numel() for p in parameters), neurons, _multiply_adds(module, inputs, outputs),
            sum(t.data.nbytes for t in outputs) // N,
            sum(p.data.nbytes for p in parameters))

    def _new_parameters(self, module):
        """The module's own parameters that no row has counted yet."""
        own = [p for p in module.parameters(recurse=False) if id(p) not in self.counted]
        self.counted.update(map(id, own))
        return own


def _tensors(value):
    """All tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, (tuple, list, dict)):
        return [tensor for item in items for tensor in _tensors(item)]
    return []


def _shape(tensors):
    """The shape of the first tensor for one image."""
    return tensors[0].shape[1:] if tensors else ()


def _elements(tensors):
    return sum(t.numel() for t in tensors) // N


def _neurons(module, outputs):
    counted = (*CONVOLUTIONS, *TRANSPOSED, nn.Linear)
    return _elements(outputs) if isinstance(module, counted) else 0


def _multiply_adds(module, inputs, outputs):
    """One product for every weight that an output (of a transposed one: an input) meets."""
    if isinstance(module, (*CONVOLUTIONS, nn.Linear)):
        return _elements(outputs) * math.prod(module.weight.shape[1:])
    if isinstance(module, TRANSPOSED):
        return _elements(inputs) * math.prod(module.weight.shape[1:])
    return 0


def _total(model, recorder, inputs):
    layers, conv = recorder.layers, recorder.conv_neurons
    parameters = list(model.parameters())
    return Summary(
        layers=layers,
        parameters=sum(p.numel() for p in parameters),
        trainable=sum(p.numel() for p in parameters if p.requires_grad),
        conv_neurons=conv,
        linear_neurons=sum(layer.neurons for layer in layers) - conv,
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        input_mb=sum(x.data.nbytes for x in inputs) / N / MEGABYTE,
        forward_backward_mb=2 * sum(layer.output_bytes for layer in layers) / MEGABYTE,
        parameters_mb=sum(p.data.nbytes for p in parameters) / MEGABYTE)
