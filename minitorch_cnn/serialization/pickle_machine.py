"""A pickle machine that executes nothing.

A pickle is a program for a small machine with a stack: push a number, push the function named so
and so, call it. Python's own machine calls whatever is named, which is why opening a pickle can run
anything. This one knows the same instructions, but "push the function named" looks the name up in a
table of stand-ins of ours, and what is not in the table is refused.

The standard library's ``pickletools.genops`` splits the bytes into instructions and documents each.
"""
import pickletools
from collections import Counter, OrderedDict

PUSHED = {  # instructions that push their argument
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING",
    "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
PLAIN_KEYS = (str, bytes, int, float, complex, bool, type(None))


class RefusedError(ValueError):
    """A pickle asks for something that is not data; the text says what."""


class Name:
    """A stand-in for something that a pickle may name; ``value`` is what it is to us."""

    def __init__(self, name, value=None):
        self.name, self.value = name, value

    def __repr__(self):
        return self.name


class Function(Name):
    """A stand-in that a pickle may call; ``value``, a function of ours, checks its arguments."""


class Unfinished:
    """What a call leaves if a later BUILD completes it; ``build`` returns the finished value."""

    finished = None

    def build(self, state):
        """Complete from ``state``."""
        raise NotImplementedError


class Machine:
    """Runs one pickle.

    Parameters
    ----------
    stream : binary file
        Read from where it stands to the end of the pickle.
    names : dict of str to Name
        What the pickle may name: "module.name" -> stand-in.
    persistent_load : callable, optional
        What stands for a persistent id.
    """

    def __init__(self, stream, names, persistent_load=None):
        self.stream, self.names, self.persistent_load = stream, names, persistent_load
        self.stack, self.marks, self.memo = [], [], {}

    def run(self):
        """The object in the pickle.

        Raises
        ------
        RefusedError
            If it names what is not in the table, or wants to do what data does not need.
        Exception
            Of many kinds, if the bytes are no pickle.
        """
        for opcode, argument, _ in pickletools.genops(self.stream):
            name = opcode.name
            if name in PUSHED:
                self.stack.append(argument)
            elif name in CONSTANTS:
                self.stack.append(CONSTANTS[name])
            elif name not in INSTRUCTIONS:
                raise RefusedError(f"the pickle instruction {name}")
            else:
                INSTRUCTIONS[name](self, argument)
        return self._finished(self._pop())

    def _finished(self, value):
        """A value, which must be complete."""
        if isinstance(value, Unfinished):
            if value.finished is None:
                raise ValueError("an object is used before it is complete")
            return value.finished
        return value

    def _pop(self):
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ValueError("the pickle takes more from its stack than it put there")
        return self.stack.pop()

    def _pop_mark(self):
        """Everything above the last mark."""
        start = self.marks.pop()
        items, self.stack[start:] = [self._finished(v) for v in self.stack[start:]], []
        return items

    # the instructions -----------------------------------------------------------------------------

    def skip(self, argument):
        """PROTO, FRAME, STOP: nothing to do."""

    def mark(self, argument):
        """Remember this height of the stack."""
        self.marks.append(len(self.stack))

    def pop(self, argument):
        """Drop the topmost item, or the topmost mark."""
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self._pop()

    def pop_mark(self, argument):
        """Drop everything above the last mark."""
        self._pop_mark()

    def dup(self, argument):
        """Push the topmost item again."""
        self.stack.append(self.stack[-1])

    def put(self, argument):
        """Remember the topmost item under a number."""
        self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]

    def get(self, argument):
        """Push what is remembered under a number."""
        self.stack.append(self.memo[argument])

    def tuple_(self, argument):
        """A tuple of everything above the mark."""
        self.stack.append(tuple(self._pop_mark()))

    def short_tuple(self, length):
        """A tuple of the topmost items."""
        items = [self._finished(self._pop()) for _ in range(length)]
        self.stack.append(tuple(items[::-1]))

    def list_(self, argument):
        """A list of everything above the mark."""
        self.stack.append(self._pop_mark())

    def dict_(self, argument):
        """A dict of everything above the mark: key, value, key, value ..."""
        items = self._pop_mark()
        self.stack.append({})
        self._set(items)

    def frozenset_(self, argument):
        """A frozenset of everything above the mark."""
        self.stack.append(frozenset(map(checked_key, self._pop_mark())))

    def append(self, argument):
        """Append the topmost item to the list below."""
        self._extend([self._finished(self._pop())])

    def appends(self, argument):
        """Append everything above the mark to the list below."""
        self._extend(self._pop_mark())

    def _extend(self, items):
        if type(self.stack[-1]) is not list:
            raise RefusedError(f"appending to a {type(self.stack[-1]).__name__}")
        self.stack[-1].extend(items)

    def setitem(self, argument):
        """Put the two topmost items, key and value, into the dict below."""
        value, key = self._finished(self._pop()), self._finished(self._pop())
        self._set([key, value])

    def setitems(self, argument):
        """Put everything above the mark into the dict below."""
        self._set(self._pop_mark())

    def _set(self, items):
        if type(self.stack[-1]) not in (dict, OrderedDict, Counter):
            raise RefusedError(f"setting items of a {type(self.stack[-1]).__name__}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][checked_key(key)] = value

    def additems(self, argument):
        """Put everything above the mark into the set below."""
        items = self._pop_mark()
        if type(self.stack[-1]) is not set:
            raise RefusedError(f"adding to a {type(self.stack[-1]).__name__}")
        self.stack[-1].update(map(checked_key, items))

    def global_(self, argument):
        """Push the stand-in for "module name"."""
        self.stack.append(self._look_up(*argument.split(" ", 1)))

    def stack_global(self, argument):
        """Push the stand-in for module and name on the stack."""
        name, module = self._pop(), self._pop()
        self.stack.append(self._look_up(module, name))

    def _look_up(self, module, name):
        if type(module) is not str or type(name) is not str:
            raise RefusedError(f"a name that is a {type(name).__name__}")
        full = f"{module}.{name}"
        if full not in self.names:
            raise RefusedError(f'"{shown(full)}"')
        return self.names[full]

    def reduce(self, argument):
        """Call a function of the table."""
        arguments, function = self._finished(self._pop()), self._pop()
        if not isinstance(function, Function) or type(arguments) is not tuple:
            raise RefusedError(f"calling a {type(function).__name__}")
        try:
            self.stack.append(function.value(*arguments))
        except TypeError:
            raise RefusedError(f"{function.name} with arguments that do not fit it") from None

    def build(self, argument):
        """Complete an unfinished object; of an OrderedDict, keep PyTorch's ``_metadata``."""
        state, target = self._finished(self._pop()), self.stack[-1]
        if isinstance(target, Unfinished) and target.finished is None:
            target.finished = target.build(state)
        elif type(target) is OrderedDict and type(state) is dict:
            if "_metadata" in state:
                target._metadata = state["_metadata"]
        else:
            raise RefusedError(f"setting the attributes of a {type(target).__name__}")

    def persistent(self, argument):
        """Push what a persistent id stands for."""
        identity = self._finished(self._pop())
        if self.persistent_load is None:
            raise RefusedError("a persistent id")
        self.stack.append(self.persistent_load(identity))

    def empty(self, kind):
        """Push a new container."""
        self.stack.append(kind())


def shown(text):
    """``text`` from a file, for a message: not too long, without control characters."""
    return text[:80].encode("unicode_escape").decode()


def checked_key(key):
    """``key`` itself if it is plain: to hash nested tuples could take forever."""
    items = key if type(key) is tuple else (key,)
    if not all(isinstance(item, (*PLAIN_KEYS, Name)) for item in items):
        raise RefusedError(f"a {type(key).__name__} as a key")
    return key


INSTRUCTIONS = {
    "PROTO": Machine.skip, "FRAME": Machine.skip, "STOP": Machine.skip,
    "MARK": Machine.mark, "POP": Machine.pop, "POP_MARK": Machine.pop_mark, "DUP": Machine.dup,
    "PUT": Machine.put, "BINPUT": Machine.put, "LONG_BINPUT": Machine.put, "MEMOIZE": Machine.put,
    "GET": Machine.get, "BINGET": Machine.get, "LONG_BINGET": Machine.get,
    "TUPLE": Machine.tuple_, "LIST": Machine.list_, "DICT": Machine.dict_,
    "FROZENSET": Machine.frozenset_,
    "TUPLE1": lambda machine, argument: machine.short_tuple(1),
    "TUPLE2": lambda machine, argument: machine.short_tuple(2),
    "TUPLE3": lambda machine, argument: machine.short_tuple(3),
    "EMPTY_LIST": lambda machine, argument: machine.empty(list),
    "EMPTY_DICT": lambda machine, argument: machine.empty(dict),
    "EMPTY_SET": lambda machine, argument: machine.empty(set),
    "APPEND": Machine.append, "APPENDS": Machine.appends,
    "SETITEM": Machine.setitem, "SETITEMS": Machine.setitems, "ADDITEMS": Machine.additems,
    "GLOBAL": Machine.global_, "STACK_GLOBAL": Machine.stack_global,
    "REDUCE": Machine.reduce, "NEWOBJ": Machine.reduce, "BUILD": Machine.build,
    "BINPERSID": Machine.persistent,
}
