"""Attacks: change pixels until a model says what it should not. One attack, one file.

A model is any callable from a Tensor of images (N, C, H, W) to a Tensor of logits (N, K). Pixels
lie in [0, 1]; only gradients of pixels are computed, and the weights are proven to stay as they
were. Every attack returns its images as arrays, with the way that led there.
"""
from .activation_maximization import ActivationMaximization, activation_maximization
from .additive_noise import AdditiveNoise, AdditiveNoiseResult, additive_noise
from .ascent import Ascent
from .fgsm import FGSM, fgsm
from .image_pull import ImagePull, ImagePullResult, every_pair, image_pull
from .pgd import PGD, bim, pgd
from .preprocess import Preprocessed
from .result import AttackResult, Prediction, Rate, predict, round_to_8_bits
from .robustness import RobustnessResult, robustness
from .trajectory import Trajectory
from .transfer import TransferResult, transfer
from .units import Quantity, normalized, px, unit
from .weights import weights_checksum

__all__ = ["ActivationMaximization", "AdditiveNoise", "AdditiveNoiseResult", "Ascent",
           "AttackResult", "FGSM", "ImagePull", "ImagePullResult", "PGD", "Prediction",
           "Preprocessed", "Quantity", "Rate", "RobustnessResult", "Trajectory", "TransferResult",
           "activation_maximization", "additive_noise", "bim", "every_pair", "fgsm", "image_pull",
           "normalized", "pgd", "predict", "px", "robustness", "round_to_8_bits", "transfer",
           "unit", "weights_checksum"]
