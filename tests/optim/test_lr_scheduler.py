"""Every scheduler against torch's: 60 steps, two groups, rates and momenta."""
import copy
import warnings

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import optim
from minitorch_cnn.optim import lr_scheduler

EPOCHS = 60
CLOSE = dict(rtol=1e-12, atol=1e-15)


class Decay:
    """A callable with state, which schedulers save."""

    def __init__(self, rate=0.9):
        self.rate = rate

    def __call__(self, epoch):
        return self.rate ** epoch


CASES = [
    ("StepLR", dict(step_size=7, gamma=0.3)),
    ("StepLR", dict(step_size=1)),
    ("MultiStepLR", dict(milestones=[3, 10, 10, 40], gamma=0.5)),
    ("ExponentialLR", dict(gamma=0.93)),
    ("ConstantLR", dict(factor=0.25, total_iters=9)),
    ("ConstantLR", dict()),
    ("LinearLR", dict(start_factor=0.1, end_factor=0.7, total_iters=20)),
    ("LinearLR", dict()),
    ("PolynomialLR", dict(total_iters=30, power=2.0)),
    ("PolynomialLR", dict()),
    ("CosineAnnealingLR", dict(T_max=13, eta_min=0.001)),
    ("CosineAnnealingLR", dict(T_max=60)),
    ("CosineAnnealingWarmRestarts", dict(T_0=7, T_mult=2, eta_min=0.01)),
    ("CosineAnnealingWarmRestarts", dict(T_0=5)),
    ("LambdaLR", dict(lr_lambda=lambda epoch: 1 / (1 + epoch))),
    ("LambdaLR", dict(lr_lambda=[Decay(0.9), lambda epoch: epoch % 3])),
    ("MultiplicativeLR", dict(lr_lambda=lambda epoch: 0.95)),
    ("CyclicLR", dict(base_lr=0.01, max_lr=[0.1, 0.3], step_size_up=4)),
    ("CyclicLR", dict(base_lr=0.01, max_lr=0.1, step_size_up=4, step_size_down=9,
                      mode="triangular2")),
    ("CyclicLR", dict(base_lr=[0.01, 0.1], max_lr=0.3, step_size_up=5, mode="exp_range", gamma=0.97,
                      cycle_momentum=False)),
    ("CyclicLR", dict(base_lr=0.1, max_lr=0.3, step_size_up=5, scale_fn=Decay(0.99),
                      scale_mode="iterations", base_momentum=[0.7, 0.6], max_momentum=0.95)),
    ("OneCycleLR", dict(max_lr=0.1, total_steps=EPOCHS)),
    ("OneCycleLR", dict(max_lr=[0.1, 0.5], epochs=6, steps_per_epoch=10, anneal_strategy="linear")),
    ("OneCycleLR", dict(max_lr=0.1, total_steps=EPOCHS, three_phase=True, pct_start=0.37,
                        base_momentum=0.8, max_momentum=0.9, div_factor=10.0,
                        final_div_factor=50.0)),
    ("OneCycleLR", dict(max_lr=0.1, total_steps=EPOCHS, three_phase=True, anneal_strategy="linear",
                        cycle_momentum=False)),
]


def make_pair(kind="SGD", **options):
    """Our optimizer and torch's, two groups each."""
    options = options or (dict(momentum=0.9) if kind in ("SGD", "RMSprop") else {})
    ours = [mt.Tensor(np.ones(2), requires_grad=True) for _ in range(2)]
    theirs = [torch.ones(2, requires_grad=True) for _ in range(2)]
    return (getattr(optim, kind)([{"params": ours[:1]}, {"params": ours[1:], "lr": 0.2}], lr=0.4,
                                 **options),
            getattr(torch.optim, kind)([{"params": theirs[:1]}, {"params": theirs[1:], "lr": 0.2}],
                                       lr=0.4, **options))


def assert_same(ours, theirs):
    """Both optimizers' groups: rates and momenta."""
    for group, expected in zip(ours.param_groups, theirs.param_groups, strict=True):
        assert group.keys() == expected.keys()
        for key in ("lr", "momentum", "betas", "initial_lr", "max_lr", "min_lr"):
            if key in expected:
                np.testing.assert_allclose(group[key], expected[key], **CLOSE, err_msg=key)


def run(ours, theirs, scheduler, expected, epochs=EPOCHS):
    assert_same(ours, theirs)
    for _ in range(epochs):
        ours.step()
        theirs.step()
        scheduler.step()
        expected.step()
        assert scheduler.last_epoch == expected.last_epoch
        assert_same(ours, theirs)
        np.testing.assert_allclose(scheduler.get_last_lr(), expected.get_last_lr(), **CLOSE)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name, options", CASES)
