"""Every optimizer against torch.optim: 25 steps, float32 and float64, all options."""
import copy
import pickle

import numpy as np
import pytest
import torch

import minitorch_cnn as mt
from minitorch_cnn import optim

SHAPES = [(3, 4), (5,), (), (2, 0), (2, 1, 3, 3)]
TOLERANCE = {np.float32: dict(rtol=1e-6, atol=1e-6), np.float64: dict(rtol=1e-12, atol=1e-12)}
CASES = [
    ("SGD", dict(lr=0.1)),
    ("SGD", dict(lr=0.1, momentum=0.9)),
    ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05)),
    ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05)),
    ("SGD", dict(lr=0.1, momentum=0.5, nesterov=True, maximize=True)),
    ("SGD", dict(lr=0.01, weight_decay=0.1, maximize=True)),
    ("RMSprop", dict()),
    ("RMSprop", dict(lr=0.02, alpha=0.9, eps=1e-4, weight_decay=0.1)),
    ("RMSprop", dict(momentum=0.9, centered=True)),
    ("RMSprop", dict(centered=True, alpha=0.4, maximize=True, weight_decay=0.01)),
    ("Adagrad", dict()),
    ("Adagrad", dict(lr=0.1, lr_decay=0.05, weight_decay=0.1, initial_accumulator_value=0.3,
                     eps=1e-5)),
    ("Adagrad", dict(maximize=True)),
    ("Adadelta", dict()),
    ("Adadelta", dict(lr=0.5, rho=0.7, eps=1e-3, weight_decay=0.1, maximize=True)),
    ("Adam", dict()),
    ("Adam", dict(lr=0.01, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.1, amsgrad=True)),
    ("Adam", dict(betas=(0.0, 0.0), maximize=True)),
    ("Adam", dict(betas=(0.3, 0.5), weight_decay=0.1, decoupled_weight_decay=True)),
    ("AdamW", dict()),
    ("AdamW", dict(lr=0.01, weight_decay=0.3, amsgrad=True, maximize=True)),
    ("Adamax", dict()),
    ("Adamax", dict(lr=0.01, betas=(0.7, 0.9), weight_decay=0.1, maximize=True)),
    ("NAdam", dict()),
    ("NAdam", dict(lr=0.01, weight_decay=0.1, momentum_decay=0.1, decoupled_weight_decay=True)),
    ("NAdam", dict(weight_decay=0.1, maximize=True)),
    ("RAdam", dict()),
    ("RAdam", dict(lr=0.01, betas=(0.8, 0.9), weight_decay=0.1)),
    ("RAdam", dict(weight_decay=0.1, decoupled_weight_decay=True, maximize=True)),
]
NAMES = sorted({name for name, _ in CASES})


def make_pair(dtype, shapes=SHAPES, seed=0):
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(rng.standard_normal(shape), dtype) for shape in shapes]
    return ([mt.Tensor(a.copy(), requires_grad=True) for a in arrays],
            [torch.from_numpy(a.copy()).requires_grad_() for a in arrays])


def set_gradients(ours, theirs, rng, skip=None):
    """The same random gradients; tensor number ``skip`` gets none."""
    for i, (p, t) in enumerate(zip(ours, theirs)):
        dw = np.asarray(rng.standard_normal(p.shape), p.dtype)
        p.grad = None if i == skip else mt.Tensor(dw.copy())
        t.grad = None if i == skip else torch.from_numpy(dw)


def assert_same(ours, theirs, dtype):
    for p, t in zip(ours, theirs):
        assert p.dtype == dtype
        np.testing.assert_allclose(p.data, t.detach().numpy(), **TOLERANCE[dtype])


def assert_same_state(ours, theirs, dtype):
    """Two state dicts: the same keys in both parts, the same numbers."""
    for group, expected in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert group == expected
        assert list(group) == list(expected)
    assert ours["state"].keys() == theirs["state"].keys()
    for number, values in theirs["state"].items():
        assert ours["state"][number].keys() == values.keys()
        for key, value in values.items():
            np.testing.assert_allclose(ours["state"][number][key].data, value.numpy(),
                                       **TOLERANCE[dtype], err_msg=key)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name, options", CASES)
