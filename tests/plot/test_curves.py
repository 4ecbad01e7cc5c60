import numpy as np
import pytest
from figures import check_texts

import minitorch_cnn as mt
from minitorch_cnn.plot import Curve, Panel, draw_curves, draw_training
from minitorch_cnn.train.history import History


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_one_run_is_drawn_as_it_is():
    axes = draw_curves(Panel("loss", [Curve("a", mt.tensor([3.0, 2.0, 1.0]))])).axes[0]
    line = lines(axes)["a"]
    assert line.get_xdata().tolist() == [1, 2, 3] and line.get_ydata().tolist() == [3, 2, 1]
    assert len(axes.collections) == 0


@pytest.mark.parametrize("spread, low, high", [("range", [0, 2], [4, 2]), ("std", [0, 2], [4, 2])])
def test_seeds_are_drawn_as_mean_with_spread(spread, low, high):
    panel = Panel("loss", [Curve("a", [[0.0, 2.0], [4.0, 2.0]])])
    axes = draw_curves(panel, spread=spread).axes[0]
    assert lines(axes)["a"].get_ydata().tolist() == [2, 2]
    corners = axes.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == min(low) and corners[:, 1].max() == max(high)


def test_shorter_runs_and_missing_values_leave_gaps():
    curve = Curve("a", [[1.0, np.nan, 5.0, np.inf], [3.0, 2.0]])
    line = lines(draw_curves(Panel("x", [curve])).axes[0])["a"]
    assert np.array_equal(line.get_ydata(), [2, 2, 5, np.nan], equal_nan=True)


def test_smoothing_is_the_mean_of_the_points_before():
    values = np.array([0.0, 2.0, np.nan, 6.0])
    axes = draw_curves(Panel("x", [Curve("a", values, smooth=2)])).axes[0]
    assert lines(axes)["a"].get_ydata().tolist() == [0, 1, 2, 6]
    assert len(axes.get_lines()) == 2  # the raw values stand behind


def test_own_x_colors_and_references():
    panel = Panel("x", [Curve("a", [1, 2], x=[100, 200], color=1, dashes=1)], log=True,
                  references={"document": 1.5})
    axes = draw_curves(panel).axes[0]
    assert lines(axes)["a"].get_xdata().tolist() == [100, 200]
    assert lines(axes)["a"].get_color() == "#D55E00" and lines(axes)["a"].get_linestyle() == "--"
    assert lines(axes)["document: 1.5"].get_ydata() == [1.5, 1.5] and axes.get_yscale() == "log"


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_one_to_many_panels(count):
    panels = [Panel(f"panel {i}", [Curve("$a_1$", [1, 2, 3])], "epoch", "loss") for i in
              range(count)]
    figure = draw_curves(panels, title="all", dpi=50)
    assert len(figure.axes) == count
    assert {f"panel {i}" for i in range(count)} | {"all", "$a_1$"} <= check_texts(figure)


def test_many_curves_get_a_legend_beside_the_axes():
    curves = [Curve(f"run {i}", [1.0, i]) for i in range(12)]
    figure = draw_curves(Panel("many", curves), dpi=60)
    check_texts(figure)
    axes = figure.axes[0]
    assert axes.get_legend().get_window_extent().x0 >= axes.get_window_extent().x1 - 1
    looks = {(line.get_color(), line.get_linestyle()) for line in axes.get_lines()}
    assert len(looks) == 12


def test_panels_of_the_same_many_curves_share_a_legend_below():
    panels = [Panel(title, [Curve(f"${i}, {part}", [1.0, i], color=i, dashes=dashes)
                            for i in range(1, 6) for dashes, part in enumerate(("a", "long part"))])
              for title in ("one", "two", "three")]
    figure = draw_curves(panels, 3, dpi=60)
    check_texts(figure)
    assert not any(axes.get_legend() for axes in figure.axes)
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()][:2] == ["$1, a", "$1, long part"]
    box = legend.get_window_extent()
    assert box.y1 <= min(axes.get_tightbbox().y0 for axes in figure.axes)
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width
    panels[0].references["document"] = 1.0
    assert not draw_curves(panels, 3, dpi=60).legends, "one panel has more to say"


