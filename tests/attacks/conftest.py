"""A net trained for a second, a second one, images, and torch's copy of a small net in float64."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn, optim
from minitorch_cnn.datasets import MNIST


def trained(seed, images, labels):
    """A small convolutional net that has seen 3,000 digits twice."""
    mt.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
                        nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
                        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 10))
    optimizer = optim.Adam(net.parameters(), 3e-3)
    for i in 2 * list(range(0, len(images), 64)):
        optimizer.zero_grad()
        logits = net(mt.Tensor(images[i:i + 64]))
        nn.functional.cross_entropy(logits, mt.Tensor(labels[i:i + 64])).backward()
        optimizer.step()
    return net.eval()


@pytest.fixture(scope="session")
def digits():
    """(images (3200, 1, 28, 28) in [0, 1], labels)."""
    data = MNIST()
    return (data.data.data[:3200, None] / np.float32(255)), data.targets.data[:3200]


@pytest.fixture(scope="session")
def net(digits):
    return trained(0, *[part[:3000] for part in digits])


@pytest.fixture(scope="session")
def second_net(digits):
    return trained(1, *[part[:3000] for part in digits])


@pytest.fixture(scope="session")
def test_digits(digits):
    """200 digits that the nets have not seen."""
    return digits[0][3000:], digits[1][3000:]


@pytest.fixture(scope="session")
def one_each(test_digits):
    """One digit of every class, in order."""
    images, labels = test_digits
    return images[[int(np.argmax(labels == k)) for k in range(10)]]


@pytest.fixture
def twins():
    """(ours, torch's): one small net, 5 classes of images (2, 9, 7), float64, random weights."""
    theirs = torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.BatchNorm2d(4),
                                 torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
                                 torch.nn.Linear(48, 5)).double().eval()
    ours = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48, 5)).double().eval()
    theirs[1].running_mean += 0.1
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    return ours, theirs


def linear(*weights):
    """A model whose logits are sums of pixels times weights: one array (C, H, W) for each class."""
    table = np.stack([np.asarray(w, np.float64).ravel() for w in weights], axis=1)  # (CHW, K)

    def model(x):
        return x.flatten(1) @ mt.Tensor(table.astype(x.dtype))

    return model


@pytest.fixture
def two_pixels():
    """A model of images (1, 1, 2): logit 0 is the left pixel, logit 1 the right one."""
    return linear([1, 0], [0, 1])
