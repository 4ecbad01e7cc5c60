"""Containers of parameters: in a list, in a dictionary."""
from ..autograd import Tensor
from .container import check_iterable, pairs, position
from .module import Module
from .parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]


def _as_parameter(value):
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value,
                                                                            Parameter) else value


def _describe(key, value):
    """A line of the text of a ParameterList or ParameterDict."""
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    name = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join(str(n) for n in value.shape)
    where = f" ({value.device})" if value.is_cuda else ""
    return f"  ({key}): {name} containing: [{value.dtype} of size {size}{where}]"


class ParameterList(Module):
    """A list of parameters that are registered; tensors become parameters, other values stay.

    Parameters
    ----------
    values : iterable, optional
    """

    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self):
        return self._size

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(*index.indices(len(self)))])
        return getattr(self, str(position("ParameterList", index, len(self))))

    def __setitem__(self, index, value):
        setattr(self, str(position("ParameterList", index, len(self))), _as_parameter(value))

    def __iadd__(self, values):
        return self.extend(values)

    def append(self, value):
        """Add a value at the end; returns the list."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values):
        """Add several values at the end; returns the list."""
        check_iterable("ParameterList.extend", values)
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self):
        return "\n".join(_describe(i, p) for i, p in enumerate(self))


class ParameterDict(Module):
    """A dictionary of parameters that are registered; tensors become parameters, other values stay.

    Parameters
    ----------
    parameters : mapping of str to value, or iterable of pairs, optional
    """

    def __init__(self, parameters=None):
        super().__init__()
        self._keys = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key):
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key, value):
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: keys must be strings, got {type(key).__name__}")
        setattr(self, key, _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key):
        del self._keys[key]
        delattr(self, key)

    def __len__(self):
        return len(self._keys)

    def __iter__(self):
        return iter(self._keys)

    def __reversed__(self):
        return reversed(self._keys)

    def __contains__(self, key):
        return key in self._keys

    def __or__(self, other):
        return ParameterDict([*self.items(), *other.items()])

    def __ror__(self, other):
        return ParameterDict([*other.items(), *self.items()])

    def __ior__(self, other):
        self.update(other)
        return self

    def keys(self):
        """The names."""
        return self._keys.keys()

    def values(self):
        """The parameters."""
        return [self[key] for key in self._keys]

    def items(self):
        """(name, parameter) pairs."""
        return [(key, self[key]) for key in self._keys]

    def copy(self):
        """A new ParameterDict of the same parameters."""
        return ParameterDict(self.items())

    def get(self, key, default=None):
        """The parameter called ``key``, else ``default``."""
        return getattr(self, key) if key in self._keys else default

    def setdefault(self, key, default=None):
        """The parameter called ``key``; ``default`` is put there if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def fromkeys(self, keys, default=None):
        """A new ParameterDict with the value ``default`` under every key."""
        return ParameterDict([(key, default) for key in keys])

    def clear(self):
        """Take all parameters out."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key):
        """Take out the parameter called ``key`` and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self):
        """Take out the pair that was put in last and return it."""
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def update(self, parameters):
        """Add or replace several parameters."""
        for key, value in pairs("ParameterDict.update", parameters):
            self[key] = value

    def extra_repr(self):
        return "\n".join(_describe(k, p) for k, p in self.items())
