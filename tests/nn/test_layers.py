"""Every layer against torch's: text, state dict, and results and gradients from one state."""
import copy
import inspect
import pickle

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn

X4, X3, X2 = (2, 4, 7, 6), (2, 4, 9), (5, 4)

LAYERS = [  # name, positional arguments, keyword arguments, shape of the input
    ("Linear", (4, 3), {}, X2), ("Linear", (4, 3), dict(bias=False), (2, 3, 4)),
    ("Linear", (4, 1), {}, (4,)), ("Conv2d", (4, 6, 3), {}, X4),
    ("Conv2d", (4, 6, (3, 2)), dict(stride=(2, 1), padding=(1, 2)), X4),
    ("Conv2d", (4, 6, 3, 1, 2, 2, 2, False), {}, X4),
    ("Conv2d", (4, 4, 3), dict(groups=4), (4, 7, 6)),
    ("Conv2d", (4, 3, 4), dict(padding="same"), X4),
    ("Conv2d", (4, 3, 2), dict(padding="valid"), X4),
    ("Conv2d", (4, 3, 3), dict(padding=(2, 1), padding_mode="reflect", stride=2), X4),
    ("Conv2d", (4, 3, 3), dict(padding=(2, 1), padding_mode="replicate"), X4),
    ("Conv2d", (4, 3, 3), dict(padding=(2, 1), padding_mode="circular"), X4),
    ("Conv2d", (4, 3, (4, 3)), dict(padding="same", padding_mode="reflect", dilation=(1, 2)), X4),
    ("Conv2d", (4, 3, 3), dict(padding="valid", padding_mode="circular"), X4),
    ("Conv1d", (4, 6, 3), dict(stride=2, padding=1), X3),
    ("Conv1d", (4, 2, 4), dict(padding="same"), (4, 9)),
    ("Conv1d", (4, 2, 3), dict(padding=2, padding_mode="replicate"), X3),
    ("ConvTranspose2d", (4, 6, 3), dict(stride=2, padding=1, output_padding=1), X4),
    ("ConvTranspose2d", (4, 6, (2, 3), (1, 2), 0, (0, 1), 2, False, 2), {}, X4),
    ("ConvTranspose1d", (4, 3, 3, 2, 1, 1), {}, X3), ("MaxPool2d", (2,), {}, X4),
    ("MaxPool2d", ((3, 2), 2, 1), dict(ceil_mode=True), X4),
    ("MaxPool2d", (2,), dict(dilation=2, stride=1), (4, 7, 6)), ("MaxPool1d", (3, 2, 1), {}, X3),
    ("AvgPool2d", (2,), {}, X4), ("AvgPool2d", (3, 2, 1, True, False), {}, X4),
    ("AvgPool2d", (3, 2), dict(divisor_override=5), X4), ("AvgPool1d", (3, 2, 1), {}, X3),
    ("AdaptiveAvgPool2d", (1,), {}, X4), ("AdaptiveAvgPool2d", ((3, None),), {}, X4),
    ("AdaptiveMaxPool2d", ((3, 2),), {}, X4), ("AdaptiveAvgPool1d", (4,), {}, X3),
    ("AdaptiveMaxPool1d", (4,), {}, X3), ("BatchNorm2d", (4,), {}, X4),
    ("BatchNorm2d", (4, 1e-3, 0.3), dict(affine=False), X4),
    ("BatchNorm2d", (4,), dict(bias=False, momentum=None), X4),
    ("BatchNorm2d", (4,), dict(track_running_stats=False), X4), ("BatchNorm1d", (4,), {}, X2),
    ("BatchNorm1d", (4,), {}, X3), ("BatchNorm3d", (4,), {}, (2, 4, 3, 2, 2)),
    ("InstanceNorm2d", (4,), {}, X4), ("InstanceNorm2d", (4,), dict(affine=True), (4, 7, 6)),
    ("InstanceNorm2d", (4,), dict(track_running_stats=True), X4), ("InstanceNorm1d", (4,), {}, X3),
    ("LayerNorm", (6,), {}, X4), ("LayerNorm", ((7, 6), 1e-3), dict(bias=False), X4),
    ("LayerNorm", ([4, 7, 6],), dict(elementwise_affine=False), X4), ("GroupNorm", (2, 4), {}, X4),
    ("GroupNorm", (4, 4), dict(affine=False), X3),
    ("GroupNorm", (1, 4), dict(bias=False, eps=1e-3), X2), ("RMSNorm", (6,), {}, X4),
    ("RMSNorm", ([7, 6], 0.1, False), {}, X4), ("LocalResponseNorm", (3, 0.1, 0.5, 2.0), {}, X4),
    ("LPPool1d", (2, 3, 2), {}, X3), ("LPPool2d", (3, (2, 3)), dict(ceil_mode=True), X4),
    ("FeatureAlphaDropout", (0.0,), {}, X4), ("Flatten", (), {}, X4), ("Flatten", (0, 2), {}, X4),
    ("Unflatten", (1, (2, 2)), {}, X4), ("Identity", (1, "two"), dict(three=3), X2),
    ("ReLU", (), {}, X2), ("ReLU6", (), {}, X2), ("LeakyReLU", (0.2,), {}, X2),
    ("ELU", (0.7,), {}, X2), ("CELU", (0.5,), {}, X2), ("SELU", (), {}, X2), ("GELU", (), {}, X2),
    ("GELU", ("tanh",), {}, X2), ("Sigmoid", (), {}, X2), ("SiLU", (), {}, X2),
    ("Tanh", (), {}, X2), ("Tanhshrink", (), {}, X2), ("Softplus", (2.0, 1.0), {}, X2),
    ("Softsign", (), {}, X2), ("Hardswish", (), {}, X2), ("Hardsigmoid", (), {}, X2),
    ("Hardtanh", (-0.3, 0.6), {}, X2), ("Mish", (), {}, X2), ("LogSigmoid", (), {}, X2),
    ("PReLU", (), {}, X2), ("PReLU", (4, 0.1), {}, X4), ("Threshold", (0.1, -2.0), {}, X2),
    ("Hardshrink", (0.3,), {}, X2), ("Softshrink", (0.3,), {}, X2), ("GLU", (1,), {}, X4),
    ("Softmax", (1,), {}, X4), ("LogSoftmax", (-1,), {}, X4), ("Softmin", (0,), {}, X2),
    ("Softmax2d", (), {}, X4), ("Softmax2d", (), {}, (4, 7, 6)), ("ZeroPad1d", (2,), {}, X3),
    ("ZeroPad2d", ((1, 2, 0, -1),), {}, X4), ("ZeroPad3d", (1,), {}, (1, 2, 2, 2, 2)),
    ("ConstantPad1d", (2, 0.5), {}, X3), ("ConstantPad2d", (1, 3.5), {}, X4),
    ("ConstantPad3d", (1, 3.5), {}, (1, 2, 2, 2, 2)), ("ReflectionPad1d", (2,), {}, X3),
    ("ReflectionPad2d", ((1, 2, 3, 0),), {}, X4), ("ReplicationPad1d", (2,), {}, X3),
    ("ReplicationPad2d", ((1, 2, 3, 0),), {}, X4), ("CircularPad1d", (2,), {}, X3),
    ("CircularPad2d", ((1, 2, 3, 0),), {}, X4), ("Upsample", (), dict(scale_factor=2), X4),
    ("Upsample", ((9, 8),), dict(mode="bilinear"), X4),
    ("Upsample", (), dict(scale_factor=(1.5, 2), mode="bilinear", align_corners=True), X4),
    ("UpsamplingNearest2d", ((9, 8),), {}, X4),
    ("UpsamplingBilinear2d", (), dict(scale_factor=2), X4), ("PixelShuffle", (2,), {}, X4),
    ("PixelUnshuffle", (2,), {}, (2, 3, 4, 6)), ("Unfold", ((2, 3), 1, 1, 2), {}, X4),
    ("Fold", ((4, 5), (2, 2)), {}, (2, 8, 12)), ("Dropout", (0.0,), {}, X2),
    ("Dropout1d", (0.0,), {}, X3), ("Dropout2d", (0.0,), {}, X4),
    ("Dropout3d", (0.0,), {}, (2, 3, 2, 2, 2)), ("AlphaDropout", (0.0,), {}, X2),
    ("RReLU", (0.25, 0.25), {}, X2),
]
LOSSES = [  # name, keyword arguments, kind of target
    ("CrossEntropyLoss", {}, "class"),
    ("CrossEntropyLoss", dict(label_smoothing=0.1, ignore_index=1), "class"),
    ("CrossEntropyLoss", dict(reduction="sum"), "probability"),
    ("CrossEntropyLoss", dict(weight=[1.0, 2.0, 0.5, 3.0]), "class"),
    ("NLLLoss", dict(weight=[1.0, 2.0, 0.5, 3.0], ignore_index=2), "class"),
    ("MSELoss", {}, "float"), ("L1Loss", dict(reduction="none"), "float"),
    ("SmoothL1Loss", dict(beta=0.5), "float"), ("HuberLoss", dict(delta=0.5), "float"),
    ("BCEWithLogitsLoss", dict(pos_weight=[1.0, 2.0, 0.5, 3.0]), "probability"),
    ("BCEWithLogitsLoss", dict(weight=[1.0, 2.0, 0.5, 3.0]), "probability"),
    ("KLDivLoss", dict(reduction="batchmean"), "probability"),
    ("KLDivLoss", dict(reduction="sum", log_target=True), "float"),
    ("SoftMarginLoss", {}, "sign"), ("HingeEmbeddingLoss", dict(margin=0.5), "sign"),
    ("MultiMarginLoss", dict(p=2, weight=[1.0, 2.0, 0.5, 3.0]), "class"),
    ("MultiMarginLoss", dict(margin=0.3, reduction="none"), "class"),
    ("MultiLabelMarginLoss", {}, "labels"),
    ("MultiLabelSoftMarginLoss", dict(weight=[1.0, 2.0, 0.5, 3.0]), "probability"),
    ("PoissonNLLLoss", dict(full=True), "count"),
    ("PoissonNLLLoss", dict(log_input=False, eps=3.0, reduction="sum"), "count"),
]
INPLACE = ["ReLU", "ReLU6", "LeakyReLU", "ELU", "CELU", "SELU", "SiLU", "Mish", "Hardswish",
           "Hardsigmoid", "Hardtanh", "RReLU", "Dropout"]


