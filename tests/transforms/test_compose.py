"""Transforms of transforms, many images at once, the stream of random numbers, the datasets."""
import subprocess
import sys

import numpy as np
import pytest
import torchvision.transforms as TT
from pictures import picture, same_pil, tensors

import minitorch_cnn as mt
from minitorch_cnn import transforms as T
from minitorch_cnn.transforms import functional as F

LEVELS = np.random.default_rng(0).integers(0, 256, (6, 12, 10)).astype(np.uint8)


def test_compose():
    t = T.Compose([T.CenterCrop(8), T.ToTensor(), T.Normalize([0.5], [0.5])])
    img = picture("L")
    expected = TT.Compose([TT.CenterCrop(8), TT.ToTensor(), TT.Normalize([0.5], [0.5])])(img)
    np.testing.assert_allclose(t(img).data, expected.numpy(), atol=1e-6)
    assert repr(T.Compose([T.ToTensor()])) == repr(TT.Compose([TT.ToTensor()]))
    many = t.batched(LEVELS)
    assert many.shape == (6, 1, 8, 8) and many.dtype == np.float32
    np.testing.assert_allclose(many.data[0], t(F.to_pil_image(LEVELS[0])).data, atol=1e-6)


def test_batched_is_there_if_all_have_it():
    assert hasattr(T.Compose([]), "batched")
    for t in (T.Lambda(abs), T.ToPILImage(), T.FiveCrop(3), T.RandomOrder([]), len):
        assert not hasattr(T.Compose([T.ToTensor(), t]), "batched")
        assert not hasattr(T.Compose([T.Compose([t])]), "batched")

    class Theirs:
        def batched(self, images):
            return images + 1

        def __call__(self, image):
            return image + 1

    y = T.Compose([T.ToTensor(), Theirs(), T.CenterCrop(3)]).batched(np.zeros((2, 5, 5), np.uint8))
    np.testing.assert_array_equal(y.data, np.ones((2, 1, 3, 3)))


def test_colors_are_in_grey_levels_up_to_to_tensor():
    black = np.zeros((3, 4, 4), np.uint8)
    inner = T.Compose([T.Pad(1, fill=51), T.ToTensor()])
    y = T.Compose([inner, T.Pad(1, fill=0.6)]).batched(black)
    np.testing.assert_allclose(y.data[0, 0, 3, :4], [0.6, 0.2, 0, 0], atol=1e-6)
    one = T.Compose([inner, T.Pad(1, fill=0.6)])(F.to_pil_image(black[0]))
    np.testing.assert_allclose(y.data[0], one.data, atol=1e-6)


def test_lambda():
    t = T.Lambda(lambda image: image * 2)
    assert t(3) == 6 and repr(t) == repr(TT.Lambda(abs))


def test_random_apply():
    t = T.RandomApply([T.RandomInvert(1), T.RandomVerticalFlip(1)], 0.3)
    x, _ = tensors((400, 1, 4, 4))
    changed = F.vflip(F.invert(x)).data
    y = t.batched(x).data
    is_changed = (y == changed).all((1, 2, 3))
    assert ((y == x.data).all((1, 2, 3)) ^ is_changed).all() and 0.2 < is_changed.mean() < 0.4
    singles = [t(x) is not x for _ in range(400)]
    assert 0.2 < np.mean(singles) < 0.4
    assert repr(T.RandomApply([T.ToTensor()], 0.3)) == repr(TT.RandomApply([TT.ToTensor()], 0.3))
    with pytest.raises(ValueError, match=r"must keep their shape \(1, 4, 4\), it made \(1, 2, 2\)"):
        T.RandomApply([T.CenterCrop(2)]).batched(x)
    levels = T.RandomApply([T.Pad((1, 0, -1, 0), fill=51)], 1).batched(LEVELS)
    np.testing.assert_allclose(levels.data[:, 0, :, 0], 0.2, atol=1e-6)


def test_random_choice():
    x, _ = tensors((600, 1, 4, 4))
    outcomes = [x.data, F.hflip(x).data, F.invert(x).data]
    choices = [T.Pad(0), T.RandomHorizontalFlip(1), T.RandomInvert(1)]
    for p, expected in ((None, [1 / 3] * 3), ([1, 3, 0], [0.25, 0.75, 0])):
        t = T.RandomChoice(choices, p)
        many = [(t.batched(x).data == y).all((1, 2, 3)).mean() for y in outcomes]
        drawn = [t(x).data for _ in range(400)]
        single = [np.mean([np.array_equal(d, y) for d in drawn]) for y in outcomes]
        np.testing.assert_allclose(many, expected, atol=0.09)
        np.testing.assert_allclose(single, expected, atol=0.09)
    assert repr(T.RandomChoice([T.ToTensor()])) == repr(TT.RandomChoice([TT.ToTensor()]))


def test_random_order():
    t = T.RandomOrder([T.Lambda(lambda s, c=c: s + c) for c in "abc"])
    drawn = [t("") for _ in range(600)]
    assert len(set(drawn)) == 6 and all(60 < drawn.count(order) < 140 for order in set(drawn))


