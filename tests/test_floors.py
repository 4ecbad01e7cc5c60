"""The house rules that can be measured, measured.

Imports only go down the floors (or stay), never in a circle; an optional dependency has one home;
functions, files and lines stay short; what is public says what it does.
"""
import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "minitorch_cnn"
FLOORS = [
    {"device", "cuda", "dtypes", "random", "cache", "progress", "kernels.reference", "kernels.cpu",
     "kernels.cuda"},
    {"kernels"},
    {"autograd"},
    {"ops"},
    {"nn", "optim", "data", "serialization"},
    {"compiler", "datasets", "transforms"},
    {"models", "train", "interpret", "attacks", "inspect"},
    {"plot"},
    {"report", "doctor", ""},  # "" is the package itself, which gathers the public names
]
# Optional dependency: where it may be imported. "one file" means any, but only one.
HOMES = {
    "cupy": "minitorch_cnn/device.py", "numba": "kernels/cpu/",
    "llvmlite": "kernels/cpu/", "matplotlib": "minitorch_cnn/plot/",
    "torch": "one file", "torchvision": "one file", "sklearn": "one file",
    "safetensors": "one file", "tqdm": "one file", "threadpoolctl": "one file", "PIL": "one file",
}
NEEDED = {"numpy"}  # by importing the package; everything else is optional or Python's own


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_of(path):
    """minitorch_cnn/ops/conv.py -> minitorch_cnn.ops.conv; kernels/cpu/conv.py likewise."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = (PACKAGE, *parts) if parts[0] == "kernels" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sources(PACKAGE, "kernels")
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
MODULES = {module_of(path): path for path in FILES}


def name(path):
    return str(path.relative_to(ROOT))


def imports(path):
    """The modules that a file imports anywhere, in functions too; ours resolved to files."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from targets(node, path)


def targets(node, path):
    """The modules behind ``from ..x import a, b``: x.a where that is a module, else x."""
    base = node.module or ""
    if node.level:
        package = module_of(path).split(".")
        package = package if path.name == "__init__.py" else package[:-1]
        package = package[:len(package) - node.level + 1]
        base = ".".join([*package, *([node.module] if node.module else [])])
    for alias in node.names:
        full = f"{base}.{alias.name}"
        yield full if full in MODULES else base


def ours(path):
    return {module for module in imports(path) if module in MODULES} - {module_of(path)}


def floor(module):
    """The number of the floor a module lies on."""
    inner = module.removeprefix(PACKAGE).removeprefix(".")
    best = max((home for homes in FLOORS for home in homes
                if inner == home or home and inner.startswith(home + ".")), key=len, default=None)
    assert best is not None, f"{module} has no floor: add it to FLOORS in {Path(__file__).name}"
    return next(number for number, homes in enumerate(FLOORS) if best in homes)


# imports -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_go_down_or_stay(path):
    here = floor(module_of(path))
    up = [f"{m} (floor {floor(m)})" for m in sorted(ours(path)) if floor(m) > here]
    assert not up, f"{name(path)} on floor {here} imports {', '.join(up)}"


def test_no_import_goes_in_a_circle():
    graph = {module: ours(path) for module, path in MODULES.items()}
    cycle = find_cycle(graph)
    assert not cycle, "imports in a circle: " + " -> ".join(cycle)


def find_cycle(graph):
    """Some circle as a list of names, or []: a search in depth that remembers its way."""
    done, way = set(), []

    def visit(node):
        if node in way:
            return [*way[way.index(node):], node]
        if node in done:
            return []
        way.append(node)
        found = next(filter(None, map(visit, sorted(graph.get(node, ())))), [])
        way.pop()
        done.add(node)
        return found

    return next(filter(None, map(visit, sorted(graph))), [])


def test_the_search_for_circles_finds_one():
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def importers(library):
    return [name(path) for path in FILES if any(m.split(".")[0] == library for m in imports(path))]


@pytest.mark.parametrize("library, home", HOMES.items())
def test_an_optional_dependency_has_one_home(library, home):
    files = importers(library)
    if home == "one file":
        assert len(files) <= 1, f"{library} is imported by {files}"
    else:
        assert all(file.startswith(home) for file in files), f"{library} is imported by {files}"


def test_no_other_dependency():
    import sys
    known = {*HOMES, *NEEDED, PACKAGE, *sys.stdlib_module_names}
    used = {m.split(".")[0]: name(path) for path in FILES for m in imports(path)}
    assert not {library: file for library, file in used.items() if library not in known}


