"""Normalization layers."""
import warnings

import numpy as np

from ..autograd import Tensor, live
from ..ops.checks import as_tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import check_sizes, empty_parameter, filled

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d",
           "InstanceNorm2d", "InstanceNorm3d", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class _Affine(Module):
    """A layer that may end with y * weight + bias."""

    def _make_affine(self, shape, weight, bias, device, dtype):
        for name, wanted in (("weight", weight), ("bias", weight and bias)):
            self.register_parameter(name, empty_parameter(shape, device, dtype) if wanted else None)
        self.reset_parameters()

    def reset_parameters(self):
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _StatisticsNorm(_Affine):
    """What batch and instance normalization share: running statistics."""

    _optional_state = ("num_batches_tracked",)  # PyTorch's state dicts of 2018 and before lack it
    _dims = ()

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True,
                 device=None, dtype=None, *, bias=True):
        super().__init__()
        check_sizes(type(self).__name__, num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._make_statistics(device, dtype)
        self._make_affine(num_features, affine, bias, device, dtype)

    def _make_statistics(self, device, dtype):
        mean = variance = count = None
        if self.track_running_stats:
            mean = Tensor(filled(0, self.num_features, device, dtype))
            variance = Tensor(filled(1, self.num_features, device, dtype))
            count = Tensor(filled(0, (), device, np.int64))
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", variance)
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self):
        """Forget the statistics: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self):
        self.reset_running_stats()
        super().reset_parameters()

    def _checked(self, input):
        input = as_tensor(input)
        if input.ndim not in self._dims:
            expected = " or ".join(f"{n}D" for n in self._dims)
            raise ValueError(f"{type(self).__name__}: expected {expected} input (got {input.ndim}D "
                             f"input of shape {tuple(input.shape)})")
        return input

    def extra_repr(self):
        return (f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
                f"affine={self.affine}, bias={self.bias is not None}, "
                f"track_running_stats={self.track_running_stats}")


class _BatchNorm(_StatisticsNorm):

    def forward(self, input):
        return F.batch_norm(self._checked(input), *self.settings())

    def uses_batch(self):
        """Whether it would take the mean and the variance of its input."""
        return self.training or self.running_mean is None

    def settings(self):
        """The arguments of ``F.batch_norm`` behind the input; in training, the batch is counted."""
        tracking = self.training and self.track_running_stats
        momentum = self._count_batch() if tracking else self.momentum or 0.0
        use_statistics = tracking or not self.training
        return (self.running_mean if use_statistics else None,
                self.running_var if use_statistics else None, self.weight, self.bias,
                self.uses_batch(), momentum, self.eps)

    def _count_batch(self):
        """The weight of this batch in the running statistics: 1/batches if momentum is None."""
        if self.num_batches_tracked is None:
            return self.momentum or 0.0
        count = _count_one(self.num_batches_tracked)
        return 1 / count if self.momentum is None else self.momentum


@live
def _count_one(counter):
    count = counter.data
    count += 1
    return int(count)


class BatchNorm1d(_BatchNorm):
    """Batch normalization of (N, C) or (N, C, L); arguments as for ``BatchNorm2d``."""

    _dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalization per channel: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Input (N, C, H, W). Training mode takes mean and (biased) variance of the batch and moves the
    running statistics towards them (with the unbiased variance); evaluation mode takes the running
    ones. arXiv:1502.03167.

    Parameters
    ----------
    num_features : int
        C.
    eps : float
        Added to the variance.
    momentum : float or None
        Weight of the new batch in the running statistics; None averages over all batches.
    affine : bool
        Whether there are weight and bias.
    track_running_stats : bool
        False uses the batch's statistics in evaluation mode too.
    device, dtype : optional
        Where and in which dtype parameters and statistics are made.
    bias : bool
        False leaves the bias out.
    """

    _dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalization of (N, C, D, H, W); arguments as for ``BatchNorm2d``."""

    _dims = (5,)


class _InstanceNorm(_StatisticsNorm):

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=False,
                 track_running_stats=False, device=None, dtype=None, *, bias=True):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias=bias)

    def forward(self, input):
        input = self._checked(input)
        batched = input.ndim == self._dims[1]
        self._check_channels(input, 1 if batched else 0)
        x = input if batched else input.unsqueeze(0)
        use_input = self.training or not self.track_running_stats
        y = F.instance_norm(x, self.running_mean, self.running_var, self.weight, self.bias,
                            use_input, self.momentum or 0.0, self.eps)
        return y if batched else y.squeeze(0)

    def _check_channels(self, input, dim):
        if input.shape[dim] == self.num_features:
            return
        text = (f"{type(self).__name__}: expected num_features={self.num_features} channels in "
                f"dimension {dim}, got {input.shape[dim]} (input shape {tuple(input.shape)})")
        if self.affine:
            raise ValueError(text)
        warnings.warn(f"{text}; it is not used because affine=False", stacklevel=4)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalization of (N, C, L) or (C, L); arguments as for ``InstanceNorm2d``."""

    _dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each image to mean 0 and variance 1. arXiv:1607.08022.

    Input (N, C, H, W) or (C, H, W).

    Parameters
    ----------
    num_features : int
        C.
    eps, momentum, affine, track_running_stats, device, dtype, bias
        As for ``BatchNorm2d``, but affine and track_running_stats are off.
    """

    _dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization of (N, C, D, H, W) or (C, D, H, W), as ``InstanceNorm2d``."""

    _dims = (4, 5)


