"""The first steps run, small, and show what their docstrings promise."""
import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "first_steps"


def load(name):
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(f"first_steps_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_backprop_by_hand(capsys):
    before, after, distance = load("backprop_by_hand").main()
    assert after < 0.2 * before, "the loss falls"
    assert distance < 1e-5, "the tape agrees"
    assert "dconv_w" in capsys.readouterr().out


def test_define_an_op(capsys):
    message = load("define_an_op").main()
    assert "analytic 1, numeric 0" in message and "element (1,)" in message
    assert "the right one: True" in capsys.readouterr().out


def test_draw_graph(tmp_path, capsys):
    nodes = load("draw_graph").main(["--out", str(tmp_path)])
    labels = [node.label for node in nodes]
    assert labels.count("Conv2d") == 2 and "Add" in labels and "conv1.weight" in labels
    assert (tmp_path / "graph.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")


def test_train_mnist(capsys):
    module = load("train_mnist")
    score = module.main(["--quick"])
    assert score > 0.85
    out = capsys.readouterr()
    assert "799,078 parameters" in out.out and "kernels:" in out.out
    assert "loss" in out.err and "accuracy" in out.err and "images/s" in out.err


def test_the_net_has_the_shapes_of_the_study():
    import minitorch_cnn as mt
    net = load("train_mnist").Net()
    counts = {name: p.numel() for name, p in net.named_parameters()}
    assert counts["conv1.weight"] + counts["conv1.bias"] == 320
    assert counts["conv2.weight"] + counts["conv2.bias"] == 9_248
    assert counts["fc1.weight"] + counts["fc1.bias"] == 784_500
    assert counts["fc2.weight"] + counts["fc2.bias"] == 5_010
    shapes = []
    for layer in (net.conv1, net.conv2, net.fc1, net.fc2):
        layer.register_forward_hook(lambda module, args, output: shapes.append(output.shape))
    net(mt.zeros(1, 1, 28, 28))
    assert shapes == [(1, 32, 28, 28), (1, 32, 14, 14), (1, 500), (1, 10)]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_short_enough_to_be_read_aloud(path):
    assert len(path.read_text().splitlines()) <= 80
