"""VGG: stacks of 3x3 convolutions. Simonyan and Zisserman, arXiv 1409.1556.

Names, arguments and state dicts are torchvision's.
"""
from .. import nn
from .blocks import initialize
from .building import build

# channels of the convolutions; "M" is a max-pool that halves the map
CONFIGURATIONS = {
    "vgg11": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "vgg13": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "vgg16": [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M",
              512, 512, 512, "M"],
    "vgg19": [64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M",
              512, 512, 512, 512, "M"],
}


class VGG(nn.Module):
    """Convolutions, average pool to 7x7, three linear layers.

    Parameters
    ----------
    features : Module
        Images (N, 3, H, W) -> maps (N, 512, h, w); see ``make_layers``.
    num_classes : int
    init_weights : bool
        Start as torchvision's, instead of as the layers do by themselves.
    dropout : float
        Probability, between the linear layers.

    Shape: images (N, 3, H, W), normalized, at least 32 pixels high and wide -> (N, num_classes).
    """

    def __init__(self, features, num_classes=1000, init_weights=True, dropout=0.5):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(4096, num_classes))
        if init_weights:
            initialize(self, linear_std=0.01)

    def forward(self, x):
        x = self.avgpool(self.features(x))  # (N, 512, 7, 7)
        return self.classifier(x.flatten(1))


def make_layers(cfg, batch_norm=False):
    """The convolutions of a configuration, each with ReLU, with or without batch norm."""
    layers, channels = [], 3
    for entry in cfg:
        if entry == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(nn.Conv2d(channels, entry, kernel_size=3, padding=1))
        layers += [nn.BatchNorm2d(entry)] * batch_norm + [nn.ReLU(inplace=True)]
        channels = entry
    return nn.Sequential(*layers)


def _vgg(name, weights, progress, options):
    if weights is not None:
        options = {"init_weights": False} | options
    layers = make_layers(CONFIGURATIONS[name.removesuffix("_bn")], name.endswith("_bn"))
    return build(name, lambda **kwargs: VGG(layers, **kwargs), weights, progress, options)


def vgg11(*, weights=None, progress=True, **kwargs):
    """8 convolutions, 3 linear layers."""
    return _vgg("vgg11", weights, progress, kwargs)


def vgg11_bn(*, weights=None, progress=True, **kwargs):
    """VGG-11 with batch norm."""
    return _vgg("vgg11_bn", weights, progress, kwargs)


def vgg13(*, weights=None, progress=True, **kwargs):
    """10 convolutions, 3 linear layers."""
    return _vgg("vgg13", weights, progress, kwargs)


def vgg13_bn(*, weights=None, progress=True, **kwargs):
    """VGG-13 with batch norm."""
    return _vgg("vgg13_bn", weights, progress, kwargs)


def vgg16(*, weights=None, progress=True, **kwargs):
    """13 convolutions, 3 linear layers: the net of the paper's title results (its D)."""
    return _vgg("vgg16", weights, progress, kwargs)


def vgg16_bn(*, weights=None, progress=True, **kwargs):
    """VGG-16 with batch norm."""
    return _vgg("vgg16_bn", weights, progress, kwargs)


def vgg19(*, weights=None, progress=True, **kwargs):
    """16 convolutions, 3 linear layers."""
    return _vgg("vgg19", weights, progress, kwargs)


def vgg19_bn(*, weights=None, progress=True, **kwargs):
    """VGG-19 with batch norm."""
    return _vgg("vgg19_bn", weights, progress, kwargs)
