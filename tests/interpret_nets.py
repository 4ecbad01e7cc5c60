"""Small nets for the tests of ``interpret``: ours and torch's with the same weights, in float64."""
import zlib

import numpy as np
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.nn import functional as F

SHAPE = (3, 1, 12, 10)  # three non-square images


def images(shape=SHAPE, seed=0):
    return np.random.default_rng(seed).random(shape)


def _layers(lib, smooth):
    act = lib.Tanh if smooth else lib.ReLU
    pool = lib.AvgPool2d if smooth else lib.MaxPool2d
    return [lib.Conv2d(1, 4, 3, padding=1), lib.BatchNorm2d(4), act(), pool(2),
            lib.Conv2d(4, 6, 3), act(), lib.Flatten(), lib.Linear(72, 8), act(), lib.Linear(8, 5)]


def pair(smooth=False):
    """(ours, torch's): conv, BN, ReLU, pool, conv, ReLU, linear, ReLU, linear; in eval mode."""
    theirs = torch.nn.Sequential(*_layers(torch.nn, smooth)).double().eval()
    rng = np.random.default_rng(1)
    with torch.no_grad():
        theirs[1].running_mean.copy_(torch.from_numpy(rng.standard_normal(4) * 0.1))
        theirs[1].running_var.copy_(torch.from_numpy(rng.random(4) + 0.5))
    ours = nn.Sequential(*_layers(nn, smooth)).double().eval()
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    return ours, theirs


class Functional(nn.Module):
    """The same net with ReLU, pooling and flattening as functions; one layer that never runs."""

    def __init__(self, sequential):
        super().__init__()
        self.conv1, self.bn1, self.conv2 = sequential[0], sequential[1], sequential[4]
        self.fc1, self.fc2 = sequential[7], sequential[9]
        self.unused = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.relu(self.conv2(x)).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


def one_pixel(row, column):
    """A model whose logit of class 1 is one pixel of channel 0; class 0 has logit 0.25."""
    def model(x):
        pixel = x[:, 0, row, column]
        return mt.stack([mt.full_like(pixel, 0.25), pixel], 1)
    return model


def checksum(model):
    """Of every weight and buffer, its gradient, and the switches and hooks of every layer."""
    text = [(name, t.data.tobytes(), t.requires_grad, t.grad is None)
            for name, t in [*model.named_parameters(), *model.named_buffers()]]
    switches = [(m.training, len(m._forward_hooks), len(m._forward_pre_hooks),
                 len(m._backward_hooks)) for m in model.modules()]
    return zlib.crc32(repr((text, switches)).encode())


def torch_gradient(model, x, targets):
    """d logit[target] / d x, by torch."""
    x = torch.from_numpy(np.array(x)).requires_grad_()
    logits = model(x)
    targets = logits.argmax(1) if targets is None else torch.as_tensor(targets).expand(len(x))
    return torch.autograd.grad(logits.gather(1, targets[:, None]).sum(), x)[0].numpy()
