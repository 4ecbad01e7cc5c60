"""Activations seen through hooks, and embeddings, against torch's."""
import numpy as np
import pytest
import torch
from interpret_nets import Functional, checksum, images, pair

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.interpret import activations, capture, embedding


def by_torch(model, x):
    """The output of every layer of a torch Sequential."""
    outputs, t = [], torch.from_numpy(x)
    for layer in model:
        t = layer(t)
        outputs.append(t.detach().numpy())
    return outputs


def test_every_layer_before_and_after_relu():
    ours, theirs = pair()
    x = images()
    mine = activations(ours, x, batch_size=2)
    assert list(mine) == [str(i) for i in range(10)]
    for array, expected in zip(mine.values(), by_torch(theirs, x)):
        np.testing.assert_allclose(array, expected, rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(np.maximum(mine["1"], 0), mine["2"])


def test_named_layers_of_a_functional_net_and_single_images():
    ours, theirs = pair()
    net = Functional(ours).eval()
    mine = activations(net, mt.Tensor(images()[1]), ["bn1", net.conv2])
    assert list(mine) == ["bn1", "conv2"]
    expected = by_torch(theirs, images()[1:2])
    np.testing.assert_allclose(mine["bn1"], expected[1][0], rtol=1e-10)
    np.testing.assert_allclose(mine["conv2"], expected[4][0], rtol=1e-10)
    assert list(activations(net, images())) == ["conv1", "bn1", "conv2", "fc1", "fc2"]


def test_a_layer_that_runs_twice_has_two_entries():
    relu = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(1, 2, 1), relu, nn.Conv2d(2, 2, 1), relu).double().eval()
    mine = activations(net, images(), relu)
    assert list(mine) == ["1", "1:2"]
    np.testing.assert_array_equal(mine["1:2"], net(mt.Tensor(images())).data)


def test_capture_in_training_mode_keeps_copies_and_removes_its_hooks():
    net = pair()[0]
    net.train()
    with capture(net, "0") as seen:
        first = net[0](mt.Tensor(images()))
        with mt.no_grad():
            kept = first.data.copy()
            first.data[...] = 0
        net(mt.Tensor(images()))
    assert list(seen) == ["0"] and len(seen["0"]) == 2
    np.testing.assert_array_equal(seen["0"][0], kept)
    assert not net[0]._forward_hooks


def test_hooks_are_removed_after_errors():
    net = pair()[0]
    before = checksum(net)
    with pytest.raises(ZeroDivisionError), capture(net):
        net(mt.Tensor(images()))
        1 / 0
    with pytest.raises(ValueError, match="conv2d"):
        activations(net, images((2, 3, 4, 4)))
    with pytest.raises(ValueError, match="no layer"), capture(net, ["0", "conv9"]):
        pass
    assert checksum(net) == before


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def test_what_cannot_be_captured():
    ours, _ = pair()
    net = Functional(ours).eval()
    with pytest.raises(ValueError, match="layer 'unused' exists but did not run .*; conv1 did"):
        activations(net, images(), ["unused", "conv1"])
    with pytest.raises(ValueError, match="activations: no layer 'x'; there are conv1, bn1"):
        activations(net, images(), "x")
    with pytest.raises(TypeError, match="layer '' returned a tuple, not a Tensor"):
        activations(Pair().eval(), images(), "")
    with pytest.raises(TypeError, match="capture: needs the layers of an nn.Module, got function"):
        capture(lambda x: x).__enter__()


def test_embedding_is_what_the_classifier_sees():
    ours, theirs = pair()
    x = images()
    expected = by_torch(theirs, x)
    np.testing.assert_allclose(embedding(ours, x, batch_size=2), expected[8], rtol=1e-10)
    net = Functional(ours).eval()
    np.testing.assert_allclose(embedding(net, x), expected[8], rtol=1e-10)
    np.testing.assert_allclose(embedding(net, x, "fc1"), expected[7], rtol=1e-10)
    np.testing.assert_allclose(embedding(net, x, net.conv2), expected[4].reshape(3, -1), rtol=1e-10)
    np.testing.assert_allclose(embedding(net, x[1]), expected[8][1], rtol=1e-10)
    assert embedding(net, x[:0]).shape == (0, 8)


def test_embedding_of_length_one():
    ours, theirs = pair()
    vectors = by_torch(theirs, images())[8]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(embedding(ours, images(), l2=True), vectors, rtol=1e-10)
    silent = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(120, 2)).double().eval()
    np.testing.assert_array_equal(embedding(silent, -images(), l2=True), np.zeros((3, 120)))


def test_embedding_without_a_layer_to_look_at():
    with pytest.raises(ValueError, match="embedding: the model has no Linear; name the layer"):
        embedding(nn.Sequential(nn.Conv2d(1, 1, 1)).double().eval(), images())
    net = Functional(pair()[0]).eval()
    with pytest.raises(ValueError, match="embedding: layer 'unused' did not run"):
        embedding(net, images(), "unused")
