"""nn.functional: torch's names for our functions."""
import inspect

import pytest
import torch

from minitorch_cnn import ops
from minitorch_cnn.nn import functional as F


def test_everything_both_have_is_there():
    both = {name for name in dir(torch.nn.functional) if name[0].islower() and hasattr(ops, name)
            and callable(getattr(torch.nn.functional, name)) and callable(getattr(ops, name))}
    assert both == set(F.__all__)


@pytest.mark.parametrize("name", F.__all__)
def test_is_the_op(name):
    assert getattr(F, name) is getattr(ops, name)


def _arguments(function):
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default) for p in parameters if p.name not in ("_stacklevel", "out")]


@pytest.mark.parametrize("name", [n for n in F.__all__ if inspect.isfunction(
    getattr(torch.nn.functional, n)) and "input" in inspect.signature(
        getattr(torch.nn.functional, n)).parameters])
def test_arguments_are_torchs(name):
    theirs = _arguments(getattr(torch.nn.functional, name))
    assert _arguments(getattr(F, name))[:len(theirs)] == theirs
