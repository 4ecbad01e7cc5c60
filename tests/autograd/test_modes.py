"""Recording on and off: contexts, decorators, threads; and the search for NaN."""
import threading

import numpy as np
import pytest
import torch
from both import leaf, same_in_both

import minitorch_cnn as mt


def recording(lib):
    return lib.is_grad_enabled()


def contexts(lib):
    seen = [recording(lib)]
    with lib.no_grad():
        seen.append(recording(lib))
        with lib.enable_grad():
            seen.append(recording(lib))
            with lib.inference_mode():
                seen.append(recording(lib))
            with lib.set_grad_enabled(False):
                seen.append(recording(lib))
            seen.append(recording(lib))
        seen.append(recording(lib))
    seen.append(recording(lib))
    return seen


def at_once(lib):
    lib.set_grad_enabled(False)
    off = recording(lib)
    lib.set_grad_enabled(True)
    return off, recording(lib)


def decorators(lib):
    @lib.no_grad()
    def with_brackets(a, *, b):
        return recording(lib), a, b

    @lib.no_grad
    def without():
        return recording(lib)

    @lib.set_grad_enabled(False)
    def switched():
        return recording(lib)

    @lib.inference_mode()
    def inferring():
        return recording(lib)

    @lib.inference_mode
    def inferring_without():
        return recording(lib)

    @lib.enable_grad()
    def enabled():
        return recording(lib)

    seen = [recording(lib), with_brackets(1, b=2), without(), switched(), inferring(),
            inferring_without(), recording(lib)]
    with lib.no_grad():
        seen += [enabled(), recording(lib)]
    return seen, with_brackets.__name__


def recursive_decorator(lib):
    @lib.no_grad()
    def down(n):
        return [recording(lib)] + (down(n - 1) if n else [])

    return down(2), recording(lib)


def inference_off(lib):
    with lib.inference_mode(False):
        return recording(lib)


def exceptions_restore(lib):
    seen = []
    for mode in (lib.no_grad(), lib.set_grad_enabled(False), lib.inference_mode()):
        try:
            with mode:
                raise KeyError
        except KeyError:
            seen.append(recording(lib))

    @lib.no_grad()
    def fails():
        raise KeyError

    try:
        fails()
    except KeyError:
        seen.append(recording(lib))
    return seen


def generator(lib):
    @lib.no_grad()
    def numbers():
        try:
            got = yield recording(lib)
            seen.append((got, recording(lib)))
            yield recording(lib)
        except KeyError:
            seen.append(("thrown", recording(lib)))
            yield "after"
        return "done"

    seen = []
    g = numbers()
    seen.append(next(g))
    seen.append(recording(lib))
    seen.append(g.send("sent"))
    seen.append(recording(lib))
    seen.append(g.throw(KeyError()))
    try:
        next(g)
    except StopIteration as stop:
        seen.append(stop.value)
    closed = numbers()
    next(closed)
    closed.close()
    return seen, recording(lib)


def results_under_no_grad(lib):
    x = leaf(lib, [1, 2])
    with lib.no_grad():
        y = x * 2
    return y.requires_grad, y.grad_fn is None, y.is_leaf, (y * x).requires_grad


def backward_under_no_grad(lib):
    x = leaf(lib, [1, 2])
    y = (x * x).sum()
    with lib.no_grad():
        y.backward()
    return x.grad


SCENARIOS = [f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == __name__ and f is not recording]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
def test_as_in_torch(scenario):
    assert same_in_both(scenario) != "an error"


def test_one_mode_object_nests():
    mode = mt.no_grad()
    with mode, mode:
        assert not mt.is_grad_enabled()
    assert mt.is_grad_enabled()


def test_each_thread_has_its_own_switch():
    seen = []
    with mt.no_grad():
        thread = threading.Thread(target=lambda: seen.append(mt.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_threads_record_side_by_side():
    grads = [None] * 8

    def work(i):
        x = leaf(mt, float(i))
        y = x
        for _ in range(200):
            y = y * 1.0 + x
        y.backward()
        grads[i] = x.grad.item()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert grads == [201.0] * 8


# the first NaN -----------------------------------------------------------------------------------

def test_anomaly_names_op_and_line_in_forward():
    with mt.detect_anomaly(), pytest.raises(RuntimeError) as caught:
        leaf(mt, [-1.0]).log()
    assert "Log.forward made the first NaN" in str(caught.value)
    assert "test_modes.py" in str(caught.value)


def test_anomaly_names_op_and_line_in_backward():
    x = leaf(mt, [0.0])
    with mt.detect_anomaly():
        y = x.sqrt() * 0  # made here
        with pytest.raises(RuntimeError) as caught:
            y.sum().backward()
    assert "Sqrt.backward made the first NaN" in str(caught.value)
    assert "# made here" in str(caught.value)


def test_anomaly_blames_nobody_for_a_nan_that_came_in():
    x = leaf(mt, [np.nan, 1])
    with mt.detect_anomaly():
        (x * 2).sum().backward()
        (x * float("nan")).sum()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize("switch", [
    lambda: mt.detect_anomaly(), lambda: mt.autograd.set_detect_anomaly(True)])
def test_anomaly_is_switched_off_again(switch):
    with switch() as on, pytest.raises(RuntimeError):
        assert on is not None
        leaf(mt, [-1.0]).log()
    assert np.isnan(leaf(mt, [-1.0]).log().item())


def test_anomaly_as_decorator_and_at_once():
    @mt.detect_anomaly()
    def run():
        leaf(mt, [-1.0]).log()

    with pytest.raises(RuntimeError, match="first NaN"):
        run()
    mt.autograd.set_detect_anomaly(True)
    with pytest.raises(RuntimeError, match="first NaN"):
        leaf(mt, [-1.0]).log()
    mt.autograd.set_detect_anomaly(False)
    with mt.detect_anomaly(check_nan=False):
        assert np.isnan(leaf(mt, [-1.0]).log().item())


def test_torch_agrees_that_backward_is_searched():
    x = torch.zeros(1, requires_grad=True)
    with pytest.warns(UserWarning), torch.autograd.detect_anomaly():
        y = x.sqrt() * 0
        with pytest.raises(RuntimeError, match="nan"):
            y.sum().backward()
