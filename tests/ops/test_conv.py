"""Convolution and transposed convolution against torch: results, gradients, refusals."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from check_op import check_op
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_cnn as mt
from minitorch_cnn import kernels
from minitorch_cnn.ops.conv import Conv2d, ConvTranspose2d, Fold, Unfold

ROUNDED = {np.float64: dict(rtol=1e-9, atol=1e-10), np.float32: dict(rtol=1e-3, atol=1e-4)}


def compare(ours, theirs, *inputs, **options):
    check_op(ours, theirs, *inputs, tolerance=ROUNDED, **options)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("x, w, options", [
    ((2, 3, 7, 6), (4, 3, 3, 2), dict()),
    ((2, 3, 9, 8), (4, 3, 2, 4), dict(stride=(2, 3), padding=(1, 2))),
    ((2, 4, 11, 9), (6, 2, 3, 2), dict(stride=2, dilation=(2, 3), padding=2, groups=2)),
    ((2, 4, 6, 7), (4, 1, 3, 3), dict(padding=1, groups=4)),
    ((2, 3, 6, 7), (6, 1, 2, 3), dict(groups=3, padding=(0, 1), stride=(1, 2))),
    ((1, 2, 5, 6), (3, 2, 4, 2), dict(padding="same")),
    ((2, 2, 7, 9), (3, 2, 2, 4), dict(padding="same", dilation=(2, 1))),
    ((2, 2, 5, 6), (3, 2, 3, 3), dict(padding="valid")),
    ((2, 2, 8, 10), (3, 2, 2, 3), dict(stride=3)),
    ((3, 2, 5, 6), (3, 2, 5, 6), dict()),
    ((2, 5, 4, 3), (7, 5, 1, 1), dict(stride=(2,))),
    ((0, 3, 7, 6), (4, 3, 3, 2), dict(padding=1)),
    ((3, 7, 6), (4, 3, 3, 2), dict(padding=1)),
])
def test_conv2d(x, w, options):
    compare(mt.conv2d, F.conv2d, x, w, (w[0],), **options)
    compare(mt.conv2d, F.conv2d, x, w, **options)


def test_no_channels_leave_the_bias(rng):
    x, w = (mt.Tensor(np.zeros(s), requires_grad=True) for s in ((2, 0, 5, 6), (4, 0, 3, 3)))
    y = mt.conv2d(x, w, np.arange(4.0))
    np.testing.assert_array_equal(y.data, np.zeros((2, 4, 3, 4)) + np.arange(4.0)[:, None, None])
    y.backward(np.ones(y.shape))
    assert x.grad.shape == x.shape and w.grad.shape == w.shape


@pytest.mark.parametrize("padding", [((0, 1), (2, 0)), [[3, 0], [0, 1]], (1, (0, 2))])
def test_conv2d_padded_differently_at_the_ends(padding):
    (top, bottom), (left, right) = [p if isinstance(p, (tuple, list)) else (p, p) for p in padding]

    def padded_first(x, w, b):
        return F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, stride=(2, 1))

    compare(lambda x, w, b: mt.conv2d(x, w, b, (2, 1), padding), padded_first,
            (2, 2, 6, 7), (3, 2, 3, 2), (3,))


@pytest.mark.parametrize("x, w, options", [
    ((2, 3, 9), (4, 3, 2), dict()),
    ((2, 4, 9), (6, 2, 3), dict(stride=2, padding=(1,), dilation=2, groups=2)),
    ((2, 3, 9), (4, 3, 5), dict(padding="same")),
    ((3, 9), (4, 3, 2), dict(stride=(3,))),
])
def test_conv1d(x, w, options):
    compare(mt.conv1d, F.conv1d, x, w, (w[0],), **options)
    compare(mt.conv1d, F.conv1d, x, w, **options)


def test_conv1d_padded_differently_at_the_ends():
    compare(lambda x, w: mt.conv1d(x, w, padding=((0, 2),)),
            lambda x, w: F.conv1d(F.pad(x, (0, 2)), w), (2, 3, 5), (4, 3, 3))


@pytest.mark.parametrize("x, w, options", [
    ((2, 3, 5, 4), (3, 4, 3, 2), dict()),
    ((2, 3, 5, 4), (3, 2, 2, 4), dict(stride=(2, 3), padding=(1, 2), output_padding=(1, 2))),
    ((2, 4, 4, 3), (4, 3, 3, 2), dict(stride=2, dilation=(2, 3), padding=1, groups=2)),
    ((2, 4, 4, 5), (4, 1, 3, 3), dict(padding=1, groups=4)),
    ((2, 3, 4, 5), (3, 2, 2, 3), dict(output_padding=(2, 1), dilation=(3, 2))),
    ((1, 2, 3, 4), (2, 3, 2, 2), dict(stride=4, output_padding=3)),
    ((2, 3, 4, 5), (3, 2, 3, 3), dict(stride=2, padding=1, output_padding=1)),
    ((0, 3, 5, 4), (3, 4, 3, 2), dict(stride=2)),
    ((3, 5, 4), (3, 4, 3, 2), dict(stride=(2, 1))),
])
def test_conv_transpose2d(x, w, options):
    bias = (w[1] * options.get("groups", 1),)
    compare(mt.conv_transpose2d, F.conv_transpose2d, x, w, bias, **options)
    compare(mt.conv_transpose2d, F.conv_transpose2d, x, w, **options)


@pytest.mark.parametrize("x, w, options", [
    ((2, 3, 7), (3, 4, 3), dict(stride=2, padding=1, output_padding=1)),
    ((2, 4, 5), (4, 2, 2), dict(groups=2, dilation=3, output_padding=2)),
    ((3, 7), (3, 4, 3), dict(stride=(2,))),
])
def test_conv_transpose1d(x, w, options):
    bias = (w[1] * options.get("groups", 1),)
    compare(mt.conv_transpose1d, F.conv_transpose1d, x, w, bias, **options)


def test_transposed_padding_may_differ_at_the_ends(rng):
    x, w = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((3, 2, 3, 3))
    whole = mt.conv_transpose2d(x, w, stride=2).data
    cut = mt.conv_transpose2d(x, w, stride=2, padding=((1, 2), (0, 3))).data
    np.testing.assert_allclose(cut, whole[:, :, 1:-2, :-3], atol=1e-12)


def test_transposed_is_the_adjoint(rng):
    """<conv(x), y> = <x, conv_transpose(y)>, for any x and y."""
    options = dict(stride=(2, 3), padding=(1, 0), dilation=(1, 2), groups=2)
    x, w = rng.standard_normal((2, 4, 9, 11)), rng.standard_normal((6, 2, 3, 2))
    y = mt.conv2d(x, w, **options)
    other = rng.standard_normal(y.shape)
    back = mt.conv_transpose2d(other, w, output_padding=(0, 2), **options)
    assert back.shape == x.shape
    np.testing.assert_allclose((y.data * other).sum(), (x * back.data).sum())


AXIS = st.tuples(st.integers(1, 8), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2),
                 st.integers(1, 3), st.integers(0, 2))
FUZZ = settings(max_examples=60, deadline=None, derandomize=True)
CHANNELS = st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))


@FUZZ
@given(CHANNELS, AXIS, AXIS)
def test_any_geometry(channels, rows, columns):
    N, G, c, f = channels
    size, kernel, stride, padding, dilation, output_padding = zip(rows, columns)
    double = dict(dtypes=(np.float64,), stride=stride, dilation=dilation, groups=G)
    if all(n + 2 * p > d * (k - 1) for n, k, p, d in zip(size, kernel, padding, dilation)):
        compare(mt.conv2d, F.conv2d, (N, G * c, *size), (G * f, c, *kernel), (G * f,),
                padding=padding, **double)
    output_padding = tuple([o % max(s, d) for o, s, d in zip(output_padding, stride, dilation)])
    if all((n - 1) * s + d * (k - 1) + o >= 2 * p for n, k, s, p, d, o
           in zip(size, kernel, stride, padding, dilation, output_padding)):
        compare(mt.conv_transpose2d, F.conv_transpose2d, (N, G * c, *size), (G * c, f, *kernel),
                (G * f,), padding=padding, output_padding=output_padding, **double)


@pytest.mark.parametrize("layout", ["channels last", "transposed", "broadcast", "reversed"])
def test_memory_layouts(rng, layout):
    x = rng.standard_normal((2, 3, 6, 5))
    x = {"channels last": np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
         "transposed": np.ascontiguousarray(x.T).T, "reversed": x[::-1, :, ::-1, ::-1],
         "broadcast": np.broadcast_to(x[:1, :, :1], x.shape)}[layout]
    w = rng.standard_normal((2, 3, 4, 3)).transpose(2, 1, 0, 3)
    compare(mt.conv2d, F.conv2d, x, w, np.broadcast_to(rng.standard_normal(1), 4), stride=(1, 2))


def test_gradient_of_a_sum_is_broadcast():
    """sum() hands back a gradient of zero strides."""
    compare(lambda x, w: mt.conv2d(x, w).sum(), lambda x, w: F.conv2d(x, w).sum(), (2, 2, 4, 5),
            (3, 2, 2, 2))


# what the ops are made of ------------------------------------------------------------------------


def test_by_hand_without_a_tape(rng):
    x, w, b = (rng.standard_normal(s) for s in ((2, 4, 6, 5), (6, 2, 3, 2), (6,)))
    conv = Conv2d(stride=(2, 1), padding=((1, 0), (0, 2)), groups=2)
    y = conv.forward(x, w, b)
    dy = rng.standard_normal(y.shape)
    dx, dw, db = conv.backward(dy)
    for array, gradient in ((x, dx), (w, dw), (b, db)):
        step = rng.standard_normal(array.shape)
        array += 1e-5 * step
        up = (conv.forward(x, w, b) * dy).sum()
        array -= 2e-5 * step
        down = (conv.forward(x, w, b) * dy).sum()
        array += 1e-5 * step
        np.testing.assert_allclose((up - down) / 2e-5, (gradient * step).sum(), rtol=1e-6)


def test_by_hand_without_a_bias(rng):
    for op in (Conv2d(), ConvTranspose2d()):
        y = op.forward(rng.standard_normal((1, 2, 4, 4)), rng.standard_normal((2, 2, 3, 3)))
        dx, dw, db = op.backward(np.ones_like(y))
        assert dx.shape == (1, 2, 4, 4) and dw.shape == (2, 2, 3, 3) and db is None


@pytest.mark.parametrize("op, shape", [
    (mt.conv2d, (3, 2, 3, 3)), (mt.conv_transpose2d, (2, 3, 3, 3))])
@pytest.mark.parametrize("wanted", ["x", "w", "b"])
def test_only_the_gradients_asked_for_are_computed(monkeypatch, rng, op, shape, wanted):
    x, w, b = (mt.Tensor(rng.standard_normal(s), requires_grad=name == wanted)
               for name, s in (("x", (2, 2, 5, 5)), ("w", shape), ("b", (3,))))
    y = op(x, w, b)
    calls = []
    for name in ("conv2d_forward", "conv2d_input_gradient", "conv2d_weight_gradient"):
        def spy(*args, primitive=kernels.PRIMITIVES[name]):
            calls.append(primitive.name)
            return primitive(*args)
        monkeypatch.setattr(kernels, name, spy)
    y.backward(np.ones(y.shape))
    for_x = "conv2d_input_gradient" if op is mt.conv2d else "conv2d_forward"
    assert calls == {"x": [for_x], "w": ["conv2d_weight_gradient"], "b": []}[wanted]
    assert {"x": x, "w": w, "b": b}[wanted].grad is not None


def test_a_frozen_weight_keeps_no_image(rng):
    x = mt.Tensor(rng.standard_normal((1, 2, 5, 5)), requires_grad=True)
    y = mt.conv2d(x, rng.standard_normal((3, 2, 3, 3)))
    assert y.grad_fn.x is None and y.grad_fn.w is not None


def test_arrays_are_accepted(rng):
    x, w = rng.standard_normal((1, 2, 4, 4)), rng.standard_normal((3, 2, 2, 2))
    np.testing.assert_array_equal(mt.conv2d(x, w).data, mt.conv2d(mt.Tensor(x), mt.Tensor(w)).data)


# columns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("x, kernel, options", [
    ((2, 3, 7, 6), (3, 2), dict()),
    ((2, 3, 7, 6), 2, dict(stride=(2, 3), padding=(1, 2))),
    ((2, 1, 7, 8), (2, 3), dict(dilation=(3, 2), padding=3)),
    ((0, 2, 5, 6), 2, dict()),
    ((3, 5, 6), (2, 3), dict(stride=2)),
])
def test_unfold_and_fold(x, kernel, options):
    compare(mt.unfold, F.unfold, x, kernel_size=kernel, **options)
    columns = tuple(mt.unfold(np.zeros(x), kernel, **options).shape)
    compare(mt.fold, F.fold, columns, output_size=x[-2:], kernel_size=kernel, **options)


def test_convolution_is_a_product_with_columns(rng):
    x, w = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((4, 3, 3, 2))
    y = w.reshape(4, -1) @ mt.unfold(x, (3, 2), padding=1).data
    np.testing.assert_allclose(y.reshape(2, 4, 6, 8), mt.conv2d(x, w, padding=1).data, atol=1e-12)


def test_columns_by_hand(rng):
    x, columns = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 12, 12))
    unfold, fold = Unfold((2, 2)), Fold((4, 5), (2, 2))
    np.testing.assert_allclose((unfold.forward(x) * columns).sum(),
                               (x * fold.forward(columns)).sum())
    np.testing.assert_array_equal(unfold.backward(columns), fold.forward(columns))
    np.testing.assert_array_equal(fold.backward(x), unfold.forward(x))


# refused -----------------------------------------------------------------------------------------


def f32(*shape):
    return np.zeros(shape, "float32")


X = f32(2, 3, 8, 9)
W = f32(4, 3, 3, 3)


@pytest.mark.parametrize("args, options, words", [
    ((X, f32(32, 1, 3, 3)), {}, r"conv2d: input has 3 channels but weight expects 1 \(weight shape "
     r"\(32, 1, 3, 3\)\); pass in_channels=3 or convert the image to grey"),
    ((f32(2, 4, 8, 9), W), {}, r"has 4 channels but weight expects 3 .*; pass in_channels=4$"),
    ((X, f32(4, 3, 3, 3)), dict(groups=2), "has 3 channels but weight expects 6 in 2 groups"),
    ((X, W), dict(groups=3), r"groups=3 does not divide the 4 filters of weight \(shape \(4"),
    ((X, W), dict(groups=0), "conv2d: groups must be at least 1, got 0"),
    ((X[0, 0], W), {}, r"input must be \(N, C, H, W\) or \(C, H, W\), got shape \(8, 9\)"),
    ((f32(2, 3, 0, 9), W), {}, r"input of shape \(2, 3, 0, 9\) has no pixels"),
    ((X, W[0]), {}, r"weight must be \(F, C/groups, KH, KW\) with .* got shape \(3, 3, 3\)"),
    ((X, f32(0, 3, 3, 3)), {}, r"one filter and one kernel element, got shape \(0, 3, 3, 3\)"),
    ((X, f32(4, 3, 0, 3)), {}, r"one filter and one kernel element, got shape \(4, 3, 0, 3\)"),
    ((X, W, f32(3)), {}, r"bias .* one number per output channel, shape \(4,\), got shape \(3,"),
    ((X, W, f32(4, 1)), {}, r"bias must hold .* got shape \(4, 1\)"),
    ((X, f32(4, 3, 9, 3)), {}, r"the kernel covers 9 x 3 \(size 9 x 3, dilation 1 x 1\) but the "
     "padded input is only 8 x 9; use a smaller kernel or more padding"),
    ((X, W), dict(dilation=(1, 5)), r"the kernel covers 3 x 11 \(size 3 x 3, dilation 1 x 5\)"),
    ((X, W), dict(stride=0), "conv2d: stride must be at least 1, got 0"),
    ((X, W), dict(dilation=-1), "conv2d: dilation must be at least 1, got -1"),
    ((X, W), dict(padding=(0, -1)), r"conv2d: padding must be at least 0"),
    ((X, W), dict(padding="same", stride=2), r'padding="same" needs stride 1, got stride \(2, 2\)'),
    ((X, W), dict(padding="full"), 'padding must be "valid", "same" or numbers, got "full"'),
    ((X, W), dict(padding=((1, 2, 3), (0, 0))), "padding must be an int or 2 ints, got 3 of them"),
])
def test_conv2d_refuses(args, options, words):
    with pytest.raises(ValueError, match=words):
        mt.conv2d(*args, **options)


@pytest.mark.parametrize("args, options, words", [
    ((X.astype("float64"), W), {}, "one dtype, but input is float64, weight is float32"),
    ((X, W, np.zeros(4)), {}, "bias is float64"),
    ((X > 0, W > 0), {}, "conv2d: input must hold numbers, got bool"),
    ((X.astype("int64"), W), {}, "conv2d: all tensors must have one dtype, but input is int64"),
    ((X, W), dict(stride=1.5), "conv2d: stride must be an int or 2 ints, got 1.5"),
    ((X, W), dict(padding=None), "conv2d: padding must be an int or 2 ints, got None"),
])
def test_conv2d_refuses_types(args, options, words):
    with pytest.raises(TypeError, match=words):
        mt.conv2d(*args, **options)


@pytest.mark.parametrize("op, args, options, error, words", [
    (mt.conv1d, (X, W), {},
     ValueError, r"conv1d: input must be \(N, C, L\) or \(C, L\), got shape"),
    (mt.conv1d, (X[0], W), {}, ValueError, r"conv1d: weight must be \(F, C/groups, K\)"),
    (mt.conv1d, (X[0], W[0]), dict(stride=(1, 2)), ValueError, "conv1d: input has 8 channels but"),
    (mt.conv_transpose1d, (X[0], f32(3, 2, 2)), {}, ValueError, "input has 8 channels but weight"),
    (mt.conv_transpose2d, (X, W), {}, ValueError,
     "conv_transpose2d: input has 3 channels but weight expects 4"),
    (mt.conv_transpose2d, (X, f32(3, 3, 3)), {}, ValueError, r"must be \(C, F/groups, KH, KW\)"),
    (mt.conv_transpose2d, (X, f32(3, 2, 3, 3)), dict(groups=2), ValueError,
     "groups=2 does not divide the 3 input channels of weight"),
    (mt.conv_transpose2d, (X, f32(3, 2, 3, 3), f32(3)), {}, ValueError, r"bias .* \(2,\)"),
    (mt.conv_transpose2d, (X, f32(3, 2, 3, 3)), dict(stride=2, output_padding=2), ValueError,
     r"must be smaller than stride or dilation, got output_padding=\(2, 2\), stride="),
    (mt.conv_transpose2d, (X, f32(3, 2, 3, 3)), dict(output_padding=-1), ValueError,
     "output_padding must be at least 0"),
    (mt.conv_transpose2d, (X, f32(3, 2, 3, 3)), dict(padding=5), ValueError,
     r"padding \(\(5, 5\), \(5, 5\)\) leaves nothing of the result \(size 0 x 1\)"),
    (mt.conv_transpose2d, (X, f32(3, 2, 3, 3)), dict(padding="same"), TypeError,
     'padding must be numbers, got "same"'),
    (mt.unfold, (X, 9), {}, ValueError, "unfold: the kernel covers 9 x 9"),
    (mt.unfold, (X[0, 0], 2), {}, ValueError, r"unfold: input must be \(N, C, H, W\)"),
    (mt.fold, (X, 8, 2), {}, ValueError, r"fold: input must be \(N, C\*KH\*KW, windows\)"),
    (mt.fold, (f32(1, 5, 4), 3, 2), {}, ValueError,
     "each column holds 5 numbers, no multiple of the kernel's 2 x 2"),
    (mt.fold, (f32(1, 4, 5), 3, 2), {}, ValueError,
     "fold: output_size and kernel_size make 2 x 2 windows, but the input holds 5"),
])
def test_the_others_refuse(op, args, options, error, words):
    with pytest.raises(error, match=words):
        op(*args, **options)


def test_an_image_of_torch_size_gives_torchs_numbers():
    """One example in full, so that the layout of the weight is pinned down."""
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    w = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    y = mt.conv2d(x, w).data
    assert y[0, 0, 0, 0] == 0 + 10 * 1 + 100 * 4 + 1000 * 5
    np.testing.assert_array_equal(y, F.conv2d(torch.from_numpy(x), torch.from_numpy(w)))


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("options", [{}, dict(stride=2, padding=1)])
def test_integers_are_convolved(dtype, options, rng):
    x, w, b = [rng.integers(0, 9, shape).astype(dtype) for shape in ((2, 4, 7, 6), (4, 2, 3, 2), 4)]
    y = mt.conv2d(x, w, b, groups=2, **options)
    expected = F.conv2d(*map(torch.from_numpy, (x, w, b)), groups=2, **options)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, expected)
    if dtype == "int64":
        y = mt.conv_transpose2d(x, w, **options)
        expected = F.conv_transpose2d(*map(torch.from_numpy, (x, w)), **options)
        np.testing.assert_array_equal(y.data, expected)
