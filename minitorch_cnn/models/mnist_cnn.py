"""The net of the MNIST studies: two convolutions, two fully connected layers."""
from .. import nn


def _same(x):
    """Stands where batch norm is left out; no module, so it appears in no list of layers."""
    return x


class MnistCNN(nn.Module):
    """conv 32 @ 3x3, [BN], ReLU, max-pool 2, the same again, linear 500, [BN], ReLU, linear 10.

    799,078 parameters, with batch norm 800,206. The layers are attributes, in the order in which
    they run: conv1 [bn1] relu1 pool1 conv2 [bn2] relu2 pool2 fc1 [bn3] relu3 fc2; hooks on them see
    every activation.

    Parameters
    ----------
    batch_norm : bool
        With batch norm before each ReLU.

    Shape: images (N, 1, 28, 28), floats in [0, 1] -> logits (N, 10).

    Raises
    ------
    ValueError
        For images of another shape.
    """

    def __init__(self, batch_norm=False):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(32) if batch_norm else _same
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32) if batch_norm else _same
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 7 * 7, 500)
        self.bn3 = nn.BatchNorm1d(500) if batch_norm else _same
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(500, 10)

    def chain(self):
        """The layers in the order in which they run; one after the other they are ``forward``."""
        layers = list(self.children())
        first = layers.index(self.fc1)
        return [*layers[:first], nn.Flatten(), *layers[first:]]

    def forward(self, x):
        """Logits (N, 10) of images (N, 1, 28, 28)."""
        if tuple(x.shape[1:]) != (1, 28, 28):
            raise ValueError("MnistCNN: images must have shape (N, 1, 28, 28), got "
                             f"{tuple(x.shape)}; a single image needs its N too: image[None]")
        x = self.pool1(self.relu1(self.bn1(self.conv1(x))))  # (N, 32, 14, 14)
        x = self.pool2(self.relu2(self.bn2(self.conv2(x))))  # (N, 32, 7, 7)
        x = x.flatten(1)                                     # (N, 1568)
        x = self.relu3(self.bn3(self.fc1(x)))                # (N, 500)
        return self.fc2(x)
