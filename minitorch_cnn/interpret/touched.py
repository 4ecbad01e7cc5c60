"""Recompute only what a patch touches: of every map, the part that changes with the patch.

A convolution sees its input through windows, so a covered patch changes only a small part of its
output, a little larger than the patch. Everything else is as in the clean image, whose maps are
computed once. Layer by layer, the changed part and the clean surroundings that the windows reach
into are cut out, and the layer runs on that crop alone, without padding.

B covered images, C channels, H W a map's size; along one axis a map has n places, its output on.
"""
import math
from dataclasses import dataclass

import numpy as np

from .. import nn
from ..autograd import Tensor, no_grad
from ..device import array_module
from ..nn import functional

POINTWISE = (nn.CELU, nn.Dropout, nn.Dropout2d, nn.ELU, nn.GELU, nn.Hardswish, nn.Identity,
             nn.LeakyReLU, nn.Mish, nn.ReLU, nn.ReLU6, nn.SELU, nn.Sigmoid, nn.SiLU, nn.Softplus,
             nn.Tanh)


@dataclass
class Window:
    """A layer that computes each place of its output from a window of its input.

    Window o of an axis begins at place o * stride - padding and is ``span`` places long.
    """

    run: callable   # Tensor (B, C, h, w) -> Tensor, without padding
    span: tuple
    stride: tuple
    padding: tuple  # before the first row and column
    outside: float  # the value of padding
    work: int = 0   # multiply-adds for a place of the output


def _pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _reach(kernel, dilation):
    return tuple([d * (k - 1) + 1 for k, d in zip(_pair(kernel), _pair(dilation))])


