"""The arrows between the rooms of the package, read off the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_gar

PACKAGE = Path(sklearn_gar.__file__).parent
REPOSITORY = PACKAGE.parent
RUN_TIME = {"numpy", "sklearn", "torch", "skorch"}
WITH_SCIKIT_LEARN = {"joblib", "scipy", "threadpoolctl"}  # it needs them itself
EXTRAS = ("pandas", "polars", "pyarrow", "matplotlib")
COMMAND = ("sklearn_gar.__main__", "sklearn_gar._compare")


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


@pytest.mark.parametrize("name, allowed", [
    ("losses", ("torch", "numpy", "sklearn_gar.losses")),
    ("nn", ("torch", "sklearn_gar.nn")),
])
def test_losses_and_networks_know_torch_only(name, allowed):
    names = all_imported(room(name)) - {"sklearn_gar"}
    assert foreign(names, *allowed) == []


def test_training_is_handed_losses_and_networks():
    names = all_imported(room("_training")) - {"sklearn_gar"}
    ours = {name for name in names if is_within(name, "sklearn_gar")}
    assert foreign(ours, "sklearn_gar._training") == []
    assert any(is_within(name, "skorch") for name in names)


def test_run_time_dependencies_are_the_declared_ones():
    needed = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        needed |= imported(path, REPOSITORY, module_level_only=True)
    assert foreign(needed, "sklearn_gar", *RUN_TIME, *WITH_SCIKIT_LEARN) == []


def test_command_and_benchmarks_know_public_names_only():
    command = [*PACKAGE.glob("__main__.py"), *PACKAGE.glob("_compare*"),
               *PACKAGE.glob("_compare/**/*.py")]
    paths = [path for path in command if path.suffix == ".py"]
    paths += (REPOSITORY / "benchmarks").rglob("*.py")
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