def test_seeds():
    t = T.Compose([T.RandomAffine(10), T.RandomErasing()])
    x, _ = tensors((4, 1, 9, 9))
    mt.manual_seed(5)
    a = t.batched(x)
    mt.manual_seed(5)
    np.testing.assert_array_equal(t.batched(x).data, a.data)
    assert (t.batched(x).data != a.data).any()


ALL = [T.RandomAffine(9), T.RandomRotation(9), T.RandomPerspective(), T.RandomHorizontalFlip(),
       T.RandomVerticalFlip(), T.RandomCrop(5), T.RandomResizedCrop(5), T.ColorJitter(0.5, 0.5),
       T.RandomErasing(), T.RandomErasing(value="random"), T.RandomGrayscale(), T.RandomInvert(),
       T.RandomSolarize(0.5), T.RandomApply([T.RandomAffine(9)]), T.RandomChoice([T.Pad(0)])]


@pytest.mark.parametrize("t", ALL, ids=repr)
def test_augmentation_draws_from_its_own_stream_and_leaves_the_input_alone(t):
    def others():
        return [mt.random.generator(name).random() for name in ("init", "shuffle", "default")]

    mt.manual_seed(1)
    expected = others(), mt.nn.Linear(3, 3).weight.data
    mt.manual_seed(1)
    x, tx = tensors((3, 3, 8, 8))
    t(x[0])
    t.batched(x)
    t.batched(LEVELS)
    np.testing.assert_array_equal(x.data, tx.numpy())
    assert others() == expected[0]
    np.testing.assert_array_equal(mt.nn.Linear(3, 3).weight.data, expected[1])
    assert t.batched(x.data[:0]).shape[0] == 0


@pytest.mark.parametrize("make", [
    lambda: T.RandomAffine(15, (0.1, 0.1), (0.9, 1.1), 5, "bilinear"),
    lambda: T.RandomPerspective(0.4, 1), lambda: T.RandomRotation(20, "bilinear"),
    lambda: T.ColorJitter(brightness=(0.4, 1.6), contrast=(0.4, 1.6)),
    lambda: T.RandomCrop(28, 3)])
def test_a_batch_of_mnist_is_what_its_images_are_one_by_one(make):
    """Up to rounding to grey levels: the digits have a black border, where the two ways agree."""
    digits = mt.datasets.MNIST(train=False, transform=T.Compose([make(), T.ToTensor()]))
    for index in range(3):
        mt.manual_seed(index)
        many, label = digits.get_batch([index])
        mt.manual_seed(index)
        one, target = digits[index]
        assert many.shape == (1, *one.shape) and int(label[0]) == target
        np.testing.assert_allclose(many.data[0], one.data, atol=3.1 / 255)


def test_the_loader_hands_whole_batches_over(monkeypatch):
    t = T.Compose([T.RandomAffine(5), T.ToTensor(), T.Normalize([0.1307], [0.3081])])
    digits = mt.datasets.MNIST(train=False, transform=t)
    monkeypatch.setattr(T.Compose, "forward", None)   # nothing goes through it one by one
    images, labels = next(iter(mt.data.DataLoader(digits, batch_size=32, shuffle=True)))
    assert images.shape == (32, 1, 28, 28) and images.dtype == np.float32
    assert labels.shape == (32,) and -0.43 < images.data.min() < -0.42


def test_importing_the_transforms_imports_no_pillow():
    code = "import sys, minitorch_cnn.transforms as T; T.RandomAffine(3).batched; " \
           "print('PIL' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_transform_is_a_module():
    net = mt.nn.Sequential(T.CenterCrop(4), T.RandomInvert(1))
    same_pil(net(picture()), F.invert(F.center_crop(picture(), 4)))
    assert repr(net) == "Sequential(\n  (0): CenterCrop(size=(4, 4))\n  (1): RandomInvert(p=1)\n)"


def test_a_transform_of_ones_own():
    class Double(T.transform.Sometimes):
        pass

    with pytest.raises(NotImplementedError, match="Double.change is not written"):
        Double(1)(1)


@pytest.mark.parametrize("call, error, message", [
    (lambda: T.Compose(3), TypeError,
     "Compose: transforms must be a sequence of callables, got int"),
    (lambda: T.Compose([3]), TypeError, "Compose: every transform must be callable, got 3"),
    (lambda: T.Lambda(3), TypeError, "Lambda: lambd must be callable, got int"),
    (lambda: T.RandomApply([], 2), ValueError,
     "RandomApply: p is a probability, from 0 to 1; got 2"),
    (lambda: T.RandomChoice([]), ValueError, "RandomChoice: there is nothing to choose from"),
    (lambda: T.RandomChoice([abs], 3), TypeError, "RandomChoice: p must be a sequence of numbers"),
    (lambda: T.RandomChoice([abs], [1, 2]), ValueError, "p needs 1 numbers, one per transform"),
    (lambda: T.RandomChoice([abs], [0]), ValueError, "p needs 1 numbers, one per transform"),
])
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