def test_rates_equal_torch(name, options, kind):
    ours, theirs = make_pair(kind)
    scheduler = getattr(lr_scheduler, name)(ours, **copy.deepcopy(options))
    expected = getattr(torch.optim.lr_scheduler, name)(theirs, **copy.deepcopy(options))
    epochs = EPOCHS - 1 if name == "OneCycleLR" else EPOCHS
    run(ours, theirs, scheduler, expected, epochs)


@pytest.mark.parametrize("name, options", CASES)
def test_state_can_be_saved_and_loaded(name, options):
    def start():
        optimizer = make_pair()[0]
        return optimizer, getattr(lr_scheduler, name)(optimizer, **copy.deepcopy(options))

    def advance(optimizer, scheduler, steps):
        for _ in range(steps):
            optimizer.step()
            scheduler.step()

    optimizer, scheduler = start()
    advance(optimizer, scheduler, 17)
    fresh, other = start()
    fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    other.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    assert other.get_last_lr() == scheduler.get_last_lr()
    advance(optimizer, scheduler, 20)
    advance(fresh, other, 20)
    assert other.get_last_lr() == scheduler.get_last_lr()
    assert fresh.param_groups[1]["momentum"] == optimizer.param_groups[1]["momentum"]


@pytest.mark.parametrize("name, options", [case for case in CASES if case[0] in (
    "StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "LambdaLR", "LinearLR",
    "ConstantLR", "PolynomialLR", "CosineAnnealingWarmRestarts")])
def test_resuming_with_last_epoch_equals_torch(name, options):
    ours, theirs = make_pair()
    for optimizer in (ours, theirs):
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"] * 2
    scheduler = getattr(lr_scheduler, name)(ours, **copy.deepcopy(options), last_epoch=11)
    expected = getattr(torch.optim.lr_scheduler, name)(theirs, **copy.deepcopy(options),
                                                       last_epoch=11)
    run(ours, theirs, scheduler, expected)


@pytest.mark.parametrize("name, options", [case for case in CASES if "Cycl" not in case[0]
                                           and case[0] != "MultiplicativeLR"])
def test_jumping_to_an_epoch_equals_torch(name, options):
    ours, theirs = make_pair()
    scheduler = getattr(lr_scheduler, name)(ours, **copy.deepcopy(options))
    expected = getattr(torch.optim.lr_scheduler, name)(theirs, **copy.deepcopy(options))
    ours.step()
    theirs.step()
    for epoch in (3, 29, 8):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler.step(epoch)
            expected.step(epoch)
        assert_same(ours, theirs)


@pytest.mark.parametrize("options", [
    dict(),
    dict(patience=2, factor=0.5, cooldown=3),
    dict(mode="max", patience=1, threshold=0.01, threshold_mode="abs", min_lr=[0.01, 0.1]),
    dict(mode="max", patience=0, threshold=0.1, min_lr=0.005),
    dict(patience=1, threshold=0.05, threshold_mode="abs", eps=0.02),
])
def test_plateau_equals_torch(options, rng):
    ours, theirs = make_pair()
    scheduler = lr_scheduler.ReduceLROnPlateau(ours, **options)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    for metric in np.concatenate([np.linspace(2, 1, 20), rng.uniform(0.9, 1.1, 60), [np.nan] * 20]):
        scheduler.step(mt.Tensor(np.array(metric)))
        expected.step(torch.tensor(metric))
        assert_same(ours, theirs)
        assert scheduler.num_bad_epochs == expected.num_bad_epochs
        assert scheduler.in_cooldown == expected.in_cooldown
        assert scheduler.get_last_lr() == pytest.approx(expected.get_last_lr())
    assert scheduler.get_last_lr()[0] < 0.4


def test_plateau_state_can_be_loaded():
    ours, _ = make_pair()
    scheduler = lr_scheduler.ReduceLROnPlateau(ours, patience=3)
    for metric in (1, 2, 2):
        scheduler.step(metric)
    other = lr_scheduler.ReduceLROnPlateau(make_pair()[0], mode="max")
    other.load_state_dict(scheduler.state_dict())
    assert (other.mode, other.best, other.num_bad_epochs, other.patience) == ("min", 1, 2, 3)


def chain(module, optimizer):
    """A warm-up times a decay."""
    return module.ChainedScheduler([module.LinearLR(optimizer, 0.1, total_iters=10),
                                    module.ExponentialLR(optimizer, 0.95)], optimizer=optimizer)


