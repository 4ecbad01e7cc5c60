"""Normalization: batch, layer, group, instance and RMS norm.

x (N, C, ...) argument, w weight, b bias, y result; mean, var, inv_std = 1 / sqrt(var + eps) the
statistics; dy, dx, dw, db gradients; R rows of K values. The loops are in kernels/*/norm.py.
Division by a vector norm and local response norm are in local_norm.py.
"""
import math

from .. import kernels
from ..autograd import Function, Tensor
from ..device import array_module
from ..dtypes import float16, float32
from .broadcast import unbroadcast
from .checks import as_tensor, check_float, check_same_dtype

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]


def _inv_std(var, eps):
    return (1 / array_module(var).sqrt(var + eps)).astype(var.dtype)


class BatchNorm(Function):
    """y = (x - mean) inv_std w + b, per channel.

    With xhat = (x - mean) inv_std and M values per channel: db = sum(dy), dw = sum(dy xhat),
    dx = w inv_std (dy - (db + xhat dw) / M) with the statistics of x itself (training),
    dx = w inv_std dy with given ones.

    In training the given statistics, if any, move towards those of x, in place:
    running = (1 - momentum) running + momentum new, with the unbiased variance.
    """

    settings = ("running_mean", "running_var")

    def __init__(self, eps=1e-5, training=True, momentum=0.1):
        self.eps, self.training, self.momentum = eps, training, momentum

    def forward(self, x, w, b, running_mean=None, running_var=None):
        self.x, self.w = x, w
        if self.training:
            self.mean, self.var = kernels.batch_norm_statistics(x)
        else:  # copies: a later update must not reach this op
            self.mean, self.var = running_mean.copy(), running_var.copy()
        self.inv_std = _inv_std(self.var, self.eps)
        if self.training and running_mean is not None and x.size:
            count = x.size // x.shape[1]
            _update(running_mean, self.mean, self.momentum)
            _update(running_var, self.var * (count / (count - 1)), self.momentum)
        return kernels.batch_norm_forward(x, self.mean, self.inv_std, w, b)

    def backward(self, dy):
        needs = tuple([self.needs[i] for i in range(3)])
        return (*kernels.batch_norm_backward(dy, self.x, self.mean, self.inv_std, self.w,
                                             self.training, needs), None, None)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-5):
    """Shift and scale each channel to mean 0 and variance 1, then by weight and bias.

    Ioffe, Szegedy, "Batch Normalization", arXiv 1502.03167; conventions of ``F.batch_norm``.

    Parameters
    ----------
    input : Tensor, (N, C) or (N, C, ...)
        Floats.
    running_mean, running_var : Tensor or array of shape (C,), or both None
        Read if not ``training``. In training they become (1 - momentum) * old + momentum * new, in
        place; the new variance is the unbiased one, while the biased one normalizes.
    weight, bias : Tensor of shape (C,), optional
        Of the input's dtype.
    training : bool
        Use the statistics of this input, over all dimensions but C.
    momentum : float
        Weight of the new value in the running statistics.
    eps : float
        Added to the variance; > 0 in training, >= 0 else.

    Returns
    -------
    Tensor
        Shape of ``input``.

    Raises
    ------
    TypeError
        If dtypes are not floats or differ.
    ValueError
        If a shape is not (C,), statistics are missing, or training has one value per channel.
    """
    input, weight, bias = _checked("batch_norm", input, weight, bias)
    if input.shape == (0,):
        return input  # PyTorch takes this shape, too
    _check_channels("batch_norm", input, running_mean=running_mean, running_var=running_var,
                    weight=weight, bias=bias)
    _check_numbers("batch_norm", momentum, eps, training)
    if (running_mean is None) != (running_var is None):
        raise ValueError("batch_norm: running_mean and running_var go together; pass both or None")
    if training:
        _check_count("batch_norm", input)
    elif running_mean is None:
        raise ValueError("batch_norm: running_mean and running_var are needed outside of training; "
                         "pass them, or training=True")
    return BatchNorm(eps, training, momentum)(input, weight, bias, running_mean, running_var)


def _update(running, new, momentum):
    """running = (1 - momentum) running + momentum new, in the array itself."""
    running *= 1 - momentum
    running += (momentum * new).astype(running.dtype)


def _array(data):
    return data.data if isinstance(data, Tensor) else data


def _checked(op, input, weight, bias):
    """The three as Tensors (or None) of one float dtype."""
    input = as_tensor(input)
    weight = None if weight is None else as_tensor(weight)
    bias = None if bias is None else as_tensor(bias)
    check_float(op, input=input)
    check_same_dtype(op, input=input, weight=weight, bias=bias)
    return input, weight, bias


