"""Ops that do the work of a chain of ops in one pass over memory.

``nn.Sequential`` makes them for layers that are neighbors, ``compile`` for any ops that are.

Each means what its chain means, with the same gradients, ties included.

x argument, y result, w weight, b bias; dy in, dx, dw, db out.
"""
from .. import kernels
from ..autograd import Function
from .conv import Conv2d
from .cross_entropy import refuse_label
from .matmul import FEW, Linear, rows


class ConvReLU(Conv2d):
    """y = max(0, convolution);  the way back is the convolution's, with dy = 0 where y <= 0."""

    def forward(self, x, w, b=None):
        self.size, self.kernel, self.has_bias = x.shape[2:], w.shape[2:], b is not None
        self.x = x if self.needs[1] else None
        self.w = w if self.needs[0] else None
        self.y = kernels.conv2d_relu_forward(x, w, b, *self.options)
        return self.y

    def backward(self, dy):
        return super().backward(kernels.relu_backward(dy, self.y))


class ConvReLUPool(Function):
    """y = the maximum of each window of max(0, convolution); windows lie side by side.

    ``code`` says where each maximum came from; the gradient of the convolution's result is never
    stored.
    """

    silent = True

    def __init__(self, options, window, map_size):
        self.options, self.window, self.map_size = options, window, map_size

    def forward(self, x, w, b=None):
        self.size, self.kernel, self.has_bias = x.shape[2:], w.shape[2:], b is not None
        self.x = x if self.needs[1] else None
        self.w = w if self.needs[0] else None
        y, self.code = kernels.conv2d_relu_pool_forward(x, w, b, *self.options, self.window)
        return y

    def backward(self, dy):
        dx = dw = db = None
        dy = kernels.channels_last(dy)
        if self.needs[0]:
            dx = kernels.conv2d_relu_pool_input_gradient(
                dy, self.code, self.w, self.map_size, self.size, self.window, *self.options)
        if self.needs[1]:
            dw = kernels.conv2d_relu_pool_weight_gradient(
                self.x, dy, self.code, self.map_size, self.window, self.kernel, *self.options)
        if self.needs[2] and self.has_bias:
            db = kernels.unpooled_channel_sum(dy, self.code)
        return dx, dw, db


class NormedConvReLUPool(ConvReLUPool):
    """The same behind a batch norm with given statistics, which is folded into the weights.

    Only the images get a gradient. The weights are folded anew in every call.
    """

    def __init__(self, options, window, map_size, eps):
        super().__init__(options, window, map_size)
        self.eps = eps

    def forward(self, x, w, b, scale, shift, mean, var):
        folded, start = kernels.fold_norm(w, b, scale, shift, mean, var, self.eps)
        self.size, self.w = x.shape[2:], folded if self.needs[0] else None
        y, self.code = kernels.conv2d_relu_pool_forward(x, folded, start, *self.options,
                                                        self.window)
        return y

    def backward(self, dy):
        dx = kernels.conv2d_relu_pool_input_gradient(
            kernels.channels_last(dy), self.code, self.w, self.map_size, self.size, self.window,
            *self.options)
        return dx, None, None, None, None, None, None


class ReLUPool(Function):
    """y = the maximum of each window of max(0, x)."""

    silent = True

    def __init__(self, window):
        self.window = window

    def forward(self, x):
        self.size = x.shape[2:]
        y, self.code = kernels.relu_max_pool2d_forward(x, self.window)
        return y

    def backward(self, dy):
        return kernels.unpool2d(dy, self.code, self.size, self.window)


class BatchNormReLU(Function):
    """y = batch norm, cut off at ``bounds``; or the maximum of each window of its ReLU."""

    silent = True

    def __init__(self, eps, training, momentum, window=None, bounds=(0, None)):
        self.options, self.bounds = (eps, momentum, training, window), bounds

    def forward(self, x, w, b, running_mean=None, running_var=None):
        self.w = w
        y, self.code, self.kept = kernels.batch_norm_relu_forward(
            x, w, b, running_mean, running_var, *self.options, self.bounds)
        return y

    def backward(self, dy):
        _, _, training, window = self.options
        dx, (factors, dw, db) = None, kernels.batch_norm_relu_factors(
            dy, self.code, self.kept, self.w, training, window)
        if self.needs[0]:
            dx = kernels.batch_norm_relu_input_gradient(dy, self.code, self.kept, factors, window)
        return dx, dw, db, None, None


class ConvBatchNormReLUPool(Function):
    """Convolution, batch norm in training, ReLU and max-pool, where the images need no gradient.

    The gradient of the convolution's result is never stored. The convolution's bias does nothing,
    since the mean is subtracted right after it: its gradient is 0.
    """

    silent = True

    def __init__(self, options, eps, momentum, window):
        self.options, self.norm, self.window = options, (eps, momentum, True, window), window

    def forward(self, x, w, b, scale, shift, running_mean=None, running_var=None):
        self.x, self.kernel, self.bias, self.scale = x, w.shape[2:], b, scale
        z = kernels.conv2d_forward(x, w, b, *self.options)
        y, self.code, self.kept = kernels.batch_norm_relu_forward(
            z, scale, shift, running_mean, running_var, *self.norm)
        return y

    def backward(self, dy):
        dy = kernels.channels_last(dy)
        factors, dscale, dshift = kernels.batch_norm_relu_factors(
            dy, self.code, self.kept, self.scale, True, self.window)
        dw = kernels.conv2d_norm_relu_pool_weight_gradient(
            self.x, dy, self.code, self.kept, factors, self.window, self.kernel, *self.options)
        db = None if self.bias is None else kernels.zeros_like(self.bias)
        return None, dw, db, dscale, dshift, None, None


