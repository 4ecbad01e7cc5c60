"""Recomputing only what a patch touches gives the numbers of the whole forward pass."""
import numpy as np
import pytest
from interpret_nets import Functional, checksum, images, pair

from minitorch_cnn import nn
from minitorch_cnn.interpret import occlusion, touched


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
    touched_net = touched.Touched(pair()[0])
    assert len(touched_net.local) == 6 and len(touched_net.rest) == 4
    share = [touched_net.share(images()[:1], [np.array([0, 12 - s]), np.array([3, 10 - s])], (s, s))
             for s in (1, 2, 10)]
    assert 0 < share[0] < share[1] < 0.5 < share[2] <= 1


def test_share_counts_multiply_adds():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 3, 3, padding=1))
    touched_net = touched.Touched(net.double().eval())
    share = touched_net.share(images((1, 1, 9, 9)), [np.array([4]), np.array([4])], (1, 1))
    assert share == (9 * 18 + 25 * 54) / (81 * (18 + 54))


def test_only_plain_sequentials_without_hooks_can_be_split():
    model = pair()[0]
    assert touched.can_split(model)
    with model[4].register_forward_hook(lambda *args: None):
        assert not touched.can_split(model)
    assert not touched.can_split(Functional(model)) and not touched.can_split(lambda x: x)
    assert not touched.can_split(nn.Linear(2, 2))


@pytest.mark.parametrize("layers", [[nn.Flatten(), nn.Linear(120, 2)],
                                    [nn.Identity(), nn.MaxPool2d(2), nn.Flatten()]])
def test_without_convolutions_there_is_nothing_to_save(layers):
    model = nn.Sequential(*layers).double().eval()
    corner = [np.array([0]), np.array([3])]
    assert touched.Touched(model).share(images()[:1], corner, (1, 1)) == 1
    assert occlusion(model, images(), None, 2).drop.shape == (3, 11, 9)


def test_a_hook_on_a_layer_is_obeyed():
    model, x = pair()[0], images()
    plain = occlusion(model, x, None, 2)
    with model[4].register_forward_hook(lambda module, args, out: out * 0):
        muted = occlusion(model, x, None, 2)
    assert np.abs(muted.drop).max() == 0 < np.abs(plain.drop).max()
