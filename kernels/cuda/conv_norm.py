"""A convolution's weight gradient before batch norm + ReLU + max-pool, on the GPU."""
from .conv import conv2d_weight_gradient
from .norm_relu import batch_norm_relu_input_gradient


def conv2d_norm_relu_pool_weight_gradient(x, dy, code, kept, factors, window, kernel, stride,
                                          padding, dilation, groups):
    """dw (F, C/groups, *kernel)."""
    dmap = batch_norm_relu_input_gradient(dy, code, kept, factors, window)
    if dmap is NotImplemented:
        return NotImplemented
    return conv2d_weight_gradient(x, dmap, kernel, stride, padding, dilation, groups)
