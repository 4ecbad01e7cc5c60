"""Every primitive in CUDA C against the reference: odd shapes, strides, zero sizes, many blocks."""
import importlib
import inspect

import numpy as np
import pytest
from check_gpu import LAYOUTS, back, cast, check, close, on_gpu
from kernel_problems import PROBLEMS, SMOOTH, STRAIGHT, Seeded
from small_problems import UPDATES, problems

import minitorch_cnn as mt
from minitorch_cnn import kernels
from minitorch_cnn.device import to_cpu

launch = importlib.import_module("minitorch_cnn.kernels.cuda.launch")
DTYPES = ["float32", "float64"]
NONE = ((0, 0), (0, 0))
# A way of the compiler's that only the CPU takes.
ONLY_ON_THE_CPU = {"fold_norm", "patch_moments", "norm_by_moments", "norm_by_moments_backward"}
MANY = 65537  # blocks


def numbers(shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def finite(name, arguments):
    """The input gradient multiplies weights with zeros where no window is: they must be finite."""
    if name not in ("conv2d_input_gradient", "conv_transpose2d_forward"):
        return arguments
    return [arguments[0], np.nan_to_num(arguments[1], posinf=9, neginf=-9), *arguments[2:]]


# all that the other tests of the kernels try -----------------------------------------------------

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", PROBLEMS)
def test_problems(kind, layout, dtype):
    most = 2 if kind == "convolution" else 4
    first = 100 * list(LAYOUTS).index(layout) + 50 * DTYPES.index(dtype)
    for seed in range(first, first + most):
        name, arguments = PROBLEMS[kind](Seeded(seed))
        done = check(name, finite(name, cast(arguments, dtype)), layout)
        assert done or name == "by_moments", f"{name} was declined"


@pytest.mark.parametrize("kind", PROBLEMS)
def test_with_64_bit_indices(kind, monkeypatch):
    """As for arrays of more than 2**31 numbers."""
    monkeypatch.setattr(launch, "NARROW", 1)
    for seed in range(2):
        name, arguments = PROBLEMS[kind](Seeded(seed))
        assert check(name, finite(name, arguments)) or name == "by_moments"


@pytest.mark.parametrize("name, arguments", list(problems()),
                         ids=lambda value: value if isinstance(value, str) else "")
def test_small_problems(name, arguments):
    assert close(name, arguments, "every_second", 1e-5)


def test_every_primitive_has_a_twin():
    missing = {name for name, primitive in kernels.PRIMITIVES.items() if not primitive.has("cuda")}
    assert missing == ONLY_ON_THE_CPU


def test_every_twin_has_a_small_problem():
    """Which the sanitizers run, too; and a run of all on a GPU is written down."""
    twins = {name for name, primitive in kernels.PRIMITIVES.items() if primitive.has("cuda")}
    assert twins == {name for name, _ in problems()} | set(UPDATES)


@pytest.mark.parametrize("name", kernels.PRIMITIVES)
def test_a_twin_takes_the_same_arguments(name):
    twin, reference = (inspect.signature(kernels.PRIMITIVES[name].version(language)).parameters
                       for language in ("cuda", "reference"))
    ours = {key: value.default for key, value in twin.items()}
    expected = {key: value.default for key, value in reference.items()}
    assert list(ours.items())[:len(expected)] == list(expected.items())


# one by one --------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape, axis", [
    ((3, 10), 1), ((5, 33), -1), ((2, 1025), 1), ((4, 1), 1), ((1,), 0), ((130, 3), 0),
    ((2, 5, 3), 1), ((3, 2, 40, 3), 1), ((2, 3000), 1)])
def test_softmax(shape, axis, layout, dtype):
    x, dy = 3 * numbers(shape, dtype), numbers(shape, dtype, 1)
    for name in ("softmax", "log_softmax"):
        y = kernels.PRIMITIVES[f"{name}_forward"].version("reference")(x, axis)
        assert close(f"{name}_forward", (x, axis), layout, 2e-6)
        assert close(f"{name}_backward", (dy, y, axis), layout, 1e-5)


@pytest.mark.parametrize("row", [[np.nan, 1, 2], [np.inf, 1, np.inf], [-np.inf, 1, 2],
                                 [-np.inf] * 3, [1e4, -1e4, 1e4]])
