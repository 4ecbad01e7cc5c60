"""A generative adversarial net: how its two halves are trained against each other.

Goodfellow et al., arXiv 1406.2661, with the layers of DCGAN (arXiv 1511.06434). Three things make
it good within minutes: real images count as real by 0.9 only (arXiv 1606.03498), learning rates
fall, and digits come from a moving average of the generator's weights (arXiv 1806.04498).
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import Discriminator, Generator
from minitorch_cnn.nn import ModuleDict
from minitorch_cnn.nn import functional as F
from minitorch_cnn.random import generator as stream

LATENT, WIDTH = 100, (64, 32)  # of generator and discriminator
LR, BETAS, AVERAGED, REAL = 0.0005, (0.5, 0.999), 0.998, 0.9


class Gan:
    """Generator, its moving average, discriminator, and an optimizer for each half."""

    def __init__(self, device, steps):
        self.nets = ModuleDict({"generator": Generator(WIDTH[0]), "average": Generator(WIDTH[0]),
                                "discriminator": Discriminator(WIDTH[1])}).to(device)
        self.generator, self.average, self.discriminator = self.nets.values()
        self.average.load_state_dict(self.generator.state_dict())
        self.device = device
        self.optimizers = [optim.Adam(net.parameters(), lr=LR, betas=BETAS)
                           for net in (self.discriminator, self.generator)]
        self.schedules = [optim.lr_scheduler.LinearLR(each, 1.0, 0.02, steps)
                          for each in self.optimizers]

    def step(self, real):
        """Each half once, for images (N, 1, 28, 28) in [-1, 1].

        Returns both losses, and the shares of real and of fake images that were told.
        """
        fake = self.generator(latent(len(real)).to(self.device))
        for_real, for_fake = self.discriminator(real), self.discriminator(fake.detach())
        d_loss = bce(for_real, REAL) + bce(for_fake, 0.0)
        update(self.optimizers[0], d_loss)
        self.discriminator.requires_grad_(False)  # its gradients are not needed now
        g_loss = bce(self.discriminator(fake), 1.0)
        self.discriminator.requires_grad_(True)
        update(self.optimizers[1], g_loss)
        follow(self.average, self.generator)
        for schedule in self.schedules:
            schedule.step()
        return (d_loss.item(), g_loss.item(), float((for_real.data > 0).mean()),
                float((for_fake.data < 0).mean()))


def bce(logits, target):
    """Binary cross-entropy of logits (N,) that all have the same target."""
    return F.binary_cross_entropy_with_logits(logits, mt.full_like(logits, target))


def update(optimizer, loss):
    """Go down the gradient of a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def follow(average, net):
    """A step of the moving average: of weights, and of batch norm's statistics."""
    for slow, fast in zip(average.state_dict().values(), net.state_dict().values()):
        if slow.dtype.kind == "f":
            slow.data += (1 - AVERAGED) * (fast.data - slow.data)


def latent(count):
    """z (count, 100) from N(0, 1), from a stream of its own."""
    return mt.Tensor(stream("latent").standard_normal((count, LATENT), dtype=np.float32))
