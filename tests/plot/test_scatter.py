"""Colored points: what is drawn where, the legend, what is refused."""
import numpy as np
import pytest
from matplotlib.colors import to_hex

from minitorch_cnn.plot import Scatter, draw_scatter, png_bytes
from minitorch_cnn.plot.figure import CLASS_COLORS

POINTS, CLASSES = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 9, 9])


def legend_texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_points_have_the_colors_of_their_classes():
    figure = draw_scatter(Scatter("a map", POINTS, CLASSES))
    axes, = figure.axes
    drawn, = axes.collections
    place = {tuple(p): to_hex(c).upper() for p, c in zip(drawn.get_offsets().data,
                                                         drawn.get_facecolors())}
    assert place == {tuple(p): CLASS_COLORS[c].upper() for p, c in zip(POINTS, CLASSES)}
    assert legend_texts(figure) == ["0", "1", "2", "9"] and axes.get_title() == "a map"
    assert png_bytes(figure, 40).startswith(b"\x89PNG")


def test_a_box_and_several_panels():
    panels = [Scatter(name, POINTS, CLASSES % 2, box) for name, box in
              (("a", None), ("b", (1, 2, 5, 7)), ("c", None))]
    figure = draw_scatter(panels, class_names=("even $x", "odd"), title="both", columns=2)
    assert [len(axes.lines) for axes in figure.axes] == [0, 1, 0]
    line, = figure.axes[1].lines
    assert set(line.get_xdata()) == {1, 5} and set(line.get_ydata()) == {2, 7}
    assert legend_texts(figure) == ["even $x", "odd"]
    png_bytes(figure, 40)


def test_many_points_and_none(rng):
    many = draw_scatter(Scatter("", rng.random((3_000, 2)), rng.integers(0, 10, 3_000)))
    assert many.axes[0].collections[0].get_sizes()[0] < 14
    none = draw_scatter(Scatter("", np.zeros((0, 2)), np.zeros(0, int)))
    assert not none.legends
    png_bytes(none, 40)


@pytest.mark.parametrize("call, message", [
    (lambda: draw_scatter([]), "there is nothing to draw"),
    (lambda: draw_scatter(Scatter("m", POINTS.T, CLASSES)), r"needs points \(N, 2\) and N classes"),
    (lambda: draw_scatter(Scatter("m", POINTS, CLASSES[:3])), r"got \(6, 2\) and \(3,\)"),
    (lambda: draw_scatter(Scatter("m", POINTS, CLASSES + 1)), "classes 1 to 10; there are colors"),
    (lambda: draw_scatter(Scatter("m", POINTS, CLASSES), ["a"]), "1 class_names but a class 9"),
])
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
