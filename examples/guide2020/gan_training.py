"""A generative adversarial net: how its two halves are trained against each other.

Goodfellow et al., arXiv 1406.2661, with the layers of DCGAN (arXiv 1511.06434). What makes it good
within minutes: the discriminator changes slowly with its images (spectral norm, arXiv 1802.05957);
real images count as real by 0.9 only, and it learns the digits' names, too (both arXiv 1606.03498);
the generator is asked for digits that it can name, for all ten evenly (arXiv 1511.06390); rates
fall; its weights are averaged (arXiv 1806.04498).
"""
import numpy as np

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.models import Discriminator, Generator
from minitorch_cnn.nn import ModuleDict
from minitorch_cnn.nn import functional as F
from minitorch_cnn.random import generator as stream

from gan_losses import bce, information

LATENT, WIDTH = 100, (64, 32)  # of generator and discriminator
LR, BETAS, AVERAGED, REAL, NAMED = (0.0005, 0.0003), (0.5, 0.999), 0.998, 0.9, 3.0


class Gan:
    """Generator, its moving average, discriminator, and an optimizer for each half."""

    def __init__(self, device, steps):
        self.nets = ModuleDict({"generator": Generator(WIDTH[0]), "average": Generator(WIDTH[0]),
                                "discriminator": Discriminator(WIDTH[1], classes=10)}).to(device)
        self.generator, self.average, self.discriminator = self.nets.values()
        self.average.load_state_dict(self.generator.state_dict())
        self.device = device
        self.optimizers = [optim.Adam(net.parameters(), lr=lr, betas=BETAS)
                           for net, lr in zip((self.generator, self.discriminator), LR)]
        self.schedules = [optim.lr_scheduler.LinearLR(each, 1.0, 0.02, steps)
                          for each in self.optimizers]

    def step(self, real, labels):
        """Each half once, for images (N, 1, 28, 28) in [-1, 1].

        Returns both losses, and the shares of real and of fake images that were told.
        """
        fake = self.generator(latent(len(real)).to(self.device))
        (for_real, names), (for_fake, _) = map(self.discriminator, (real, fake.detach()))
        d_loss = bce(for_real, REAL) + bce(for_fake, 0.0) + F.cross_entropy(names, labels)
        update(self.optimizers[1], d_loss)
        self.discriminator.requires_grad_(False)  # its gradients are not needed now
        taken, names = self.discriminator(fake)
        g_loss = bce(taken, 1.0) - NAMED * information(names)
        self.discriminator.requires_grad_(True)
        update(self.optimizers[0], g_loss)
        follow(self.average, self.generator, self.schedules[0].last_epoch)
        for schedule in self.schedules:
            schedule.step()
        return (d_loss.item(), g_loss.item(), float((for_real.data > 0).mean()),
                float((for_fake.data < 0).mean()))


def update(optimizer, loss):
    """Go down the gradient of a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def follow(average, net, steps):
    """A step of the moving average, of weights and of batch norm's statistics; fast at first."""
    share = 1 - min(AVERAGED, (1 + steps) / (10 + steps))
    for slow, fast in zip(average.state_dict().values(), net.state_dict().values()):
        if slow.dtype.kind == "f":
            slow.data += np.float32(share) * (fast.data - slow.data)


def latent(count):
    """z (count, 100) from N(0, 1), from a stream of its own."""
    return mt.Tensor(stream("latent").standard_normal((count, LATENT), dtype=np.float32))
