"""Datasets, with torchvision's names: MNIST is inside this package, others are found or fetched."""
from .cifar10 import CIFAR10
from .fashion_mnist import FashionMNIST
from .idx import read_idx, write_idx
from .image_folder import ImageFolder
from .mnist import MNIST
from .oxford_pets import OxfordIIITPet
from .pictures import load_image
from .sources import DatasetNotFoundError

__all__ = ["CIFAR10", "MNIST", "DatasetNotFoundError", "FashionMNIST", "ImageFolder",
           "OxfordIIITPet", "load_image", "read_idx", "write_idx"]
