"""Recomputing only what a patch touches gives the numbers of the whole forward pass."""
import numpy as np
import pytest
from interpret_nets import Functional, checksum, images, pair

from minitorch_cnn import nn
from minitorch_cnn.interpret import occlusion, touched
from minitorch_cnn.models import MnistCNN


def nets():
    yield "base", pair()[0], (2, 1, 12, 10)
    yield "strides, dilation, even kernels, ceil mode", nn.Sequential(
        nn.Conv2d(3, 5, (3, 5), stride=(2, 1), padding=(0, 2)), nn.LeakyReLU(),
        nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
        nn.Sequential(nn.Conv2d(5, 6, 4, padding="same", dilation=2), nn.Dropout(0.5), nn.Tanh()),
        nn.AvgPool2d(3, 2, padding=1), nn.Conv2d(6, 4, 1, stride=3, padding="valid"),
        nn.Flatten(), nn.Linear(12, 3)), (2, 3, 23, 31)
    yield "stride beyond the kernel, groups", nn.Sequential(
        nn.Conv2d(2, 4, 2, stride=3, groups=2), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1),
        nn.Flatten()), (2, 2, 11, 13)
    yield "edges repeat: not on crops", nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3, padding=1, padding_mode="replicate"), nn.Flatten(),
        nn.Linear(2 * 6 * 5, 2)), (1, 1, 8, 7)
    yield "mean without its padding: not on crops", nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Flatten(),
        nn.Linear(2 * 3 * 3, 2)), (1, 1, 8, 7)


@pytest.mark.parametrize("name,model,shape", list(nets()), ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("size,stride,fill", [(1, 1, 0.5), ((4, 3), 2, "blur"), (7, (3, 4), 0.0)])
def test_same_numbers(monkeypatch, name, model, shape, size, stride, fill):
    used = []
    inner = touched.Touched.logits
    monkeypatch.setattr(touched.Touched, "logits", lambda *a: used.append(1) or inner(*a))
    monkeypatch.setattr(touched.Touched, "share", lambda *a: 0)
    model = model.double().eval()
    before = checksum(model)
    full = occlusion(model, images(shape), None, size, stride, fill, recompute="full")
    assert not used
    part = occlusion(model, images(shape), None, size, stride, fill, batch_size=37)
    assert used and checksum(model) == before
    np.testing.assert_allclose(part.probability, full.probability, rtol=1e-11)
    np.testing.assert_array_equal(part.argmax, full.argmax)
    assert np.abs(full.drop).max() > 0


def test_small_patches_are_worth_it_large_ones_not():
    touched_net = touched.Touched(list(pair()[0]))
    assert len(touched_net.local) == 6 and len(touched_net.rest) == 4
    share = [touched_net.share(images()[:1], [np.array([0, 12 - s]), np.array([3, 10 - s])], (s, s))
             for s in (1, 2, 10)]
    assert 0 < share[0] < share[1] < 0.5 < share[2] <= 1


def test_share_counts_multiply_adds():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 3, 3, padding=1))
    touched_net = touched.Touched(list(net.double().eval()))
    share = touched_net.share(images((1, 1, 9, 9)), [np.array([4]), np.array([4])], (1, 1))
    assert share == (9 * 18 + 25 * 54) / (81 * (18 + 54))


def test_whose_layers_run_in_a_known_order():
    model = pair()[0]
    assert touched.layers_in_order(model) == list(model)
    nested = nn.Sequential(nn.Sequential(*model[:3]), model[3])
    assert touched.layers_in_order(nested) == list(model)[:4]
    with model[4].register_forward_hook(lambda *args: None):
        assert touched.layers_in_order(model) is None
    for other in (Functional(model), lambda x: x, nn.Linear(2, 2)):
        assert touched.layers_in_order(other) is None


class Chained(Functional):
    order = [nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]

    def chain(self):
        relu, pool, flatten = self.order
        return [self.conv1, self.bn1, relu, pool, self.conv2, relu, flatten, self.fc1, relu,
                self.fc2]


def test_a_module_can_list_its_layers_but_must_list_them_right(monkeypatch):
    used, inner = [], touched.Touched.logits
    monkeypatch.setattr(touched.Touched, "logits", lambda *a: used.append(1) or inner(*a))
    net = Chained(pair()[0]).double().eval()
    part = occlusion(net, images(), None, 1, fill=0.5)
    assert used
    np.testing.assert_allclose(part.drop, occlusion(net, images(), None, 1, fill=0.5,
                                                    recompute="full").drop, atol=1e-12)
    net.order = [nn.Identity(), nn.MaxPool2d(2), nn.Flatten()]
    with pytest.raises(ValueError, match=r"the modules of Chained.chain\(\), one after the other"):
        occlusion(net, images())


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_net_of_the_studies(batch_norm):
    net = MnistCNN(batch_norm).double().eval()
    layers = touched.layers_in_order(net)
    assert len(layers) == (13 if batch_norm else 10)
    x = images((1, 1, 28, 28))
    corner = [np.array([0, 13]), np.array([0, 7])]
    touched.Touched(layers).check(net, x)
    assert touched.Touched(layers).share(x, corner, (1, 1)) < 0.1
    part, full = [occlusion(net, x, 3, 3, 6, 0.5, recompute=how) for how in ("auto", "full")]
    np.testing.assert_allclose(part.drop, full.drop, atol=1e-12)


@pytest.mark.parametrize("layers", [[nn.Flatten(), nn.Linear(120, 2)],
                                    [nn.Identity(), nn.MaxPool2d(2), nn.Flatten()]])
def test_without_convolutions_there_is_nothing_to_save(layers):
    model = nn.Sequential(*layers).double().eval()
    corner = [np.array([0]), np.array([3])]
    assert touched.Touched(list(model)).share(images()[:1], corner, (1, 1)) == 1
    assert occlusion(model, images(), None, 2).drop.shape == (3, 11, 9)


def test_a_hook_on_a_layer_is_obeyed():
    model, x = pair()[0], images()
    plain = occlusion(model, x, None, 2)
    with model[4].register_forward_hook(lambda module, args, out: out * 0):
        muted = occlusion(model, x, None, 2)
    assert np.abs(muted.drop).max() == 0 < np.abs(plain.drop).max()
