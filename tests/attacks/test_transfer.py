from functools import partial

import numpy as np
import pytest

from minitorch_cnn import nn
from minitorch_cnn.attacks import fgsm, transfer


def test_the_table(net, second_net, test_digits):
    images, labels = test_digits
    attack = partial(fgsm, eps=0.15)
    result = transfer({"first": net, "second": second_net}, images, labels, attack, batch_size=70)
    assert result.correct.shape == (2, 2) and result.total == 200
    adversarial = attack(net, images, labels)
    for column, model in enumerate((net, second_net)):
        assert result.correct[0, column] == (adversarial.seen_by(model).classes == labels).sum()
    assert (np.diag(result.accuracy) < result.accuracy[[0, 1], [1, 0]]).all()
    assert (result.clean_accuracy > 0.9).all() and (result.correct < result.clean).all()
    assert str(result.rate("first", "second")).startswith(f"{result.correct[0, 1]} of 200 (")
    lines = str(result).splitlines()
    assert lines[0] == "accuracy on the same 200 images in every cell"
    assert lines[1].split() == ["attacked", "first", "second"]
    assert lines[2].split()[0] == "clean" and lines[3].split()[0] == "first"
    assert result.results[1].eps.value == 0.15


def test_other_models_evaluated_and_plain_arrays(two_pixels):
    images = np.array([[[[0.9, 0.1]]], [[[0.2, 0.8]]]])

    def turn(model, images, labels):
        return images[..., ::-1]

    result = transfer({"a": two_pixels}, images, [0, 1], turn,
                      evaluated={"a": two_pixels, "b": lambda x: -two_pixels(x)})
    assert result.clean.tolist() == [2, 0] and result.correct.tolist() == [[0, 2]]


def test_messages(two_pixels):
    images, models = np.full((2, 1, 1, 2), 0.5), {"a": two_pixels}
    attack = partial(fgsm, eps=0.1)
    with pytest.raises(TypeError, match="models must be a dict of models by name.* got list"):
        transfer([two_pixels], images, 0, attack)
    with pytest.raises(ValueError, match="transfer: evaluated is empty"):
        transfer(models, images, 0, attack, evaluated={})
    with pytest.raises(ValueError, match="labels names class 9"):
        transfer(models, images, 9, attack)
    with pytest.raises(ValueError, match=r"attack on a returned images of shape \(1, 1, 1, 2\)"):
        transfer(models, images, 0, lambda model, images, labels: images[:1])
    with pytest.raises(ValueError, match="pixels of the attack on a must lie"):
        transfer(models, images, 0, lambda model, images, labels: images + 1)
    with pytest.raises(ValueError, match="transfer: the model is in training mode"):
        transfer({"a": nn.Sequential(nn.Flatten(), nn.Linear(2, 2))}, images, 0, attack)


def test_a_changed_weight_is_noticed(two_pixels):
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 2)).double().eval()

    def spoil(model, images, labels):
        net[1].bias.data[0] += 1
        return images

    with pytest.raises(RuntimeError, match=r"transfer: the model changed .*\(1.bias\)"):
        transfer({"a": two_pixels}, np.full((1, 1, 1, 2), 0.5), 0, spoil, evaluated={"b": net})
