"""The progress bar: shown, not shown, and without tqdm."""
import sys

import pytest

from minitorch_cnn.progress import progress_bar


def count_to_three(**options):
    with progress_bar(3, "counting", "sheep", **options) as bar:
        for _ in range(3):
            bar.set_postfix_str("asleep", refresh=False)
            bar.update(1)
    return bar


def test_a_bar_says_what_is_counted(capsys):
    bar = count_to_three(show=True)
    shown = capsys.readouterr().err
    assert bar.n == 3 and "counting" in shown and "/3 " in shown and "sheep" in shown


@pytest.mark.parametrize("show", [False, None])
def test_no_bar_where_none_is_wanted_or_nobody_looks(show, capsys):
    count_to_three(show=show)
    assert capsys.readouterr().err == ""


def test_without_tqdm_there_is_no_bar_unless_one_is_asked_for(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    count_to_three()
    assert capsys.readouterr().err == ""
    with pytest.raises(ImportError, match="counting: progress=True needs tqdm; install it with"):
        count_to_three(show=True)
