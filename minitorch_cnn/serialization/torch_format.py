"""PyTorch's files: a zip archive (since 1.6) or a row of pickles (before), and plain pickles.

A tensor is a view of a storage: dtype, offset, shape and strides. Storages are arrays of bytes
beside the pickle, which names them by persistent ids; several tensors may share one.
"""
import io
import zipfile

from .pickle_machine import Machine, RefusedError, shown
from .pickle_names import CONTAINERS, NUMPY
from .torch_names import Storage, itemsize_of, tensor_names

MAGIC_NUMBER = 0x1950a86a20f9469cfc6c  # what the first pickle of the format before 1.6 holds
PROTOCOL_VERSION = 1001
SAVE_AGAIN = "in PyTorch, save its numbers alone: torch.save(model.state_dict(), path)"


def read_zip(stream, name, make, allow_numpy):
    """What is in a zip archive of PyTorch's.

    Raises
    ------
    ValueError
        If it is damaged, refers to code, or is another kind of archive.
    """
    with _explained(name):
        archive = _Archive(stream, name)
        names = _names(make, allow_numpy)
        return Machine(io.BytesIO(archive.record("data.pkl")), names, archive.persistent_load).run()


def read_pickle(stream, name, make, allow_numpy):
    """What is in a PyTorch file of before 1.6, or in a plain pickle.

    Raises
    ------
    ValueError
        If it is damaged or refers to code.
    """
    names = _names(make, allow_numpy)
    with _explained(name):
        first = Machine(stream, names).run()
        if type(first) is not int or first != MAGIC_NUMBER:
            return first
        if Machine(stream, names).run() != PROTOCOL_VERSION:
            raise ValueError("it is of an unknown version of PyTorch's format")
        Machine(stream, names).run()  # sizes of types on the machine that wrote it
        return _read_row(stream, names)


def _read_row(stream, names):
    """The object, its storages' keys, their bytes; read twice, as the bytes come last."""
    start = stream.tell()
    storages = _Row(stream)
    Machine(stream, names, storages.persistent_load).run()
    storages.fill(Machine(stream, names).run())
    stream.seek(start)
    return Machine(stream, names, storages.persistent_load).run()


def _names(make, allow_numpy):
    return {**CONTAINERS, **tensor_names(make), **(NUMPY if allow_numpy else {})}


