"""A generator and a discriminator of digits, after DCGAN.

Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", arXiv 1511.06434; the discriminator has spectral norm instead of batch norm,
as in Miyato et al., arXiv 1802.05957. Pixels lie in [-1, 1] here, where tanh puts them.
"""
from .. import nn
from ..nn.utils import spectral_norm

LATENT = 100  # numbers that an image is made from
SLOPE = 0.1   # of the leaky ReLUs


class Generator(nn.Sequential):
    """z -> image: maps of 7 x 7, doubled twice by transposed convolutions; BN, ReLU, tanh.

    A 3x3 convolution at either size lets neighboring pixels agree.

    Parameters
    ----------
    width : int
        Maps at 14 x 14; at 7 x 7 there are twice as many.
    latent : int
        Length of z.

    Shape: z (N, latent), from N(0, 1) -> images (N, 1, 28, 28) in [-1, 1].

    Raises
    ------
    ValueError
        For z of another shape.
    """

    def __init__(self, width=64, latent=LATENT):
        wide = 2 * width
        super().__init__(
            nn.ConvTranspose2d(latent, wide, 7, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.Conv2d(wide, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.ConvTranspose2d(wide, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh())
        self.latent = latent
        self.apply(dcgan_init)

    def forward(self, z):
        """Images (N, 1, 28, 28) of z (N, latent)."""
        if z.ndim != 2 or z.shape[1] != self.latent:
            raise ValueError(f"Generator: z must have shape (N, {self.latent}), got {z.shape}")
        return super().forward(z.reshape(len(z), self.latent, 1, 1))


class Discriminator(nn.Module):
    """Image -> logit that it is a real one: strided convolutions with spectral norm, leaky ReLU.

    Parameters
    ----------
    width : int
        Maps at 14 x 14; at 7 x 7 there are twice, at 4 x 4 four times as many.
    classes : int
        With classes it also says which one it sees, from the same features, as in Salimans et al.,
        "Improved Techniques for Training GANs", arXiv 1606.03498.

    Shape: images (N, 1, 28, 28) in [-1, 1] -> logits (N,), above 0 for real; with classes a pair,
    the other being their logits (N, classes).

    Raises
    ------
    ValueError
        For images of another shape.
    """

    def __init__(self, width=32, classes=0):
        super().__init__()
        wide, widest = 2 * width, 4 * width
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, wide, 4, 2, 1), nn.LeakyReLU(SLOPE),
            nn.Conv2d(wide, widest, 3, 2, 1), nn.LeakyReLU(SLOPE), nn.Flatten())
        self.real = nn.Linear(16 * widest, 1)
        self.classes = nn.Linear(16 * widest, classes) if classes else None
        self.apply(dcgan_init)
        for layer in self.features:
            if isinstance(layer, nn.Conv2d):
                nn.init.orthogonal_(layer.weight)
                nn.init.zeros_(layer.bias)
                spectral_norm(layer)

    def forward(self, x):
        """Logits (N,) of images (N, 1, 28, 28), or (logits, class logits)."""
        if tuple(x.shape[1:]) != (1, 28, 28):
            raise ValueError("Discriminator: images must have shape (N, 1, 28, 28), got "
                             f"{tuple(x.shape)}; a single image needs its N too: image[None]")
        features = self.features(x)                # (N, 64 * width)
        real = self.real(features).flatten(0)      # (N,)
        return real if self.classes is None else (real, self.classes(features))


def dcgan_init(layer):
    """DCGAN's initial weights: N(0, 0.02), those of batch norm N(1, 0.02)."""
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
