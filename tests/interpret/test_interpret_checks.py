"""What all methods share: bad use is told clearly, and nothing of the model changes."""
import numpy as np
import pytest
from interpret_nets import checksum, images, pair

import minitorch_cnn as mt
from minitorch_cnn import interpret, kernels

MAPS = images((3, 12, 10), seed=8)
WITH_TARGET = {name: getattr(interpret, name) for name in (
    "grad_cam", "guided_backprop", "input_x_gradient", "integrated_gradients", "occlusion",
    "saliency", "smoothgrad")}
WITH_TARGET["deletion"] = lambda model, x, target=None, **options: interpret.deletion(
    model, x, MAPS[:len(x)], target, **options)
WITH_TARGET["insertion"] = lambda model, x, target=None, **options: interpret.insertion(
    model, x, MAPS[:len(x)], target, **options)
ALL = WITH_TARGET | {name: getattr(interpret, name) for name in ("activations", "embedding")}
ALL |= {"touched": lambda model, x: interpret.occlusion(model, x, fill=0.5, size=2)}


@pytest.mark.parametrize("name", ALL)
def test_no_weight_no_buffer_no_gradient_no_hook_changes(name, monkeypatch):
    model, x = pair()[0], images()
    before = checksum(model), x.copy()
    for primitive in ("conv2d_weight_gradient", "linear_weight_gradient"):
        monkeypatch.delattr(kernels, primitive)
    ALL[name](model, x)
    assert checksum(model) == before[0]
    np.testing.assert_array_equal(x, before[1])


@pytest.mark.parametrize("name", ALL)
def test_no_images_no_error(name):
    ALL[name](pair()[0], images()[:0])


@pytest.mark.parametrize("name", [name for name in ALL if name != "touched"])
def test_training_mode_is_refused(name):
    model = pair()[0]
    model[1].train()
    with pytest.raises(ValueError, match=rf"{name}: the model is in training mode \(1 is\).*eval"):
        ALL[name](model, images())
    model.train()
    with pytest.raises(ValueError, match=r"\(the model itself is\)"):
        ALL[name](model, images())


@pytest.mark.parametrize("name", WITH_TARGET)
@pytest.mark.parametrize("target,kind,text", [
    (5, ValueError, "class 5 does not exist, the model has 5 of them; choose 0 to 4"),
    (-1, ValueError, "class -1 does not exist"),
    ([0, 1, 7], ValueError, "class 7 does not exist"),
    ([0, 1], ValueError, r"target has shape \(2,\) for 3 images"),
    (1.0, TypeError, "target must be a class number or one for each image, got float64")])
def test_bad_targets(name, target, kind, text):
    with pytest.raises(kind, match=f"{name}: .*{text}"):
        WITH_TARGET[name](pair()[0], images(), target)


@pytest.mark.parametrize("name", [name for name in ALL if name != "touched"])
def test_bad_images(name):
    model = pair()[0]
    with pytest.raises(TypeError, match=f"{name}: pixels must be floats, got uint8; divide"):
        ALL[name](model, np.zeros((3, 1, 12, 10), np.uint8))
    with pytest.raises(ValueError, match=rf"{name}: images must have shape \(N, C, H, W\) or"):
        ALL[name](model, np.zeros((12, 10)))


@pytest.mark.parametrize("name", [name for name in WITH_TARGET if name != "grad_cam"])
def test_bad_models(name):
    method = WITH_TARGET[name]
    with pytest.raises(TypeError, match=f"{name}: the model must be a callable .* got int"):
        method(3, images())
    with pytest.raises(TypeError, match="must return a Tensor of logits .* got ndarray"):
        method(lambda x: x.data.sum((2, 3)), images())
    with pytest.raises(ValueError, match=r"must return logits of shape \(3, K\), .* got \(3, 1,"):
        method(lambda x: x, images())
    with pytest.raises(ValueError, match=f"{name}: batch_size must be at least 1, got 0"):
        method(pair()[0], images(), batch_size=0)


@pytest.mark.parametrize("name", ["saliency", "input_x_gradient", "guided_backprop",
                                  "integrated_gradients", "smoothgrad"])
def test_logits_that_were_not_recorded(name):
    model = pair()[0]
    with pytest.raises(ValueError, match=f"{name}: the model's logits are not connected to its"):
        ALL[name](lambda x: model(x).detach(), images())


def test_a_logit_without_any_way_to_the_pixels_has_gradient_zero():
    weight = mt.Tensor(np.ones((3, 2)), requires_grad=True)
    np.testing.assert_array_equal(interpret.saliency(lambda x: weight * 2, images()), images() * 0)


def test_targets_of_any_kind_mean_the_same():
    model, x = pair()[0], images()
    expected = interpret.saliency(model, x, [1, 1, 1])
    for target in (1, np.int32(1), np.array([1, 1, 1], np.uint8), mt.tensor([1, 1, 1])):
        np.testing.assert_array_equal(interpret.saliency(model, x, target), expected)
