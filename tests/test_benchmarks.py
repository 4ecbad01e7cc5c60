"""The benchmarks measure what they say: equal work on both sides, and turns in another process."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import importable

import minitorch_cnn as mt

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _scripts():
    with importable(FOLDER):
        yield


def test_every_net_is_the_same_on_both_sides():
    import torch

    from nets import NETS, flops, to_torch
    for make, shape, _ in NETS.values():
        ours, theirs = make(mt.nn), make(torch.nn)
        theirs.load_state_dict(to_torch(ours.state_dict()))
        x = mt.randn(2, *shape)
        y = ours.eval()(x).detach().numpy()
        assert abs(y - theirs.eval()(torch.from_numpy(x.numpy())).detach().numpy()).max() < 1e-4
        forward, step = flops(theirs, torch.from_numpy(x.numpy()))
        assert 2 * forward < step < 3 * forward


def test_operations_are_counted():
    import torch

    from nets import flops, lenet
    by_hand = [6 * 25 * 28 * 28, 16 * 6 * 25 * 10 * 10, 400 * 120, 120 * 84, 84 * 10]
    forward, step = flops(lenet(torch.nn), torch.zeros(3, 1, 28, 28))
    assert forward == 2 * 3 * sum(by_hand) and step == 3 * forward - 2 * 3 * by_hand[0]


def test_arms_take_turns_across_processes():
    from rivals import Rival
    from timing import compare
    code = "from rivals import serve; serve({'one': lambda: 1.5 + sum(range(1000))}, version='7')"
    rival = Rival([sys.executable, "-c", code], {"PYTHONPATH": str(FOLDER)})
    (arm,) = rival.arms().values()
    assert rival.hello["version"] == "7" and arm() == 499501.5
    seconds, quiet = compare({"here": lambda: sum(range(1000)), "there": arm}, seconds=0.1)
    rival.close()
    assert 0 <= quiet <= 1 and 0.1 < seconds["here"] / seconds["there"] < 10


def test_a_process_that_says_nothing_is_named():
    from rivals import Rival
    with pytest.raises(RuntimeError, match="no answer from .*pass"):
        Rival([sys.executable, "-c", "pass"])


def test_what_differs_is_not_timed():
    from timing import verify
    verify("same", [1.0, 2.0], [1.0, 2.00001], 1e-4)
    for wrong in (2.1, float("nan")):
        with pytest.raises(SystemExit, match="other: the two sides differ"):
            verify("other", [1.0, wrong], [1.0, 2.0], 1e-4)


def test_a_peer_speaks_the_lines_of_the_pipe():
    code = "import rivals; rivals.serve({'a': lambda: 2})"
    run = subprocess.run([sys.executable, "-c", code], input='{"arm": "a"}\n', cwd=FOLDER,
                         capture_output=True, text=True)
    assert [json.loads(line) for line in run.stdout.splitlines()] == [{"arms": ["a"]},
                                                                     {"result": 2}]


def test_a_gpu_step_is_the_same_on_both_sides():
    """Here on the CPU: its arms need a GPU only to be timed."""
    import torch
    from gpu_step import check, ours, theirs, traffic

    from nets import mnist
    arms = ours("mnist", 8, "cpu") | theirs("mnist", 8, "cpu")
    assert set(arms) == {"eager", "compiled", "torch", "channels_last"}
    check("mnist", arms, "highest", steps=4)
    net = mnist(torch.nn)
    sizes = [2 * 32 * 784, 32 * 196, 2 * 32 * 196, 32 * 49, 1568, 2 * 500, 10]
    weights = sum(p.numel() for p in net.parameters())
    assert traffic(net, torch.zeros(3, 1, 28, 28)) == 4 * (5 * 3 * sum(sizes) + 8 * weights)


def test_the_race_is_run_to_its_goal():
    from race import data_sets, race
    data, test = data_sets("cpu")
    data.images, data.labels = data.images[:6000], data.labels[:6000]
    test.images, test.labels = test.images[:2000], test.labels[:2000]
    found = race(data, test, 90, 64, 0, epochs=3)
    assert found[-1][1] >= 90 > max([percent for _, percent in found[:-1]], default=0)
    assert all(seconds > 0 for seconds, _ in found)


def test_without_a_gpu_the_gpu_step_says_so():
    run = subprocess.run([sys.executable, str(FOLDER / "gpu_step.py"), "--net", "mnist"],
                         capture_output=True, text=True,
                         env={**os.environ, "PYTHONPATH": str(FOLDER.parent)})
    if run.returncode:
        assert run.returncode == 1 and "needs a GPU, CuPy and a CUDA build" in run.stderr


def test_the_nets_for_imagenet_are_torchvisions():
    import inference
    make = inference.torchvisions()
    images = mt.randn(1, 3, 64, 64).numpy()
    for name in ("mobilenet_v2", "resnet18"):
        net = inference.our_net(name)
        nets = dict.fromkeys(inference.LAYOUTS, inference.their_net(name, make, net.state_dict()))
        theirs = inference.theirs(nets, images)
        for ours in inference.ours(net, images).values():
            y = ours()
            assert y.shape == (1, 1000) and y.std() > 1e-3
            for right in theirs.values():
                assert abs(y - right()).max() <= 1e-4 * abs(y).max()
