"""Saliency, input x gradient, integrated gradients, SmoothGrad, guided backprop against torch."""
import importlib.util

import numpy as np
import pytest
import torch
from interpret_nets import Functional, images, pair, torch_gradient

import minitorch_cnn as mt
from minitorch_cnn import kernels, nn
from minitorch_cnn.interpret import (
    guided_backprop,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smoothgrad,
)

CLOSE = dict(rtol=1e-9, atol=1e-12)


def captum(name, model, x, target, **options):
    """Captum's own attribution where it is installed; None elsewhere."""
    if not importlib.util.find_spec("captum"):
        return None
    import captum.attr
    method = getattr(captum.attr, name)(model)
    return method.attribute(torch.from_numpy(x), target=target, **options).detach().numpy()


def close(mine, defined, other=None):
    np.testing.assert_allclose(mine, defined, **CLOSE)
    if other is not None:
        np.testing.assert_allclose(mine, other, **CLOSE)


@pytest.mark.parametrize("target", [None, 3, [0, 4, 2]])
def test_saliency_and_input_x_gradient(target):
    ours, theirs = pair()
    x = images()
    g = torch_gradient(theirs, x, target)
    other = target if target != [0, 4, 2] else torch.tensor(target)
    close(saliency(ours, x, target, abs=False), g)
    close(saliency(ours, x, target, batch_size=2), np.abs(g),
          captum("Saliency", theirs, x, other) if target is not None else None)
    close(input_x_gradient(ours, mt.Tensor(x), target), x * g,
          captum("InputXGradient", theirs, x, other) if target is not None else None)
    close(saliency(ours, x[1], 3), np.abs(torch_gradient(theirs, x[1:2], 3)[0]))


@pytest.mark.parametrize("output,score", [("probability", torch.softmax),
                                          ("log_probability", torch.log_softmax)])
def test_other_scores(output, score):
    ours, theirs = pair()
    x = images()
    expected = torch_gradient(lambda t: score(theirs(t), 1), x, 2)
    close(saliency(ours, x, 2, abs=False, output=output), expected)
    close(input_x_gradient(ours, x, 2, output=output), x * expected)


