"""The ImageNet nets: torchvision's names, arguments, state dicts; its outputs and gradients."""
import inspect

import numpy as np
import pytest
import torch
import torchvision.models as theirs

import minitorch_cnn as mt
from minitorch_cnn import models, nn
from minitorch_cnn.models import resnet, squeezenet, vgg

SHARED = [name for name in models.list_models() if "lite" not in name]
WHOLE = [name for name in SHARED if not name.startswith("vgg")]


def ready(net):
    """A net of theirs with batch norms that have seen images, so that no layer is the identity."""
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
            torch.nn.init.uniform_(layer.weight, 0.5, 1)
            torch.nn.init.normal_(layer.bias, 0, 0.1)
    with torch.no_grad():
        net.train()(torch.randn(4, 3, 64, 64))
    return net.eval()


def arrays(net):
    return {name: value.numpy() for name, value in net.state_dict().items()}


def distance(a, b):
    """|a - b| / |b|, Euclidean norms."""
    return float(np.linalg.norm(a.ravel() - b.ravel()) / np.linalg.norm(b.ravel()))


def same_as_theirs(ours, twin, x):
    """Logits, and the gradients of a weighted sum of them for the image and the first weight.

    In float64, since in float32 a ReLU near 0 may be on in one and off in the other.
    """
    ours.load_state_dict(arrays(twin))
    ours, twin = ours.double(), twin.double()
    image, picture = mt.Tensor(x, requires_grad=True), torch.from_numpy(x).requires_grad_()
    logits, expected = ours.eval()(image), twin(picture)
    weights = np.linspace(-1, 1, logits.shape[1], dtype=x.dtype)
    (logits * mt.Tensor(weights)).sum().backward()
    (expected * torch.from_numpy(weights)).sum().backward()
    assert distance(logits.detach().data, expected.detach().numpy()) < 1e-12
    for grad, due in ((image.grad, picture.grad),
                      (next(ours.parameters()).grad, next(twin.parameters()).grad)):
        assert distance(grad.data, due.numpy()) < 1e-11


@pytest.mark.parametrize("name", WHOLE)
def test_outputs_and_gradients_are_torchvisions(name, rng):
    twin = ready(theirs.get_model(name, weights=None, num_classes=7))
    x = rng.standard_normal((2, 3, 75, 70))
    same_as_theirs(models.get_model(name, num_classes=7), twin, x)


@pytest.mark.parametrize("name", [name for name in SHARED if name.startswith("vgg")])
def test_the_convolutions_of_vgg_are_torchvisions(name, rng):
    batch_norm, cfg = name.endswith("_bn"), vgg.CONFIGURATIONS[name.removesuffix("_bn")]
    letter = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}[name.removesuffix("_bn")]
    twin = theirs.vgg.make_layers(theirs.vgg.cfgs[letter], batch_norm)
    ours = nn.Sequential(*vgg.make_layers(cfg, batch_norm), nn.Flatten())
    x = rng.standard_normal((1, 3, 40, 33))
    same_as_theirs(ours, ready(torch.nn.Sequential(*twin, torch.nn.Flatten())), x)


def test_the_linear_layers_of_vgg_are_torchvisions(rng):
    twin = theirs.VGG(torch.nn.Conv2d(3, 512, 1), num_classes=5, init_weights=False).eval()
    ours = models.VGG(nn.Conv2d(3, 512, 1), num_classes=5, init_weights=False).eval()
    ours.load_state_dict(arrays(twin))
    x = rng.standard_normal((2, 3, 9, 8), dtype=np.float32)
    logits, expected = ours(mt.Tensor(x)), twin(torch.from_numpy(x))
    assert distance(logits.detach().data, expected.detach().numpy()) < 1e-5


@pytest.mark.parametrize("name", SHARED)
def test_names_and_shapes_in_the_state_dict_are_torchvisions(name, monkeypatch):
    monkeypatch.setattr(nn.init, "kaiming_normal_", lambda *a, **k: None)
    monkeypatch.setattr(nn.Linear, "reset_parameters", lambda self: None)
    monkeypatch.setattr(nn.Conv2d, "reset_parameters", lambda self: None)
    monkeypatch.setattr(nn.init, "normal_", lambda *a, **k: None)
    with torch.device("meta"):
        due = theirs.get_model(name, weights=None).state_dict()
    ours = models.get_model(name).state_dict()
    assert {k: tuple(v.shape) for k, v in ours.items()} == {k: tuple(v.shape)
                                                           for k, v in due.items()}


