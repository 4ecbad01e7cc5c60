"""The CIFAR-10 nets: the asked one, with and without batch norm, and a better one."""
from minitorch_cnn import nn
from minitorch_cnn.attacks import Preprocessed

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the training images, R G B


def asked(batch_norm=False):
    """conv 64 @ 11x11, ReLU, max-pool 2, conv 128 @ 3x3, ReLU, the same again, average pool, 10.

    Paddings 5, 1, 1. Batch norm, if asked for, stands between each convolution and its ReLU.
    """
    layers = []
    for inputs, outputs, size in ((3, 64, 11), (64, 128, 3), (128, 128, 3)):
        layers.append(nn.Conv2d(inputs, outputs, size, padding=size // 2))
        layers += [nn.BatchNorm2d(outputs)] * batch_norm + [nn.ReLU()]
        layers += [nn.MaxPool2d(2)] * (inputs == 3)
    return normalized(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                    nn.Linear(128, 10)))


def better(width=48):
    """Eight 3x3 convolutions with batch norm, two residual blocks: after D. Page's ResNet-9.

    https://myrtle.ai/learn/how-to-train-your-resnet/ has ``width`` 64; 48 is for a CPU.
    """
    w = width
    return normalized(nn.Sequential(
        *conv(3, w), *conv(w, 2 * w), nn.MaxPool2d(2), Residual(2 * w),
        *conv(2 * w, 4 * w), nn.MaxPool2d(2), *conv(4 * w, 8 * w), nn.MaxPool2d(2),
        Residual(8 * w), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8 * w, 10), Scaled()))


def conv(inputs, outputs):
    """3x3 convolution, batch norm, ReLU."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()


class Residual(nn.Module):
    """x + two convolutions of x."""

    def __init__(self, channels):
        super().__init__()
        self.inside = nn.Sequential(*conv(channels, channels), *conv(channels, channels))

    def forward(self, x):
        return x + self.inside(x)


class Scaled(nn.Module):
    """x / 8: keeps the first steps of a high learning rate from making the logits huge."""

    def forward(self, x):
        return x / 8


def normalized(net):
    """The net as one of pixels in [0, 1]; He's initialization of the convolutions."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return Preprocessed(net, MEAN, STD)