def test_input_x_gradient_adds_up_without_bias():
    net = nn.Sequential(nn.Conv2d(1, 3, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                        nn.Linear(60, 4, bias=False)).double().eval()
    x = images()
    logits = net(mt.Tensor(x)).data
    np.testing.assert_allclose(input_x_gradient(net, x, 1).sum(axis=(1, 2, 3)), logits[:, 1])


def test_float32_stays_float32():
    ours = pair()[0].float()
    x = images().astype(np.float32)
    with kernels.use("reference"):
        for method in (saliency, input_x_gradient, guided_backprop, smoothgrad):
            assert method(ours, x).dtype == np.float32
        result = integrated_gradients(ours, x)
    assert result.attribution.dtype == result.delta.dtype == np.float32


@pytest.mark.parametrize("smooth", [True, False])
def test_integrated_gradients_are_complete(smooth):
    ours, theirs = pair(smooth)
    x, x0 = images(), images(seed=5)[:1]
    result = integrated_gradients(ours, x, [0, 1, 2], baseline=x0, steps=200 if smooth else 2000)
    with torch.no_grad():
        at_x, at_x0 = [theirs(torch.from_numpy(a)) for a in (x, x0)]
    difference = np.array([(at_x[i, i] - at_x0[0, i]).item() for i in range(3)])
    total = result.attribution.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(total, difference, atol=1e-3)
    np.testing.assert_allclose(result.delta, total - difference, atol=1e-12)
    np.testing.assert_array_equal(result.target, [0, 1, 2])


@pytest.mark.parametrize("method", ["gausslegendre", "riemann_left", "riemann_middle",
                                    "riemann_right"])
def test_integrated_gradients_by_definition(method):
    ours, theirs = pair()
    x, steps = images(), 12
    if method == "gausslegendre":
        places, weights = np.polynomial.legendre.leggauss(steps)
        places, weights = (1 + places) / 2, weights / 2
    else:
        shift = {"left": 0, "middle": 0.5, "right": 1}[method[8:]]
        places, weights = (np.arange(steps) + shift) / steps, np.full(steps, 1 / steps)
    slopes = sum(w * torch_gradient(theirs, 0.2 + a * (x - 0.2), 1)
                 for a, w in zip(places, weights))
    mine = integrated_gradients(ours, x, 1, baseline=0.2, steps=steps, method=method, batch_size=5)
    close(mine.attribution, (x - 0.2) * slopes,
          captum("IntegratedGradients", theirs, x, 1, baselines=0.2, n_steps=steps, method=method))


def test_integrated_gradients_take_the_class_of_the_image_and_a_single_one():
    ours, theirs = pair()
    x = images()
    targets = theirs(torch.from_numpy(x)).argmax(1).numpy()
    mine = integrated_gradients(ours, x)
    np.testing.assert_array_equal(mine.target, targets)
    one = integrated_gradients(ours, x[2])
    assert one.attribution.shape == x[2].shape and one.target == targets[2]
    np.testing.assert_allclose(one.attribution, mine.attribution[2], **CLOSE)
    np.testing.assert_allclose(one.delta, mine.delta[2], atol=1e-12)


def test_smoothgrad_is_the_mean_over_noisy_copies():
    ours, theirs = pair()
    x = images() * np.array([1, 0.5, 0.1]).reshape(3, 1, 1, 1)
    mine = smoothgrad(ours, x, 1, samples=6, noise=0.2, batch_size=4)
    noise = mt.random.make_generator(0, "attack").standard_normal((3, 6, *x.shape[1:]), np.float32)
    width = (x.max(axis=(1, 2, 3)) - x.min(axis=(1, 2, 3))).reshape(3, 1, 1, 1)
    expected = sum(torch_gradient(theirs, x + 0.2 * width * noise[:, s], 1) for s in range(6)) / 6
    np.testing.assert_allclose(mine, expected, **CLOSE)


def test_smoothgrad_without_noise_on_its_own_stream_and_for_one_image():
    ours, theirs = pair()
    x = images()
    np.testing.assert_allclose(smoothgrad(ours, x, 2, noise=0, samples=3),
                               torch_gradient(theirs, x, 2), **CLOSE)
    mt.manual_seed(4)
    a = smoothgrad(ours, x[0], samples=3)
    mt.manual_seed(4)
    mt.random.generator("init").random(9)
    np.testing.assert_array_equal(a, smoothgrad(ours, x[0], samples=3))
    assert np.abs(a - smoothgrad(ours, x[0], samples=3)).max() > 0
    np.testing.assert_array_equal(smoothgrad(ours, x, generator=3),
                                  smoothgrad(ours, x, generator=3))


def guided_by_torch(model, x, target):
    """The definition: at every ReLU only positive gradients pass."""
    class Guided(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, dy):
            return dy * (dy > 0) * (ctx.saved_tensors[0] > 0)

    def run(t):
        for layer in model:
            t = Guided.apply(t) if isinstance(layer, torch.nn.ReLU) else layer(t)
        return t

    return torch_gradient(run, x, target)


def test_guided_backprop_of_layers_and_of_functions():
    ours, theirs = pair()
    x = images()
    expected = guided_by_torch(theirs, x, 3)
    assert np.abs(expected - torch_gradient(theirs, x, 3)).max() > 1e-3
    close(guided_backprop(ours, x, 3), expected, captum("GuidedBackprop", theirs, x, 3))
    np.testing.assert_allclose(guided_backprop(Functional(ours).eval(), x, 3), expected, **CLOSE)
    np.testing.assert_allclose(guided_backprop(lambda t: ours(t), x, 3, batch_size=2), expected,
                               **CLOSE)


def test_guided_backprop_leaves_other_gradients_alone():
    ours, theirs = pair()
    x = images()
    guided_backprop(ours, x, 3)
    close(saliency(ours, x, 3, abs=False), torch_gradient(theirs, x, 3))
    with pytest.raises(ValueError, match="guided_backprop: the model runs no ReLU"):
        guided_backprop(pair(smooth=True)[0], x)


def test_gradients_are_recorded_inside_no_grad_too():
    ours, theirs = pair()
    with mt.no_grad():
        mine = saliency(ours, images(), 1, abs=False)
    np.testing.assert_allclose(mine, torch_gradient(theirs, images(), 1), **CLOSE)


@pytest.mark.parametrize("method,options,text", [
    (integrated_gradients, dict(steps=0), "_gradients: steps must be at least 1, got 0"),
    (integrated_gradients, dict(method="simpson"), "method must be one of gausslegendre, .*simps"),
    (integrated_gradients, dict(baseline=np.zeros(7)), r"baseline has shape \(7,\), which does "),
    (smoothgrad, dict(samples=0), "smoothgrad: samples must be at least 1, got 0"),
    (smoothgrad, dict(noise=-0.1), "smoothgrad: noise must be at least 0, .* got -0.1"),
    (saliency, dict(output="loss"), "saliency: output must be one of logit, probability, ")])
def test_bad_options(method, options, text):
    with pytest.raises(ValueError, match=text):
        method(pair()[0], images(), **options)