@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_of_extremes(row, axis):
    x = np.array([row, [0, 1, 2]], np.float32)
    for name in ("softmax_forward", "log_softmax_forward"):
        assert close(name, (x, axis))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["every_second", "shifted"])
@pytest.mark.parametrize("shape, groups", [
    ((3, 6, 5), 2), ((5, 3), 1), ((2, 4, 1, 1), 4), ((1, 2, 700), 2), ((2, 2, 3, 200), 1),
    ((1, 1, 16400), 1)])
@pytest.mark.parametrize("few", [0, 10 ** 6])     # rows: blocks have to share them
def test_group_and_layer_norm(few, shape, groups, layout, dtype, monkeypatch):
    module = importlib.import_module("minitorch_cnn.kernels.cuda.group_norm")
    monkeypatch.setattr(module, "FEW", few)
    monkeypatch.setattr(module, "ENDLESS", 0)
    x, dy = 2 + numbers(shape, dtype), numbers(shape, dtype, 1)
    w, b = numbers(shape[1:2], dtype, 2), numbers(shape[1:2], dtype, 3)
    mean, inv_std = numbers((shape[0], groups), dtype), np.abs(numbers((shape[0], groups), dtype))
    for affine in ((w, b), (w, None), (None, b), (None, None)):
        assert check("group_norm_forward", (x, groups, *affine, 1e-5), layout)
    for needs in ((True, True, True), (True, False, False), (False, False, True)):
        assert check("group_norm_backward", (dy, x, w, mean, inv_std, needs), layout)
    assert check("group_norm_backward", (dy, x, None, mean, inv_std, needs), layout)
    x, dy = x.reshape(shape[0], -1), dy.reshape(shape[0], -1)
    w, b = numbers(x.shape[1:], dtype, 2), numbers(x.shape[1:], dtype, 3)
    assert check("layer_norm_forward", (x, w, b, 1e-5), layout)
    assert check("layer_norm_backward", (dy, x, w, mean[:, 0], inv_std[:, 0], (True,) * 3), layout)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, arrays, more", STRAIGHT + SMOOTH)
def test_sweeps(name, arrays, more, dtype):
    x = np.concatenate([np.arange(-14, 15) / 2, 9 * numbers(200), [np.nan, np.inf, -np.inf]])
    arrays = [x, numbers(x.size)[::-1]][:arrays]
    if name.endswith("_backward"):
        arrays = arrays[::-1]   # dy first
    arrays = [a.reshape(29, 8).astype(dtype) for a in arrays]
    for layout in ("shifted", "transposed"):
        assert check(name, (*arrays, *more), layout)


@pytest.mark.parametrize("value", [-1e4, -100, 100, 1e4, 1e30, -1e30])
@pytest.mark.parametrize("name, arrays, more", SMOOTH)
def test_smooth_activations_of_extremes(name, arrays, more, value):
    x = np.full(3, value, np.float32)
    if name in ("sigmoid_backward", "tanh_backward"):
        return  # they take results, not arguments
    assert check(name, ([np.ones(3, np.float32)] if arrays == 2 else []) + [x, *more])


def test_operands_that_broadcast_are_left_to_cupy(cupy):
    x, row = on_gpu(numbers((2, 3))), on_gpu(numbers(3))
    for name in ("add", "sub", "rsub", "mul", "add_relu"):
        for z in (row, on_gpu(numbers((2, 3), "float64"))):
            assert kernels.PRIMITIVES[name].version("cuda")(x, z) is NotImplemented
            right = kernels.PRIMITIVES[name].version("reference")(to_cpu(x), to_cpu(z))
            np.testing.assert_allclose(to_cpu(kernels.PRIMITIVES[name](x, z)), right, 1e-6)
    for bounds in ((None, 1.0), (0.0, row), (float("nan"), 1.0)):
        assert kernels.clamp_forward.version("cuda")(x, *bounds) is NotImplemented


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (3, 5), (1030,), (0,), (4, 3, 3, 3)])
@pytest.mark.parametrize("layout", ["row_major", "shifted"])
def test_optimizers(name, shape, dtype, layout):
    count, options = UPDATES[name]
    arrays = [np.abs(numbers(shape, dtype, seed)) for seed in range(count)]
    there = [on_gpu(a, layout) for a in arrays]
    assert kernels.PRIMITIVES[name].version("cuda")(*there, *options) is None
    arrays = [a.astype(np.float64) for a in arrays]
    kernels.PRIMITIVES[name].version("reference")(*arrays, *options)
    for ours, right in zip(back(tuple(there)), arrays):
        precision = 2e-6 if dtype == "float32" else 1e-13
        np.testing.assert_allclose(ours, right, precision,
                                   precision * np.abs(right).max(initial=0))