class _explained:
    """Turns whatever goes wrong in reading ``name`` into a ValueError that says what to do."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, RefusedError):
            way_out = SAVE_AGAIN
            if '"numpy.' in str(error):
                way_out = "if it is to hold NumPy arrays, pass allow_numpy=True"
            raise ValueError(f"load: {self.name} asks for {error}, which is not plain data; it was "
                             f"refused and nothing was run. Do not trust the file, or, {way_out}"
                             ) from None
        if isinstance(error, Exception):
            raise ValueError(f"load: {self.name} is damaged, cut short or of another format "
                             f"({error or kind.__name__}); save or download it again") from None


class _Archive:
    """The records of a zip archive: data.pkl, byteorder, data/0, data/1 ... in one folder."""

    def __init__(self, stream, name):
        size = stream.seek(0, io.SEEK_END)
        self.zip = zipfile.ZipFile(stream)
        entries = {entry.filename: entry for entry in self.zip.infolist()}
        if sum(entry.file_size for entry in entries.values()) > size:
            raise ValueError("its parts are larger than the file, or compressed")
        pickles = [entry for entry in entries if entry.split("/", 1)[-1] == "data.pkl"]
        if not pickles:
            raise ValueError("it is a zip archive without PyTorch's data.pkl; if it holds .npy "
                             "files, read it with numpy.load")
        self.entries, self.folder = entries, pickles[0][:-len("data.pkl")]
        if f"{self.folder}constants.pkl" in entries:
            raise ValueError(f"it is a TorchScript program; {SAVE_AGAIN}")
        self.order = self._byte_order()
        self.storages = {}

    def _byte_order(self):
        order = b"little"
        if f"{self.folder}byteorder" in self.entries:
            order = bytes(self.record("byteorder"))
        if order not in (b"little", b"big"):
            raise ValueError("its byte order is neither little nor big")
        return "<" if order == b"little" else ">"

    def record(self, name):
        """The bytes of one record, in memory of its own."""
        entry = self.entries.get(self.folder + name)
        if entry is None:
            raise ValueError(f"the record {shown(name)} is missing")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"the record {shown(name)} is compressed, which PyTorch never does")
        with self.zip.open(entry) as record:
            return bytearray(record.read())

    def persistent_load(self, identity):
        """The storage that ("storage", type, key, location, number of elements) names."""
        dtype, key, count = checked_identity(identity)[:3]
        if key not in self.storages:
            content = self.record(f"data/{key}")
            if len(content) < count * itemsize_of(dtype):
                raise ValueError(f"storage {shown(key)} should have {count} elements of {dtype}, "
                                 f"but has {len(content)} bytes")
            self.storages[key] = Storage(content, dtype, self.order)
        return self.storages[key]


class _Row:
    """Storages that follow a pickle: first their sizes become known, then their bytes."""

    def __init__(self, stream):
        self.stream = stream
        here = stream.tell()
        self.free = stream.seek(0, io.SEEK_END) - here
        stream.seek(here)
        self.contents, self.dtypes, self.storages = {}, {}, {}

    def persistent_load(self, identity):
        """The storage of an id; one that is a part of another names key, offset and size."""
        dtype, key, count, part = checked_identity(identity)
        if key not in self.contents:
            self._reserve(dtype, key, count)
        if (key, part) not in self.storages:
            content = memoryview(self.contents[key])
            if part is not None:
                _, offset, length = part
                size = itemsize_of(dtype)
                content = content[offset * size:(offset + length) * size]
            self.storages[key, part] = Storage(content, dtype, "<")
        return self.storages[key, part]

    def _reserve(self, dtype, key, count):
        self.free -= count * itemsize_of(dtype)
        if self.free < 0:
            raise ValueError(f"storage {shown(key)} should have {count} elements of {dtype}, more "
                             "than the file has bytes")
        self.contents[key], self.dtypes[key] = bytearray(count * itemsize_of(dtype)), dtype

    def fill(self, keys):
        """Read the bytes: for each key the number of elements, then the elements."""
        if type(keys) is not list or not all(type(key) is str for key in keys):
            raise ValueError("its list of storages is damaged")
        for key in keys:
            if key not in self.contents:
                raise ValueError(f"no tensor is made of storage {shown(key)}")
            content = self.contents[key]
            count = int.from_bytes(self.stream.read(8), "little")
            if count * itemsize_of(self.dtypes[key]) != len(content):
                raise ValueError(f"storage {shown(key)} has another size than its tensors say")
            if self.stream.readinto(content) != len(content):
                raise ValueError(f"it ends within storage {shown(key)}")
        self.storages.clear()  # what was made of them before saw no bytes


def checked_identity(identity):
    """(name of dtype, key, number of elements, None or (key, offset, size) of a part) in an id."""
    if type(identity) is not tuple or len(identity) not in (5, 6) or type(identity[0]) is not str:
        raise RefusedError("a persistent id that is no storage")
    word, kind, key, _, count, *part = identity
    if word != "storage":
        raise RefusedError(f"a whole {shown(word)}")
    part = part[0] if part else None
    if type(key) is not str or not _is_size(count) or not (part is None or _is_part(part)):
        raise ValueError("the description of a storage is damaged")
    return kind.value, key, count, part


def _is_size(number):
    return type(number) is int and number >= 0


def _is_part(part):
    return (type(part) is tuple and len(part) == 3 and type(part[0]) is str
            and _is_size(part[1]) and _is_size(part[2]))
