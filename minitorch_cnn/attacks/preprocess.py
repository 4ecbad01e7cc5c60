"""The model carries its own normalization, so that attacks work on pixels in [0, 1].

N images, C channels, H rows, W columns.
"""
import numpy as np

from ..device import to_cpu
from ..nn import Module
from ..ops import as_tensor


class Preprocessed(Module):
    """``model((x - mean) / std)``: a model of normalized images as one of pixels in [0, 1].

    Parameters
    ----------
    model : Module or callable
        From normalized images (N, C, H, W) to logits.
    mean, std : float or sequence of C floats
        In pixels of [0, 1]: 0.1307 and 0.3081 for MNIST.

    Shape
    -----
    Input (N, C, H, W), pixels in [0, 1]; output as the model's. Float32 stays float32, float64
    stays float64. The model inside stays in the mode, train or eval, that it is in.

    Raises
    ------
    TypeError
        If the model is not callable, or mean and std hold no numbers.
    ValueError
        For a std that is not above 0, different numbers of channels in mean and std, and images
        with another number of channels.
    """

    def __init__(self, model, mean, std):
        super().__init__()
        if not callable(model):
            raise TypeError("Preprocessed: model must be a callable from images to logits, got "
                            f"{type(model).__name__}")
        mean, std = _per_channel(mean), _per_channel(std)
        if not ((std > 0).all() and np.isfinite(std).all() and np.isfinite(mean).all()):
            raise ValueError("Preprocessed: mean must be finite and std above 0, got mean "
                             f"{mean.ravel().tolist()}, std {std.ravel().tolist()}")
        if len({mean.size, std.size} - {1}) > 1:
            raise ValueError(f"Preprocessed: mean has {mean.size} channels but std {std.size}; "
                             "give one number, or one for each channel")
        self.model = model
        self.channels = max(mean.size, std.size)
        self.register_buffer("mean", as_tensor(mean), persistent=False)
        self.register_buffer("std", as_tensor(std), persistent=False)
        self.training = False  # it behaves the same in both modes; the model keeps its own

    def forward(self, x):
        """Logits of images with pixels in [0, 1]."""
        if self.channels > 1 and (x.ndim != 4 or x.shape[1] != self.channels):
            raise ValueError(f"Preprocessed: images must have shape (N, {self.channels}, H, W), "
                             f"one channel for each number in mean and std, got {x.shape}")
        return self.model((x - self.mean.to(x.dtype)) / self.std.to(x.dtype))

    def extra_repr(self):
        """Mean and std."""
        mean, std = [to_cpu(t.data).ravel().tolist() for t in (self.mean, self.std)]
        return f"mean={mean}, std={std}"


def _per_channel(values):
    """A number or a sequence of C numbers as float64 (1, C, 1, 1)."""
    array = to_cpu(as_tensor(values).data)
    if isinstance(values, (int, float, list, tuple)):  # as_array rounds Python floats to float32
        array = np.asarray(values, np.float64)
    if array.ndim > 1:
        raise ValueError("Preprocessed: mean and std are one number, or one for each channel, got "
                         f"shape {array.shape}")
    return array.astype(np.float64).reshape(1, -1, 1, 1)