def name_only(value):
    return value if isinstance(value, str) else ""


def make(name, args, options):
    """Our layer and torch's, in float64, with equal parameters that are not the initial ones."""
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    rng = np.random.default_rng(3)
    for parameter in theirs.parameters():
        parameter.data = torch.from_numpy(rng.standard_normal(tuple(parameter.shape)))
    theirs.double()
    ours.double().load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def both(array):
    return mt.Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def compare(y, t, pairs, rng):
    """The results, and the gradients of all pairs of tensors."""
    np.testing.assert_allclose(y.data, t.detach().numpy(), rtol=1e-7, atol=1e-9)
    assert y.dtype == t.detach().numpy().dtype
    dy = rng.standard_normal(y.shape)
    y.backward(dy)
    t.backward(torch.from_numpy(np.asarray(dy)))
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name, args, options, shape", LAYERS, ids=name_only)
def test_layer(name, args, options, shape, training, rng):
    ours, theirs = make(name, args, options)
    ours.train(training)
    theirs.train(training)
    for _ in range(2):  # a second step, for running statistics
        array = rng.standard_normal(shape)
        x, tx = both(array)
        ours.zero_grad()
        theirs.zero_grad()
        pairs = [(x, tx), *zip(ours.parameters(), theirs.parameters())]
        compare(ours(x), theirs(tx), pairs, rng)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].data, value.numpy(), rtol=1e-12,
                                   err_msg=key)


