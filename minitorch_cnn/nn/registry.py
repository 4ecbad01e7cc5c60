"""Registry: how a module finds parameters, buffers and modules as they are assigned."""
from ..autograd import Tensor
from .parameter import Buffer, Parameter

_TABLES = ("_parameters", "_modules", "_buffers")


class Registry:
    """The part of ``Module`` that keeps tables of what is assigned to it."""

    def __init__(self):
        for table in _TABLES:
            self.__dict__[table] = {}
        self.__dict__["_non_persistent"] = set()

    # attributes ----------------------------------------------------------------------------------

    def __getattr__(self, name):  # called only where the usual lookup found nothing
        try:
            return self.__dict__["_parameters"][name]
        except KeyError:
            return self._find(name)

    def _find(self, name):
        """A registered module or buffer (a parameter was looked for), or an error."""
        for table in _TABLES:
            if table not in self.__dict__:
                raise AttributeError(f"{type(self).__name__}.{name}: super().__init__() has not "
                                     "been called; make it the first line of __init__")
            if name in self.__dict__[table]:
                return self.__dict__[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name, value):
        for table, kind in zip(_TABLES, (Parameter, Registry, Buffer)):
            if isinstance(value, kind):
                return self._assign(table, name, value)
            if name in self.__dict__.get(table, ()):
                return self._replace(table, name, value)
        return super().__setattr__(name, value)

    def _assign(self, table, name, value):
        """Register ``value``; whatever had its name until now, of whatever kind, is gone."""
        if table not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}.{name}: cannot assign a "
                                 f"{type(value).__name__} before super().__init__() has been "
                                 "called; make it the first line of __init__")
        for other in (self.__dict__, self._parameters, self._modules, self._buffers):
            if other is not self.__dict__[table]:
                other.pop(name, None)
        self._non_persistent.discard(name)
        if table == "_parameters":
            self.register_parameter(name, value)
        elif table == "_buffers":
            self.register_buffer(name, value, value.persistent)
        else:
            self._modules[name] = value

    def _replace(self, table, name, value):
        """Assign to a registered name what does not register itself: None, or a buffer's tensor."""
        if table == "_buffers":
            self.register_buffer(name, value, name not in self._non_persistent)
        elif value is None:
            self.__dict__[table][name] = None
        else:
            expected = {"_parameters": "an nn.Parameter", "_modules": "a Module"}[table]
            raise TypeError(f"{type(self).__name__}.{name}: cannot assign a "
                            f"{type(value).__name__}; the name is registered and takes {expected} "
                            "or None; to change the values assign to its .data, to use the name "
                            "otherwise delete it first")

    def __delattr__(self, name):
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        names = [name for table in _TABLES for name in self.__dict__.get(table, ())]
        return sorted({name for name in [*super().__dir__(), *names] if not name[0].isdigit()})

    def _check_name(self, caller, table, name):
        if table not in self.__dict__:
            raise AttributeError(f"{caller}: {type(self).__name__}.__init__ must call "
                                 "super().__init__() first")
        if not isinstance(name, str):
            raise TypeError(f"{caller}: the name must be a string, got {type(name).__name__}")
        if name == "" or "." in name:
            raise KeyError(f'{caller}: the name must not be empty or contain ".", got "{name}"; '
                           'dots separate modules in state_dict')
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise KeyError(f'{caller}: {type(self).__name__} already has an attribute "{name}"; '
                           'choose another name')

    def register_parameter(self, name, param):
        """Add a parameter under ``name``; None keeps the name without a parameter."""
        self._check_name("register_parameter", "_parameters", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: {name} must be a Parameter or None, got "
                            f"{type(param).__name__}; wrap it: nn.Parameter(...)")
        if param is not None and not param.is_leaf:
            raise ValueError(f"register_parameter: {name} is the result of a recorded op and would "
                             "not be trained; make it a leaf with nn.Parameter(tensor.detach())")
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor that is not trained; ``persistent=False`` keeps it out of ``state_dict``."""
        self._check_name("register_buffer", "_buffers", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            if not hasattr(tensor, "dtype"):
                raise TypeError(f"register_buffer: {name} must be a tensor, an array or None, got "
                                f"{type(tensor).__name__}; wrap it: mt.tensor(...)")
            tensor = Tensor(tensor)
        self._buffers[name] = tensor
        (self._non_persistent.discard if persistent else self._non_persistent.add)(name)

    def add_module(self, name, module):
        """Add a child under ``name``; None keeps the name without a module."""
        self._check_name("add_module", "_modules", name)
        if module is not None and not isinstance(module, Registry):
            raise TypeError(f"add_module: {name} must be a Module or None, got {_name_of(module)}; "
                            "pass an instance of nn.Module")
        self._modules[name] = module

    register_module = add_module

    # what is inside ------------------------------------------------------------------------------

    def children(self):
        """The modules directly inside, each once."""
        for _, module in self.named_children():
            yield module

    def named_children(self):
        """(name, module) of the modules directly inside, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate=True):
        """This module and all inside it, parents first."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """(dotted name, module) of this module and all inside it, parents first."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, _join(prefix, name), remove_duplicate)

    def parameters(self, recurse=True):
        """Every parameter, a shared one once."""
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """(dotted name, parameter); a shared parameter once, under its first name."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """Every buffer, a shared one once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """(dotted name, buffer); a shared buffer once, under its first name."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def _named_members(self, table, prefix, recurse, remove_duplicate):
        seen = set()
        modules = (self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse
                   else [(prefix, self)])
        for path, module in modules:
            for name, member in module.__dict__[table].items():
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield _join(path, name), member

    def get_submodule(self, target):
        """The module with the dotted name ``target``; "" is this one."""
        module = self
        for name in target.split(".") if target else ():
            if module._modules.get(name) is None:
                raise AttributeError(f'get_submodule: {type(module).__name__} has no module '
                                     f'"{name}" (looking for "{target}"); see named_modules()')
            module = module._modules[name]
        return module

    def get_parameter(self, target):
        """The parameter with the dotted name ``target``."""
        return self._get_member("get_parameter", "_parameters", target)

    def get_buffer(self, target):
        """The buffer with the dotted name ``target``."""
        return self._get_member("get_buffer", "_buffers", target)

    def _get_member(self, caller, table, target):
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module.__dict__[table].get(name) is None:
            raise AttributeError(f'{caller}: {type(module).__name__} has no {table[1:-1]} "{name}" '
                                 f'(looking for "{target}"); see named_{table[1:]}()')
        return module.__dict__[table][name]


def _name_of(value):
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _join(prefix, name):
    return f"{prefix}.{name}" if prefix else name
