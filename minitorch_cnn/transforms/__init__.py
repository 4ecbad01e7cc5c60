"""Transforms of images, with torchvision's names: augmentation, sizes, conversion to tensors.

A transform is called with one image, as torchvision's are. Most have ``batched`` too, for many
images at once, each with random parameters of its own: the datasets use it. All random numbers come
from the stream "augmentation", so that switching augmentation on changes nothing else.
"""
from . import functional
from .blur import GaussianBlur, RandomAdjustSharpness
from .color_jitter import ColorJitter, Grayscale, RandomGrayscale, RandomInvert, RandomSolarize
from .compose import Compose, Lambda, RandomApply, RandomChoice, RandomOrder
from .convert import (
    ConvertImageDtype,
    LinearTransformation,
    Normalize,
    PILToTensor,
    ToPILImage,
    ToTensor,
)
from .crop import (
    CenterCrop,
    FiveCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    TenCrop,
)
from .elastic import ElasticTransform
from .erase import RandomErasing
from .geometry import RandomAffine, RandomPerspective, RandomRotation
from .interpolation import InterpolationMode
from .levels import RandomAutocontrast, RandomEqualize, RandomPosterize
from .mixup import CutMix, MixUp
from .resize import RandomResizedCrop, Resize

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "CutMix", "ElasticTransform",
    "FiveCrop", "GaussianBlur", "Grayscale", "InterpolationMode", "Lambda", "LinearTransformation",
    "MixUp", "Normalize", "PILToTensor", "Pad", "RandomAdjustSharpness", "RandomAffine",
    "RandomApply", "RandomAutocontrast", "RandomChoice", "RandomCrop", "RandomEqualize",
    "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip", "RandomInvert", "RandomOrder",
    "RandomPerspective", "RandomPosterize", "RandomResizedCrop", "RandomRotation", "RandomSolarize",
    "RandomVerticalFlip", "Resize", "TenCrop", "ToPILImage", "ToTensor", "functional"]