def test_25_steps_equal_torch(name, options, dtype, rng):
    ours, theirs = make_pair(dtype)
    arrays = [p.data for p in ours]
    optimizer = getattr(optim, name)(ours, **options)
    expected = getattr(torch.optim, name)(theirs, **options)
    for i in range(25):
        set_gradients(ours, theirs, rng, skip=1 if i % 5 == 2 else None)
        before = [p.grad if p.grad is None else p.grad.data.copy() for p in ours]
        optimizer.step()
        expected.step()
        for p, dw in zip(ours, before):
            if dw is not None:
                np.testing.assert_array_equal(p.grad.data, dw, err_msg="a gradient was changed")
    assert_same(ours, theirs, dtype)
    assert all(p.data is array for p, array in zip(ours, arrays)), "an array was replaced"
    assert_same_state(optimizer.state_dict(), expected.state_dict(), dtype)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_equal_torch(name):
    ours, theirs = make_pair(np.float32)
    optimizer, expected = getattr(optim, name)(ours), getattr(torch.optim, name)(theirs)
    assert optimizer.defaults == expected.defaults
    assert_same_state(optimizer.state_dict(), expected.state_dict(), np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_state_can_be_loaded_and_continued(name, rng):
    options = {"SGD": dict(momentum=0.9), "RMSprop": dict(momentum=0.9, centered=True),
               "Adam": dict(amsgrad=True)}.get(name, {})
    kind = getattr(optim, name)
    ours, others = make_pair(np.float64)[0], make_pair(np.float64)[0]
    optimizer = kind(ours, lr=0.1, **options)
    for _ in range(3):
        set_gradients(ours, [], rng)
        for p in ours:
            p.grad = mt.Tensor(np.asarray(rng.standard_normal(p.shape)))
        optimizer.step()
    fresh = kind(others)
    for p, q in zip(ours, others):
        q.data[...] = p.data
        q.grad = mt.Tensor(p.grad.data.copy())
    fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    optimizer.step()
    fresh.step()
    for p, q in zip(ours, others):
        np.testing.assert_array_equal(p.data, q.data)


def test_state_of_torch_can_be_loaded(rng):
    ours, theirs = make_pair(np.float32)
    expected = torch.optim.Adam(theirs, lr=0.1)
    set_gradients(ours, theirs, rng)
    expected.step()
    for p, t in zip(ours, theirs):
        p.data[...] = t.detach().numpy()
    state = expected.state_dict()
    state["state"] = {i: {key: value.numpy() for key, value in values.items()}
                      for i, values in state["state"].items()}
    optimizer = optim.Adam(ours)
    optimizer.load_state_dict(state)
    for _ in range(5):
        set_gradients(ours, theirs, rng)
        optimizer.step()
        expected.step()
    assert_same(ours, theirs, np.float32)


def test_loading_copies_and_converts():
    ours = make_pair(np.float32, [(3,)])[0]
    optimizer = optim.SGD(ours, momentum=0.9)
    saved = {"state": {0: {"momentum_buffer": mt.Tensor(np.ones(3))}},
             "param_groups": [{"lr": 0.5, "params": [0]}]}
    optimizer.load_state_dict(saved)
    loaded = optimizer.state[ours[0]]["momentum_buffer"]
    assert loaded.dtype == np.float32
    assert loaded.data is not saved["state"][0]["momentum_buffer"].data
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert optimizer.param_groups[0]["momentum"] == 0.9, "what the file lacks stays"


def test_adamw_stays_decoupled_with_a_state_of_adam():
    ours = make_pair(np.float32, [(3,)])[0]
    optimizer = optim.AdamW(ours)
    optimizer.load_state_dict(optim.Adam(ours).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True


def test_loading_refuses_what_does_not_fit():
    one, two = make_pair(np.float32, [(3,)])[0], make_pair(np.float32, [(3,), (2,)])[0]
    optimizer = optim.SGD(one)
    with pytest.raises(ValueError, match="is this the state of a model"):
        optimizer.load_state_dict({"weight": mt.Tensor(1.0)})
    with pytest.raises(ValueError, match="a state for parameter 7, which is in none of its groups"):
        optimizer.load_state_dict({"state": {7: {}}, "param_groups": [{"params": [0]}]})
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optimizer.load_state_dict({"state": {}, "param_groups": []})
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optimizer.load_state_dict(optim.SGD(two).state_dict())
    saved = {"state": {0: {"momentum_buffer": mt.Tensor(np.ones(4))}},
             "param_groups": [{"params": [0]}]}
    with pytest.raises(ValueError, match=r'"momentum_buffer" of parameter 0 has shape \(4,\)'):
        optimizer.load_state_dict(saved)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_of_an_optimizer_goes_on_with_its_own_parameters(duplicate):
    ours = make_pair(np.float32, [(3,)])[0]
    optimizer = optim.Adam(ours, lr=0.1)
    ours[0].grad = mt.Tensor(np.ones(3, np.float32))
    optimizer.step()
    twin = duplicate(optimizer)
    parameter = twin.param_groups[0]["params"][0]
    assert parameter is not ours[0]
    optimizer.step()
    twin.step()
    np.testing.assert_array_equal(parameter.data, ours[0].data)
    assert float(twin.state[parameter]["step"]) == 2


def test_groups_with_their_own_options(rng):
    ours, theirs = make_pair(np.float64, [(3,), (2,), (4,)])
    optimizer = optim.SGD([{"params": ours[0], "lr": 0.5}, {"params": (p for p in ours[1:2])}],
                          lr=0.1, momentum=0.9)
    expected = torch.optim.SGD([{"params": theirs[0], "lr": 0.5}, {"params": theirs[1:2]}],
                               lr=0.1, momentum=0.9)
    optimizer.add_param_group({"params": ours[2], "momentum": 0.0})
    expected.add_param_group({"params": theirs[2], "momentum": 0.0})
    for _ in range(5):
        set_gradients(ours, theirs, rng)
        optimizer.step()
        expected.step()
    assert_same(ours, theirs, np.float64)
    assert_same_state(optimizer.state_dict(), expected.state_dict(), np.float64)


def test_a_group_given_as_a_dict_is_not_changed():
    group = {"params": make_pair(np.float32, [(3,)])[0]}
    optim.SGD([group])
    assert list(group) == ["params"]


def test_generators_and_named_parameters():
    ours = make_pair(np.float32, [(3,), (2,)])[0]
    assert optim.SGD(p for p in ours).param_groups[0]["params"] == ours
    named = optim.SGD(zip(["weight", "bias"], ours))
    assert named.param_groups[0]["param_names"] == ["weight", "bias"]
    assert named.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_learning_rate_as_tensor_array_or_numpy_number(rng):
    for lr in (mt.Tensor(0.1), np.float64(0.1), np.array(0.1)):
        ours, theirs = make_pair(np.float32)
        optimizer, expected = optim.Adam(ours, lr=lr), torch.optim.Adam(theirs, lr=0.1)
        for _ in range(3):
            set_gradients(ours, theirs, rng)
            optimizer.step()
            expected.step()
        assert_same(ours, theirs, np.float32)


def test_non_contiguous_parameters_are_updated_in_place(rng):
    base = np.zeros((4, 6))
    p = mt.Tensor(base[::2, ::3].T, requires_grad=True)
    p.grad = mt.Tensor(np.ones(p.shape))
    optim.SGD([p], lr=1.0, momentum=0.9).step()
    np.testing.assert_array_equal(base[::2, ::3], -1)
    assert np.count_nonzero(base) == 4


def test_closure_runs_with_recording_and_its_loss_is_returned():
    p = mt.Tensor(np.ones(1), requires_grad=True)
    seen = []

    def closure():
        seen.append(mt.is_grad_enabled())
        p.grad = mt.Tensor(np.ones(1))
        return "loss"

    with mt.no_grad():
        assert optim.SGD([p], lr=0.25).step(closure) == "loss"
    assert seen == [True]
    assert p.data[0] == 0.75


def test_zero_grad():
    p = mt.Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([p])
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is None
    p.grad = grad = mt.Tensor(np.ones(2))
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is grad
    assert not grad.data.any()
    optimizer.zero_grad()
    assert p.grad is None


def test_a_zero_gradient_moves_by_momentum_and_none_does_not():
    p = mt.Tensor(np.zeros(1), requires_grad=True)
    optimizer = optim.SGD([p], lr=1.0, momentum=0.5)
    for grad, expected in ((1.0, -1.0), (0.0, -1.5), (None, -1.5)):
        p.grad = None if grad is None else mt.Tensor(np.array([grad]))
        optimizer.step()
        assert p.data[0] == expected


def test_infinite_gradients_give_no_warning():
    p = mt.Tensor(np.ones(2, np.float32), requires_grad=True)
    p.grad = mt.Tensor(np.array([np.inf, np.nan], np.float32))
    optim.Adam([p]).step()
    assert np.isnan(p.data).all()


def test_hooks_before_and_after_a_step():
    p = mt.Tensor(np.ones(1), requires_grad=True)
    p.grad = mt.Tensor(np.ones(1))
    optimizer, seen = optim.SGD([p], lr=0.5), []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(float(p.data[0])))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(float(p.data[0])))
    optimizer.step()
    before.remove()
    optimizer.step()
    assert seen == [1.0, 0.5, 0.0]


