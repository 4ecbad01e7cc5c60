"""SqueezeNet: AlexNet's accuracy with a fiftieth of the parameters. Iandola et al., 1602.07360.

Names, arguments and state dicts are torchvision's.
"""
from .. import nn, ops
from ..nn import init
from .building import build

# "M" is a max-pool; (a, b, c) a Fire module with a squeezed, b 1x1 and c 3x3 channels
CONFIGURATIONS = {
    "1_0": ((96, 7), ["M", (16, 64, 64), (16, 64, 64), (32, 128, 128), "M", (32, 128, 128),
                      (48, 192, 192), (48, 192, 192), (64, 256, 256), "M", (64, 256, 256)]),
    "1_1": ((64, 3), ["M", (16, 64, 64), (16, 64, 64), "M", (32, 128, 128), (32, 128, 128), "M",
                      (48, 192, 192), (48, 192, 192), (64, 256, 256), (64, 256, 256)]),
}


class Fire(nn.Module):
    """Squeeze to few channels by 1x1, expand them by 1x1 and by 3x3, side by side.

    Parameters
    ----------
    inplanes, squeeze_planes, expand1x1_planes, expand3x3_planes : int
        Channels.
    """

    def __init__(self, inplanes, squeeze_planes, expand1x1_planes, expand3x3_planes):
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.squeeze_activation(self.squeeze(x))
        return ops.cat([self.expand1x1_activation(self.expand1x1(x)),
                        self.expand3x3_activation(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """A convolution, eight Fire modules, and a convolution to one map per class.

    Parameters
    ----------
    version : {"1_0", "1_1"}
        The paper's net, or the lighter one that its authors published later.
    num_classes : int
    dropout : float
        Probability, before the last convolution.

    Shape: images (N, 3, H, W), normalized, at least 21 pixels (1_1: 17) high and wide ->
    (N, num_classes).

    Raises
    ------
    ValueError
        For another version.
    """

    def __init__(self, version="1_0", num_classes=1000, dropout=0.5):
        super().__init__()
        if version not in CONFIGURATIONS:
            raise ValueError(f"SqueezeNet: version must be one of {', '.join(CONFIGURATIONS)}, "
                             f"got {version!r}")
        self.num_classes = num_classes
        self.features = _features(*CONFIGURATIONS[version])
        last = nn.Conv2d(512, num_classes, kernel_size=1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), last, nn.ReLU(inplace=True),
                                        nn.AdaptiveAvgPool2d((1, 1)))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                init.kaiming_uniform_(layer.weight)
                init.zeros_(layer.bias)
        init.normal_(last.weight, 0, 0.01)

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


def _features(first, entries):
    channels, size = first
    layers = [nn.Conv2d(3, channels, kernel_size=size, stride=2), nn.ReLU(inplace=True)]
    for entry in entries:
        if entry == "M":
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
        else:
            layers.append(Fire(channels, *entry))
            channels = entry[1] + entry[2]
    return nn.Sequential(*layers)


def squeezenet1_0(*, weights=None, progress=True, **kwargs):
    """The net of the paper."""
    return build("squeezenet1_0", _version("1_0"), weights, progress, kwargs)


def squeezenet1_1(*, weights=None, progress=True, **kwargs):
    """2.4 times less to compute and a little smaller, with the same accuracy."""
    return build("squeezenet1_1", _version("1_1"), weights, progress, kwargs)


def _version(version):
    return lambda **kwargs: SqueezeNet(version, **kwargs)