class FewTapsBatchNormReLUPool(ConvBatchNormReLUPool):
    """The same for a convolution with few inputs, whose result is never stored either.

    Its statistics follow from the moments of the patches (see ``kernels/reference/moments.py``),
    and batch norm is folded into the weights. A GPU, without kernels for that, takes the plain way.
    """

    MOST = 31   # numbers in a patch

    def __init__(self, options, eps, momentum, window, map_size):
        super().__init__(options, eps, momentum, window)
        self.map_size = map_size

    @classmethod
    def pays(cls, filters, options):
        """For weights of this shape and a convolution with these options."""
        taps = filters[1] * filters[2] * filters[3]
        return options[2:] == ((1, 1), 1) and taps <= min(cls.MOST, 2 * filters[0])

    def forward(self, x, w, b, scale, shift, running_mean=None, running_var=None):
        self.plain = kernels.language_of(x) == "cuda"
        if self.plain:
            return super().forward(x, w, b, scale, shift, running_mean, running_var)
        geometry = self.options[:2]
        self.x, self.w, self.bias, self.scale = x, w, b, scale
        self.moments = kernels.patch_moments(x, w.shape[2:], *geometry)
        self.constants, folded, start = kernels.norm_by_moments(
            self.moments, x, w, b, scale, shift, running_mean, running_var, *self.norm[:2],
            *geometry)
        y, self.code = kernels.conv2d_relu_pool_forward(x, folded, start, *self.options,
                                                        self.window)
        return y

    def backward(self, dy):
        if self.plain:
            return super().backward(dy)
        dy = kernels.channels_last(dy)
        dw = kernels.conv2d_relu_pool_weight_gradient(
            self.x, dy, self.code, self.map_size, self.window, self.w.shape[2:], *self.options)
        dw, dscale, dshift = kernels.norm_by_moments_backward(
            dw, kernels.unpooled_channel_sum(dy, self.code), self.moments, self.w, self.constants,
            self.scale)
        db = None if self.bias is None else kernels.zeros_like(self.bias)
        return None, dw, db, dscale, dshift, None, None


class AddReLU(Function):
    """y = max(0, a + b)."""

    def forward(self, a, b):
        self.y = kernels.add_relu(a, b)
        return self.y

    def backward(self, dy):
        g = kernels.relu_backward(dy, self.y)
        return g, g


class LinearReLU(Linear):
    """y = max(0, x @ w^T + b)."""

    def forward(self, x, w, b):
        self.x = x if self.needs[1] else None
        self.w = w if self.needs[0] else None
        self.has_bias = b is not None
        x_rows = rows(x)
        if self.needs[0] and len(x_rows) <= FEW:    # an infinite w may be cut off in y
            z = kernels.linear_forward(x_rows, w, b)
            self.seen, self.y = {"y": z}, kernels.relu_forward(z)
        else:
            self.y = kernels.linear_relu_forward(x_rows, w, b)
        return self.y.reshape(*x.shape[:-1], w.shape[0])

    def backward(self, dy):
        return super().backward(kernels.relu_backward(rows(dy), self.y).reshape(dy.shape))


class LabelCrossEntropy(Function):
    """``CrossEntropy`` with a label per position, neither class weights nor smoothing nor "none".

    Labels that are no class are refused by ``check``, not where nobody can wait for an answer.
    """

    def __init__(self, ignore_index, mean):
        self.ignore_index, self.mean = ignore_index, mean

    def forward(self, x, labels, w=None):
        self.labels, self.scores = labels, x
        y, self.unit, self.counts = kernels.cross_entropy_forward(x, labels, self.ignore_index,
                                                                  self.mean)
        return y

    def backward(self, dy):
        return kernels.cross_entropy_backward(dy, self.unit, self.counts, self.mean), None, None

    def check(self):
        """Refuse labels that are no class."""
        if self.counts[1]:
            refuse_label("cross_entropy", self.scores, self.labels, self.ignore_index)


class LabelNLL(Function):
    """``NLLLoss``, likewise."""

    def __init__(self, ignore_index, mean):
        self.ignore_index, self.mean = ignore_index, mean

    def forward(self, logp, labels, w=None):
        self.labels, self.scores = labels, logp
        y, self.counts = kernels.nll_forward(logp, labels, self.ignore_index, self.mean)
        return y

    def backward(self, dy):
        return kernels.nll_backward(dy, self.scores, self.labels, self.ignore_index, self.counts,
                                    self.mean), None, None

    def check(self):
        """Refuse labels that are no class."""
        if self.counts[1]:
            refuse_label("nll_loss", self.scores, self.labels, self.ignore_index)