@pytest.mark.parametrize("name", UPDATES)
def test_optimizers_leave_strided_weights_to_cupy(name):
    count, options = UPDATES[name]
    there = [on_gpu(np.abs(numbers((4, 3), seed=s)), "transposed") for s in range(count)]
    assert kernels.PRIMITIVES[name].version("cuda")(*there, *options) is NotImplemented
    kernels.PRIMITIVES[name](*there, *options)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5, 2), (1025,), (0, 4)])
def test_philox_draws_the_numbers_of_the_reference(shape, cupy):
    draw = shape, 2 ** 63 + 12345678901, 77, 2 ** 31 + 3
    expected = kernels.philox_uniform.version("reference")(np.zeros(1), *draw)
    ours = to_cpu(kernels.philox_uniform(cupy.zeros(1), *draw))
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("p", [0, 0.3, 1])
@pytest.mark.parametrize("dtype", DTYPES)
def test_masks_of_dropout_are_the_references(dtype, p):
    uniform = np.random.default_rng(0).random((7, 5, 9), np.float32)
    uniform[0, 0, :3] = 0, np.float32(0.3), np.nextafter(np.float32(0.3), np.float32(0))
    right = kernels.dropout_mask.version("reference")(uniform, p, dtype)
    ours = to_cpu(kernels.dropout_mask(on_gpu(uniform, "every_second"), p, dtype))
    assert ours.dtype == right.dtype == dtype
    np.testing.assert_array_equal(ours, right)
    half = kernels.dropout_mask.version("reference")(uniform, p, "float16")
    np.testing.assert_array_equal(to_cpu(kernels.dropout_mask(on_gpu(uniform), p, "float16")), half)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_erf(dtype, layout):
    x = np.concatenate([np.linspace(-7, 7, 500), [0, np.inf, -np.inf, np.nan]]).astype(dtype)
    assert close("erf", (x.reshape(8, 63),), layout)


GEOMETRIES = [((3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1)),
              ((2, 5), (3, 2), ((0, 2), (3, 1)), (2, 1)),
              ((1, 1), (2, 2), NONE, (1, 1)), ((4, 1), (1, 3), ((2, 0), (0, 0)), (1, 2))]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kernel, stride, padding, dilation", GEOMETRIES)
def test_columns(kernel, stride, padding, dilation, layout, dtype):
    x = numbers((2, 3, 9, 7), dtype)
    options = stride, padding, dilation
    col = kernels.im2col.version("reference")(x, kernel, *options)
    assert close("im2col", (x, kernel, *options), layout, 0)
    for name in ("col2im", "col2im_gather"):
        assert close(name, (np.ascontiguousarray(col), (9, 7), *options), layout)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size, output", [((5, 4), (9, 11)), ((9, 7), (4, 3)), ((1, 1), (3, 2)),
                                          ((3, 3), (3, 3)), ((20, 2), (2, 9))])
@pytest.mark.parametrize("corners", [False, True])
def test_upsampling(size, output, corners, layout, dtype):
    rows, columns = [axis(n, o, corners, dtype) for n, o in zip(size, output)]
    x, dy = numbers((2, 3, *size), dtype), numbers((2, 3, *output), dtype)
    assert close("upsample_bilinear2d_forward", (x, rows, columns), layout)
    assert close("upsample_bilinear2d_backward", (dy, rows, columns, size), layout)


@pytest.mark.parametrize("mode, corners", [("nearest", None), ("bilinear", False),
                                           ("bilinear", True), ("bicubic", False)])
@pytest.mark.parametrize("size", [(9, 11), (4, 3), (1, 1)])
def test_resampling_both_ways(size, mode, corners):
    x = mt.Tensor(numbers((2, 3, 5, 7))).requires_grad_()
    there, dy = x.detach().cuda().requires_grad_(), mt.Tensor(numbers((2, 3, *size), seed=1))
    options = {"size": size, "mode": mode, "align_corners": corners}
    y, z = [mt.nn.functional.interpolate(a, **options) for a in (x, there)]
    np.testing.assert_allclose(z.detach().cpu().numpy(), y.detach().numpy(), 1e-5, 1e-6)
    y.backward(dy)
    z.backward(dy.cuda())
    np.testing.assert_allclose(there.grad.cpu().numpy(), x.grad.numpy(), 1e-5, 1e-5)


