"""ResNet: each block adds to what it was given. He, Zhang, Ren and Sun, arXiv 1512.03385.

Names, arguments and state dicts are torchvision's.
"""
from .. import nn
from ..nn import init
from .blocks import initialize
from .building import build


def conv3x3(in_planes, out_planes, stride=1, groups=1, dilation=1):
    """3x3 convolution that keeps the size at stride 1."""
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=dilation,
                     groups=groups, bias=False, dilation=dilation)


def conv1x1(in_planes, out_planes, stride=1):
    """1x1 convolution."""
    return nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    """x + two 3x3 convolutions of x: the block of ResNet-18 and 34.

    Parameters
    ----------
    inplanes, planes : int
        Channels in and out.
    stride : int
        Of the first convolution.
    downsample : Module, optional
        What makes x fit where the block changes its size.
    groups, base_width, dilation : int
        1, 64 and 1 only.
    norm_layer : callable
        Number of channels -> Module.

    Raises
    ------
    ValueError, NotImplementedError
        For other groups, base_width and dilation.
    """

    expansion = 1  # channels out over planes

    def __init__(self, inplanes, planes, stride=1, downsample=None, groups=1, base_width=64,
                 dilation=1, norm_layer=None):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64, got "
                             f"{groups} and {base_width}; take Bottleneck")
        if dilation > 1:
            raise NotImplementedError("BasicBlock: a dilation above 1 is not supported, got "
                                      f"{dilation}; take Bottleneck")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """x + (1x1 to fewer channels, 3x3, 1x1 to four times as many): ResNet-50 and deeper.

    The stride is in the 3x3 convolution, which is more accurate than the paper's place, the first
    1x1 (that is ``BottleneckV1``). Parameters as for ``BasicBlock``; groups, base_width (channels
    of a group times 64 / planes) and dilation are free.
    """

    expansion = 4
    strides_at = "conv2"

    def __init__(self, inplanes, planes, stride=1, downsample=None, groups=1, base_width=64,
                 dilation=1, norm_layer=None):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64)) * groups
        first, second = (1, stride) if self.strides_at == "conv2" else (stride, 1)
        self.conv1 = conv1x1(inplanes, width, first)
        self.bn1 = norm_layer(width)
        self.conv2 = conv3x3(width, width, second, groups, dilation)
        self.bn2 = norm_layer(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class BottleneckV1(Bottleneck):
    """As in the paper and in Keras: the stride in the first 1x1 convolution."""

    strides_at = "conv1"


class ResNet(nn.Module):
    """A 7x7 convolution, four stages of blocks, global average pool, one linear layer.

    Parameters
    ----------
    block : {BasicBlock, Bottleneck, BottleneckV1}
    layers : sequence of 4 ints
        Blocks of each stage.
    num_classes : int
    zero_init_residual : bool
        Every block starts as the identity (arXiv 1706.02677).
    groups, width_per_group : int
        For ResNeXt (32, 4) and wide nets (1, 128).
    replace_stride_with_dilation : sequence of 3 bools, optional
        Stages 2 to 4 that dilate instead of halving the map.
    norm_layer : callable, optional
        Number of channels -> Module; batch norm by default.

    Shape: images (N, 3, H, W), normalized -> (N, num_classes).

    Raises
    ------
    ValueError
        If ``replace_stride_with_dilation`` has not three entries.
    """

    def __init__(self, block, layers, num_classes=1000, zero_init_residual=False, groups=1,
                 width_per_group=64, replace_stride_with_dilation=None, norm_layer=None):
        super().__init__()
        dilates = replace_stride_with_dilation or [False, False, False]
        if len(dilates) != 3:
            raise ValueError("ResNet: replace_stride_with_dilation must be None or have 3 entries, "
                             f"got {replace_stride_with_dilation}")
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilates[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilates[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilates[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        initialize(self)
        if zero_init_residual:
            self._start_as_identity()

    def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
        """A stage; its first block changes the size of the maps and their number."""
        before, downsample = self.dilation, None
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        channels = planes * block.expansion
        if stride != 1 or self.inplanes != channels:
            downsample = nn.Sequential(conv1x1(self.inplanes, channels, stride),
                                       self._norm_layer(channels))
        same = (self.groups, self.base_width)
        layers = [block(self.inplanes, planes, stride, downsample, *same, before,
                        self._norm_layer)]
        self.inplanes = channels
        layers += [block(channels, planes, 1, None, *same, self.dilation, self._norm_layer)
                   for _ in range(1, blocks)]
        return nn.Sequential(*layers)

    def _start_as_identity(self):
        for layer in self.modules():
            if isinstance(layer, Bottleneck):
                init.zeros_(layer.bn3.weight)
            elif isinstance(layer, BasicBlock):
                init.zeros_(layer.bn2.weight)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (N, 64, H/4, W/4)
        x = self.layer2(self.layer1(x))                       # (N, 128 or 512, H/8, W/8)
        x = self.layer4(self.layer3(x))                       # (N, 512 or 2048, H/32, W/32)
        return self.fc(self.avgpool(x).flatten(1))


def _resnet(name, block, layers, weights, progress, options):
    def make(first_stride=False, **kwargs):
        return ResNet(BottleneckV1 if first_stride else block, layers, **kwargs)

    return build(name, make, weights, progress, options)


def resnet18(*, weights=None, progress=True, **kwargs):
    """2, 2, 2, 2 basic blocks."""
    return _resnet("resnet18", BasicBlock, [2, 2, 2, 2], weights, progress, kwargs)


def resnet34(*, weights=None, progress=True, **kwargs):
    """3, 4, 6, 3 basic blocks."""
    return _resnet("resnet34", BasicBlock, [3, 4, 6, 3], weights, progress, kwargs)


def resnet50(*, weights=None, progress=True, **kwargs):
    """3, 4, 6, 3 bottlenecks. The weights "KERAS" come with ``BottleneckV1``."""
    return _resnet("resnet50", Bottleneck, [3, 4, 6, 3], weights, progress, kwargs)


def resnet101(*, weights=None, progress=True, **kwargs):
    """3, 4, 23, 3 bottlenecks."""
    return _resnet("resnet101", Bottleneck, [3, 4, 23, 3], weights, progress, kwargs)


def resnet152(*, weights=None, progress=True, **kwargs):
    """3, 8, 36, 3 bottlenecks."""
    return _resnet("resnet152", Bottleneck, [3, 8, 36, 3], weights, progress, kwargs)