def _convolution(layer):
    if layer.padding_mode != "zeros":
        return None
    span = _reach(layer.kernel_size, layer.dilation)
    padding = {"valid": (0, 0), "same": tuple([(s - 1) // 2 for s in span])}.get(
        layer.padding, layer.padding)

    def run(x):
        return functional.conv2d(x, layer.weight, layer.bias, layer.stride, 0, layer.dilation,
                                 layer.groups)

    return Window(run, span, layer.stride, padding, 0.0, layer.weight.numel())


def _max_pool(layer):
    if layer.return_indices:
        return None
    return Window(lambda x: functional.max_pool2d(x, layer.kernel_size, layer.stride, 0,
                                                  layer.dilation),
                  _reach(layer.kernel_size, layer.dilation), _pair(layer.stride),
                  _pair(layer.padding), -np.inf)


def _avg_pool(layer):
    if layer.ceil_mode or not layer.count_include_pad and any(_pair(layer.padding)):
        return None
    return Window(lambda x: functional.avg_pool2d(x, layer.kernel_size, layer.stride, 0, False,
                                                  True, layer.divisor_override),
                  _pair(layer.kernel_size), _pair(layer.stride), _pair(layer.padding), 0.0)


_WINDOWS = {nn.Conv2d: _convolution, nn.MaxPool2d: _max_pool, nn.AvgPool2d: _avg_pool}


class Touched:
    """A model that can run on what a patch touches.

    Parameters
    ----------
    layers : list of Module
        In the order in which they run.

    Attributes
    ----------
    local : list of Window or Module
        The first layers: those that compute a place from a window, or place by place.
    whole : list of Module
        The same layers as they are, for the clean image.
    rest : list of Module
        The layers after them, which see whole maps again.
    """

    def __init__(self, layers):
        local = [_local(layer) for layer in layers]
        end = local.index(None) if None in local else len(local)
        self.local, self.whole, self.rest = local[:end], layers[:end], layers[end:]

    @no_grad()
    def clean_maps(self, images):
        """The maps (N, C, H, W) that go into each local layer, and at last those that come out."""
        maps = [images]
        for layer in self.whole:
            maps.append(layer(Tensor(maps[-1])).data)
        return maps

    @no_grad()
    def check(self, model, images):
        """Refuse layers that do not compute the logits that the model does.

        Raises
        ------
        ValueError
        """
        x = Tensor(images)
        for layer in self.whole + self.rest:
            x = layer(x)
        expected = model(Tensor(images)).data
        if x.shape != expected.shape or not array_module(images).allclose(
                x.data, expected, rtol=1e-3, atol=1e-5, equal_nan=True):
            raise ValueError(f"occlusion: the modules of {type(model).__name__}.chain(), one after "
                             "the other, compute other logits than its forward; list all that run, "
                             'in their order, or pass recompute="full"')

    def share(self, image, corner, size):
        """Multiply-adds of the local layers on the touched parts, as a share of all of theirs."""
        maps = self.clean_maps(image)
        touched = total = 0
        for layer, after, cut in zip(self.local, maps[1:], self._cuts(maps, corner, size)):
            if cut is not None:
                touched += layer.work * math.prod(cut.out_size)
                total += layer.work * math.prod(after.shape[2:])
        return touched / total if total else 1.0

    @no_grad()
    def logits(self, images, filling, image, corner, size):
        """Logits (B, K) of images[image[b]] with a patch of ``filling`` at corner[:][b]."""
        maps = self.clean_maps(images)
        patch = merge(filling, image, None, corner, corner, size)
        for layer, before, cut in zip(self.local, maps, self._cuts(maps, corner, size)):
            if cut is None:
                patch = layer(Tensor(patch)).data
                continue
            crop = merge(before, image, patch, corner, cut.begin, cut.size, layer.outside)
            patch, corner = layer.run(Tensor(crop)).data, cut.out_corner
        origin = [np.zeros_like(c) for c in corner]
        x = Tensor(merge(maps[-1], image, patch, corner, origin, maps[-1].shape[2:]))
        for layer in self.rest:
            x = layer(x)
        return x.data

    def _cuts(self, maps, corner, size):
        """For each local layer the Cut it runs on; None for a layer that works place by place."""
        for layer, after in zip(self.local, maps[1:]):
            if not isinstance(layer, Window):
                yield None
                continue
            axes = [_grow(corner[i], size[i], layer.span[i], layer.stride[i], layer.padding[i],
                          after.shape[2 + i]) for i in (0, 1)]
            cut = Cut(*zip(*axes))
            corner, size = cut.out_corner, cut.out_size
            yield cut


@dataclass
class Cut:
    """What a layer has to read, and what changes in its output; (rows, columns) each."""

    begin: tuple       # first place to read, (B,); below 0 in the padding
    size: tuple        # places to read
    out_corner: tuple  # first place of the output that may change, (B,)
    out_size: tuple    # places that may change


def _grow(start, length, span, stride, padding, on):
    """One axis of a Cut: places [start, start + length) of the input changed."""
    first = -((span - 1 - start - padding) // stride)  # the first window that ends there or later
    last = (start + length - 1 + padding) // stride    # the last that begins before the end
    out_length = min(max(int((last - first).max()) + 1, 1), on)
    first = np.clip(first, 0, on - out_length)
    return first * stride - padding, (out_length - 1) * stride + span, first, out_length


def layers_in_order(model):
    """The layers of a model in the order in which they run; None where that is not known.

    It is of a Sequential, and of a Module with a method ``chain()`` that lists its modules in that
    order, including ``nn.Flatten`` and the like where forward calls functions. Hooks on layers
    count on seeing whole maps, so a model with hooks stays whole.
    """
    if not isinstance(model, nn.Module) or any(m._forward_hooks or m._forward_pre_hooks
                                               for m in model.modules()):
        return None
    if callable(getattr(type(model), "chain", None)):
        return [layer for module in model.chain() for layer in _flat(module)]
    return list(_flat(model)) if type(model).forward is nn.Sequential.forward else None


def _flat(module):
    """The layers of a Sequential, and of those inside it, in the order in which they run."""
    if type(module).forward is nn.Sequential.forward:
        for inner in module:
            yield from _flat(inner)
    else:
        yield module


def _local(layer):
    """The layer as a Window, itself where it works place by place, None where it does neither."""
    if type(layer) in POINTWISE or (type(layer) is nn.BatchNorm2d
                                    and layer.running_mean is not None):
        return layer
    return _WINDOWS[type(layer)](layer) if type(layer) in _WINDOWS else None


def merge(maps, image, patch, corner, begin, size, outside=0.0):
    """Crops (B, C, *size) of maps (N, C, H, W), with a patch (B, C, h, w) put in.

    Crop b is taken from maps[image[b]], from place begin[:][b] on; the patch lies at corner[:][b]
    of the map. Places beyond the map are ``outside``.
    """
    xp = array_module(maps)
    places = [b[:, None] + np.arange(n) for b, n in zip(begin, size)]  # (B, h), (B, w)
    before = [max(0, -int(p.min())) for p in places]
    after = [max(0, int(p.max()) + 1 - n) for p, n in zip(places, maps.shape[2:])]
    if any(before + after):
        maps = xp.pad(maps, ((0, 0), (0, 0), *zip(before, after)), constant_values=outside)
    rows, columns = [xp.asarray(p + n) for p, n in zip(places, before)]
    image = xp.asarray(image)
    crops = maps[image[:, None, None], :, rows[:, :, None], columns[:, None]]  # (B, h, w, C)
    if patch is not None:
        inside = [p - c[:, None] for p, c in zip(places, corner)]
        hit = [(i >= 0) & (i < n) for i, n in zip(inside, patch.shape[2:])]
        b, j, k = np.nonzero(hit[0][:, :, None] & hit[1][:, None])
        row, column = xp.asarray(inside[0][b, j]), xp.asarray(inside[1][b, k])
        b, j, k = [xp.asarray(index) for index in (b, j, k)]
        crops[b, j, k] = patch[b, :, row, column]
    return crops.transpose(0, 3, 1, 2)
