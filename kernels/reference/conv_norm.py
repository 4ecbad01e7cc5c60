"""A convolution's weight gradient before batch norm + ReLU + max-pool, as one primitive."""
from .conv import conv2d_weight_gradient
from .norm_relu import batch_norm_relu_input_gradient


def conv2d_norm_relu_pool_weight_gradient(x, dy, code, kept, factors, window, kernel, stride,
                                          padding, dilation, groups):
    """dw (F, C/groups, *kernel) from dy behind the pooling; the rest as in ``norm_relu.py``."""
    dmap = batch_norm_relu_input_gradient(dy, code, kept, factors, window)
    return conv2d_weight_gradient(x, dmap, kernel, stride, padding, dilation, groups)
