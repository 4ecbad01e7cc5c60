import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn.attacks import bim, pgd, px, unit
from minitorch_cnn.attacks.pgd import L2Ball, LinfBall


def norms(t):
    return t.flatten(1).norm(p=2, dim=1).view(-1, 1, 1, 1)


def torchattacks_pgd(model, images, labels, eps, alpha, steps, targeted, start, norm="linf"):
    """PGD and PGDL2 as torchattacks define them, from a given start."""
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    adv = torch.from_numpy(start)
    for _ in range(steps):
        adv.requires_grad_()
        cost = torch.nn.CrossEntropyLoss()(model(adv), labels)
        grad, = torch.autograd.grad(-cost if targeted else cost, adv)
        if norm == "linf":
            adv = adv.detach() + alpha * grad.sign()
            delta = torch.clamp(adv - images, min=-eps, max=eps)
        else:
            adv = adv.detach() + alpha * grad / norms(grad)
            delta = adv - images
            delta = delta * torch.min(eps / norms(delta), torch.ones_like(norms(delta)))
        adv = torch.clamp(images + delta, min=0, max=1).detach()
    return adv.numpy()


def torchattacks_mifgsm(model, images, labels, eps, alpha, steps, decay):
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    momentum, adv = torch.zeros_like(images), images.clone()
    for _ in range(steps):
        adv.requires_grad_()
        cost = torch.nn.CrossEntropyLoss()(model(adv), labels)
        grad, = torch.autograd.grad(cost, adv)
        grad = grad / torch.mean(torch.abs(grad), dim=(1, 2, 3), keepdim=True)
        momentum = grad + momentum * decay
        adv = adv.detach() + alpha * momentum.sign()
        adv = torch.clamp(images + torch.clamp(adv - images, -eps, eps), 0, 1).detach()
    return adv.numpy()


@pytest.mark.parametrize("targeted", [False, True])
def test_bim_pixel_for_pixel_as_torchattacks(twins, rng, targeted):
    ours, theirs = twins
    images, labels = rng.random((5, 2, 9, 7)), rng.integers(0, 5, 5)
    result = bim(ours, images, labels, px(8), px(2), 10, targeted=targeted, batch_size=2)
    expected = torchattacks_pgd(theirs, images, labels, 8 / 255, 2 / 255, 10, targeted, images)
    np.testing.assert_array_equal(result.images, expected)


def test_pgd_pixel_for_pixel_from_the_same_start(twins, rng):
    ours, theirs = twins
    images, labels = rng.random((5, 2, 9, 7)), rng.integers(0, 5, 5)
    result = pgd(ours, images, labels, 0.1, 0.02, 7, images_every=1)
    start = result.trajectory.images[0]
    assert (start != images).mean() > 0.8 and np.abs(start - images).max() <= 0.1 + 1e-12
    expected = torchattacks_pgd(theirs, images, labels, 0.1, 0.02, 7, False, start.copy())
    np.testing.assert_array_equal(result.images, expected)


@pytest.mark.parametrize("targeted", [False, True])
def test_l2_as_torchattacks(twins, rng, targeted):
    ours, theirs = twins
    images, labels = rng.random((5, 2, 9, 7)), rng.integers(0, 5, 5)
    result = pgd(ours, images, labels, 1.5, 0.4, 10, norm="l2", random_start=False,
                 targeted=targeted)
    expected = torchattacks_pgd(theirs, images, labels, 1.5, 0.4, 10, targeted, images, "l2")
    np.testing.assert_allclose(result.images, expected, rtol=0, atol=1e-12)
    assert result.l2.max() <= 1.5 + 1e-12


def test_momentum_as_torchattacks(twins, rng):
    ours, theirs = twins
    images, labels = rng.random((5, 2, 9, 7)), rng.integers(0, 5, 5)
    result = bim(ours, images, labels, 0.1, 0.02, 8, momentum=1.0)
    expected = torchattacks_mifgsm(theirs, images, labels, 0.1, 0.02, 8, 1.0)
    np.testing.assert_array_equal(result.images, expected)


def test_seed_and_batches(twins, rng):
    images, labels = rng.random((5, 2, 9, 7)), rng.integers(0, 5, 5)

    def run(seed, batch_size=128):
        mt.manual_seed(seed)
        return pgd(twins[0], images, labels, 0.05, restarts=2, batch_size=batch_size).images

    np.testing.assert_array_equal(run(3), run(3))
    np.testing.assert_allclose(run(3, batch_size=2), run(3), atol=1e-12)
    assert (run(4) != run(3)).any()


def test_random_starts_do_not_disturb_other_streams(twins, rng):
    mt.manual_seed(1)
    expected = mt.rand(3).tolist()
    mt.manual_seed(1)
    pgd(twins[0], rng.random((2, 2, 9, 7)), 1, 0.05, steps=1)
    assert mt.rand(3).tolist() == expected


