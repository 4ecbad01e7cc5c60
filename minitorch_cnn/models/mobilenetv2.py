"""MobileNetV2: depthwise convolutions between narrow maps. Sandler et al., arXiv 1801.04381.

Names, arguments and state dicts are torchvision's.
"""
from functools import partial

from .. import nn
from .blocks import Conv2dNormActivation, initialize, make_divisible
from .building import build

# expansion, channels, blocks, stride of the first: the paper's table 2
SETTING = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
           (6, 160, 3, 2), (6, 320, 1, 1)]


class InvertedResidual(nn.Module):
    """1x1 to more channels, depthwise 3x3, 1x1 to few, without an activation at the end.

    Parameters
    ----------
    inp, oup : int
        Channels in and out.
    stride : {1, 2}
        Of the depthwise convolution; with 1 and as many channels out as in, the input is added.
    expand_ratio : int or float
        Channels in the middle over ``inp``.
    norm_layer : callable
        Number of channels -> Module.

    Raises
    ------
    ValueError
        For another stride.
    """

    def __init__(self, inp, oup, stride, expand_ratio, norm_layer=None):
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"InvertedResidual: stride should be 1 or 2, got {stride}")
        norm_layer = norm_layer or nn.BatchNorm2d
        hidden = round(inp * expand_ratio)
        block = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.ReLU6)
        expand = [block(inp, hidden, kernel_size=1)] if expand_ratio != 1 else []
        self.conv = nn.Sequential(
            *expand, block(hidden, hidden, stride=stride, groups=hidden),
            nn.Conv2d(hidden, oup, 1, 1, 0, bias=False), norm_layer(oup))
        self.stride, self.out_channels = stride, oup
        self.use_res_connect = stride == 1 and inp == oup

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """A convolution, 17 inverted residuals, a 1x1 convolution, global average pool, one linear.

    Parameters
    ----------
    num_classes : int
    width_mult : float
        Factor of all numbers of channels.
    inverted_residual_setting : sequence of (expansion, channels, blocks, stride), optional
        ``SETTING`` by default.
    round_nearest : int
        Numbers of channels are multiples of it.
    block, norm_layer : callable, optional
        ``InvertedResidual`` and batch norm by default.
    dropout : float
        Probability, before the linear layer.

    Shape: images (N, 3, H, W), normalized -> (N, num_classes).

    Raises
    ------
    ValueError
        For a setting without rows, or rows without four numbers.
    """

    def __init__(self, num_classes=1000, width_mult=1.0, inverted_residual_setting=None,
                 round_nearest=8, block=None, norm_layer=None, dropout=0.2):
        super().__init__()
        setting = SETTING if inverted_residual_setting is None else inverted_residual_setting
        if not len(setting) or any(len(row) != 4 for row in setting):
            raise ValueError("MobileNetV2: inverted_residual_setting needs rows of 4 numbers "
                             f"(expansion, channels, blocks, stride), got {setting}")
        block, norm_layer = block or InvertedResidual, norm_layer or nn.BatchNorm2d
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.ReLU6)
        channels = make_divisible(32 * width_mult, round_nearest)
        self.last_channel = make_divisible(1280 * max(1.0, width_mult), round_nearest)
        features = [layer(3, channels, stride=2)]
        for expansion, c, blocks, stride in setting:
            wide = make_divisible(c * width_mult, round_nearest)
            for i in range(blocks):
                features.append(block(channels, wide, 1 if i else stride, expand_ratio=expansion,
                                      norm_layer=norm_layer))
                channels = wide
        features.append(layer(channels, self.last_channel, kernel_size=1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(dropout),
                                        nn.Linear(self.last_channel, num_classes))
        initialize(self, linear_std=0.01)

    def forward(self, x):
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))  # (N, 1280, 1, 1)
        return self.classifier(x.flatten(1))


def mobilenet_v2(*, weights=None, progress=True, **kwargs):
    """3.5 million parameters, 0.3 billion multiply-adds an image of 224x224."""
    return build("mobilenet_v2", MobileNetV2, weights, progress, kwargs)