def sequence(module, optimizer):
    """A warm-up, then cosine, then steps."""
    parts = [module.LinearLR(optimizer, 0.1, total_iters=5), module.CosineAnnealingLR(optimizer,
                                                                                      20),
             module.StepLR(optimizer, 4, gamma=0.5)]
    return module.SequentialLR(optimizer, parts, milestones=[5, 25])


def nested(module, optimizer):
    """A sequence in a sequence."""
    first = module.SequentialLR(optimizer, [module.ConstantLR(optimizer, 0.1, 3),
                                            module.ExponentialLR(optimizer, 0.9)], milestones=[4])
    return module.SequentialLR(optimizer, [first, module.ExponentialLR(optimizer, 0.8)], [10])


@pytest.mark.parametrize("build", [chain, sequence, nested])
def test_several_schedulers_equal_torch(build):
    ours, theirs = make_pair()
    ours.step()  # nesting steps schedulers at once, which would warn, as in torch
    scheduler, expected = build(lr_scheduler, ours), build(torch.optim.lr_scheduler, theirs)
    assert_same(ours, theirs)
    for _ in range(EPOCHS):
        ours.step()
        theirs.step()
        scheduler.step()
        expected.step()
        assert_same(ours, theirs)
        np.testing.assert_allclose(scheduler.get_last_lr(), expected.get_last_lr(), **CLOSE)


@pytest.mark.parametrize("build", [chain, sequence, nested])
def test_several_schedulers_can_be_loaded(build):
    ours, _ = make_pair()
    ours.step()
    scheduler = build(lr_scheduler, ours)
    for _ in range(7):
        ours.step()
        scheduler.step()
    twin, _ = make_pair()
    twin.step()
    other = build(lr_scheduler, twin)
    twin.load_state_dict(ours.state_dict())
    other.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    for optimizer, s in ((ours, scheduler), (twin, other)):
        optimizer.step()
        for _ in range(20):
            s.step()
    assert other.get_last_lr() == scheduler.get_last_lr()


def test_a_scheduler_on_top_of_another_without_chaining():
    ours, theirs = make_pair()
    pairs = [(lr_scheduler.StepLR(ours, 3), torch.optim.lr_scheduler.StepLR(theirs, 3)),
             (lr_scheduler.LinearLR(ours), torch.optim.lr_scheduler.LinearLR(theirs))]
    ours.step()
    theirs.step()
    for _ in range(10):
        for scheduler, expected in pairs:
            scheduler.step()
            expected.step()
        assert_same(ours, theirs)


def test_a_rate_held_in_a_tensor_stays_that_tensor():
    lr = mt.Tensor(np.array(0.5))
    optimizer = optim.SGD([mt.Tensor(np.ones(1), requires_grad=True)], lr=lr)
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == 0.25


def test_constant_factor_zero_comes_back():
    ours, _ = make_pair()
    scheduler = lr_scheduler.ConstantLR(ours, factor=0, total_iters=2)
    ours.step()
    seen = [scheduler.get_last_lr()]
    for _ in range(3):
        scheduler.step()
        seen.append(scheduler.get_last_lr())
    assert seen == [[0, 0], [0, 0], [0.4, 0.2], [0.4, 0.2]]


def test_lambdas_that_are_functions_are_not_saved():
    ours, _ = make_pair()
    scheduler = lr_scheduler.LambdaLR(ours, [Decay(0.5), lambda epoch: 1.0])
    assert scheduler.state_dict()["lr_lambdas"] == [{"rate": 0.5}, None]


def test_stepping_before_the_optimizer_warns():
    ours, _ = make_pair()
    scheduler = lr_scheduler.StepLR(ours, 3)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()
    ours.step()
    scheduler.step()


def test_an_epoch_as_argument_warns():
    ours, _ = make_pair()
    ours.step()
    with pytest.warns(UserWarning, match="deprecated"):
        lr_scheduler.StepLR(ours, 3).step(2)
    with pytest.warns(UserWarning, match="deprecated"):
        lr_scheduler.ReduceLROnPlateau(ours).step(1.0, epoch=2)


def test_stepping_past_the_end_of_one_cycle():
    ours, _ = make_pair()
    ours.step()
    scheduler = lr_scheduler.OneCycleLR(ours, 0.1, total_steps=2)
    scheduler.step()
    scheduler.step()
    with pytest.raises(ValueError, match="Tried to step 3 times. The specified number of total "
                                         "steps is 2"):
        scheduler.step()


