"""PyTorch's files made by hand, sound and crafted, and what reading them must give."""
import io
import pickle
import struct
import zipfile

import numpy as np
import torch

import minitorch_cnn as mt

HEADER = b"\x80\x02"
ORDERED = b"ccollections\nOrderedDict\n)R"


def tensor(kind=b"FloatStorage", key=b"0", numel=4, offset=0, size=(4,), stride=(1,)):
    """The instructions that build a tensor."""
    def text(content):
        return b"X" + struct.pack("<I", len(content)) + content

    def number(n):
        return b"\x8a\x09" + n.to_bytes(9, "little", signed=True)

    def numbers(items):
        return b"(" + b"".join(map(number, items)) + b"t"

    return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text(b"storage") + b"ctorch\n" + kind + b"\n"
            + text(key) + text(b"cpu") + number(numel) + b"tQ" + number(offset) + numbers(size)
            + numbers(stride) + b"\x89" + ORDERED + b"tR")


def archive(pickled, storages=None, order=b"little", compression=zipfile.ZIP_STORED, **others):
    """A zip file like PyTorch's."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        file.writestr("a/data.pkl", pickled)
        file.writestr("a/byteorder", order)
        for name, content in {**(storages or {}), **others}.items():
            file.writestr(f"a/{name}", content)
    stream.seek(0)
    return stream


def legacy(pickled=None, keys=("0",), storages=b""):
    """A file of the format before the zip archives."""
    start = b"".join(pickle.dumps(item, 2) for item in (0x1950a86a20f9469cfc6c, 1001, {}))
    return io.BytesIO(start + HEADER + pickled + b"." + pickle.dumps(list(keys), 2) + storages)


def row_tensor(**options):
    """A tensor of the older format, whose ids have a sixth part."""
    return tensor(**options).replace(b"tQ", b"NtQ")


def assert_equal(ours, theirs):
    """What load gave is what torch had: containers, dtypes, shapes and values."""
    if isinstance(theirs, torch.Tensor):
        assert type(ours) is mt.Tensor
        assert ours.requires_grad == theirs.requires_grad
        theirs = theirs.detach()
        expected = theirs.float().numpy() if theirs.dtype == torch.bfloat16 else theirs.numpy()
        assert ours.dtype == expected.dtype
        assert ours.shape == tuple(theirs.shape)
        assert ours.data.flags.writeable
        np.testing.assert_array_equal(ours.data, expected)
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs)
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_equal(ours[key], theirs[key])
    elif isinstance(theirs, (list, tuple)):
        assert type(ours) is (tuple if isinstance(theirs, torch.Size) else type(theirs))
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            assert_equal(a, b)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs
