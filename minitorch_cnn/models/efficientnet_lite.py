"""EfficientNet-Lite: MobileNetV2's blocks, scaled; no squeeze-and-excitation, ReLU6.

Tan and Le, "EfficientNet", arXiv 1905.11946; the Lite nets are TensorFlow's, made for phones:
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite. torchvision has
none, so the names are those of its EfficientNet: features.0 (stem), features.1 to 7 (stages),
features.8 (head), classifier.1. Files with the names of the package efficientnet-pytorch
(_conv_stem, _blocks.0._depthwise_conv ...) load too.
"""
import math
import re
from functools import partial

from .. import nn
from ..nn import functional
from .blocks import Conv2dNormActivation, initialize, make_divisible
from .building import build

# expansion, kernel, stride of the first, channels in and out, blocks
STAGES = [(1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
          (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1)]
# factors of the channels and of the blocks, height and width of the images, dropout
SCALES = {"efficientnet_lite0": (1.0, 1.0, 224, 0.2), "efficientnet_lite1": (1.0, 1.1, 240, 0.2),
          "efficientnet_lite2": (1.1, 1.2, 260, 0.3)}


class Conv2dSame(nn.Conv2d):
    """Convolution with TensorFlow's padding "SAME": the output has ceil(size / stride) rows.

    max((ceil(n / s) - 1) * s + k - n, 0) rows of zeros, the smaller half on top: on even maps with
    stride 2, other than PyTorch's, it is shifted by one pixel. Columns likewise.
    """

    def forward(self, input):
        (top, bottom), (left, right) = (
            same_padding(size, kernel, stride) for size, kernel, stride
            in zip(input.shape[2:], self.kernel_size, self.stride))
        padded, padding = input, (top, left)
        if top != bottom or left != right:
            padded, padding = functional.pad(input, (left, right, top, bottom)), 0
        return functional.conv2d(padded, self.weight, self.bias, self.stride, padding,
                                 groups=self.groups)


def same_padding(size, kernel, stride):
    """(before, after) of TensorFlow's "SAME"."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


_norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
_layer = partial(Conv2dNormActivation, norm_layer=_norm, activation_layer=nn.ReLU6,
                 conv_layer=Conv2dSame)


class MBConv(nn.Module):
    """1x1 to more channels, depthwise k x k, 1x1 to few; the input is added where it fits.

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    expansion : int
        Channels in the middle over ``inputs``.
    kernel, stride : int
        Of the depthwise convolution.
    """

    def __init__(self, inputs, outputs, expansion, kernel, stride):
        super().__init__()
        middle = inputs * expansion
        expand = [_layer(inputs, middle, 1)] if expansion != 1 else []
        self.block = nn.Sequential(
            *expand, _layer(middle, middle, kernel, stride, groups=middle),
            _layer(middle, outputs, 1, activation_layer=None))
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.block(x) if self.use_res_connect else self.block(x)


class EfficientNetLite(nn.Module):
    """A convolution, seven stages of blocks, a 1x1 convolution, global average pool, one linear.

    Parameters
    ----------
    width_mult, depth_mult : float
        Factors of the channels and of the blocks; the stem (32), the head (1280) and the number of
        blocks in the first and the last stage stay.
    num_classes : int
    dropout : float
        Probability, before the linear layer.

    Shape: images (N, 3, H, W), normalized -> (N, num_classes).

    Notes
    -----
    Stochastic depth, which TensorFlow trains with, is left out; nothing changes in eval mode.
    """

    def __init__(self, width_mult=1.0, depth_mult=1.0, num_classes=1000, dropout=0.2):
        super().__init__()
        layers = [_layer(3, 32, 3, 2)]
        for i, (expansion, kernel, stride, inputs, outputs, blocks) in enumerate(STAGES):
            inputs = make_divisible(inputs * width_mult) if i else 32
            outputs = make_divisible(outputs * width_mult)
            inner = 0 < i < len(STAGES) - 1
            more = (math.ceil(blocks * depth_mult) if inner else blocks) - 1
            layers.append(nn.Sequential(
                MBConv(inputs, outputs, expansion, kernel, stride),
                *(MBConv(outputs, outputs, expansion, kernel, 1) for _ in range(more))))
        layers.append(_layer(outputs, 1280, 1))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        initialize(self, linear_std=0.01)

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))

    def load_state_dict(self, state_dict, strict=True, assign=False):
        if "_conv_stem.weight" in state_dict:
            state_dict = {self._our_name(name): value for name, value in state_dict.items()}
        return super().load_state_dict(state_dict, strict, assign)

    def _our_name(self, name):
        """_blocks.3._bn1.weight -> features.3.0.block.1.1.weight; others as in ``_OUTSIDE``."""
        block = re.fullmatch(r"_blocks\.(\d+)\._(\w+?)\.(\w+)", name)
        if not block:
            start, _, entry = name.partition(".")
            return f"{_OUTSIDE.get(start, start)}.{entry}"
        number, layer, entry = block.groups()
        places = [(s, b) for s in range(1, 8) for b in range(len(self.features[s]))]
        stage, place = places[int(number)]
        position, part = _INSIDE[layer]
        position -= len(self.features[stage][place].block) == 2  # nothing to expand
        return f"features.{stage}.{place}.block.{position}.{part}.{entry}"


_OUTSIDE = {"_conv_stem": "features.0.0", "_bn0": "features.0.1", "_conv_head": "features.8.0",
            "_bn1": "features.8.1", "_fc": "classifier.1"}
_INSIDE = {"expand_conv": (0, 0), "bn0": (0, 1), "depthwise_conv": (1, 0), "bn1": (1, 1),
           "project_conv": (2, 0), "bn2": (2, 1)}


def _lite(name, weights, progress, options):
    width, depth, _, dropout = SCALES[name]
    options = {"dropout": dropout} | options
    return build(name, partial(EfficientNetLite, width, depth), weights, progress, options)


def efficientnet_lite0(*, weights=None, progress=True, **kwargs):
    """4.7 million parameters, for images of 224x224."""
    return _lite("efficientnet_lite0", weights, progress, kwargs)


def efficientnet_lite1(*, weights=None, progress=True, **kwargs):
    """5.4 million parameters, for images of 240x240."""
    return _lite("efficientnet_lite1", weights, progress, kwargs)


def efficientnet_lite2(*, weights=None, progress=True, **kwargs):
    """6.1 million parameters, for images of 260x260."""
    return _lite("efficientnet_lite2", weights, progress, kwargs)
