"""Containers of modules: in sequence, in a list, in a dictionary."""
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from itertools import groupby

from ..autograd import Tensor
from . import fusing
from .module import Module, indent

__all__ = ["Identity", "ModuleDict", "ModuleList", "Sequential"]


def position(name, index, length):
    """``index`` counted from the front."""
    index = index.__index__()
    if not -length <= index < length:
        raise IndexError(f"{name}: index {index} is out of range; it has {length} entries")
    return index % length


def check_iterable(caller, values):
    """Refuse what cannot be put into a container entry by entry."""
    if not isinstance(values, Iterable) or isinstance(values, Tensor):
        raise TypeError(f"{caller}: expected an iterable, got {type(values).__name__}; put it in a "
                        "list")


def pairs(caller, entries):
    """(key, value) of a mapping or of an iterable of pairs."""
    if hasattr(entries, "items"):
        return list(entries.items())
    check_iterable(caller, entries)
    entries = list(entries)
    for position, pair in enumerate(entries):
        if not isinstance(pair, Iterable) or len(pair) != 2:
            raise ValueError(f"{caller}: entry {position} is not a pair (key, value); pass a dict "
                             "or a list of pairs")
    return entries


class Identity(Module):
    """Returns its input; accepts any arguments, so that it can stand in for any layer."""

    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, input):
        return input


class _ModuleSequence(Module):
    """What Sequential and ModuleList share: modules under the names "0", "1", ..."""

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __setitem__(self, index, module):
        self.add_module(self._name_at(index), module)

    def __delitem__(self, index):
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name_at(index)]:
            del self._modules[name]
        self._number(self._modules.values())

    def _name_at(self, index):
        return list(self._modules)[position(type(self).__name__, index, len(self))]

    def _number(self, modules):
        self.__dict__["_modules"] = {str(i): module for i, module in enumerate(modules)}

    def append(self, module):
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        """Add several modules at the end; returns the container."""
        check_iterable(f"{type(self).__name__}.extend", modules)
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index, module):
        """Put a module before position ``index`` and move up the rest; returns the container."""
        name, length = type(self).__name__, len(self)
        if not isinstance(module, Module):
            raise TypeError(f"{name}.insert: expected a Module, got {type(module).__name__}")
        if not -length <= index <= length:
            raise IndexError(f"{name}.insert: index {index} is out of range; it has {length} "
                             "entries")
        modules = list(self)
        modules.insert(index, module)
        self._number(modules)
        return self

    def pop(self, index):
        """Take out the module at ``index`` and return it."""
        module = self[index]
        del self[index]
        return module


class Sequential(_ModuleSequence):
    """Modules one after the other: each gets what the one before it returned.

    Neighbors such as a convolution, its ReLU and its max-pool run as one op where nobody looks
    between them; ``nn.no_fusing()`` runs each by itself.

    Parameters
    ----------
    *args : Module, or one OrderedDict of str to Module
        A dict gives the modules names instead of numbers.
    """

    def __init__(self, *args):
        super().__init__()
        named = len(args) == 1 and isinstance(args[0], Mapping)
        for name, module in args[0].items() if named else enumerate(args):
            self.add_module(str(name), module)

    def forward(self, input):
        modules, plan = list(self._modules.values()), self.__dict__.get("_plan")
        if plan is None or not fusing.same(modules, plan[0]):
            plan = self.__dict__["_plan"] = modules, fusing.plan(modules)
        return fusing.run(*plan, input)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def __add__(self, other):
        return Sequential(*self, *self._checked(other))

    def __iadd__(self, other):
        return self.extend(self._checked(other))

    def __mul__(self, times):
        return Sequential(*list(self) * self._checked_times(times))

    __rmul__ = __mul__

    def __imul__(self, times):
        return self.extend(list(self) * (self._checked_times(times) - 1))

    def _checked(self, other):
        if not isinstance(other, Sequential):
            raise ValueError(f"Sequential + {type(other).__name__}: only a Sequential can be "
                             "added; use append() for a module")
        return other

    def _checked_times(self, times):
        if not isinstance(times, int):
            raise TypeError(f"Sequential * {type(times).__name__}: the factor must be an int")
        if times <= 0:
            raise ValueError(f"Sequential * {times}: the factor must be at least 1")
        return times


class ModuleList(_ModuleSequence):
    """A list of modules that are registered; it has no forward.

    Parameters
    ----------
    modules : iterable of Module, optional
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._name_at(index)]

    def __iadd__(self, modules):
        return self.extend(modules)

    def __add__(self, other):
        return ModuleList(list(self)).extend(other)

    def __repr__(self):
        if len(self) == 0:
            return f"{self._get_name()}()"
        lines, first = [], 0
        for text, equal in groupby(repr(module) for module in self):
            count = len(list(equal))
            line = f"({first}): {text}" if count == 1 else (
                f"({first}-{first + count - 1}): {count} x {text}")
            lines.append(indent(line))
            first += count
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """A dictionary of modules that are registered, in the order of insertion; it has no forward.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, optional
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def keys(self):
        """The names."""
        return self._modules.keys()

    def values(self):
        """The modules."""
        return self._modules.values()

    def items(self):
        """(name, module) pairs."""
        return self._modules.items()

    def clear(self):
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key):
        """Take out the module called ``key`` and return it."""
        return self._modules.pop(key)

    def update(self, modules):
        """Add or replace several modules."""
        for key, module in pairs("ModuleDict.update", modules):
            self[key] = module
