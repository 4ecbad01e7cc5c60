"""The README tells the truth: its code runs and prints what it says, its paths exist."""
import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def test_the_lines_of_use_print_what_stands_under_them():
    scope = {"__name__": "readme"}  # the second block goes on where the first one ends
    for lines, printed in zip(blocks("python"), blocks("text"), strict=True):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(lines, scope)
        assert out.getvalue() == printed


def test_every_path_exists():
    folders = "minitorch_cnn|kernels|examples|benchmarks|tests"
    named = set(re.findall(rf"`((?:{folders})/[\w/.]*)`", TEXT))
    named |= set(re.findall(r"\]\(([\w/.]+)\)", TEXT))
    assert len(named) > 8
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_scripts_of_the_table_exist():
    for script in re.findall(r"^\| `(\w+\.py)`", TEXT, re.M):
        assert list((ROOT / "examples").glob(f"*/{script}")), script


def test_ci_runs_the_test_command_of_the_readme():
    commands = blocks("bash")
    assert len(commands) == 2
    install, test = commands[1].strip().split(" && ")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert install.removeprefix("python ") in script and test.removeprefix("python ") in script
