"""The arrows between the rooms of the package, read off the source."""

import ast
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

import sklearn_gar

PACKAGE = Path(sklearn_gar.__file__).parent
REPOSITORY = PACKAGE.parent
RUN_TIME = {"numpy", "sklearn", "torch", "skorch"}
WITH_SCIKIT_LEARN = {"joblib", "scipy", "threadpoolctl"}  # it needs them itself
EXTRAS = ("pandas", "polars", "pyarrow", "matplotlib", "onnx")
COMMAND = ("sklearn_gar.__main__", "sklearn_gar._command")


def imported(path, root, *, module_level_only=False):
    """Dotted names that a file imports; ``from a import b`` counts as both a and a.b."""
    parts = path.relative_to(root).with_suffix("").parts
    package = parts[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in tree.body if module_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = [node.module] if node.module else []
            if node.level:
                source = [*package[:len(package) - node.level + 1], *source]
            names.add(".".join(source))
            names.update(".".join([*source, alias.name]) for alias in node.names)
    return names


def is_within(name, room):
    return name == room or name.startswith(room + ".")


def foreign(names, *allowed):
    """Names that are neither of the standard library nor of the allowed rooms."""
    return sorted(name for name in names
                  if name.split(".")[0] not in sys.stdlib_module_names
                  and not any(is_within(name, room) for room in allowed))


def private(names):
    """Names that pass through an underscore module of the package."""
    return sorted(name for name in names if is_within(name, "sklearn_gar")
                  and any(part.startswith("_") and not part.startswith("__")
                          for part in name.split(".")))


def room(name):
    paths = sorted((PACKAGE / name).rglob("*.py"))
    assert paths, f"no files in {name}"
    return paths


def all_imported(paths, root=REPOSITORY):
    return set().union(*(imported(path, root) for path in paths))


def room_of(path):
    """The room of a file: the folder of the package that holds it, or the file itself."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def rooms_imported():
    """Which rooms each room imports, read off its files; the package's face is no room."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if room_of(path) != "__init__"]
    rooms = {room_of(path): set() for path in files}
    for path in files:
        for name in imported(path, REPOSITORY):
            parts = name.split(".")
            if parts[0] == "sklearn_gar" and len(parts) > 1 and parts[1] in rooms:
                rooms[room_of(path)].add(parts[1])
    return {name: found - {name} for name, found in rooms.items()}


def floors(rooms):
    """The floor of each room: one above the highest that it imports."""
    found = {}
    while len(found) < len(rooms):
        ready = {name for name in rooms.keys() - found.keys() if rooms[name] <= found.keys()}
        assert ready, f"a circle of imports in {sorted(rooms.keys() - found.keys())}"
        found.update({name: 1 + max((found[one] for one in rooms[name]), default=0)
                      for name in ready})
    return found


def test_a_circle_of_imports_is_found():
    with pytest.raises(AssertionError, match=r"circle of imports in \['a', 'b'\]"):
        floors({"a": {"b"}, "b": {"a"}, "c": set()})
    assert floors({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": 3, "b": 2, "c": 1}


def test_rooms_have_few_floors_and_few_arrows():
    rooms = rooms_imported()
    assert max(floors(rooms).values()) <= 6
    assert sum(map(len, rooms.values())) <= 30


@pytest.mark.parametrize("name, allowed", [
    ("losses", set()), ("nn", set()), ("metrics", set()), ("_parameters", set()),
    ("_input", set()),
    # it reads fitted attributes, and draws other estimators too
    ("inspection", set()),
    # it is handed a loss and a network
    ("_training", set()),
    ("_fitting", {"_input", "_parameters", "_training", "losses", "nn"}),
    ("_selection", {"_fitting", "_input", "losses"}),
    # it takes a fitted estimator apart, and puts it together again
    ("_export", {"_fitting", "_input", "_training", "losses", "nn"}),
    ("_regressor", {"_export", "_fitting", "_input", "_parameters", "_training", "losses", "nn"}),
    ("_search", {"_fitting", "_input", "_regressor", "_selection", "_training", "losses"}),
])
def test_rooms_import_only_rooms_below(name, allowed):
    assert rooms_imported()[name] <= allowed


@pytest.mark.parametrize("name", ["losses", "nn"])
def test_losses_and_networks_know_torch_only(name):
    assert foreign(all_imported(room(name)), "torch", "numpy", "sklearn_gar") == []


def lines_of_code(path):
    """Number of lines but for docstrings of public classes and of what they define."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    public = [node for node in tree.body
              if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    definitions = [node for each in public for node in ast.walk(each)
                   if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    docstrings = [node.body[0] for node in definitions if ast.get_docstring(node)]
    return len(text.splitlines()) - sum(
        node.end_lineno - node.lineno + 1 for node in docstrings)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")),
                         ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_have_at_most_300_lines(path):
    assert lines_of_code(path) <= 300


def test_sources_are_of_the_lowest_python():
    settings = ConfigParser()
    settings.read(REPOSITORY / "setup.cfg")
    lowest = re.fullmatch(r">=3\.(\d+)", settings["options"]["python_requires"])
    for folder in (PACKAGE, REPOSITORY / "benchmarks", REPOSITORY / "tests"):
        for path in folder.rglob("*.py"):
            ast.parse(path.read_text(encoding="utf-8"), str(path),
                      feature_version=(3, int(lowest[1])))


def test_run_time_dependencies_are_the_declared_ones():
    needed = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        needed |= imported(path, REPOSITORY, module_level_only=True)
    assert foreign(needed, "sklearn_gar", *RUN_TIME, *WITH_SCIKIT_LEARN) == []


def test_command_and_benchmarks_know_public_names_only():
    paths = [PACKAGE / "__main__.py", *(PACKAGE / "_command").rglob("*.py"),
             *(REPOSITORY / "benchmarks").rglob("*.py")]
    names = {name for name in all_imported(paths)
             if not any(is_within(name, own) for own in COMMAND)}
    assert private(names) == []


@pytest.mark.parametrize("source, found", [
    ("from sklearn_gar import _data", ["sklearn_gar._data"]),
    ("import sklearn_gar._training.net", ["sklearn_gar._training.net"]),
    ("def f():\n    from ._build import x", ["sklearn_gar._build", "sklearn_gar._build.x"]),
    ("from . import losses", []),
    ("from sklearn_gar import GARRegressor, __version__", []),
    ("from sklearn_gar.losses import functional", []),
])
def test_private_imports_are_found(tmp_path, source, found):
    path = tmp_path / "sklearn_gar" / "command.py"
    path.parent.mkdir()
    path.write_text(source)
    assert private(imported(path, tmp_path)) == found


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True,
                          text=True)


def test_import_pulls_in_no_extra_that_scikit_learn_does_not():
    loaded = f"print(sorted(set({EXTRAS}) & set(sys.modules)))"
    ours = run_python(f"import sys, sklearn_gar; {loaded}")
    theirs = run_python(f"import sys, sklearn.utils, torch, skorch; {loaded}")
    assert ours.stderr == theirs.stderr == ""
    assert ours.stdout == theirs.stdout
    assert "matplotlib" not in ours.stdout


WITHOUT_EXTRAS = f"""
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] not in {EXTRAS}:
            return PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Finder if one is PathFinder else one for one in sys.meta_path]
from sklearn_gar import GARRegressor
model = GARRegressor(max_iter=1).fit([[0.0], [1.0]], [0.0, 1.0])
print(model.predict([[0.5]]).shape, sorted(set({EXTRAS}) & set(sys.modules)))
"""


def test_package_works_without_the_extras():
    done = run_python(WITHOUT_EXTRAS)
    assert done.stderr == ""
    assert done.stdout == "(1,) []\n"


def test_public_names_are_there():
    for name in sklearn_gar.__all__:
        assert hasattr(sklearn_gar, name)
    assert {"GARRegressor", "losses"} <= set(sklearn_gar.__all__)
