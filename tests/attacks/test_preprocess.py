import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.attacks import Preprocessed, fgsm, predict


def test_normalizes_before_the_model(twins, rng):
    ours, theirs = twins
    x = rng.random((3, 2, 9, 7))
    mean, std = [0.1307, 0.4], [0.3081, 0.2]
    with torch.no_grad():
        m, s = [torch.tensor(v, dtype=torch.float64).reshape(1, 2, 1, 1) for v in (mean, std)]
        expected = theirs((torch.from_numpy(x) - m) / s).numpy()
    y = Preprocessed(ours, mean, std)(mt.Tensor(x))
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-12)


def test_one_number_and_any_callable():
    model = Preprocessed(lambda x: x.flatten(1), 0.5, 0.25)
    x = np.array([[[[0.5, 0.75]]]], np.float32)
    y = model(mt.Tensor(x))
    assert y.dtype == np.float32 and y.tolist() == [[0, 1]]
    assert repr(model).startswith("Preprocessed(mean=[0.5], std=[0.25]")


def test_is_a_module_whose_weights_and_mode_count(twins):
    net = twins[0]
    model = Preprocessed(net, 0.1, 0.3)
    assert set(model.state_dict()) == {f"model.{name}" for name in net.state_dict()}
    net.train()
    with pytest.raises(ValueError, match=r"training mode \(model is\)"):
        fgsm(model, np.zeros((1, 2, 9, 7)), 0, 0.1)
    net.eval()
    assert fgsm(model, np.zeros((1, 2, 9, 7)), 0, 0.1).weights


def test_attack_of_a_normalized_model_stays_in_pixels(net, test_digits):
    images, labels = test_digits
    inner = lambda x: net(x * 0.3081 + 0.1307)  # noqa: E731 - a model of normalized images
    plain = fgsm(net, images[:20], labels[:20], 0.1)
    wrapped = fgsm(Preprocessed(inner, 0.1307, 0.3081), images[:20], labels[:20], 0.1)
    assert np.mean(plain.images == wrapped.images) > 0.999  # but for gradients that are 0
    assert predict(Preprocessed(net, 0, 1), images[:9]).classes.tolist() == \
        predict(net, images[:9]).classes.tolist()


def test_messages():
    net = nn.Identity()
    with pytest.raises(TypeError, match="Preprocessed: model must be a callable"):
        Preprocessed("net", 0, 1)
    with pytest.raises(ValueError, match="std above 0"):
        Preprocessed(net, 0.1, 0)
    with pytest.raises(ValueError, match="mean must be finite"):
        Preprocessed(net, np.nan, 1)
    with pytest.raises(ValueError, match="mean has 3 channels but std 2"):
        Preprocessed(net, [0.1] * 3, [0.2] * 2)
    with pytest.raises(ValueError, match="one number, or one for each channel, got shape"):
        Preprocessed(net, [[0.1]], 1)
    with pytest.raises(ValueError, match=r"must have shape \(N, 3, H, W\).* got \(1, 1, 2, 2\)"):
        Preprocessed(net, [0.1] * 3, 1)(mt.zeros(1, 1, 2, 2))