def _shape_of(layer, normalized_shape):
    several = hasattr(normalized_shape, "__iter__")
    shape = tuple(normalized_shape) if several else (normalized_shape,)
    check_sizes(layer, normalized_shape=shape)
    return shape


class LayerNorm(_Affine):
    """The last dimensions of each sample to mean 0 and variance 1. arXiv:1607.06450.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        Those dimensions.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether there are weight and bias, of normalized_shape.
    bias : bool
        False leaves the bias out.
    device, dtype : optional
        Where and in which dtype the parameters are made.
    """

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None,
                 dtype=None):
        super().__init__()
        self.normalized_shape = _shape_of("LayerNorm", normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make_affine(self.normalized_shape, elementwise_affine, bias, device, dtype)

    def forward(self, input):
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        return (f"{self.normalized_shape}, eps={self.eps}, "
                f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}")


class GroupNorm(_Affine):
    """Groups of channels of each sample of (N, C, ...) to mean 0 and variance 1. arXiv:1803.08494.

    Parameters
    ----------
    num_groups, num_channels : int
        The C channels are split into groups of equal size.
    eps : float
        Added to the variance.
    affine : bool
        Whether there are weight and bias, one of each per channel.
    device, dtype : optional
        Where and in which dtype the parameters are made.
    bias : bool
        False leaves the bias out.
    """

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *,
                 bias=True):
        super().__init__()
        check_sizes("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_groups <= 0 or num_channels % num_groups:
            raise ValueError("GroupNorm: num_channels must be divisible by num_groups, got "
                             f"num_channels={num_channels} and num_groups={num_groups}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make_affine(num_channels, affine, bias, device, dtype)

    def forward(self, input):
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self):
        return (f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
                f"bias={self.bias is not None}")


class RMSNorm(_Affine):
    """x * weight / sqrt(mean(x^2) + eps) over the last dimensions. arXiv:1910.07467.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        Those dimensions.
    eps : float, optional
        The smallest number that counts in the dtype, if not given.
    elementwise_affine : bool
        Whether there is a weight, of normalized_shape.
    device, dtype : optional
        Where and in which dtype the weight is made.
    """

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None,
                 dtype=None):
        super().__init__()
        self.normalized_shape = _shape_of("RMSNorm", normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make_affine(self.normalized_shape, elementwise_affine, False, device, dtype)

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self):
        return (f"{self.normalized_shape}, eps={self.eps}, "
                f"elementwise_affine={self.elementwise_affine}")


class LocalResponseNorm(Module):
    """x / (k + alpha * mean of x^2 over neighboring channels)^beta: the normalization of AlexNet.

    Parameters
    ----------
    size : int
        How many channels the mean goes over.
    alpha, beta, k : float
    """

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input):
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self):
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
