"""Datasets, with torchvision's names: MNIST is inside this package, others are found or fetched."""
from .fashion_mnist import FashionMNIST
from .idx import read_idx, write_idx
from .mnist import MNIST
from .sources import DatasetNotFoundError

__all__ = ["MNIST", "DatasetNotFoundError", "FashionMNIST", "read_idx", "write_idx"]
