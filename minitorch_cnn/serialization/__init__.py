"""Save and load: state dicts and checkpoints as safetensors files, and PyTorch's .pth read as data.

    save({"model": model.state_dict(), "epoch": 3}, "checkpoint.safetensors")
    checkpoint = load("checkpoint.safetensors")
    weights = load("vgg16.pth")

Nothing that is read is ever executed.
"""
from .files import load, save

__all__ = ["load", "save"]
