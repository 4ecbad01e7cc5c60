from figures import check_texts

import minitorch_cnn as mt
from minitorch_cnn.inspect import trace_graph
from minitorch_cnn.plot import draw_graph


def test_every_op_and_leaf_is_in_the_picture(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr("minitorch_cnn.plot.graph.save_figure",
                        lambda figure, path: kept.append(figure) or path)
    weight = mt.ones(3, 2, requires_grad=True)
    loss = (mt.ones(4, 3, requires_grad=True) @ weight).relu().sum()
    nodes = trace_graph(loss, [("weight", weight)])
    assert draw_graph(nodes, tmp_path / "graph.png", "The tape") == tmp_path / "graph.png"
    texts = check_texts(kept[0])
    assert "The tape" in texts and "weight\n3 x 2" in texts and "leaf\n4 x 3" in texts
    assert sum("\n" in text for text in texts) == len(nodes) == 5
    assert any(text.endswith("\nscalar") for text in texts)


def test_the_picture_is_a_file(tmp_path):
    x = mt.ones(2, requires_grad=True)
    path = draw_graph(trace_graph((x * x).sum()), tmp_path / "new" / "graph.svg")
    assert "<svg" in path.read_text()