def test_optional_dependencies_wait_until_they_are_needed():
    """At the top of a file they may stand only where the whole file is for them."""
    early = [f"{name(path)}: {node.lineno}" for path in FILES for node in TREES[path].body
             if isinstance(node, (ast.Import, ast.ImportFrom)) and not _home_alone(path)
             and {m.split(".")[0] for m in _direct(node)} & set(HOMES)]
    assert not early


def _direct(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if not node.level else []


def _home_alone(path):
    return name(path).startswith(("kernels/cpu/", "minitorch_cnn/plot/"))


# sizes -------------------------------------------------------------------------------------------

def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef,
                                                                 ast.AsyncFunctionDef))]


def length(node):
    """Lines of a function without its docstring."""
    doc = ast.get_docstring(node, clean=False)
    return node.end_lineno - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)


def test_functions_are_short():
    lengths = {f"{name(path)}:{node.lineno} {node.name}": length(node)
               for path in sources(PACKAGE, "examples", "benchmarks")
               for node in functions(ast.parse(path.read_text(encoding="utf-8")))}
    assert not {place: n for place, n in lengths.items() if n > 40}
    assert statistics.median(lengths.values()) <= 8
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 20


@pytest.mark.parametrize("folder, most", [
    (PACKAGE, 400), ("kernels", 400), ("examples", 80), ("benchmarks", 400)])
def test_files_are_short(folder, most):
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in sources(folder)}
    assert not {file: n for file, n in lines.items() if n > most}


# what stands in the files ------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [ast.Assert])
def test_no_assert_in_the_package(kind):
    found = [f"{name(path)}:{node.lineno}" for path, tree in TREES.items()
             for node in ast.walk(tree) if isinstance(node, kind)]
    assert not found


def test_what_is_public_has_a_docstring():
    bare = [f"{name(path)}:{node.lineno} {node.name}" for path, tree in TREES.items()
            for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and not node.name.startswith("_") and not ast.get_docstring(node)
            and not name(path).startswith("kernels/c")]
    assert not bare
    assert not [name(path) for path, tree in TREES.items() if not ast.get_docstring(tree)]


def test_backward_stands_right_under_forward():
    wrong, seen = [], 0
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            methods = [m.name for m in node.body if isinstance(m, ast.FunctionDef)]
            if "forward" in methods and "backward" in methods:
                seen += 1
                if methods.index("backward") != methods.index("forward") + 1:
                    wrong.append(f"{name(path)}:{node.lineno} {node.name}")
    assert not wrong and seen > 30


def tracked():
    """The project's text files: what git knows, or all but caches where there is no git."""
    run = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         cwd=ROOT, capture_output=True, text=True)
    files = run.stdout.split("\0") if run.returncode == 0 else \
        [name(path) for path in ROOT.rglob("*") if "cache" not in str(path)]
    endings = {".py", ".md", ".toml", ".cu", ".cuh", ".cfg", ".txt", ".html", ""}
    return [ROOT / f for f in files if f and Path(f).suffix in endings and (ROOT / f).is_file()]


MACHINE_PATH = re.compile(
    r"(?<![\w.~-])/(home|root|Users|work|tmp|mnt|opt|srv)/\w|[A-Z]:\\\\?Users")


def test_no_path_of_some_machine():
    found = [f"{name(path)}:{number}: {line.strip()[:80]}" for path in tracked()
             if path != Path(__file__).resolve() and name(path) != ".ci/run"
             for number, line in enumerate(_text(path).splitlines(), 1)
             if MACHINE_PATH.search(line)]
    assert not found


def _text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def test_the_search_for_machine_paths_finds_some():
    assert MACHINE_PATH.search('open("/home/me/x")') and MACHINE_PATH.search("C:\\Users\\me")
    assert not MACHINE_PATH.search("a/home/x") and not MACHINE_PATH.search("~/work/x")


def test_top_level_is_as_planned():
    run = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        names = {path.name for path in ROOT.iterdir()}
        assert {PACKAGE, "kernels", "tests"} <= names
        return
    top = {line.split("/")[0] for line in run.stdout.splitlines()}
    assert top <= {PACKAGE, "kernels", "examples", "benchmarks", "tests", "setup.py", "README.md",
                   "LICENSE", "pyproject.toml", ".gitignore", ".ci"}