def _check_channels(op, input, **per_channel):
    if input.ndim < 2:
        raise ValueError(f"{op}: input must be (N, C) or (N, C, ...), got shape {input.shape}; "
                         "add the missing dimension")
    for name, given in per_channel.items():
        if given is not None and given.shape != (input.shape[1],):
            raise ValueError(f"{op}: {name} must have shape ({input.shape[1]},), one value per "
                             f"channel of input {input.shape}, got {given.shape}")
    check_same_dtype(op, input=input, **per_channel)


def _check_numbers(op, momentum, eps, training):
    if training and momentum is None:
        raise ValueError(f"{op}: momentum must be a number here; nn.BatchNorm2d(momentum=None) "
                         "counts the batches and passes 1 / count")
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"{op}: eps must be {'positive' if training else '0 or more'}, got {eps}")


def _check_count(op, input):
    """How many values a channel has; a single one has no variance."""
    count = input.shape[0] * math.prod(input.shape[2:])
    if count == 1:
        raise ValueError(f"{op}: expected more than 1 value per channel when training, got input "
                         f"of shape {input.shape}; use a larger batch, or training=False")
    return count


class GroupNorm(Function):
    """y = xhat w + b, xhat = (x - mean) inv_std within each of G groups of channels of a sample.

    With dxhat = dy w, and the means over a group: dw = sum(dy xhat), db = sum(dy),
    dx = inv_std (dxhat - mean(dxhat) - xhat mean(dxhat xhat)).
    """

    def __init__(self, groups, eps):
        self.groups, self.eps = groups, eps

    def forward(self, x, w, b):
        self.x, self.w = x, w
        y, self.mean, self.var, self.inv_std = kernels.group_norm_forward(x, self.groups, w, b,
                                                                          self.eps)
        return y

    def backward(self, dy):
        needs = tuple([self.needs[i] for i in range(3)])
        return kernels.group_norm_backward(dy, self.x, self.w, self.mean, self.inv_std, needs)


class LayerNorm(Function):
    """y = xhat w + b, xhat = (x - mean) inv_std within each row: the last ``dims`` axes.

    The gradients are those of ``GroupNorm``, with the means over a row.
    """

    def __init__(self, dims, eps):
        self.dims, self.eps = dims, eps

    def forward(self, x, w, b):
        self.x, self.w = self._rows(x), None if w is None else w.reshape(-1)
        y, self.mean, _, self.inv_std = kernels.layer_norm_forward(
            self.x, self.w, None if b is None else b.reshape(-1), self.eps)
        return y.reshape(x.shape)

    def backward(self, dy):
        needs, parameter = tuple([self.needs[i] for i in range(3)]), dy.shape[-self.dims:]
        dx, dw, db = kernels.layer_norm_backward(self._rows(dy), self.x, self.w, self.mean,
                                                 self.inv_std, needs)
        dx = None if dx is None else dx.reshape(dy.shape)
        return dx, *[None if d is None else d.reshape(parameter) for d in (dw, db)]

    def _rows(self, x):
        """(R, K)."""
        x = kernels.row_major(x) if x.ndim == 4 else x
        return x.reshape(-1 if x.size else math.prod(x.shape[:-self.dims]),
                         math.prod(x.shape[-self.dims:]))


