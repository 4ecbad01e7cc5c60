"""A data set that lies on a device as bytes; batches become floats where it lies."""
import numpy as np

from .. import kernels
from ..autograd import Tensor
from ..device import array_module
from ..ops.checks import as_tensor
from .dataset import Dataset, as_indices

WHITE = 255


class ResidentDataset(Dataset):
    """Images as bytes, a quarter of the memory of floats; each batch is normalized as it is made.

    On a GPU nothing but the numbers of the chosen images is sent to it. The transform is
    ``ToTensor`` and ``Normalize``: y = (x / 255 - mean) / std.

    Parameters
    ----------
    images : Tensor or array, (N, C, H, W) or (N, H, W), uint8
        Without C they are grey.
    labels : Tensor or array, (N,)
    mean, std : float or sequence of C floats
        Of pixels in [0, 1], per channel.
    device : str, optional
        Where to put them; by default they stay where they are.

    Raises
    ------
    TypeError
        For images that are not uint8.
    ValueError
        For other shapes, or a standard deviation that is not above 0.

    Examples
    --------
    >>> mnist = datasets.MNIST()
    >>> data = ResidentDataset(mnist.data, mnist.targets, 0.1307, 0.3081, device="cuda")
    >>> images, labels = next(iter(DataLoader(data, 128)))  # float32 (128, 1, 28, 28), int64 (128,)
    """

    def __init__(self, images, labels, mean=0.0, std=1.0, device=None):
        images, labels = as_tensor(images), as_tensor(labels)
        if images.data.dtype != np.uint8:
            raise TypeError(f"ResidentDataset: images must be uint8, got {images.data.dtype}; "
                            "TensorDataset takes any dtype")
        if images.ndim not in (3, 4) or labels.shape != images.shape[:1]:
            raise ValueError("ResidentDataset: needs images (N, C, H, W) or (N, H, W) and labels "
                             f"(N,), got {images.shape} and {labels.shape}")
        if images.ndim == 3:
            images = images[:, None]
        self.images, self.labels = [t if device is None else t.to(device) for t in (images, labels)]
        mean, std = [np.broadcast_to(np.float64(value), images.shape[1:2]) for value in (mean, std)]
        if not (std > 0).all():
            raise ValueError(f"ResidentDataset: std must be above 0, got {std.tolist()}")
        there = array_module(self.images.data)
        self.scale = there.asarray((1 / (WHITE * std)).astype(np.float32))  # (C,)
        self.shift = there.asarray((-mean / std).astype(np.float32))        # (C,)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        images, labels = self.get_batch([index])
        return images[0], labels[0]

    def get_batch(self, indices):
        """``[images, labels]``: float32 (n, C, H, W) and labels (n,), on the device."""
        index = as_indices("ResidentDataset", indices, len(self)) % max(1, len(self))
        index = array_module(self.images.data).asarray(index)  # (n,)
        return [Tensor(kernels.gather_batch(self.images.data, index, self.scale, self.shift)),
                Tensor(self.labels.data[index])]