@pytest.mark.parametrize("name, args, options, shape", LAYERS, ids=name_only)
def test_text_state_signature_and_copies(name, args, options, shape):
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    assert repr(ours) == repr(theirs)
    mine = {k: (v.shape, str(v.dtype)) for k, v in ours.state_dict().items()}
    assert mine == {k: (tuple(v.shape), str(v.dtype)[6:]) for k, v in theirs.state_dict().items()}
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for twin in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert repr(twin) == repr(ours)
        for key, value in ours.state_dict().items():
            np.testing.assert_array_equal(twin.state_dict()[key].data, value.data)
            assert not np.shares_memory(twin.state_dict()[key].data, value.data)


def _signature(layer):
    parameters = inspect.signature(layer.__init__).parameters.values()
    return [(p.name, p.default) for p in parameters if p.name not in ("args", "kwargs")]


@pytest.mark.parametrize("name", sorted(
    {row[0] for row in LAYERS + LOSSES} | {"BCELoss", "CosineSimilarity", "PairwiseDistance"} | {
        "MaxUnpool2d", "CosineEmbeddingLoss", "MarginRankingLoss", "GaussianNLLLoss",
        "TripletMarginLoss", "TripletMarginWithDistanceLoss", "Sequential", "ModuleList"}))
def test_signature_is_torchs(name):
    theirs = _signature(getattr(torch.nn, name))
    deprecated = 2 if name == "Hardtanh" else 0
    assert _signature(getattr(nn, name)) == theirs[:len(theirs) - deprecated]