def _normalized_shape(op, input, normalized_shape, weight, bias):
    """``normalized_shape`` as a tuple that ends the input's shape and is the parameters'."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or input.shape[-len(shape):] != shape:
        raise ValueError(f"{op}: normalized_shape {shape} must be the last dimensions of input, at "
                         f"least one; input has shape {input.shape}")
    for name, given in (("weight", weight), ("bias", bias)):
        if given is not None and given.shape != shape:
            raise ValueError(f"{op}: {name} must have the normalized_shape {shape}, "
                             f"got {given.shape}")
    return shape


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Shift and scale to mean 0 and variance 1 over the last dimensions, of each sample by itself.

    Ba et al., "Layer Normalization", arXiv 1607.06450.

    Parameters
    ----------
    input : Tensor, (..., *normalized_shape)
        Floats.
    normalized_shape : int or tuple of int
        The sizes of the dimensions to normalize over.
    weight, bias : Tensor of ``normalized_shape``, optional
        Of the input's dtype.
    eps : float
        Added to the (biased) variance.

    Returns
    -------
    Tensor
        Shape of ``input``.

    Raises
    ------
    TypeError
        If dtypes are not floats or differ.
    ValueError
        If shapes do not fit.
    """
    input, weight, bias = _checked("layer_norm", input, weight, bias)
    shape = _normalized_shape("layer_norm", input, normalized_shape, weight, bias)
    return LayerNorm(len(shape), eps)(input, weight, bias)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Shift and scale to mean 0 and variance 1 over groups of channels, of each sample by itself.

    Wu, He, "Group Normalization", arXiv 1803.08494.

    Parameters
    ----------
    input : Tensor, (N, C) or (N, C, ...)
        Floats.
    num_groups : int
        Into how many groups the channels are cut; divides C.
    weight, bias : Tensor of shape (C,), optional
        Of the input's dtype.
    eps : float
        Added to the (biased) variance.

    Returns
    -------
    Tensor
        Shape of ``input``.

    Raises
    ------
    TypeError
        If dtypes are not floats or differ.
    ValueError
        If shapes do not fit, or a single sample has one value per group.
    """
    input, weight, bias = _checked("group_norm", input, weight, bias)
    _check_channels("group_norm", input, weight=weight, bias=bias)
    N, C, *rest = input.shape
    if num_groups < 1 or C % num_groups:
        raise ValueError(f"group_norm: num_groups must divide the channels, got {num_groups} "
                         f"groups for input of shape {input.shape} with {C} channels")
    if N * C // num_groups * math.prod(rest) == 1:
        raise ValueError(f"group_norm: expected more than 1 value per group, got input of shape "
                         f"{input.shape} in {num_groups} groups; use fewer groups")
    return GroupNorm(num_groups, eps)(input, weight, bias)


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-5):
    """Shift and scale each channel of each sample to mean 0 and variance 1.

    Ulyanov et al., "Instance Normalization", arXiv 1607.08022.

    Parameters
    ----------
    input : Tensor, (N, C, ...)
        Floats.
    running_mean, running_var : Tensor or array of shape (C,), or both None
        As in ``batch_norm``; what is new is averaged over the samples.
    weight, bias : Tensor of shape (C,), optional
        Of the input's dtype.
    use_input_stats : bool
        Use the statistics of this input; else the running ones, which are then needed.
    momentum : float
        Weight of the new value in the running statistics.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        Shape of ``input``.

    Raises
    ------
    TypeError
        If dtypes are not floats or differ.
    ValueError
        If shapes do not fit, statistics are missing, or a channel has a single value.
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    input, weight, bias = _checked("instance_norm", input, weight, bias)
    _check_channels("instance_norm", input, running_mean=running_mean, running_var=running_var,
                    weight=weight, bias=bias)
    N, C, *rest = input.shape
    count = math.prod(rest)
    if count == 1:
        raise ValueError(f"instance_norm: expected more than 1 value per channel and sample when "
                         f"training, got input of shape {input.shape}; use batch_norm")
    op = GroupNorm(C, eps)
    y = op(input, weight, bias)
    if running_mean is not None and input.data.size:
        _update(_array(running_mean), op.mean.reshape(N, C).mean(axis=0), momentum)
        var = op.var.reshape(N, C).mean(axis=0) * (count / (count - 1))  # unbiased
        _update(_array(running_var), var, momentum)
    return y


class RMSNorm(Function):
    """y = x r w, r = 1 / sqrt(mean(x^2) + eps) over the last ``dims`` axes.

    With g = dy w: dx = r (g - x r^2 mean(g x)),  dw = sum(dy x r).
    """

    def __init__(self, dims, eps):
        self.axes, self.eps = tuple(range(-dims, 0)), eps

    def forward(self, x, w):
        dtype = x.dtype
        x = x.astype(float32) if dtype == float16 else x  # the squares leave the range of float16
        self.x, self.w = x, w
        mean = (x * x).mean(axis=self.axes, keepdims=True) if x.size else x
        self.r = _inv_std(mean, self.eps)
        y = x * self.r
        return (y if w is None else y * w).astype(dtype, copy=False)

    def backward(self, dy):
        dx = dw = None
        if self.needs[0]:
            g = dy if self.w is None else dy * self.w
            mean = (g * self.x).mean(axis=self.axes, keepdims=True) if g.size else g
            dx = self.r * (g - self.x * (self.r * self.r * mean))
        if self.w is not None and self.needs[1]:
            dw = unbroadcast(dy * (self.x * self.r), self.w)
        return dx, dw


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Scale to root mean square 1 over the last dimensions.  Zhang, Sennrich, arXiv 1910.07467.

    Parameters
    ----------
    input : Tensor, (..., *normalized_shape)
        Floats.
    normalized_shape : int or tuple of int
        The sizes of the dimensions to normalize over.
    weight : Tensor of ``normalized_shape``, optional
        Of the input's dtype.
    eps : float, optional
        Added to the mean square; by default the smallest step of the dtype at 1.

    Raises
    ------
    TypeError
        If dtypes are not floats or differ.
    ValueError
        If shapes do not fit.
    """
    input, weight, _ = _checked("rms_norm", input, weight, None)
    shape = _normalized_shape("rms_norm", input, normalized_shape, weight, None)
    if eps is None:
        eps = float(array_module(input.data).finfo(input.dtype).eps)
    return RMSNorm(len(shape), eps)(input, weight)
