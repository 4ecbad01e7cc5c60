"""Nets that the studies use."""
from .mnist_cnn import MnistCNN

__all__ = ["MnistCNN"]
