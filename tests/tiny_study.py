"""The study of examples/ee5179 made small, for tests: fewer steps, pairs and images."""
import functools
import sys
from importlib import import_module
from pathlib import Path

from minitorch_cnn import Generator
from minitorch_cnn.data import Subset, random_split
from minitorch_cnn.datasets import MNIST

FOLDER = Path(__file__).parents[1] / "examples" / "ee5179"


def script(name):
    """A script of the study, as a module."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    return import_module(name)


def fewer_steps(monkeypatch):
    """Attacks and occlusions that take a second."""
    monkeypatch.setattr(script("activation_maximization"), "ITERATIONS", 120)
    monkeypatch.setattr(script("maximization_recipes"), "QUICK", 500)
    monkeypatch.setattr(script("image_pull"), "BETAS",
                        {"logit": (300, 1000), "log_probability": (30, 100)})
    monkeypatch.setattr(script("image_pull"), "STEPS", 30)
    monkeypatch.setattr(script("pull_recipes"), "QUICK", 10)
    monkeypatch.setattr(script("occlusion_score"), "IMAGES", 140)


@functools.cache
def tiny_split(quick=True):
    """(train, validation, test): 600, 200 and 400 images."""
    train, validation, _ = random_split(MNIST(), [600, 200, 59_200], Generator().manual_seed(0))
    return train, validation, Subset(MNIST(train=False), range(400))


def fewer_images(monkeypatch):
    """The whole study on some hundred images."""
    for name in ("images", "best", "best_net", "common"):
        monkeypatch.setattr(script(name), "split", tiny_split)