def test_log_of_nothing_positive_stays_linear_and_one_epoch_has_one_tick():
    figure = draw_curves(Panel("zero", [Curve("a", [0.0])], log=True), dpi=50)
    axes = figure.axes[0]
    assert axes.get_yscale() == "linear"
    check_texts(figure)
    assert [tick for tick in axes.get_xticks() if 0.5 < tick < 1.5] == [1]


@pytest.mark.parametrize("values", [[0.5, 0.9], [1e-5, 3.0]])
def test_log_axes_have_plain_numbers(values):
    figure = draw_curves(Panel("x", [Curve("a", values)], log=True), dpi=50)
    assert not any("mathdefault" in text for text in check_texts(figure))


@pytest.mark.parametrize("panels, message", [
    ([], "nothing to draw"),
    (Panel("x", []), "each panel at least one Curve"),
    (Panel("x", [Curve("a", [])]), r'"a" must have shape \(T,\) or \(S, T\) and not be empty'),
    (Panel("x", [Curve("a", np.zeros((1, 2, 3)))]), r"got runs of \(2, 3\)"),
    (Panel("x", [Curve("a", 3.0)]), r"got runs of \(\)"),
    (Panel("x", [Curve("a", [[1.0], [[2.0]]])]), r"got runs of \(1,\), \(1, 1\)"),
    (Panel("x", [Curve("a", [[], []])]), r"got runs of \(0,\), \(0,\)"),
    (Panel("x", [Curve("a", [1, 2], x=[1])]), '"a" has 2 points but its x has 1')])
def test_bad_curves_are_refused(panels, message):
    with pytest.raises(ValueError, match=message):
        draw_curves(panels)


def test_another_spread_is_refused():
    with pytest.raises(ValueError, match='spread must be "range" or "std", got "var"'):
        draw_curves(Panel("x", [Curve("a", [1])]), spread="var")


def history(rate, validation=True):
    iterations = [{"epoch": e, "iteration": i, "loss": 1 / (e * i), "accuracy": rate, "lr": 0.1}
                  for e in (1, 2) for i in (1, 2, 3)]
    epochs = [{"epoch": e, "train_loss": 1 / e, "train_accuracy": rate,
               "validation_loss": 2 / e if validation else np.nan,
               "validation_accuracy": rate / 2 if validation else np.nan} for e in (1, 2)]
    return History(iterations, epochs)


def test_training_shows_losses_accuracy_and_error():
    figure = draw_training({"SGD": [history(0.8), history(0.9)], "Adam": history(0.5)}, "Study")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Training loss per iteration", "Training accuracy per iteration",
                      "Loss per epoch", "Accuracy per epoch", "Error rate per epoch"]
    by_iteration = lines(figure.axes[0])["SGD"]
    assert by_iteration.get_xdata().tolist() == [1, 2, 3, 4, 5, 6]
    accuracy, error = lines(figure.axes[3]), lines(figure.axes[4])
    assert accuracy["SGD, validation"].get_ydata() == pytest.approx([42.5, 42.5])
    assert error["Adam, training"].get_ydata() == pytest.approx([50, 50])
    assert accuracy["Adam, training"].get_color() == accuracy["Adam, validation"].get_color()
    check_texts(figure)


def test_training_per_epoch_or_iteration_and_without_validation():
    figure = draw_training({"": history(0.8, validation=False)}, per="epoch")
    assert len(figure.axes) == 3 and set(lines(figure.axes[0])) == {"training"}
    assert len(draw_training({"a": history(0.8)}, per="iteration").axes) == 2
    without = History([], history(0.8).epochs)
    assert len(draw_training({"a": without}).axes) == 3


def test_training_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one complete epoch"):
        draw_training({"a": History()})
    with pytest.raises(ValueError, match="at least one complete epoch"):
        draw_training({})
    with pytest.raises(ValueError, match='per must be "epoch".*got "step"'):
        draw_training({"a": history(1)}, per="step")
