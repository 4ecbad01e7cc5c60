import io
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image

import minitorch_cnn as mt
from minitorch_cnn.plot import draw_images, png_bytes, save_figure
from minitorch_cnn.plot.figure import (
    CLASS_COLORS,
    COLORS,
    color_map,
    limits,
    new_figure,
    numbers,
    text_height,
    text_width,
)


def test_nothing_imports_matplotlib_until_drawn_and_pyplot_never():
    code = ("import sys, numpy as np, minitorch_cnn.plot as plot, minitorch_cnn.report\n"
            "assert 'matplotlib' not in sys.modules\n"
            "plot.png_bytes(plot.draw_images(np.zeros((2, 1, 4, 4))))\n"
            "assert 'matplotlib.figure' in sys.modules\n"
            "assert 'matplotlib.pyplot' not in sys.modules\n")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_setting_of_matplotlib_changes(rng):
    before = dict(matplotlib.rcParams)
    png_bytes(draw_images(rng.random((3, 1, 5, 5)), title="t", bar="b"))
    assert dict(matplotlib.rcParams) == before


def test_without_matplotlib_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        new_figure(1, 1)


@pytest.mark.parametrize("dpi", [50, 144])
def test_pixels_are_inches_times_dpi(tmp_path, dpi):
    figure = new_figure(3, 2, dpi=dpi)
    path = save_figure(figure, tmp_path / "new" / "folder" / "a.png")
    with Image.open(path) as own, Image.open(io.BytesIO(png_bytes(figure, dpi=10))) as other:
        assert own.size == (3 * dpi, 2 * dpi) and other.size == (30, 20)
    with Image.open(save_figure(figure, path, dpi=20)) as again:
        assert again.size == (60, 40)
    assert save_figure(figure, tmp_path / "c.svg").read_text().startswith("<?xml")


def test_the_same_figure_gives_the_same_bytes(rng):
    x = rng.random((2, 1, 6, 6))
    assert png_bytes(draw_images(x)) == png_bytes(draw_images(x))


@pytest.mark.parametrize("dpi, message", [(0, "dpi must be positive"), (-3, "got -3"),
                                          (float("nan"), "dpi must be positive"),
                                          (10_000, "more than 65535 pixels a side")])
def test_bad_dpi_is_refused(dpi, message):
    with pytest.raises(ValueError, match=message):
        new_figure(10, 10, dpi=dpi)


def test_numbers_takes_tensors_arrays_and_lists():
    assert numbers(mt.ones(2, requires_grad=True)).tolist() == [1, 1]
    assert numbers([[1, 2]]).shape == (1, 2)


def test_limits_of_every_scale():
    a, b = np.array([0.0, 2.0]), np.array([-1.0, np.nan, np.inf])
    assert limits([a, b], "unit") == [(0, 1)] * 2
    assert limits([a, b], "shared") == [(-1, 2)] * 2
    assert limits([a, b], "private") == [(0, 2), (-1.5, -0.5)]
    assert limits([a, b], "centered") == [(-2, 2)] * 2
    assert limits([a, b], (3, 4)) == [(3, 4)] * 2
    nothing = [np.full(3, np.nan)]
    assert limits(nothing, "shared") == limits(nothing, "private") == [(0, 1)]
    assert limits(nothing, "centered") == limits([np.zeros(2)], "centered") == [(-1, 1)]
    assert limits([], "shared") == []
    with pytest.raises(ValueError, match='scale must be "unit", "shared".*got "best"'):
        limits([a], "best")


def test_unknown_color_map_is_named():
    with pytest.raises(ValueError, match='no color map "gry"; "gray"'):
        color_map("gry")


def test_text_size_grows_with_text_and_points():
    assert text_width("") == 0 and text_height("") == 0
    assert text_width("wwww") > text_width("ww") > text_width("ii")
    assert text_width("a\nlonger") == text_width("longer")
    assert text_width("x", 20) == pytest.approx(2 * text_width("x", 10), rel=0.2)
    assert text_width("$x^2$") > text_width("x2")  # not read as mathematics
    assert text_height("a\nb") == 2 * text_height("a")


def luminance(color):
    """Relative luminance of WCAG 2.2."""
    from matplotlib.colors import to_rgb
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_curve_colors_stand_out_from_white_and_all_colors_differ():
    assert all(1.05 / (luminance(color) + 0.05) > 2 for color in COLORS)
    assert len(set(COLORS)) == len(COLORS) and len(set(CLASS_COLORS)) == 10
