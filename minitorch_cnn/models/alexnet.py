"""AlexNet, in the variant for one GPU: Krizhevsky, arXiv 1404.5997.

Names, arguments and state dicts are torchvision's.
"""
from .. import nn
from .building import build


class AlexNet(nn.Module):
    """Five convolutions, average pool to 6x6, three linear layers.

    Parameters
    ----------
    num_classes : int
    dropout : float
        Probability, before the first two linear layers.

    Shape: images (N, 3, H, W), normalized, at least 63 pixels high and wide -> (N, num_classes).
    """

    def __init__(self, num_classes=1000, dropout=0.5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2), nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2), nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1), nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True),
            nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes))

    def forward(self, x):
        x = self.avgpool(self.features(x))  # (N, 256, 6, 6)
        return self.classifier(x.flatten(1))


def alexnet(*, weights=None, progress=True, **kwargs):
    """AlexNet, 61 million parameters, 96 % of them in the linear layers."""
    return build("alexnet", AlexNet, weights, progress, kwargs)
