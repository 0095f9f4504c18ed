"""Arrows between the modules of benchmarks/: downwards, without circles, not between rooms."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import benchmarks

TOP = Path(benchmarks.__file__).parent
ROOMS = {"files", "speed", "search", "peers", "paper"}
ENTRANCE = "benchmarks.__main__"


def module_name(path):
    parts = ["benchmarks", *path.relative_to(TOP).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(TOP.rglob("*.py"))}


def imported(source):
    """Modules of benchmarks/ that a source imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "benchmarks/ imports by full names"
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            names |= inner or {node.module}
    return names & set(MODULES)


ARROWS = {name: imported(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def room(module):
    """The room of a module, or None on the common floor."""
    _, *parts = module.split(".")
    return parts[0] if parts and (TOP / parts[0]).is_dir() else None


def arrows_between(sources, targets):
    return sorted((source, target) for source, names in ARROWS.items() for target in names
                  if sources(source) and targets(target))


@pytest.mark.parametrize("source, modules", [
    ("from benchmarks import text", {"benchmarks.text"}),
    ("from benchmarks.text import days", {"benchmarks.text"}),
    ("def f():\n    import benchmarks.speed.run", {"benchmarks.speed.run"}),
    ("from benchmarks.paper.report.values import Value", {"benchmarks.paper.report.values"}),
    ("import numpy", set()),
])
def test_imports_are_found(source, modules):
    assert imported(source) == modules


def test_every_folder_is_a_known_room():
    assert {room(name) for name in MODULES} - {None} == ROOMS
    assert all(any(room(name) == known for name in MODULES) for known in ROOMS)


def test_common_floor_imports_no_room():
    assert arrows_between(lambda source: room(source) is None and source != ENTRANCE,
                          lambda target: room(target) is not None) == []


def test_rooms_do_not_import_each_other():
    assert [(source, target) for source, target in arrows_between(room, room)
            if room(source) != room(target)] == []


def test_nothing_imports_the_program():
    assert arrows_between(lambda source: True, lambda target: target == ENTRANCE) == []


def test_imports_have_no_circle():
    order = list(TopologicalSorter(ARROWS).static_order())
    assert set(order) == set(MODULES)