def axis(n, o, corners, dtype):
    source = np.linspace(0, n - 1, o) if corners else (np.arange(o) + 0.5) * n / o - 0.5
    source = np.clip(source, 0, n - 1)
    low = np.minimum(source.astype(np.int64), n - 1)
    return low, np.minimum(low + 1, n - 1), (source - low).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bilinear", [True, False])
@pytest.mark.parametrize("fill", [None, [0.25, 0.5, 0.75]])
def test_warping(bilinear, fill, layout, dtype):
    rng = np.random.default_rng(1)
    x = numbers((4, 3, 9, 7), dtype)
    m = np.eye(3) + 0.2 * rng.standard_normal((4, 3, 3))
    m[:2, 2] = 0, 0, 1
    px, py = (rng.uniform(-2, n + 2, (4, 5, 6)) for n in (7, 9))
    px[0, 0, 0] = np.nan
    assert close("warp_forward", (x, m, (8, 11), bilinear, fill), layout, 1e-5)
    assert close("sample_forward", (x, px, py, bilinear, fill), layout, 1e-5)
    filled = fill is not None
    assert close("warp_backward", (numbers((4, 3, 8, 11), dtype), m, (9, 7), bilinear, filled),
                 layout, 1e-5)
    assert close("sample_backward", (numbers((4, 3, 5, 6), dtype), px, py, (9, 7), bilinear,
                                     filled), layout, 1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [(1, 1), (3, 4), (9, 7), (11, 2)])
