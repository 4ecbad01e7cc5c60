"""What the ImageNet nets are made of, and how their weights start."""
from .. import nn
from ..nn import init


class Conv2dNormActivation(nn.Sequential):
    """Convolution, batch norm, activation, as torchvision.ops.Conv2dNormActivation.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, groups : int
        Of the convolution, which has no bias, since batch norm subtracts it again, and keeps the
        size at stride 1.
    norm_layer : callable
        Number of channels -> Module.
    activation_layer : callable, optional
        () -> Module; none where it is None.
    conv_layer : callable
        What makes the convolution.
    """

    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, groups=1,
                 norm_layer=nn.BatchNorm2d, activation_layer=nn.ReLU, conv_layer=nn.Conv2d):
        layers = [conv_layer(in_channels, out_channels, kernel_size, stride,
                             (kernel_size - 1) // 2, groups=groups, bias=False),
                  norm_layer(out_channels)]
        if activation_layer is not None:
            layers.append(activation_layer(inplace=True))
        super().__init__(*layers)
        self.out_channels = out_channels


def make_divisible(channels, divisor=8):
    """The multiple of ``divisor`` next to ``channels``, at most a tenth below it.

    Source: the function of this name in TensorFlow's slim/nets/mobilenet.
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor * (rounded < 0.9 * channels)


def initialize(net, linear_std=None):
    """Kaiming-normal convolutions (fan out, for ReLU), batch norms that do nothing, biases 0.

    He et al., "Delving Deep into Rectifiers", arXiv 1502.01852. Linear weights are drawn from
    N(0, linear_std), or stay as they are.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, (nn.BatchNorm2d, nn.GroupNorm)):
            init.ones_(layer.weight)
        elif isinstance(layer, nn.Linear) and linear_std is not None:
            init.normal_(layer.weight, 0, linear_std)
        else:
            continue
        if layer.bias is not None and not (isinstance(layer, nn.Linear) and linear_std is None):
            init.zeros_(layer.bias)