@pytest.mark.parametrize("ours, twin", [
    (models.AlexNet, theirs.AlexNet), (models.VGG, theirs.VGG), (models.ResNet, theirs.ResNet),
    (models.MobileNetV2, theirs.MobileNetV2), (models.SqueezeNet, theirs.SqueezeNet),
    (vgg.make_layers, theirs.vgg.make_layers), (resnet.BasicBlock, theirs.resnet.BasicBlock),
    (resnet.Bottleneck, theirs.resnet.Bottleneck), (squeezenet.Fire, theirs.squeezenet.Fire)])
def test_arguments_are_torchvisions(ours, twin):
    def listed(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.default, p.kind) for p in parameters]
    assert listed(ours) == listed(twin)


@pytest.mark.parametrize("options", [
    {"replace_stride_with_dilation": [False, True, True]}, {"groups": 2, "width_per_group": 32},
    {"zero_init_residual": True}])
def test_options_of_resnet(options, rng):
    twin = ready(theirs.resnet50(num_classes=5, **options))
    x = rng.standard_normal((1, 3, 64, 64))
    same_as_theirs(models.resnet50(num_classes=5, **options), twin, x)


def test_a_residual_branch_that_starts_at_zero():
    for net in (models.resnet18(zero_init_residual=True), models.resnet50(zero_init_residual=True)):
        block = net.layer1[1]
        last = block.bn2 if hasattr(block, "bn2") and not hasattr(block, "bn3") else block.bn3
        assert not last.weight.data.any()


@pytest.mark.parametrize("options", [
    {"width_mult": 0.35}, {"width_mult": 1.4, "round_nearest": 4},
    {"inverted_residual_setting": [[1, 8, 1, 1], [4, 16, 2, 2]], "dropout": 0.5}])
def test_options_of_mobilenet(options, rng):
    twin = ready(theirs.mobilenet_v2(num_classes=5, **options))
    x = rng.standard_normal((2, 3, 64, 64))
    same_as_theirs(models.mobilenet_v2(num_classes=5, **options), twin, x)


def test_the_stride_in_the_first_convolution():
    """The paper's place for it, which Keras' weights are trained with."""
    net = models.resnet50(first_stride=True)
    assert net.layer2[0].conv1.stride == (2, 2) and net.layer2[0].conv2.stride == (1, 1)
    assert net.state_dict().keys() == models.resnet50().state_dict().keys()


def stds(net, kind):
    return [float(layer.weight.data.std()) for layer in net.modules() if isinstance(layer, kind)]


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "squeezenet1_1", "alexnet"])
def test_weights_start_as_torchvisions(name):
    """Layer by layer as widely spread, up to chance."""
    ours, twin = models.get_model(name), theirs.get_model(name, weights=None)
    for kind, other in ((nn.Conv2d, torch.nn.Conv2d), (nn.Linear, torch.nn.Linear)):
        np.testing.assert_allclose(stds(ours, kind), [float(m.weight.detach().std())
                                   for m in twin.modules() if isinstance(m, other)], rtol=0.25)


@pytest.mark.parametrize("build, words", [
    (lambda: models.SqueezeNet("2_0"), "SqueezeNet: version must be one of 1_0, 1_1, got '2_0'"),
    (lambda: resnet.BasicBlock(4, 4, groups=2), "BasicBlock only supports groups=1"),
    (lambda: models.ResNet(resnet.BasicBlock, [1] * 4, replace_stride_with_dilation=[True]),
     "replace_stride_with_dilation must be None or have 3 entries"),
    (lambda: models.MobileNetV2(inverted_residual_setting=[(1, 2)]), "needs rows of 4 numbers"),
    (lambda: models.MobileNetV2(inverted_residual_setting=[(1, 8, 1, 3)]), "stride should be 1 or"),
    (lambda: models.get_model("resnet19"), "unknown model 'resnet19'; choose one of alexnet")])
def test_what_does_not_exist_is_refused(build, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        build()


def test_a_dilated_basic_block_is_refused():
    with pytest.raises(NotImplementedError, match="a dilation above 1 is not supported"):
        resnet.BasicBlock(4, 4, dilation=2)