def test_an_optimizer_of_ones_own():
    class Sign(optim.Optimizer):
        def update(self, w, dw, state, group):
            w -= group["lr"] * np.sign(dw)

    p = mt.Tensor(np.zeros(3), requires_grad=True)
    p.grad = mt.Tensor(np.array([-2.0, 0.0, 5.0]))
    Sign([p], {"lr": 0.5}).step()
    np.testing.assert_array_equal(p.data, [0.5, 0, -0.5])
    with pytest.raises(NotImplementedError, match="Optimizer.update is not written"):
        optim.Optimizer([p], {}).step()


def test_repr_is_torchs():
    ours, theirs = make_pair(np.float32, [(3,)])
    assert repr(optim.Adam(ours)) == repr(torch.optim.Adam(theirs))


@pytest.mark.parametrize("name, options, text", [
    ("SGD", dict(lr=-1), "SGD: Invalid learning rate: -1; lr must be >= 0"),
    ("SGD", dict(lr=float("nan")), "Invalid learning rate: nan"),
    ("SGD", dict(momentum=-0.5), "Invalid momentum value: -0.5"),
    ("SGD", dict(weight_decay=-0.5), "Invalid weight_decay value: -0.5"),
    ("SGD", dict(nesterov=True), "Nesterov momentum requires a momentum and zero dampening"),
    ("SGD", dict(nesterov=True, momentum=0.9, dampening=0.1), "zero dampening; got momentum=0.9"),
    ("SGD", dict(differentiable=True), "differentiable=True is not supported"),
    ("RMSprop", dict(capturable=True), "capturable=True is not supported"),
    ("RMSprop", dict(alpha=-1), "Invalid alpha value: -1"),
    ("RMSprop", dict(eps=-1), "Invalid epsilon value: -1"),
    ("Adagrad", dict(lr_decay=-0.5), "Invalid lr_decay value: -0.5"),
    ("Adagrad", dict(initial_accumulator_value=-1), "Invalid initial_accumulator_value value: -1"),
    ("Adadelta", dict(rho=1.1), r"Invalid rho value: 1.1; rho must be in \[0, 1\]"),
    ("Adam", dict(betas=(1.0, 0.9)), r"Invalid beta parameter at index 0: 1.0; it must be in \[0, "
                                     r"1\)"),
    ("AdamW", dict(betas=(0.9, -0.1)), "AdamW: Invalid beta parameter at index 1: -0.1"),
    ("Adam", dict(betas=0.9), "betas must be two numbers"),
    ("Adam", dict(lr=np.ones(2)), r"Adam: Tensor lr must be 1-element, got shape \(2,\)"),
    ("NAdam", dict(momentum_decay=-0.2), "Invalid momentum_decay value: -0.2"),
])
def test_options_out_of_range(name, options, text):
    p = mt.Tensor(np.ones(1), requires_grad=True)
    with pytest.raises(ValueError, match=text):
        getattr(optim, name)([p], **options)
    with pytest.raises(ValueError, match=text):
        getattr(optim, name)([{"params": [p], **options}])


