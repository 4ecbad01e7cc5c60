"""The guide's nets: every count, the layers in the order of the guide, PyTorch's with our weights.
"""
from dataclasses import replace

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.inspect import summary
from minitorch_cnn.models import FGSM_NETS, GUIDE_NETS, GuideNet, Plan, fgsm_net


def parameters(model):
    return sum(p.numel() for p in model.parameters())


def linear(*widths):
    """Weights and biases of linear layers, the widths between them given."""
    return sum(i * o + o for i, o in zip(widths, widths[1:]))


def norms(*channels):
    return 2 * sum(channels)


COUNTS = {
    "1": linear(784, 512, 512, 10),
    "2": linear(784, 512, 512, 10) + norms(512, 512),
    "3": linear(784, 512, 256, 128, 128, 10) + norms(512, 256, 128, 128),
    "4": linear(784, 512, 512, 512, 512, 10) + norms(512, 512, 512, 512),
    "5": linear(784, 512, 512, 512, 512, 10),
    "6": linear(784, 512, 256, 256, 256, 10) + norms(512, 256, 256, 256),
    "7": linear(784, 512, 256, 256, 256, 10) + norms(512, 256, 256, 256),
    "8": linear(25, 32) + linear(32 * 25, 64) + linear(3136, 1000, 10),
    "9": linear(25, 64) + linear(64 * 25, 256) + linear(12_544, 5000, 1000, 10),
    "10": linear(25, 8) + linear(8 * 25, 16) + linear(784, 500, 250, 10) + norms(500, 250),
    "11": (linear(64, 16) + linear(16 * 36, 32) + linear(800, 512, 512, 10)
           + norms(16, 32, 512, 512)),
    "12": linear(25, 16) + linear(12_544, 1024, 512, 10) + norms(16, 1024, 512),
    "13": (linear(25, 16) + linear(16 * 25, 32) + linear(1568, 512, 10)
           + norms(16, 16, 32, 32, 512)),
}
for number in ("8", "9", "10", "11", "12", "13"):  # .1 and .2 differ in the optimizer alone
    COUNTS |= dict.fromkeys((f"{number}.1", f"{number}.2"), COUNTS.pop(number))
COUNTS |= {
    "8.1 without dropout": COUNTS["8.1"],
    "11.1 with five convolutions": COUNTS["11.1"] + 3 * (linear(32 * 9, 32) + norms(32)),
    "augmentation 1": COUNTS["4"],
    "augmentation 2": COUNTS["10.1"] + norms(16),
}


@pytest.fixture(scope="module")
def nets():
    """Each net once; net 9 alone takes 0.3 GB."""
    return {name: GuideNet(name) for name in GUIDE_NETS if name != "9.2"}


def test_parameter_counts(nets):
    assert COUNTS.keys() == GUIDE_NETS.keys()
    assert {name: parameters(net) for name, net in nets.items()} == {
        name: count for name, count in COUNTS.items() if name != "9.2"}


def test_the_big_net_is_as_big_as_the_guide_says(nets):
    found = summary(nets["9.1"], (1, 28, 28))
    assert round(found.parameters / 1e6) == 68
    assert round(found.multiply_adds / 1e6) == 149


def test_nineteen_nets_with_the_optimizers_of_the_guide():
    names = [name for name in GUIDE_NETS if name.replace(".", "").isdigit()]
    assert len(names) == 19
    optimizers = {name: GUIDE_NETS[name].optimizer for name in names}
    assert [name for name in names if optimizers[name] == "Adadelta"] == ["7", "13.1"]
    assert [name for name in names if optimizers[name] == "SGD"] == [
        "1", "3", "4", "8.2", "9.2", "10.2", "11.2", "12.2", "13.2"]


@pytest.mark.parametrize("name, layers", [
    ("4", "flatten fc1 bn1 relu1 drop1 fc2 bn2 relu2 fc3 bn3 relu3 fc4 bn4 relu4 fc5"),
    ("8.1", "conv1 relu1 pool1 conv2 relu2 pool2 drop1 flatten fc1 relu3 fc2"),
    ("12.1", "conv1 bn1 relu1 flatten fc1 bn2 relu2 fc2 bn3 relu3 fc3"),
    ("13.1", "conv1 bn1 pool1 mish1 bn2 conv2 bn3 pool2 mish2 bn4 flatten fc1 bn5 mish3 fc2"),
    ("augmentation 2", "conv1 relu1 pool1 conv2 relu2 pool2 bn1 drop1 flatten "
                       "fc1 bn2 relu3 fc2 bn3 relu4 fc3")])
