"""EfficientNet-Lite against a definition of its own: PyTorch's functions, read off the weights."""
import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import minitorch_cnn as mt
from minitorch_cnn import models
from minitorch_cnn.models.efficientnet_lite import Conv2dSame, same_padding

# as https://github.com/tensorflow/tpu/blob/master/models/official/efficientnet writes them
LITE0 = ["r1_k3_s11_e1_i32_o16", "r2_k3_s22_e6_i16_o24", "r2_k5_s22_e6_i24_o40",
         "r3_k3_s22_e6_i40_o80", "r3_k5_s11_e6_i80_o112", "r4_k5_s22_e6_i112_o192",
         "r1_k3_s11_e6_i192_o320"]
# counted in the published files
PARAMETERS = {"efficientnet_lite0": 4_652_008, "efficientnet_lite1": 5_416_680,
              "efficientnet_lite2": 6_092_072}
BLOCKS = {"efficientnet_lite0": [1, 2, 2, 3, 3, 4, 1], "efficientnet_lite1": [1, 3, 3, 4, 4, 5, 1],
          "efficientnet_lite2": [1, 3, 3, 4, 4, 5, 1]}


def same_conv(x, weight, stride, groups=1):
    """TensorFlow's SAME, written out: pad so that ceil(n / s) windows fit, the rest at the end."""
    pads = []
    for n, k in zip(reversed(x.shape[2:]), reversed(weight.shape[2:])):
        total = max((-(-n // stride) - 1) * stride + k - n, 0)
        pads += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, pads), weight, stride=stride, groups=groups)


def reference(x, state, name):
    """Logits by the names of the published files: _conv_stem, _blocks.0._depthwise_conv ..."""
    def bn(x, at):
        return F.batch_norm(x, state[f"{at}.running_mean"], state[f"{at}.running_var"],
                            state[f"{at}.weight"], state[f"{at}.bias"], eps=1e-3)

    x = F.relu6(bn(same_conv(x, state["_conv_stem.weight"], 2), "_bn0"))
    number = 0
    for row, repeats in zip(LITE0, BLOCKS[name]):
        stride = int(re.search(r"_s(\d)", row).group(1))
        for i in range(repeats):
            at, inside = f"_blocks.{number}", x
            if f"{at}._expand_conv.weight" in state:
                inside = F.relu6(bn(F.conv2d(x, state[f"{at}._expand_conv.weight"]), f"{at}._bn0"))
            depthwise = state[f"{at}._depthwise_conv.weight"]
            inside = same_conv(inside, depthwise, stride if i == 0 else 1, len(depthwise))
            inside = F.relu6(bn(inside, f"{at}._bn1"))
            inside = bn(F.conv2d(inside, state[f"{at}._project_conv.weight"]), f"{at}._bn2")
            x = x + inside if i or x.shape == inside.shape else inside
            number += 1
    x = F.relu6(bn(F.conv2d(x, state["_conv_head.weight"]), "_bn1"))
    return F.linear(x.mean((2, 3)), state["_fc.weight"], state["_fc.bias"])


def published_name(name):
    """Ours in a list of blocks -> theirs: (stage, place) is numbered through."""
    fixed = {"features.0.0": "_conv_stem", "features.0.1": "_bn0", "features.8.0": "_conv_head",
             "features.8.1": "_bn1", "classifier.1": "_fc"}
    start, entry = name.rsplit(".", 1)
    return f"{fixed[start]}.{entry}" if start in fixed else None


def random_published_state(net, rng):
    """A state dict with the published names, in the order of our layers."""
    state, number, last = {}, -1, None
    for name, value in net.state_dict().items():
        found = published_name(name)
        if found is None:
            stage, place, layer, part, entry = re.fullmatch(
                r"features\.(\d)\.(\d)\.block\.(\d)\.(\d)\.(\w+)", name).groups()
            number += (stage, place) != last
            last = stage, place
            layer = int(layer) + (stage == "1")
            conv = ("_expand_conv", "_depthwise_conv", "_project_conv")[layer]
            found = f"_blocks.{number}.{conv if part == '0' else f'_bn{layer}'}.{entry}"
        draw = rng.standard_normal(value.shape)
        if value.ndim > 1:
            draw *= (2 / np.prod(value.shape[1:])) ** 0.5
        state[found] = abs(draw) + 0.5 if name.endswith("var") else draw
        if name.endswith("tracked"):
            state[found] = np.int64(0)
    return state


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("size", [(64, 64), (65, 70)])
def test_outputs_are_those_of_the_definition(name, size, rng):
    net = models.get_model(name).eval()
    assert sum(p.numel() for p in net.parameters()) == PARAMETERS[name]
    state = random_published_state(net, rng)
    net.double().load_state_dict(state)
    x = rng.standard_normal((2, 3, *size))
    image, picture = mt.Tensor(x, requires_grad=True), torch.from_numpy(x).requires_grad_()
    due = reference(picture, {k: torch.as_tensor(v) for k, v in state.items()}, name)
    ours = net(image)
    np.testing.assert_allclose(ours.detach().data, due.detach().numpy(), rtol=1e-9)
    ours[:, 3].sum().backward()
    due[:, 3].sum().backward()
    np.testing.assert_allclose(image.grad.data, picture.grad.numpy(), rtol=1e-7, atol=1e-12)


def test_its_own_names_load_too(rng):
    net, other = models.efficientnet_lite0(), models.efficientnet_lite0()
    other.load_state_dict(net.state_dict())
    x = rng.standard_normal((1, 3, 32, 32), dtype=np.float32)
    np.testing.assert_array_equal(net.eval()(mt.Tensor(x)).data, other.eval()(mt.Tensor(x)).data)
    assert list(net.state_dict())[:2] == ["features.0.0.weight", "features.0.1.weight"]
    assert "features.3.1.block.2.1.running_var" in net.state_dict()


@pytest.mark.parametrize("size, kernel, stride, padding", [
    (224, 3, 2, (0, 1)), (112, 5, 2, (1, 2)), (65, 3, 2, (1, 1)), (8, 3, 1, (1, 1)),
    (5, 2, 1, (0, 1)), (1, 1, 2, (0, 0))])
def test_same_padding_is_tensorflows(size, kernel, stride, padding):
    assert same_padding(size, kernel, stride) == padding


@pytest.mark.parametrize("size", [(7, 8), (6, 5)])
def test_the_output_has_a_row_for_every_stride(size, rng):
    conv = Conv2dSame(2, 4, 5, stride=2)
    x = rng.standard_normal((1, 2, *size), dtype=np.float32)
    due = same_conv(torch.from_numpy(x), torch.from_numpy(conv.weight.data.copy()), 2)
    ours = conv(mt.Tensor(x))
    assert ours.shape[2:] == tuple(-(-n // 2) for n in size)
    expected = due.numpy() + conv.bias.data[:, None, None]
    np.testing.assert_allclose(ours.data, expected, atol=1e-5)
