"""The MNIST net: its counts to the unit, its layers, and PyTorch's net with the same weights."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.models import MnistCNN


def parameters(model):
    return sum(p.numel() for p in model.parameters())


def test_parameter_counts():
    net = MnistCNN()
    assert parameters(net) == 799_078
    counts = [parameters(layer) for layer in (net.conv1, net.conv2, net.fc1, net.fc2)]
    assert counts == [320, 9_248, 784_500, 5_010]
    assert parameters(MnistCNN(batch_norm=True)) == 800_206


@pytest.mark.parametrize("batch_norm, names", [
    (False, "conv1 relu1 pool1 conv2 relu2 pool2 fc1 relu3 fc2"),
    (True, "conv1 bn1 relu1 pool1 conv2 bn2 relu2 pool2 fc1 bn3 relu3 fc2")])
def test_layers_run_in_the_order_of_their_names(batch_norm, names, rng):
    net, ran = MnistCNN(batch_norm), []
    for name, layer in net.named_children():
        layer.register_forward_hook(lambda *_, name=name: ran.append(name))
    net(mt.Tensor(rng.random((2, 1, 28, 28), dtype=np.float32)))
    assert ran == names.split() == [name for name, _ in net.named_children()]


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_chain_of_layers_is_forward(batch_norm, rng):
    net = MnistCNN(batch_norm).eval()
    x = mt.Tensor(rng.random((2, 1, 28, 28), dtype=np.float32))
    np.testing.assert_array_equal(nn.Sequential(*net.chain())(x).data, net(x).data)


def torch_twin(net, batch_norm):
    layers = torch.nn
    norm = [layers.BatchNorm2d(32), layers.BatchNorm2d(32), layers.BatchNorm1d(500)]
    bn1, bn2, bn3 = [[n] if batch_norm else [] for n in norm]
    twin = layers.Sequential(
        layers.Conv2d(1, 32, 3, padding=1), *bn1, layers.ReLU(), layers.MaxPool2d(2),
        layers.Conv2d(32, 32, 3, padding=1), *bn2, layers.ReLU(), layers.MaxPool2d(2),
        layers.Flatten(), layers.Linear(1568, 500), *bn3, layers.ReLU(), layers.Linear(500, 10))
    state = [torch.from_numpy(t.data.copy()) for t in net.state_dict().values()]
    twin.load_state_dict(dict(zip(twin.state_dict(), state)))
    return twin


@pytest.mark.parametrize("batch_norm", [False, True])
def test_logits_and_gradients_are_torchs(batch_norm, rng):
    net = MnistCNN(batch_norm)
    twin = torch_twin(net, batch_norm)
    images, labels = rng.random((4, 1, 28, 28), dtype=np.float32), rng.integers(0, 10, 4)
    logits = net(mt.Tensor(images))
    theirs = twin(torch.from_numpy(images))
    assert logits.shape == (4, 10)
    np.testing.assert_allclose(logits.detach().numpy(), theirs.detach().numpy(), atol=2e-5)
    nn.functional.cross_entropy(logits, labels).backward()
    torch.nn.functional.cross_entropy(theirs, torch.from_numpy(labels)).backward()
    for ours, other in zip(net.parameters(), twin.parameters()):
        np.testing.assert_allclose(ours.grad.data, other.grad.numpy(), atol=1e-4)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (2, 3, 28, 28), (2, 1, 32, 32)])
def test_other_images_are_refused(shape):
    with pytest.raises(ValueError, match=r"MnistCNN: images must have shape \(N, 1, 28, 28\), got"):
        MnistCNN()(mt.zeros(shape))


def test_an_empty_batch_has_no_logits():
    assert MnistCNN()(mt.zeros(0, 1, 28, 28)).shape == (0, 10)
