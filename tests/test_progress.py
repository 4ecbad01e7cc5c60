"""The progress bar: shown, not shown, and without tqdm; the line of the compiler."""
import io
import sys

import pytest

from minitorch_cnn.progress import CompilationLine, progress_bar


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


class Terminal(io.StringIO):
    def isatty(self):
        return True


def compile_two(monkeypatch, stream, patience=0.0, in_test=False):
    """Two functions, the first of which needs a third."""
    if not in_test:
        monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr(sys, "stderr", stream)
    line = CompilationLine("compiling", patience)
    for depth in (2, 1):
        for _ in range(depth):
            line.start()
        for _ in range(depth):
            line.end()
    assert line.done == 3 and line.seconds > 0
    return stream.getvalue() if stream else ""


def test_a_terminal_sees_the_compiler_count_and_nothing_is_left(monkeypatch):
    shown = compile_two(monkeypatch, Terminal())
    assert "compiling: 0 done, 0 s" in shown and "compiling: 2 done, 0 s" in shown
    assert "\n" not in shown and shown.endswith("\r\x1b[K")


def test_a_log_gets_one_line_of_the_compiler(monkeypatch):
    assert compile_two(monkeypatch, io.StringIO()) == "compiling ...\n"


@pytest.mark.parametrize("stream, options", [
    (io.StringIO(), {"patience": 60.0}), (Terminal(), {"patience": 60.0}),
    (io.StringIO(), {"in_test": True}), (None, {})])
def test_the_compiler_says_nothing_when_it_is_fast_or_nobody_looks(monkeypatch, stream, options):
    assert compile_two(monkeypatch, stream, **options) == ""