@pytest.mark.parametrize("name", INPLACE)
def test_inplace_is_shown_and_ignored(name):
    assert repr(getattr(nn, name)(inplace=True)) == repr(getattr(torch.nn, name)(inplace=True))
    x = mt.Tensor(np.array([-1.0, 2.0]))
    getattr(nn, name)(inplace=True)(x)
    np.testing.assert_array_equal(x.data, [-1, 2])


@pytest.mark.parametrize("name, options, kind", LOSSES)
def test_loss(name, options, kind, rng):
    logits = rng.standard_normal((5, 4))
    target = {"class": np.array([0, 3, 1, 2, 2]), "float": rng.standard_normal((5, 4)),
              "probability": rng.dirichlet(np.ones(4), 5), "sign": rng.choice([-1.0, 1.0], (5, 4)),
              "labels": np.array([[3, 0, -1, 1], [1, -1, -1, -1]] * 2 + [[0, 1, 2, 3]]),
              "count": rng.poisson(2, (5, 4)).astype(float)}[kind]
    tensors = {k: v for k, v in options.items() if isinstance(v, list)}
    plain = {k: v for k, v in options.items() if k not in tensors}
    ours = getattr(nn, name)(**plain, **{k: mt.Tensor(np.array(v)) for k, v in tensors.items()})
    theirs = getattr(torch.nn, name)(**plain, **{k: torch.tensor(v).double()
                                                 for k, v in tensors.items()})
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    x, tx = both(logits)
    compare(ours(x, mt.Tensor(target)), theirs(tx, torch.from_numpy(target)), [(x, tx)], rng)


def test_bce_loss(rng):
    p, t, w = rng.random((3, 4)), rng.random((3, 4)), rng.random(4)
    x, tx = both(p)
    compare(nn.BCELoss(mt.Tensor(w))(x, mt.Tensor(t)),
            torch.nn.BCELoss(torch.from_numpy(w))(tx, torch.from_numpy(t)), [(x, tx)], rng)


@pytest.mark.parametrize("name, options, kinds", [
    ("MarginRankingLoss", dict(margin=0.2), "xxs"),
    ("CosineEmbeddingLoss", dict(margin=0.2), "XXs"),
    ("TripletMarginLoss", dict(margin=0.5, p=3, swap=True), "XXX"),
    ("TripletMarginWithDistanceLoss", dict(margin=2.0), "XXX"),
    ("GaussianNLLLoss", dict(full=True, eps=0.5), "Xxp"), ("CosineSimilarity", dict(dim=-1), "XX"),
    ("PairwiseDistance", dict(p=1.5, keepdim=True), "XX")])
def test_layers_of_several_inputs(name, options, kinds, rng):
    ours, theirs = getattr(nn, name)(**options), getattr(torch.nn, name)(**options)
    shape = (5, 4) if "X" in kinds else (5,)
    make = {"x": lambda: rng.standard_normal(shape), "s": lambda: rng.choice([-1.0, 1.0], 5),
            "X": lambda: rng.standard_normal(shape), "p": lambda: rng.random(shape) + 0.1}
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    pairs = [both(make[kind]()) if kind != "s" else (t, torch.from_numpy(t))
             for kind in kinds for t in [make["s"]()]]
    compare(ours(*[p[0] for p in pairs]), theirs(*[p[1] for p in pairs]),
            [p for p in pairs if isinstance(p[0], mt.Tensor)], rng)


@pytest.mark.parametrize("old, new", [
    ((False, None), "sum"), ((None, False), "none"), ((True, True), "mean"),
    ((None, True), "mean"), ((False, True), "sum")])
