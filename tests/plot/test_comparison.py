import pytest
from figures import check_texts

from minitorch_cnn.plot import Compared, draw_comparison

ROWS = [Compared("SGD", 78.2, (75, 81), 81.11, (70, 88)),
        Compared("a rather long name of a run, with batch normalisation", 99.6, (99.5, 99.7)),
        Compared("Adam", 98.4, None, 98.94)]


@pytest.mark.parametrize("near_100", [False, True])
def test_rows_from_top_to_bottom_with_both_numbers(near_100):
    figure = draw_comparison(ROWS, document="notebook2023", title="Accuracy", near_100=near_100)
    axes = figure.axes[0]
    ours = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"]
    theirs = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "D"]
    assert ours == [78.2, 99.6, 98.4] and theirs == [81.11, 98.94]
    low, high = axes.get_ylim()
    assert low > high
    texts = check_texts(figure)
    assert {row.name for row in ROWS} | {"notebook2023", "ours, with interval", "expected"} <= texts
    left, right = axes.get_xlim()
    assert left <= 70 and right >= 99.7


def test_near_100_gives_the_last_percent_room():
    axes = draw_comparison(ROWS, near_100=True).axes[0]
    at = axes.transData.transform
    assert at((99.5, 0))[0] - at((99, 0))[0] == pytest.approx(at((90, 0))[0] - at((80, 0))[0])


def test_labels_near_0_do_not_touch():
    figure = draw_comparison([Compared("a", 4.0), Compared("b", 20.0), Compared("c", 99.5)],
                             near_100=True)
    check_texts(figure)
    axes = figure.axes[0]
    boxes = sorted((label.get_window_extent() for label in axes.get_xticklabels()),
                   key=lambda box: box.x0)
    assert all(left.x1 + 3 < right.x0 for left, right in zip(boxes, boxes[1:]))
    assert axes.get_xlim()[0] >= 0 and len(boxes) > 5


def test_one_row_and_a_perfect_one():
    check_texts(draw_comparison([Compared("seconds", 12.2, (11, 14), 45.6)], "seconds"))
    check_texts(draw_comparison([Compared("all right", 100.0)], near_100=True))
    figure = draw_comparison([Compared("only ours", float("nan"), (1, 2))])
    assert "expected" not in check_texts(figure)


def test_nothing_and_more_than_all_are_refused():
    with pytest.raises(ValueError, match="no row was given"):
        draw_comparison([])
    with pytest.raises(ValueError, match="near_100 is for percentages, got 101"):
        draw_comparison([Compared("x", 101)], near_100=True)


@pytest.mark.parametrize("document, names", [(None, ["ours, with interval"]),
                                             (98.0, ["ours, with interval", "document"])])
def test_the_legend_names_what_there_is(document, names):
    legend, = draw_comparison([Compared("a", 97.0, (96.0, 98.0), document)]).legends
    assert [text.get_text() for text in legend.get_texts()] == names