def test_a_group_that_comes_too_late():
    ours, _ = make_pair()
    ours.step()
    scheduler = lr_scheduler.StepLR(ours, 3)
    scheduler.base_lrs = scheduler.base_lrs[:1]
    with pytest.raises(ValueError, match="make the scheduler after add_param_group"):
        lr_scheduler.LambdaLR.set_lr(scheduler, [0.1])


@pytest.mark.parametrize("name, options, error, text", [
    ("StepLR", dict(step_size=0), ValueError, "Expected positive step_size, but got 0"),
    ("CosineAnnealingLR", dict(T_max=0), ValueError, "Expected positive T_max"),
    ("ConstantLR", dict(factor=2), ValueError, "factor expected to be between 0 and 1, got 2"),
    ("LinearLR", dict(start_factor=0), ValueError, "Starting multiplicative factor"),
    ("LinearLR", dict(end_factor=2), ValueError, "Ending multiplicative factor"),
    ("CosineAnnealingWarmRestarts", dict(T_0=0), ValueError, "Expected positive integer T_0"),
    ("CosineAnnealingWarmRestarts", dict(T_0=1, T_mult=0.5), ValueError, "positive integer T_mult"),
    ("LambdaLR", dict(lr_lambda=[Decay()]), ValueError, "lr_lambda must have the same length"),
    ("LambdaLR", dict(lr_lambda=0.1), TypeError,
     "should be a function of the epoch, but got float"),
    ("CyclicLR", dict(base_lr=0.1, max_lr=[1.0]), ValueError, "max_lr must have the same length"),
    ("CyclicLR", dict(base_lr=0.1, max_lr=1, mode="x"), ValueError, "mode is invalid and scale_fn"),
    ("OneCycleLR", dict(max_lr=1), ValueError, "You must define either total_steps OR"),
    ("OneCycleLR", dict(max_lr=1, total_steps=0), ValueError, "Expected positive integer "
                                                              "total_steps"),
    ("OneCycleLR", dict(max_lr=1, epochs=0, steps_per_epoch=1), ValueError, "integer epochs"),
    ("OneCycleLR", dict(max_lr=1, total_steps=5, pct_start=2.0), ValueError, "between 0 and 1 pct"),
    ("OneCycleLR", dict(max_lr=1, total_steps=5, anneal_strategy="x"), ValueError,
     "must be one of"),
    ("ReduceLROnPlateau", dict(factor=1.0), ValueError, "Factor should be < 1.0, got 1.0"),
    ("ReduceLROnPlateau", dict(mode="x"), ValueError, "mode x is unknown"),
    ("ReduceLROnPlateau", dict(threshold_mode="x"), ValueError, "threshold mode x is unknown"),
    ("ReduceLROnPlateau", dict(min_lr=[0.1]), ValueError, "min_lr must have the same length"),
    ("StepLR", dict(step_size=2, last_epoch=3), KeyError, "'initial_lr' is not specified"),
])
def test_options_out_of_range(name, options, error, text):
    ours, _ = make_pair()
    with pytest.raises(error, match=text):
        getattr(lr_scheduler, name)(ours, **options)


def test_momentum_is_needed_to_cycle_it():
    optimizer = optim.Adagrad([mt.Tensor(np.ones(1), requires_grad=True)])
    for make in (lambda: lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3),
                 lambda: lr_scheduler.CyclicLR(optimizer, 0.1, 0.2)):
        with pytest.raises(ValueError, match="must support momentum or beta1"):
            make()


def test_what_is_no_optimizer_or_no_scheduler():
    ours, theirs = make_pair()
    with pytest.raises(TypeError, match="StepLR: SGD is not an Optimizer"):
        lr_scheduler.StepLR(theirs, 3)
    step, other = lr_scheduler.StepLR(ours, 3), lr_scheduler.StepLR(make_pair()[0], 3)
    with pytest.raises(ValueError, match="at least one scheduler"):
        lr_scheduler.SequentialLR(ours, [], [])
    with pytest.raises(ValueError, match="at least one scheduler"):
        lr_scheduler.ChainedScheduler([])
    with pytest.raises(ValueError, match="got 1 schedulers and 1 milestones"):
        lr_scheduler.SequentialLR(ours, [step], [3])
    with pytest.raises(ValueError, match="scheduler StepLR at index 1 has another"):
        lr_scheduler.SequentialLR(ours, [step, other], [3])
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        lr_scheduler.ChainedScheduler([step, lr_scheduler.ReduceLROnPlateau(ours)])
    with pytest.raises(TypeError, match="at index 0 is a int, which is not a scheduler"):
        lr_scheduler.ChainedScheduler([3], ours)
    with pytest.raises(NotImplementedError, match="get_lr is not written"):
        lr_scheduler.LRScheduler(ours)