def test_old_names_of_the_reduction(old, new):
    with pytest.warns(UserWarning, match=f'reduction="{new}"'):
        assert nn.MSELoss(*old).reduction == new


def test_max_pool_returns_indices(rng):
    array = rng.standard_normal((1, 2, 6, 6))
    for name in ("MaxPool2d", "AdaptiveMaxPool2d"):
        ours, theirs = [getattr(lib, name)(2, return_indices=True) for lib in (nn, torch.nn)]
        for mine, other in zip(ours(mt.Tensor(array)), theirs(torch.from_numpy(array))):
            np.testing.assert_array_equal(mine.data, other.numpy())


@pytest.mark.parametrize("dims, size", [(1, None), (2, None), (2, (7, 7)), (2, (1, 2, 7, 6))])
def test_max_unpool(dims, size, rng):
    array = rng.standard_normal((1, 2, *(7, 6)[:dims]))
    results = []
    ours, theirs = mt.Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    for library, x in ((nn, ours), (torch.nn, theirs)):
        pool = getattr(library, f"MaxPool{dims}d")(2, return_indices=True)
        layer = getattr(library, f"MaxUnpool{dims}d")(2)
        y = layer(*pool(x), output_size=size)
        y.backward(y.detach())
        results.append((repr(layer), y, x))
    np.testing.assert_array_equal(results[0][1].data, results[1][1].detach().numpy())
    np.testing.assert_allclose(results[0][2].grad.data, results[1][2].grad.numpy())
    assert results[0][0] == results[1][0]


def test_dropout_follows_train_and_eval_only():
    layer, x = nn.Dropout(0.5), mt.Tensor(np.ones(1000, np.float32))
    with mt.no_grad():
        kept = layer(x).data
    assert set(np.unique(kept)) == {0, 2} and 400 < (kept == 0).sum() < 600
    np.testing.assert_array_equal(layer.eval()(x).data, x.data)
    channels = nn.Dropout2d(0.5)(mt.Tensor(np.ones((20, 10, 3, 3)))).data
    assert (channels == channels[:, :, :1, :1]).all() and 0 < (channels == 0).mean() < 1


@pytest.mark.parametrize("name, args, options, shape", LAYERS, ids=name_only)
def test_arrays_are_taken_too(name, args, options, shape, rng):
    layer, x = getattr(nn, name)(*args, **options).eval(), rng.standard_normal(shape).astype("f")
    np.testing.assert_array_equal(mt.as_tensor(layer(x)).data, layer(mt.Tensor(x)).data)


@pytest.mark.parametrize("name, args", [
    ("Linear", (2, 3)), ("Conv2d", (1, 1, 1)), ("ConvTranspose2d", (1, 1, 1)),
    ("BatchNorm2d", (2,)), ("LayerNorm", (2,)), ("GroupNorm", (1, 2)), ("PReLU", ()),
    ("RMSNorm", (2,))])
def test_layers_on_a_dtype_and_device(name, args):
    layer = getattr(nn, name)(*args, dtype=np.float64, device="cpu")
    assert {p.dtype.name for p in layer.parameters()} == {"float64"}