def test_options_of_the_wrong_type():
    p = mt.Tensor(np.ones(1), requires_grad=True)
    with pytest.raises(TypeError, match="SGD: lr must be a number, got str"):
        optim.SGD([p], lr="0.1")


def test_parameters_that_are_refused():
    p = mt.Tensor(np.ones(1), requires_grad=True)
    q = mt.Tensor(np.ones(2), requires_grad=True)
    with pytest.raises(TypeError, match="params argument given to the optimizer should be an "
                                        "iterable"):
        optim.SGD(p)
    with pytest.raises(TypeError, match="pass model.parameters"):
        optim.SGD(3)
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        optim.SGD([])
    with pytest.raises(TypeError, match="ordered collections"):
        optim.SGD({p})
    with pytest.raises(TypeError, match="one of the params is str"):
        optim.SGD({"weight": p})
    with pytest.raises(TypeError, match="param_group must be a dict"):
        optim.SGD([p]).add_param_group([q])
    with pytest.raises(ValueError, match="duplicate parameters"):
        optim.SGD([p, p])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": [p]}, {"params": [p]}])
    with pytest.raises(ValueError, match="with/without names. Some param names are missing"):
        optim.SGD([("p", p), q])
    with pytest.raises(ValueError, match="with/without names"):
        optim.SGD([("p", p)]).add_param_group({"params": [q]})
    with pytest.raises(ValueError, match="read-only array"):
        optim.SGD([mt.Tensor(np.broadcast_to(np.ones(1), (3,)), requires_grad=True)])


def test_a_result_is_refused():
    class Twice(mt.Function):
        def forward(self, x):
            return 2 * x

    y = Twice()(mt.Tensor(np.ones(1), requires_grad=True))
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        optim.SGD([y])


def test_a_gradient_of_another_shape_is_refused():
    p = mt.Tensor(np.ones(3), requires_grad=True)
    p.grad = mt.Tensor(np.ones(3))
    p.data = np.ones(2)
    with pytest.raises(ValueError, match=r"shape \(2,\) has a gradient of shape \(3,\)"):
        optim.SGD([p]).step()