def test_restarts_keep_the_best_of_each_image(twins, rng):
    images = rng.random((40, 2, 9, 7))
    labels = twins[0](mt.Tensor(images)).data.argmax(1)
    options = dict(eps=0.03, alpha=0.01, steps=3, every=1, images_every=3)
    runs = []
    for count in (1, 4):
        mt.manual_seed(0)
        runs.append(pgd(twins[0], images, labels, restarts=count, **options))
    one, four = runs
    worse = one.success & ~four.success
    assert not worse.any()
    same_luck = one.success == four.success
    gain = (four.trajectory.cost[-1] - one.trajectory.cost[-1])[same_luck]
    assert (gain >= 0).all() and (gain > 0).any()
    np.testing.assert_array_equal(four.trajectory.images[-1], four.images)
    np.testing.assert_allclose(four.trajectory.probability[-1],
                               four.after.probability_of(labels), rtol=1e-12)


def test_stronger_than_the_other_way_round(net, test_digits):
    images, labels = test_digits[0][:60], test_digits[1][:60]
    away = pgd(net, images, labels, 0.15, steps=10)
    assert float(away.success_rate) > 0.8
    towards = bim(net, images, (labels + 1) % 10, 0.3, steps=20, targeted=True)
    assert float(towards.success_rate) > 0.8
    assert (towards.after.classes == (labels + 1) % 10).mean() == float(towards.success_rate)
    assert "with the target predicted" in str(towards) and "misread" in str(away)


@pytest.mark.parametrize("objective", ["logit", "probability", "margin",
                                       lambda logits, targets: logits.sum(1)])
def test_objectives(twins, rng, objective):
    images = rng.random((3, 2, 9, 7))
    result = bim(twins[0], images, [0, 1, 2], 0.05, 0.01, 5, objective=objective, targeted=True)
    cost = result.trajectory.cost
    assert (cost[-1] > cost[0]).all()


def test_region_holds_for_random_starts(twins, rng):
    images = rng.random((3, 2, 9, 7))
    region = rng.random(images.shape) < 0.3
    result = pgd(twins[0], images, 1, 0.5, norm="l2", region=region)
    assert (result.images[~region] == images[~region]).all()
    assert (result.images[region] != images[region]).any()


def test_default_step_reaches_the_border_of_the_ball(two_pixels):
    result = bim(two_pixels, np.full((1, 1, 1, 2), 0.5), 0, 0.2, steps=4)
    np.testing.assert_allclose(result.linf, 0.2)


def test_balls():
    rng = np.random.default_rng(0)
    ball = L2Ball(2.0)
    draws = ball.sample(rng, (2000, 1, 1, 3))
    radii = np.sqrt((draws ** 2).sum(axis=(1, 2, 3)))
    assert radii.max() <= 2 and abs((radii < 1).mean() - 1 / 8) < 0.03  # the volume of half a ball
    zero = np.zeros((1, 1, 1, 3))
    np.testing.assert_array_equal(ball.direction(zero), zero)
    np.testing.assert_array_equal(ball.project(zero), zero)
    np.testing.assert_allclose(ball.project(np.full((1, 1, 2, 2), 3.0)), 1)
    np.testing.assert_array_equal(L2Ball(0.0).project(np.ones((1, 1, 1, 3))), zero)
    draws = LinfBall(0.5).sample(rng, (100, 1, 2, 2))
    assert -0.5 <= draws.min() < -0.45 and 0.45 < draws.max() <= 0.5


def test_float32_stays(net, test_digits):
    for norm in ("linf", "l2"):
        result = pgd(net, test_digits[0][:2], 3, unit(0.1), norm=norm, momentum=0.5, steps=2)
        assert result.images.dtype == np.float32
        assert result.trajectory.cost.dtype == np.float32


def test_messages(two_pixels):
    image = np.full((1, 1, 1, 2), 0.5)
    with pytest.raises(ValueError, match="pgd: norm must be one of linf, l2, got 'l1'"):
        pgd(two_pixels, image, 0, 0.1, norm="l1")
    with pytest.raises(ValueError, match="restarts=3 without a random start would repeat"):
        pgd(two_pixels, image, 0, 0.1, random_start=False, restarts=3)
    with pytest.raises(ValueError, match="momentum must be finite and at least 0, got -1"):
        pgd(two_pixels, image, 0, 0.1, momentum=-1)
    with pytest.raises(ValueError, match="alpha must be finite and at least 0, got -0.1"):
        pgd(two_pixels, image, 0, 0.1, -0.1)
    with pytest.raises(ValueError, match=r"pgd: eps=3 has no unit"):
        pgd(two_pixels, image, 0, 3, norm="l2")
    assert pgd(two_pixels, image, 0, unit(3), norm="l2").eps == unit(3)