@pytest.mark.parametrize("call, error, text", [
    (lambda: nn.Conv2d(3, 4, 3, groups=0), ValueError, "groups must be a positive integer, got 0"),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "in_channels must be divisible by groups"),
    (lambda: nn.Conv2d(4, 3, 3, groups=2), ValueError, "out_channels must be divisible by groups"),
    (lambda: nn.Conv2d(4, 3, 3, padding="full"), ValueError, '"same" or "valid"'),
    (lambda: nn.Conv2d(4, 3, 3, 2, padding="same"), ValueError, "needs stride=1"),
    (lambda: nn.Conv2d(4, 3, 3, padding_mode="mirror"), ValueError,
     "padding_mode must be one of zeros"),
    (lambda: nn.ConvTranspose2d(4, 3, 3, padding_mode="reflect"), ValueError,
     "must be one of zeros, got"),
    (lambda: nn.Conv2d(4, 3, (3, 3, 3)), ValueError, "kernel_size: expected an int or 2 of them"),
    (lambda: nn.HuberLoss(delta="1"), TypeError, "HuberLoss: delta must be a number, got str"),
    (lambda: nn.MultiMarginLoss(3), ValueError, "MultiMarginLoss: p must be 1 or 2, got 3"),
    (lambda: nn.MultiMarginLoss(weight=np.ones((2, 2))), ValueError, "must have one dimension"),
    (lambda: nn.TripletMarginLoss(0), ValueError, "margin must be greater than 0, got 0"),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), ValueError, "must be greater than 0"),
    (lambda: nn.GroupNorm(3, 4), ValueError, "num_channels must be divisible by num_groups"),
    (lambda: nn.GroupNorm(2.0, 4), TypeError, "GroupNorm: num_groups must be an integer, got 2.0"),
    (lambda: nn.Linear(784 / 2, 10), TypeError, "Linear: in_features must .* got 392.0"),
    (lambda: nn.Linear(3, -1), ValueError, "Linear: out_features must not be negative, got -1"),
    (lambda: nn.Conv2d("1", 2, 3), TypeError, "Conv2d: in_channels must be an integer, got '1'"),
    (lambda: nn.Conv2d(1, 2, (3, 1.5)), TypeError, r"Conv2d: kernel_size must .* got \(3, 1.5\)"),
    (lambda: nn.BatchNorm2d(None), TypeError, "BatchNorm2d: num_features must be an integer"),
    (lambda: nn.LayerNorm((2, 2.5)), TypeError, "LayerNorm: normalized_shape must be an integer"),
    (lambda: nn.RMSNorm(-2), ValueError, "RMSNorm: normalized_shape must not be negative"),
    (lambda: nn.PReLU(0.25), TypeError, "PReLU: num_parameters must be an integer, got 0.25"),
    (lambda: nn.MSELoss(mt.ones(2), mt.ones(2)), TypeError, "loss: .* are options, got a Tensor"),
    (lambda: nn.CrossEntropyLoss(mt.ones(2), mt.ones(2)), TypeError, "make the loss first"),
    (lambda: nn.Dropout(1.5), ValueError, "p is a probability"),
    (lambda: nn.Unflatten(1, 4), TypeError, "unflattened_size must be a tuple of ints"),
    (lambda: nn.ZeroPad2d((1, 2)), ValueError, "an int or 4 of them"),
    (lambda: nn.BatchNorm2d(3)(mt.Tensor(np.ones((2, 3)))), ValueError,
     r"expected 4D input \(got 2D input"),
    (lambda: nn.BatchNorm1d(3)(mt.Tensor(np.ones((2, 3, 4, 4)))), ValueError,
     "expected 2D or 3D input"),
    (lambda: nn.InstanceNorm2d(3, affine=True)(mt.Tensor(np.ones((2, 4, 4, 4)))), ValueError,
     "expected num_features=3 channels in dimension 1, got 4"),
    (lambda: nn.Softmax2d()(mt.Tensor(np.ones((2, 3)))), ValueError, "expected 3D or 4D input"),
    (lambda: nn.ConvTranspose2d(1, 1, 3)(mt.Tensor(np.ones((1, 1, 4, 4))), output_size=(1, 2, 3)),
     ValueError, "output_size must have 2 or 4 numbers"),
    (lambda: nn.ConvTranspose2d(1, 1, 3, 2)(mt.Tensor(np.ones((1, 1, 4, 4))), output_size=(12, 9)),
     ValueError, r"output_size of \(12, 9\) cannot be reached"),
])
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_instance_norm_warns_of_an_unused_number_of_features():
    with pytest.warns(UserWarning, match="not used because affine=False"):
        nn.InstanceNorm2d(3)(mt.Tensor(np.ones((2, 4, 4, 4), np.float32)))


@pytest.mark.parametrize("size", [(9, 8), (2, 3, 10, 8), None])
def test_conv_transpose_output_size(size, rng):
    ours, theirs = make("ConvTranspose2d", (4, 3, 3), dict(stride=2, dilation=1, padding=1))
    array = rng.standard_normal((2, 4, 5, 4))
    y = ours(mt.Tensor(array), output_size=size)
    t = theirs(torch.from_numpy(array), output_size=size)
    np.testing.assert_allclose(y.data, t.detach().numpy(), rtol=1e-9, atol=1e-12)