def test_adaptive_max_pooling(size, layout, dtype):
    x = np.random.default_rng(0).integers(-2, 3, (2, 3, 9, 7)).astype(dtype)  # ties
    x[0, 0, 2:5, 3] = np.nan
    x[1] = -np.inf
    assert close("adaptive_max_pool2d_forward", (x, size), layout, 0)
    _, index = kernels.adaptive_max_pool2d_forward.version("reference")(x, size)
    dy = numbers((2, 3, *size), dtype)
    assert close("max_pool2d_backward", (dy, index, (9, 7)), layout)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_convolution_ends_with_bias_and_relu(groups, bias, relu):
    conv = importlib.import_module("minitorch_cnn.kernels.cuda.conv")
    x, w, b = numbers((2, 4, 6, 5)), numbers((8, 4 // groups, 3, 3), seed=1), numbers((8,), seed=2)
    b = b if bias else None
    options = (1, 2), ((1, 1), (0, 2)), (1, 1), groups
    right = kernels.conv2d_forward.version("reference")(x, w, b, *options)
    ours = conv.conv2d_forward(*[on_gpu(a) for a in (x, w, b)], *options, relu=relu)
    np.testing.assert_allclose(to_cpu(ours), np.maximum(right, 0) if relu else right, atol=1e-5)


@pytest.mark.parametrize("precision", ["highest", "high"])
@pytest.mark.parametrize("kernel, stride, dilation, size", [
    ((3, 3), (2, 2), (1, 1), (8, 7)), ((1, 1), (2, 3), (1, 1), (5, 9)),
    ((4, 5), (3, 2), (2, 3), (12, 14)), ((3, 2), (4, 6), (2, 4), (11, 15)),
    ((2, 3), (5, 1), (1, 2), (3, 6)), ((3, 3), (6, 6), (4, 9), (14, 22))])
def test_the_phases_of_an_input_gradient(kernel, stride, dilation, size, precision):
    """Pixels that no tap meets, too, and remainders that none of an image's rows has."""
    w, padding = numbers((20, 18, *kernel)), ((1, 2), (3, 0))
    geometry = stride, padding, dilation, 1
    x = numbers((2, 18, *size), seed=1)
    dy = kernels.conv2d_forward.version("reference")(x, w, None, *geometry)
    mt.cuda.set_float32_matmul_precision(precision)
    try:
        scale = 1e-3 if precision == "high" else 1e-5
        assert close("conv2d_input_gradient", (dy, w, size, *geometry), scale=scale)
    finally:
        mt.cuda.set_float32_matmul_precision("highest")


@pytest.mark.parametrize("precision", ["highest", "high"])
@pytest.mark.parametrize("window", [(2, 2), (2, 3), (1, 1)])
@pytest.mark.parametrize("C, F, groups, special", [
    (1, 32, 1, 0), (3, 40, 1, 0), (4, 4, 4, 0), (4, 6, 2, np.nan), (2, 3, 1, np.inf),
    (4, 40, 2, np.nan), (2, 70, 1, np.inf)])
def test_a_convolution_pools_in_registers(C, F, groups, special, window, precision, request,
                                          monkeypatch):
    """As the convolution, the ReLU and the pooling one by one, bit for bit."""
    if precision == "high":
        request.getfixturevalue("tensor_cores")
        monkeypatch.setattr("minitorch_cnn.kernels.cuda.conv.ENOUGH", 0)
    x, w, b = numbers((3, C, 9, 8)), numbers((F, C // groups, 3, 2), seed=1), numbers(F, seed=2)
    x[1, 0, 4, 3] += special
    geometry = (1, 2), ((1, 2), (0, 3)), (2, 1), groups
    there = [on_gpu(a) for a in (x, w, b)]
    y, code = back(kernels.conv2d_relu_pool_forward(*there, *geometry, window))
    z = kernels.conv2d_forward(*there, *geometry)
    right, places = back(kernels.relu_max_pool2d_forward.version("reference")(z, window))
    np.testing.assert_array_equal(y, right)
    np.testing.assert_array_equal(code, places)


@pytest.mark.parametrize("part", [4096, 64])     # 64: the losses are added up in two stages
@pytest.mark.parametrize("shape", [(300, 7), (4, 7, 5, 15)])
def test_labels_that_do_not_count_and_labels_that_are_no_class(shape, part, monkeypatch):
    monkeypatch.setattr(importlib.import_module("minitorch_cnn.kernels.cuda.cross_entropy"), "PART",
                        part)
    x, labels = 3 * numbers(shape), np.random.default_rng(0).integers(-1, 7, (4, 75))
    labels = labels.reshape(shape[:1] + shape[2:])
    forward = kernels.nll_forward
    for mean in (True, False):
        for bad in (None, 7, -5):
            labels.reshape(-1)[3] = 0 if bad is None else bad
            there = on_gpu(x), on_gpu(labels.astype(np.int32)), -1, mean
            loss, unit, counts = back(kernels.cross_entropy_forward(*there))
            right = kernels.cross_entropy_forward.version("reference")(x, labels, -1, mean)
            np.testing.assert_allclose(loss, right[0], 1e-5)
            np.testing.assert_allclose(unit, right[1], 1e-5, 1e-6)
            assert counts.tolist() == right[2].tolist() == [(labels != -1).sum(), bad is not None]
            loss, same = back(forward.version("cuda")(*there))
            right = forward.version("reference")(x, labels, -1, mean)[0]
            np.testing.assert_allclose(loss, right, 1e-5)
            assert (same == counts).all()
            assert close("nll_backward", (numbers(()), x, labels, -1, counts, mean))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["turned", "shifted"])
@pytest.mark.parametrize("shape, slopes", [
    ((3, 5, 7, 2), 5), ((3, 5, 7, 2), 1), ((40, 33), 33), ((40, 33), 1), ((2, 3, 4100), 3),
    ((2, 3, 4100), 1), ((9,), 1), ((2, 1, 3), 1)])
def test_learned_slopes(shape, slopes, layout, dtype):
    x, dy, w = [numbers(n, dtype, seed) for seed, n in enumerate((shape, shape, slopes))]
    x.reshape(-1)[::9] = 0
    assert check("prelu_forward", (x, w), layout)
    assert check("prelu_backward", (dy, x, w), layout)
    if x.size > 100:
        x.reshape(-1)[[5, 50, 81]] = np.nan, np.inf, -np.inf
        assert check("prelu_forward", (x, w), layout)
        assert check("prelu_backward", (dy, x, w), layout)


# nothing and much --------------------------------------------------------------------------------

E = np.zeros
EMPTY = [
    ("relu_forward", (E((0, 3)),)), ("relu_backward", (E((2, 0)), E((2, 0)))), ("erf", (E((0,)),)),
    ("softmax_forward", (E((0, 3)), 1)), ("log_softmax_forward", (E((3, 0)), 1)),
    ("softmax_backward", (E((0, 3)), E((0, 3)), 1)),
    ("conv2d_forward", (E((0, 3, 5, 5)), E((4, 3, 3, 3)), E(4), (1, 1), NONE, (1, 1), 1)),
    ("conv2d_forward", (E((2, 0, 5, 5)), E((4, 0, 3, 3)), E(4), (1, 1), NONE, (1, 1), 1)),
    ("conv2d_input_gradient", (E((0, 4, 3, 3)), E((4, 3, 3, 3)), (5, 5), (1, 1), NONE, (1, 1), 1)),
    ("conv2d_weight_gradient", (E((0, 3, 5, 5)), E((0, 4, 3, 3)), (3, 3), (1, 1), NONE, (1, 1), 1)),
    ("im2col", (E((0, 3, 5, 5)), (3, 3), (1, 1), NONE, (1, 1))),
    ("col2im", (E((0, 3, 3, 3, 3, 3)), (5, 5), (1, 1), NONE, (1, 1))),
    ("max_pool2d_forward", (E((0, 3, 4, 4)), (2, 2), (2, 2), NONE, (1, 1), (2, 2))),
    ("max_pool2d_backward", (E((0, 3, 2, 2)), E((0, 3, 2, 2), int), (4, 4))),
    ("avg_pool2d_forward", (E((0, 3, 4, 4)), (2, 2), (2, 2), NONE, (2, 2), True, None)),
    ("avg_pool2d_backward", (E((0, 3, 2, 2)), (4, 4), (2, 2), (2, 2), NONE, True, None)),
    ("adaptive_avg_pool2d_forward", (E((0, 3, 4, 4)), (2, 2))),
    ("adaptive_avg_pool2d_backward", (E((0, 3, 2, 2)), (4, 4))),
    ("adaptive_max_pool2d_forward", (E((0, 3, 4, 4)), (2, 2))),
    ("batch_norm_forward", (E((0, 3, 2)), E(3), E(3), None, None)),
    ("channel_sum", (E((0, 3, 2)),)),
    ("group_norm_forward", (E((0, 4, 2)), 2, E(4), E(4), 1e-5)),
    ("group_norm_backward", (E((0, 4, 2)), E((0, 4, 2)), E(4), E((0, 2)), E((0, 2)), (True,) * 3)),
    ("resample2d", (E((0, 4, 2, 3)), *[(np.arange(3), np.arange(2), np.ones(2, np.float32))] * 2)),
    ("resample2d", (E((2, 1, 2, 3)), *[(E(3, int), E(0, int), E(0, np.float32))] * 2)),
    ("prelu_forward", (E((0, 4, 2)), E(4))),
    ("prelu_backward", (E((2, 0)), E((2, 0)), E(1))),
    ("cross_entropy_forward", (E((0, 4, 2)), E((0, 2), int), -1, False)),
    ("nll_forward", (E((0, 4)), E((0,), int), -1, False)),
    ("nll_backward", (E(()), E((0, 4)), E((0,), int), -1, E(2, int), False)),
    ("layer_norm_forward", (E((0, 4)), E(4), E(4), 1e-5)),
    ("layer_norm_backward", (E((0, 4)), E((0, 4)), E(4), E(0), E(0), (True,) * 3)),
    ("linear_forward", (E((0, 3)), E((4, 3)), E(4))),
    ("linear_forward", (E((2, 0)), E((4, 0)), None)),
    ("linear_input_gradient", (E((0, 4)), E((4, 3)))),
    ("linear_weight_gradient", (E((0, 3)), E((0, 4)))),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, arguments", EMPTY)
def test_arrays_without_elements(name, arguments, dtype):
    arguments = [a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype == float else a
                 for a in arguments]
    close(name, arguments)


@pytest.fixture
def large(simulated, monkeypatch):
    """Blocks are small, and the simulator runs them once, not in three orders."""
    for file, name, few in (("launch", "THREADS", 1), ("norm", "THREADS", 32),
                            ("conv", "THREADS", 32), ("softmax", "COLUMNS", 1),
                            ("group_norm", "SIDE_BY_SIDE", 1)):
        module = importlib.import_module(f"minitorch_cnn.kernels.cuda.{file}")
        monkeypatch.setattr(module, name, few)
    if simulated:
        monkeypatch.setattr("gpu_sim.compiler.ORDERS", (0,))


@pytest.mark.parametrize("name, arguments", [
    ("relu_forward", [(MANY * 4 + 3,)]),   # 4 numbers a thread
    ("max_pool2d_forward", [(MANY, 1, 1, 1), (1, 1), (1, 1), NONE, (1, 1), (1, 1)]),
    ("batch_norm_statistics", [(1, MANY, 2)]),
    ("batch_norm_statistics", [(70000, 1)]),
    ("softmax_forward", [(2, 1, MANY), 1]),
    ("layer_norm_forward", [(MANY, 2), None, None, 1e-2]),
    ("resample2d", [(1, 1, 1, MANY), *[(np.arange(n + 1), np.arange(n), np.ones(n, np.float32))
                                       for n in (1, MANY)]]),
    ("prelu_forward", [(1, 3, MANY * 4), numbers((3,))]),
    ("cross_entropy_forward", [(1, 2, MANY), np.ones((1, MANY), int), 0, True]),
    ("nll_forward", [(1, 2, MANY), np.ones((1, MANY), int), 0, True]),
    ("conv2d_input_gradient", [(1, 1, 1, MANY * 128), np.ones((1, 1, 1, 1), np.float32),
                               (1, MANY * 128), (1, 1), NONE, (1, 1), 1]),
    ("conv2d_weight_gradient", [(1, MANY, 1, 1), np.ones((1, MANY, 1, 1), np.float32), (1, 1),
                                (1, 1), NONE, (1, 1), MANY]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_more_than_65535_blocks(name, arguments, large):
    assert close(name, (numbers(arguments[0]), *arguments[1:]), scale=1e-5)


def test_many_groups_are_left_to_cupy():
    conv = importlib.import_module("minitorch_cnn.kernels.cuda.conv")
    x, w = on_gpu(numbers((1, 2 * MANY, 1, 1))), on_gpu(numbers((MANY, 2, 1, 1)))
    assert conv.conv2d_forward(x, w, None, (1, 1), NONE, (1, 1), MANY) is NotImplemented


@pytest.mark.parametrize("name, arguments", [
    ("relu_forward", (np.arange(-3, 3),)),
    ("max_pool2d_forward", (np.ones((1, 1, 4, 4), int), (2, 2), (2, 2), NONE, (1, 1), (2, 2))),
    ("softmax_forward", (np.ones((2, 3), np.float16), 1)), ("erf", (np.ones(3, np.float16),)),
    ("linear_forward", (np.ones((2, 3), int), np.ones((4, 3), int), None))])
def test_other_dtypes_are_left_to_cupy(name, arguments):
    there = [on_gpu(a) for a in arguments]
    primitive = kernels.PRIMITIVES[name]
    assert primitive.version("cuda")(*there) is NotImplemented
    right = primitive.version("reference")(*arguments)
    right = right if isinstance(right, tuple) else (right,)
    for ours, expected in zip(back(primitive(*there)), right):
        np.testing.assert_allclose(ours, expected, rtol=1e-3)


# tensor cores ------------------------------------------------------------------------------------

@pytest.fixture
def tensor_cores():
    mt.cuda.set_float32_matmul_precision("high")
    yield
    mt.cuda.set_float32_matmul_precision("highest")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("enough", [0, 100])    # tall tiles, and low ones
@pytest.mark.parametrize("C, F, groups", [(3, 33, 1), (40, 70, 1), (34, 68, 2), (20, 17, 1)])
def test_convolution_on_tensor_cores(C, F, groups, enough, layout, tensor_cores, monkeypatch):
    """Products of factors with 10 bits of fraction: off by 2**-11 of each, and not less."""
    monkeypatch.setattr("minitorch_cnn.kernels.cuda.conv.ENOUGH", enough)
    x, w, b = numbers((2, C, 7, 6)), numbers((F, C // groups, 3, 2), seed=1), numbers((F,), seed=2)
    options = (2, 1), ((1, 0), (2, 1)), (1, 2), groups
    y = kernels.conv2d_forward.version("reference")(x, w, b, *options)
    assert close("conv2d_forward", (x, w, b, *options), layout, 1e-3)
    assert close("conv2d_input_gradient", (y, w, (7, 6), *options), layout, 1e-3)
    assert close("conv2d_weight_gradient", (x, y, (3, 2), *options), layout, 1e-3)
    with pytest.raises(AssertionError, match="results are wrong"):
        close("conv2d_forward", (x, w, b, *options), layout, 1e-6)


@pytest.mark.parametrize("precision", ["highest", "high"])
@pytest.mark.parametrize("window", [(2, 2), (3, 1), (1, 4)])
@pytest.mark.parametrize("C, F, groups", [(1, 33, 1), (4, 40, 2), (3, 70, 1), (2, 2, 2)])
def test_a_weight_gradient_before_a_pooling(C, F, groups, window, precision, request):
    """dy is spread over the map as it is fetched: the same bits as from a spread one."""
    if precision == "high":
        request.getfixturevalue("tensor_cores")
    x, geometry = numbers((3, C, 9, 13)), ((3, 2), (1, 1), ((1, 1), (0, 1)), (1, 1), groups)
    pooled = kernels.conv2d_relu_pool_forward.version("reference")
    w = numbers((F, C // groups, 3, 2), seed=1)
    y, code = pooled(x, w, None, *geometry[1:], window)
    there = [on_gpu(a) for a in (x, numbers(y.shape, seed=2), code)]
    dw = kernels.conv2d_relu_pool_weight_gradient(*there, (9, 13), window, *geometry)
    spread = kernels.unpool2d(*there[1:], (9, 13), window)
    right = kernels.conv2d_weight_gradient(there[0], spread, *geometry)
    np.testing.assert_array_equal(to_cpu(dw), to_cpu(right))


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_tensor_cores_pass_on_what_is_no_number(special, tensor_cores):
    x, w = np.ones((1, 2, 4, 4), np.float32), np.ones((17, 2, 3, 3), np.float32)
    x[0, 1, 0, 0] = special
    y, = back(kernels.conv2d_forward(on_gpu(x), on_gpu(w), None, (1, 1), NONE, (1, 1), 1))
    np.testing.assert_array_equal(y[0, 0], [[special, 18], [18, 18]])


def test_only_float32_goes_to_tensor_cores(tensor_cores):
    arguments = [a.astype("float64") if isinstance(a, np.ndarray) else a for a in (
        numbers((2, 3, 5, 5)), numbers((33, 3, 3, 3)), None, (1, 1), NONE, (1, 1), 1)]
    assert close("conv2d_forward", arguments)


@pytest.mark.parametrize("why", ["old", "broken"])
def test_without_tensor_cores_float32_runs(why, tensor_cores, monkeypatch):
    def fails(*args):
        raise RuntimeError("mma.h: no such file\nand more")

    launch._runs_on.cache_clear()
    if why == "old":
        monkeypatch.setattr(launch, "oldest", lambda file: 1000)
    else:
        monkeypatch.setattr(launch, "variants", fails)
    arguments = numbers((2, 3, 5, 5)), numbers((33, 3, 3, 3)), None, (1, 1), NONE, (1, 1), 1
    there = [on_gpu(a) for a in arguments]
    if why == "broken":
        with pytest.warns(RuntimeWarning, match="conv_tf32.cu does not compile .mma.h: no such"):
            kernels.conv2d_forward(*there)
    assert close("conv2d_forward", arguments, scale=1e-6)
    launch._runs_on.cache_clear()


def test_unknown_precisions():
    with pytest.raises(ValueError, match="no precision 'low'; choose one of highest, high, medium"):
        mt.cuda.set_float32_matmul_precision("low")
    assert mt.cuda.get_float32_matmul_precision() == "highest"


def test_a_batch_from_a_data_set(cupy):
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 5, 2), np.uint8)
    index, scale, shift = np.array([8, 0, 3, 3]), numbers(3), numbers(3, seed=1)
    expected = images[index].astype(float) * scale[:, None, None] + shift[:, None, None]
    there = [on_gpu(a) for a in (images, index, scale, shift)]
    for y in (to_cpu(kernels.gather_batch(*there)),
              kernels.gather_batch(images, index, scale, shift)):
        assert y.dtype == np.float32 and y.shape == (4, 3, 5, 2)
        np.testing.assert_allclose(y, expected, rtol=1e-5)
    there[1] = cupy.asarray(np.array([2, 9, -1]))   # a GPU cannot raise: no image, no numbers
    y = to_cpu(kernels.gather_batch(*there))
    assert np.isnan(y[1:]).all() and not np.isnan(y[0]).any()
    assert kernels.gather_batch(there[0], there[1][:0], *there[2:]).shape == (0, 3, 5, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (9, 33), (512, 5), (513, 5), (1100, 34)])
def test_sums_of_columns_in_one_launch_and_in_two(shape, dtype):
    assert close("channel_sum", (numbers(shape, dtype),), "every_second", 1e-5)