def test_layers_by_name(nets, name, layers):
    assert [layer for layer, _ in nets[name].named_children()] == layers.split()


def test_kinds_of_layers(nets):
    net = nets["11.1"]
    assert (net.conv1.kernel_size, net.conv1.padding) == ((8, 8), (2, 2))
    assert (net.conv2.kernel_size, net.conv2.padding) == ((6, 6), (2, 2))
    assert isinstance(net.pool1, nn.AvgPool2d) and isinstance(nets["8.1"].pool1, nn.MaxPool2d)
    assert isinstance(net.bn2, nn.BatchNorm2d) and isinstance(net.bn3, nn.BatchNorm1d)
    assert isinstance(nets["3"].sigmoid4, nn.Sigmoid) and nets["4"].drop1.p == 0.5
    five = nets["11.1 with five convolutions"]
    assert five.conv5.kernel_size == (3, 3) and not hasattr(five, "pool3")


@pytest.mark.parametrize("name", [name for name in GUIDE_NETS if not name.startswith("9")])
def test_logits(nets, name, rng):
    images = mt.Tensor(rng.random((3, 1, 28, 28), dtype=np.float32))
    logits = nets[name](images)
    assert logits.shape == (3, 10) and np.isfinite(logits.data).all()


def test_logits_are_torchs(nets, rng):
    net, t = nets["13.1"], torch.nn
    twin = t.Sequential(
        t.Conv2d(1, 16, 5, padding=2), t.BatchNorm2d(16), t.AvgPool2d(2), t.Mish(),
        t.BatchNorm2d(16), t.Conv2d(16, 32, 5, padding=2), t.BatchNorm2d(32), t.AvgPool2d(2),
        t.Mish(), t.BatchNorm2d(32), t.Flatten(), t.Linear(1568, 512), t.BatchNorm1d(512),
        t.Mish(), t.Linear(512, 10))
    state = [torch.from_numpy(value.data.copy()) for value in net.state_dict().values()]
    twin.load_state_dict(dict(zip(twin.state_dict(), state)))
    images = rng.random((4, 1, 28, 28), dtype=np.float32)
    np.testing.assert_allclose(net(mt.Tensor(images)).detach().numpy(),
                               twin(torch.from_numpy(images)).detach().numpy(), atol=2e-5)


def test_one_factor_changed():
    net = GuideNet(replace(GUIDE_NETS["3"], after_hidden="bn mish"))
    assert parameters(net) == COUNTS["3"] and isinstance(net.mish1, nn.Mish)


def test_six_nets_for_fgsm():
    counts = {name: parameters(fgsm_net(name)) for name in FGSM_NETS}
    n1 = linear(64, 16) + linear(16 * 36, 32) + linear(800, 512, 512, 10)
    n3 = linear(25, 16) + linear(12_544, 1024, 512, 10)
    assert counts == {"N1": n1, "N11": n1, "N2": n1, "N22": n1, "N3": n3, "N33": n3}
    assert [plan.optimizer for plan in FGSM_NETS.values()] == [
        "Adam", "Adam", "SGD", "SGD", "Adam", "Adam"]
    assert [name for name, _ in fgsm_net("N3").named_children()] == [
        "conv1", "relu1", "drop1", "flatten", "fc1", "relu2", "fc2", "relu3", "fc3"]


@pytest.mark.parametrize("call, message", [
    (lambda: GuideNet("14"), "GuideNet: there is no net '14'; there are 1, 2, 3"),
    (lambda: fgsm_net("N4"), "fgsm_net: there is no net 'N4'; there are N1, N11, N2"),
    (lambda: GuideNet(Plan("8x5", "relu", "10", "relu", "-", "SGD")), "a convolution is written"),
    (lambda: GuideNet(Plan("-", "-", "10", "gelu", "-", "SGD")), "there is no layer 'gelu'"),
    (lambda: GuideNet("1")(mt.zeros(28, 28)), r"images must have shape \(N, 1, 28, 28\), got"),
])
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
