"""ResidentDataset against torchvision's transforms and our own, and what it refuses."""
import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import datasets, transforms
from minitorch_cnn.data import DataLoader, ResidentDataset, Subset, TensorDataset


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (9, 3, 5, 4), dtype=np.uint8)


LABELS = np.arange(9)
MEAN, STD = (0.49, 0.48, 0.44), (0.25, 0.24, 0.26)


def test_it_normalizes_as_pytorch_does(images):
    from torchvision.transforms.functional import normalize
    y, labels = ResidentDataset(images, LABELS, MEAN, STD).get_batch([8, 0, -2, 0])
    right = normalize(torch.from_numpy(images[[8, 0, 7, 0]]) / 255, MEAN, STD).numpy()
    assert y.data.dtype == np.float32 and y.shape == (4, 3, 5, 4)
    np.testing.assert_allclose(y.data, right, rtol=2e-6, atol=1e-6)
    assert labels.data.tolist() == [8, 0, 7, 0]


def test_mnist_is_what_its_own_transform_makes():
    own = datasets.MNIST(train=False, transform=transforms.Compose([
        transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]))
    resident = ResidentDataset(own.data, own.targets, 0.1307, 0.3081)
    mt.manual_seed(3)
    first = next(iter(DataLoader(own, 50, shuffle=True)))
    mt.manual_seed(3)
    second = next(iter(DataLoader(resident, 50, shuffle=True)))
    np.testing.assert_allclose(first[0].data, second[0].data, rtol=2e-6, atol=2e-6)
    np.testing.assert_array_equal(first[1].data, second[1].data)


def test_a_sample_is_a_row_of_a_batch(images):
    data = ResidentDataset(images[:, 0], LABELS)
    image, label = data[-1]
    assert image.shape == (1, 5, 4) and label.item() == 8 and len(data) == 9
    np.testing.assert_array_equal(image.data, data.get_batch([8])[0].data[0])
    assert [len(y) for _, y in DataLoader(Subset(data, range(1, 6)), 2)] == [2, 2, 1]


@pytest.mark.parametrize("arguments, error, why", [
    ((np.zeros((2, 3, 3), np.float32), [0, 1]), TypeError, "must be uint8, got float32"),
    ((np.zeros((2, 3), np.uint8), [0, 1]), ValueError, r"or \(N, H, W\)"),
    ((np.zeros((2, 3, 3), np.uint8), [0]), ValueError, r"\(N,\), got \(2, 3, 3\) and \(1,\)"),
    ((np.zeros((2, 3, 3), np.uint8), [0, 1], 0.5, 0), ValueError, "std must be above 0"),
])
def test_what_it_refuses(arguments, error, why):
    with pytest.raises(error, match=why):
        ResidentDataset(*arguments)


def test_a_sample_that_is_not_there(images):
    with pytest.raises(IndexError, match="there is no sample 9 in a dataset of 9"):
        ResidentDataset(images, LABELS)[9]


def test_it_learns_as_from_floats(images):
    floats = mt.Tensor((images / np.float32(255)).astype(np.float32))
    found = []
    for data in (ResidentDataset(images, LABELS), TensorDataset(floats, mt.Tensor(LABELS))):
        mt.manual_seed(0)
        net = mt.nn.Sequential(mt.nn.Flatten(), mt.nn.Linear(60, 9))
        optimizer = mt.optim.SGD(net.parameters(), 0.1)
        for x, y in DataLoader(data, 3, shuffle=True):
            optimizer.zero_grad()
            mt.nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        found.append(net[1].weight.data)
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)
