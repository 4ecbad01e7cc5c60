"""Grad-CAM against its definition in torch, and why a map can be 0 everywhere."""
import importlib.util

import numpy as np
import pytest
import torch
from interpret_nets import Functional, images, pair

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn
from minitorch_cnn.interpret import grad_cam


def by_torch(model, layer, x, target):
    """(weights, coarse map, map) by Selvaraju's formula."""
    x = torch.from_numpy(x)
    kept = []
    handle = model[layer].register_forward_hook(lambda m, a, out: kept.append(out))
    scores = model(x)[:, target].sum()
    handle.remove()
    (slopes,) = torch.autograd.grad(scores, kept[0])
    weights = slopes.mean((2, 3))
    coarse = (weights[:, :, None, None] * kept[0]).sum(1).relu()
    large = torch.nn.functional.interpolate(coarse[:, None], x.shape[2:], mode="bilinear")[:, 0]
    return [t.detach().numpy() for t in (weights, coarse, large)]


@pytest.mark.parametrize("layer,name,position", [(None, "4", 4), ("4", "4", 4), ("0", "0", 0),
                                                 ("3", "3", 3)])
def test_definition(layer, name, position):
    ours, theirs = pair()
    x = images()
    mine = grad_cam(ours, x, 2, layer, batch_size=2)
    weights, coarse, large = by_torch(theirs, position, x, 2)
    assert mine.layer == name
    np.testing.assert_allclose(mine.weights, weights, rtol=1e-9)
    np.testing.assert_allclose(mine.coarse, coarse, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(mine.map, large, rtol=1e-9, atol=1e-12)
    if importlib.util.find_spec("captum"):
        from captum.attr import LayerGradCam
        other = LayerGradCam(theirs, theirs[position]).attribute(
            torch.from_numpy(x), 2, relu_attributions=True)
        np.testing.assert_allclose(mine.coarse, other.detach().numpy()[:, 0], rtol=1e-9, atol=1e-12)


def test_layer_as_module_and_functional_net():
    ours, _ = pair()
    x = images()
    expected = grad_cam(ours, x, 2)
    net = Functional(ours).eval()
    assert grad_cam(net, x, 2).layer == "conv2"  # conv "unused" stands last but does not run
    np.testing.assert_array_equal(grad_cam(net, x, 2, net.conv2).map, expected.map)


def test_single_image_and_predicted_class():
    ours, theirs = pair()
    x = images()
    one = grad_cam(ours, x[1])
    target = theirs(torch.from_numpy(x[1:2])).argmax(1).item()
    np.testing.assert_allclose(one.map, by_torch(theirs, 4, x[1:2], target)[2][0], rtol=1e-9,
                               atol=1e-12)
    assert one.map.shape == (12, 10) and len(one.explanation) == 1


def votes(weight):
    """A net of one convolution whose map is the image, and whose logit 1 is weight * its mean."""
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                        nn.Flatten(), nn.Linear(1, 2, bias=False)).double().eval()
    net[0].weight.data[...] = 1
    net[4].weight.data[...] = [[0], [weight]]
    return net


def test_zero_maps_are_explained_and_never_nan():
    x = np.stack([np.zeros((1, 4, 4)), np.full((1, 4, 4), 0.5), np.full((1, 4, 4), -1.0)])
    against = grad_cam(votes(-1), x, 1)
    assert against.explanation[1].startswith("the weighted maps are nowhere above 0 (lowest -0.031")
    assert against.explanation[2].startswith("every weight is 0")
    blank = grad_cam(votes(1), x, 1, layer="1")
    assert blank.explanation[1] == "" and blank.explanation[0].startswith("the layer's maps are 0")
    for result in (against, blank):
        zero = np.array([bool(text) for text in result.explanation])
        np.testing.assert_array_equal(result.map.max(axis=(1, 2)) == 0, zero)
        np.testing.assert_array_equal(result.normalized().max(axis=(1, 2)), ~zero)


def test_layers_that_do_not_fit():
    ours, _ = pair()
    net = Functional(ours).eval()
    x = images()
    with pytest.raises(ValueError, match="grad_cam: the model has no Conv2d; name the layer"):
        grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(120, 2)).double().eval(), x)
    with pytest.raises(ValueError, match="grad_cam: no layer 'conv9'; there are conv1, bn1"):
        grad_cam(net, x, layer="conv9")
    with pytest.raises(ValueError, match="no layer 'a Conv2d that is not part of this model'"):
        grad_cam(net, x, layer=nn.Conv2d(1, 1, 1))
    with pytest.raises(ValueError, match="layer 'unused' did not run in the forward pass"):
        grad_cam(net, x, layer="unused")
    with pytest.raises(ValueError, match=r"output of layer 'fc1' must be maps .* got shape \(3, 8"):
        grad_cam(net, x, layer="fc1")
    with pytest.raises(TypeError, match="grad_cam: needs the layers of an nn.Module, got function"):
        grad_cam(lambda t: t, x)


def test_float32_and_tensors():
    with kernels.use("reference"):
        result = grad_cam(pair()[0].float(), mt.Tensor(images().astype(np.float32)))
    assert result.map.dtype == result.weights.dtype == np.float32
