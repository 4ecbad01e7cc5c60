"""The summary: counts by hand, torchsummary's totals, and a model that is left as it was."""
import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.inspect import checksum, summary
from minitorch_cnn.inspect.table import size_text, text_table
from minitorch_cnn.models import MnistCNN
from minitorch_cnn.nn import functional as F


def by_name(result):
    return {layer.name: layer for layer in result.layers}


def test_the_base_net_has_torchsummarys_totals():
    found = summary(MnistCNN(), (1, 28, 28))
    assert (found.parameters, found.trainable) == (799_078, 799_078)
    assert (found.conv_neurons, found.linear_neurons, found.neurons) == (31_360, 510, 31_870)
    # every layer's output: conv1 and relu1, pool1, conv2 and relu2, pool2, fc1 and relu3, fc2
    outputs = 2 * 25_088 + 6_272 + 2 * 6_272 + 1_568 + 2 * 500 + 10
    assert found.forward_backward_mb == 2 * 4 * outputs / 1024 ** 2
    text = str(found)
    for line in ["Total params: 799,078", "Input size (MB): 0.00",
                 "Forward/backward pass size (MB): 0.55", "Params size (MB): 3.05",
                 "Estimated Total Size (MB): 3.60", "Neurons: 31,870"]:
        assert line in text


def test_batch_norm_has_parameters_but_no_neurons():
    found = summary(MnistCNN(batch_norm=True), (1, 28, 28))
    assert (found.parameters, found.neurons) == (800_206, 31_870)
    layers = by_name(found)
    assert (layers["bn3"].parameters, layers["bn3"].neurons) == (1_000, 0)


def test_rows_of_the_base_net():
    layers = by_name(summary(MnistCNN(), (1, 28, 28)))
    assert list(layers) == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc1", "relu3",
                            "fc2"]
    conv2 = layers["conv2"]
    assert (conv2.type, conv2.input_shape, conv2.output_shape) == ("Conv2d", (32, 14, 14),
                                                                   (32, 14, 14))
    assert (conv2.parameters, conv2.neurons) == (9_248, 6_272)
    assert conv2.multiply_adds == 32 * 14 * 14 * 32 * 9
    assert conv2.output_bytes == 4 * 6_272 and conv2.parameter_bytes == 4 * 9_248
    assert layers["fc1"].multiply_adds == 1568 * 500
    assert layers["pool2"].output_shape == (32, 7, 7) and layers["pool2"].multiply_adds == 0


def test_multiply_adds_of_groups_and_transposed_convolutions():
    net = nn.Sequential(nn.Conv2d(4, 8, 3, groups=2, stride=2), nn.ConvTranspose2d(8, 6, 2))
    conv, transposed = summary(net, (4, 9, 9)).layers
    assert conv.multiply_adds == 8 * 4 * 4 * (2 * 9)            # every output sees 2 of 4 channels
    assert transposed.multiply_adds == 8 * 4 * 4 * (6 * 4)      # every input feeds 6 channels
    assert summary(net, (4, 9, 9)).conv_neurons == 8 * 16 + 6 * 25


def test_convolution_by_subclass_is_a_convolution():
    class Odd(nn.Conv2d):
        pass

    assert summary(nn.Sequential(Odd(1, 2, 3)), (1, 5, 5)).conv_neurons == 2 * 9


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
        self.layers[1].weight = self.layers[0].weight

    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
        return x


def test_blocks_repeats_and_shared_parameters():
    net = nn.Sequential(Block(), nn.Sequential(nn.Linear(3, 2)))
    found = summary(net, (3,))
    assert [layer.name for layer in found.layers] == [
        "0.layers.0", "0.act", "0.layers.1", "0.act", "0", "1.0"]
    assert [layer.parameters for layer in found.layers] == [12, 0, 3, 0, 0, 8]
    assert found.parameters == 23
    assert found.forward_backward_mb * 1024 ** 2 == 2 * 4 * (5 * 3 + 2)  # the block's output too


def test_a_single_layer_is_its_own_row():
    found = summary(nn.Linear(4, 2), (4,))
    assert [(layer.name, layer.output_shape) for layer in found.layers] == [("Linear", (2,))]


def test_several_inputs_tuple_outputs_and_keywords():
    class Both(nn.Module):
        def forward(self, a, *, b):
            return a + b, a

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.both = Both()

        def forward(self, a, b):
            return self.both(a, b=b)[0]

    found = summary(Net(), [(3, 2), (3, 2)])
    assert found.layers[0].output_bytes == 4 * 12
    assert found.input_mb == 4 * 12 / 1024 ** 2


def test_frozen_and_float64_parameters():
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).double()
    net[0].requires_grad_(False)
    found = summary(net, (4,))
    assert (found.parameters, found.trainable) == (23, 8)
    assert found.parameters_mb == 8 * 23 / 1024 ** 2
    assert "Non-trainable params: 15" in str(found)


def test_rows_are_data():
    found = summary(nn.Sequential(nn.Linear(4, 3)), (4,))
    assert found.rows()[0]["neurons"] == 3
    totals = found.totals()
    assert totals["neurons"] == 3 and totals["total_mb"] == found.total_mb
    assert "layers" not in totals


class Careless(nn.Module):
    """Changes a buffer, draws random numbers; fails for sizes other than 4."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", mt.zeros(1))
        self.bn = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        self.calls.data += 1
        return F.dropout(self.drop(self.bn(x)), 0.5, True)


@pytest.mark.parametrize("size", [(4,), (5,)])
def test_the_model_is_left_as_it_was(size):
    net = Careless()
    net.drop.eval()
    before, streams = checksum(net), repr(mt.get_rng_state())
    if size == (4,):
        summary(net, size)
    else:
        with pytest.raises(ValueError, match=r"summary: Careless cannot take an input of size "
                                             r"\(5,\) \(without the batch dimension\): "):
            summary(net, size)
    assert checksum(net) == before
    assert [m.training for m in net.modules()] == [True, True, False]
    assert not any(m._forward_hooks for m in net.modules())
    assert repr(mt.get_rng_state()) == streams


def test_no_module():
    with pytest.raises(TypeError, match="summary: needs a Module, got function"):
        summary(lambda x: x, (1,))


@pytest.mark.parametrize("size", [3, (1, -2), (1.5,), "abc", [(1, 2), 3], (True,)])
def test_no_size(size):
    with pytest.raises(ValueError, match="summary: input_size must be the shape of one image"):
        summary(nn.Linear(1, 1), size)


def test_checksum_sees_one_bit_and_buffers():
    net = nn.BatchNorm1d(2)
    first = checksum(net)
    assert first == checksum(net)
    net.running_mean.data[0] = np.float32(1e-45)
    second = checksum(net)
    net.weight.data[1] = np.nextafter(np.float32(1), np.float32(2))
    assert len({first, second, checksum(net)}) == 3


def test_text_table():
    assert text_table(["a", "n"], [["x", 1234], [None, "b"]]) == \
        "a      n\n-  -----\nx  1,234\n       b"
    assert size_text((2, 3)) == "2 x 3" and size_text(()) == "scalar"
