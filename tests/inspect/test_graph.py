"""The recorded graph as data and as DOT text."""
import pytest

import minitorch_cnn as mt
from minitorch_cnn import nn
from minitorch_cnn.inspect import to_dot, trace_graph


def test_nodes_stand_after_what_they_use():
    w = mt.ones(2, 3, requires_grad=True)
    y = (w * w + w).sum()
    nodes = trace_graph(y, [("w", w)])
    assert [(n.label, n.shape, n.inputs) for n in nodes] == [
        ("w", (2, 3), []), ("Mul", (2, 3), [0, 0]), ("Add", (2, 3), [1, 0]), ("Sum", (), [2])]
    assert [n.is_leaf for n in nodes] == [True, False, False, False]
    assert nodes[1].number < nodes[2].number < nodes[3].number


def test_layers_and_their_parameters():
    net = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    with nn.no_fusing():
        nodes = trace_graph(net(mt.ones(4, 3)), net.named_parameters())
    assert [n.label for n in nodes] == ["0.weight", "0.bias", "Linear", "ReLU"]
    assert nodes[2].inputs == [0, 1] and nodes[3].shape == (4, 2)
    nodes = trace_graph(net(mt.ones(4, 3)), net.named_parameters())
    assert [n.label for n in nodes] == ["0.weight", "0.bias", "LinearReLU"]


def test_dot():
    w = mt.ones(2, 3, requires_grad=True)
    lines = to_dot(trace_graph((w * 2).sum(), [('the "w"', w)])).splitlines()
    assert lines[0] == "digraph tape {" and lines[-1] == "}"
    assert '  n0 [label="the \'w\'\\n2 x 3", style="filled", fillcolor="#dbe9f6"];' in lines
    assert '  n2 [label="Sum\\nscalar"];' in lines
    assert [line for line in lines if "->" in line] == ["  n0 -> n1;", "  n1 -> n2;"]


def test_a_deep_graph():
    x = mt.ones(1, requires_grad=True)
    for _ in range(20_000):
        x = -x
    assert len(trace_graph(x)) == 20_001


def test_nothing_to_trace():
    x = mt.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="trace_graph: this tensor was not recorded, so it has no"):
        trace_graph(x)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(ValueError, match=r"trace_graph: backward\(\) has freed this graph"):
        trace_graph(y)
