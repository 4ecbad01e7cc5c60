"""ResNet-50 of Keras, converted: block by block the same function as written there."""
import io
import json
import tarfile

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import minitorch_cnn as mt
from minitorch_cnn.datasets.packages import Archive
from minitorch_cnn.models.formats import keras_resnet50
from minitorch_cnn.models.resnet import BottleneckV1, ResNet

WIDTH = 2  # channels of the first stage, 64 in Keras' net


def names():
    """(convolution, batch norm, kernel shape (KH, KW, C, F)) of a narrow net, in some order."""
    yield "conv1", "bn_conv1", (7, 7, 3, WIDTH)
    inputs = WIDTH
    for i, (stage, blocks) in enumerate({2: 3, 3: 4, 4: 6, 5: 3}.items()):
        narrow, wide = WIDTH * 2 ** i, 4 * WIDTH * 2 ** i
        for block in "abcdef"[:blocks]:
            at = f"{stage}{block}_branch"
            shapes = {"2a": (1, 1, inputs, narrow), "2b": (3, 3, narrow, narrow),
                      "2c": (1, 1, narrow, wide)} | ({"1": (1, 1, inputs, wide)} if block == "a"
                                                     else {})
            for part, shape in shapes.items():
                yield f"res{at}{part}", f"bn{at}{part}", shape
            inputs = wide


@pytest.fixture
def keras(rng):
    """{name: array} as Keras names them; every batch norm has statistics of its own."""
    arrays = {}
    for conv, norm, shape in names():
        arrays[f"{conv}/kernel"] = rng.standard_normal(shape) * (2 / np.prod(shape[:3])) ** 0.5
        arrays[f"{conv}/bias"] = rng.standard_normal(shape[3])
        for part, low in (("gamma", 0.3), ("beta", -0.5), ("moving_mean", -0.5),
                          ("moving_variance", 0.001)):
            arrays[f"{norm}/{part}"] = low + rng.random(shape[3])
    arrays["fc1000/kernel"], arrays["fc1000/bias"] = rng.random((32 * WIDTH, 5)), rng.random(5)
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def tgz(path, arrays, cut=0):
    """The package: weights one after the other, in two shards that end where they like."""
    content = b"".join(array.tobytes() for array in arrays.values())
    content = content[:len(content) - cut]
    half = len(content) // 2 + 3
    manifest = [{"paths": ["s1.bin", "s2.bin"], "weights": [
        {"name": k, "shape": list(v.shape), "dtype": "float32"} for k, v in arrays.items()]}]
    files = {"model.json": json.dumps({"weightsManifest": manifest}).encode(),
             "s1.bin": content[:half], "s2.bin": content[half:]}
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"package/ResNet50/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def keras_forward(x, a):
    """The net of keras_applications/resnet50.py (2019), on images B G R, in PyTorch's functions."""
    t = {name: torch.from_numpy(array).double() for name, array in a.items()}

    def conv_bn(x, conv, norm, stride=1, padding=0):
        x = F.conv2d(x, t[f"{conv}/kernel"].permute(3, 2, 0, 1), t[f"{conv}/bias"], stride, padding)
        return F.batch_norm(x, t[f"{norm}/moving_mean"], t[f"{norm}/moving_variance"],
                            t[f"{norm}/gamma"], t[f"{norm}/beta"], eps=1e-3)

    x = F.relu(conv_bn(x, "conv1", "bn_conv1", 2, 3))
    x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)
    for stage, blocks in {2: 3, 3: 4, 4: 6, 5: 3}.items():
        for block in "abcdef"[:blocks]:
            at, stride = f"{stage}{block}_branch", 2 if block == "a" and stage > 2 else 1
            y = F.relu(conv_bn(x, f"res{at}2a", f"bn{at}2a", stride))
            y = F.relu(conv_bn(y, f"res{at}2b", f"bn{at}2b", padding=1))
            y = conv_bn(y, f"res{at}2c", f"bn{at}2c")
            if block == "a":
                x = conv_bn(x, f"res{at}1", f"bn{at}1", stride)
            x = F.relu(x + y)
    return x.mean((2, 3)) @ t["fc1000/kernel"] + t["fc1000/bias"]


class Narrow(ResNet):
    """ResNet-50 with fewer channels."""

    def __init__(self):
        super().__init__(BottleneckV1, [3, 4, 6, 3], num_classes=5)
        self.inplanes = WIDTH
        self.conv1 = mt.nn.Conv2d(3, WIDTH, 7, 2, 3, bias=False)
        self.bn1 = mt.nn.BatchNorm2d(WIDTH)
        for i, blocks in enumerate([3, 4, 6, 3]):
            stage = self._make_layer(BottleneckV1, WIDTH * 2 ** i, blocks, 2 if i else 1)
            setattr(self, f"layer{i + 1}", stage)
        self.fc = mt.nn.Linear(32 * WIDTH, 5)


def test_the_converted_net_is_keras(tmp_path, keras, rng):
    with Archive(tgz(tmp_path / "a.tgz", keras)) as archive:
        state = keras_resnet50(archive)
    net = Narrow().double().eval()
    net.load_state_dict(state)
    x = rng.standard_normal((2, 3, 65, 70))                                # R G B
    due = keras_forward(torch.from_numpy(x[:, ::-1].copy()), keras)
    np.testing.assert_allclose(net(mt.Tensor(x)).detach().data, due.numpy(), rtol=2e-4, atol=1e-5)


def test_shards_that_end_too_early_are_refused(tmp_path, keras):
    with Archive(tgz(tmp_path / "a.tgz", keras, cut=4)) as archive, \
            pytest.raises(ValueError, match="fc1000/bias is no float32, or the shards end before"):
        keras_resnet50(archive)
