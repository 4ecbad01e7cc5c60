"""Hold the CUDA kernels to the reference in float64, on arrays in many shapes of memory."""
import copy

import check_kernels
import numpy as np
import verified

from minitorch_cnn import kernels
from minitorch_cnn.device import cupy, is_gpu_array, to_cpu

# float64: so many times closer than float32, whose rounding is 2**29 times coarser
CLOSER = 1e-7


def row_major(a):
    return cupy().asarray(np.ascontiguousarray(a))


def transposed(a):
    """The axes lie in opposite order."""
    return cupy().asarray(np.ascontiguousarray(a.T)).T


def turned(a):
    """Every axis runs backwards."""
    back = (slice(None, None, -1),) * a.ndim
    return cupy().asarray(np.ascontiguousarray(a[back]))[back]


def every_second(a):
    """Holes full of NaN along every axis."""
    wide = np.full([2 * n for n in a.shape], np.nan, a.dtype)
    wide[(slice(None, None, 2),) * a.ndim] = a
    return cupy().asarray(wide)[(slice(None, None, 2),) * a.ndim]


def shifted(a):
    """Row-major, but beginning where no 16 bytes begin."""
    wide = cupy().asarray(np.concatenate([np.zeros(1, a.dtype), a.ravel()]))
    return wide[1:].reshape(a.shape)


LAYOUTS = {f.__name__: f for f in (row_major, transposed, turned, every_second, shifted)}


# what changes its arguments: which of them
CHANGED = {"batch_norm_relu_forward": (3, 4)}


def on_gpu(value, layout="row_major"):
    """A NumPy array on the GPU, floats in a layout; anything else as it is."""
    if isinstance(value, tuple):    # what forward kept
        return tuple([on_gpu(v) for v in value])
    if not isinstance(value, np.ndarray):
        return value
    return (LAYOUTS[layout] if value.dtype.kind == "f" else row_major)(value)


def back(result):
    """All results as NumPy arrays."""
    result = flat(result)
    assert all(r is None or is_gpu_array(r) for r in result), "a result that is not on the GPU"
    return tuple([to_cpu(r) for r in result])


def flat(result):
    """The arrays of a result, without the shapes beside them."""
    if isinstance(result, tuple):
        return [r for part in result if not isinstance(part, int) for r in flat(part)]
    return [result]


def doubled(value):
    """float32 -> float64, inside tuples too."""
    if isinstance(value, (tuple, list)):
        return type(value)([doubled(v) for v in value])
    single = isinstance(value, np.ndarray) and value.dtype == np.float32
    return value.astype(np.float64) if single else copy.copy(value)


def check(name, arguments, layout="row_major", limits=None):
    """Run a primitive in CUDA and judge it; returns whether CUDA did it (not the reference)."""
    primitive = kernels.PRIMITIVES[name]
    changed = CHANGED.get(name, ())
    there = [on_gpu(a, "row_major" if i in changed else layout) for i, a in enumerate(arguments)]
    result = primitive.version("cuda")(*there)
    done = result is not NotImplemented
    if not done:
        result = primitive.version("reference")(*there)
    for i, (array, before) in enumerate(zip(there, arguments)):
        if is_gpu_array(array) and i not in changed:
            np.testing.assert_array_equal(to_cpu(array), before, err_msg="an input was modified")
    wide = doubled(list(arguments))
    with np.errstate(all="ignore"):
        expected = flat((primitive.version("reference")(*wide), *[wide[i] for i in changed]))
        limits = limits or check_kernels._limits(name, wide)
    double = arguments[0].dtype == np.float64
    results = back((result, *[there[i] for i in changed]))
    assert len(results) == len(expected)
    for ours, right, limit in zip(results, expected, limits):
        compare(ours, right, np.asarray(limit) * (CLOSER if double else 1), double)
        if right is not None and not double:
            verified.note(name, relative_error(ours, right))
    return done


def cast(arguments, dtype):
    """The float32 arrays in another dtype."""
    return [a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype == np.float32 else a
            for a in arguments]


def close(name, arguments, layout="row_major", scale=1e-6):
    """``check`` with the largest result as the measure."""
    with np.errstate(all="ignore"):
        right = kernels.PRIMITIVES[name].version("reference")(*doubled(list(arguments)))
    right = flat((right, *[arguments[i] for i in CHANGED.get(name, ())]))
    sizes = [1 if r is None else np.abs(r[np.isfinite(r)]).max(initial=1) for r in right]
    return check(name, arguments, layout, limits=[scale * size for size in sizes])


def relative_error(ours, right):
    """The largest difference of finite results, by the largest of them."""
    ours, right = ours.astype(np.float64), right.astype(np.float64)
    finite = np.isfinite(right) & np.isfinite(ours)
    size = np.abs(right[finite]).max(initial=0)
    return np.abs(ours[finite] - right[finite]).max(initial=0) / size if size else 0


def compare(ours, right, limit, double):
    if right is None:
        assert ours is None, "a result that nobody needs"
        return
    assert ours.shape == right.shape, f"shape {ours.shape}, not {right.shape}"
    assert ours.dtype.kind == right.dtype.kind in "biu" or ours.dtype == ("f8" if double else "f4")
    with np.errstate(over="ignore"):    # what does not fit into float32 is infinite there
        same = (ours == right.astype(ours.dtype)) | ((ours != ours) & (right != right))
    with np.errstate(invalid="ignore"):
        error = np.abs(np.where(same, 0, ours.astype(np.float64) - right))
    wrong = ~(same | (error <= limit))
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        raise AssertionError(f"{wrong.sum()} of {wrong.size} results are wrong, the first at "
                             f"{where}: {ours[where]}, not {right[where]} "
                             f"(within {np.broadcast_to(limit, wrong.shape)[where]:.3g})")
