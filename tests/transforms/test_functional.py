"""Every public name of torchvision.transforms is here, with the same arguments and defaults."""
import inspect

import pytest
import torchvision.transforms as TT
import torchvision.transforms.functional as TF

from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F

OWN = {"CutMix", "MixUp", "functional"}  # torchvision has the first two in transforms.v2


def arguments(function):
    """[(name, default)], modes of interpolation by their text and dtypes by their name."""
    return [(p.name, str(getattr(p.default, "value", p.default)).replace("torch.", ""))
            for p in inspect.signature(function).parameters.values()]


def test_no_name_is_missing():
    assert set(T.__all__) - OWN == set(TT.transforms.__all__)
    theirs = {name for name, it in vars(TF).items()
              if inspect.isfunction(it) and it.__module__ == TF.__name__ and name[0] != "_"}
    assert theirs <= set(F.__all__)
    assert all(hasattr(T, name) for name in T.__all__)
    assert all(hasattr(F, name) for name in F.__all__)


@pytest.mark.parametrize("name", [name for name in F.__all__ if name != "InterpolationMode"])
def test_functions_have_the_same_arguments(name):
    assert arguments(getattr(F, name)) == arguments(getattr(TF, name))


@pytest.mark.parametrize("name", sorted(set(T.__all__) - OWN - {"InterpolationMode"}))
def test_transforms_have_the_same_arguments(name):
    ours, theirs = getattr(T, name), getattr(TT, name)
    expected = [] if theirs.__init__ is object.__init__ else arguments(theirs)
    assert arguments(ours) == expected
    if hasattr(theirs, "get_params"):
        assert arguments(ours.get_params) == arguments(theirs.get_params)


def test_modes_are_the_same():
    assert [(m.name, m.value) for m in T.InterpolationMode] == \
        [(m.name, m.value) for m in TT.InterpolationMode]
