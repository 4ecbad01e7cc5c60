"""The transforms as functions, whose parameters are given: names only.

Each lies beside its relatives: maps in ``warp``, sizes in ``resize``, frames in ``frame``, colors
in ``color``, conversion in ``convert``.
"""
from .blur import adjust_sharpness, gaussian_blur
from .color import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    invert,
    rgb_to_grayscale,
    solarize,
    to_grayscale,
)
from .convert import convert_image_dtype, normalize, pil_to_tensor, to_pil_image, to_tensor
from .elastic import elastic_transform
from .erase import erase
from .frame import center_crop, crop, five_crop, hflip, pad, ten_crop, vflip
from .image import get_dimensions, get_image_num_channels, get_image_size
from .interpolation import InterpolationMode
from .levels import autocontrast, equalize, posterize
from .resize import resize, resized_crop
from .warp import affine, perspective, rotate

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
    "adjust_saturation", "adjust_sharpness", "affine", "autocontrast", "center_crop",
    "convert_image_dtype", "crop", "elastic_transform", "equalize", "erase", "five_crop",
    "gaussian_blur", "get_dimensions", "get_image_num_channels", "get_image_size", "hflip",
    "invert", "normalize", "pad", "perspective", "pil_to_tensor", "posterize", "resize",
    "resized_crop", "rgb_to_grayscale", "rotate", "solarize", "ten_crop", "to_grayscale",
    "to_pil_image", "to_tensor", "vflip"]
