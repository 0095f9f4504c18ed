"""Cells whose settings differ from those of the protocol, in words."""

from collections import defaultdict
from dataclasses import replace
from math import prod

from benchmarks.paper import cell as cells
from benchmarks.paper import curves, timing
from benchmarks.paper.cell import Grid
from benchmarks.paper.images import cell as images
from benchmarks.paper.images.protocol import EXPERIMENT, IMAGE_TASKS
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    CURVE_LEARNING_RATES,
    CURVE_WEIGHT_DECAYS,
    CURVES,
    DEPTHS,
    EXPERIMENTS,
    TASKS,
    TIMED_EPOCHS,
    TIMING,
    WEIGHT_DECAYS,
)
from benchmarks.result_files import as_json

TITLES = {task: facts.title for task, facts in {
    **TASKS, **CURVES, **DEPTHS, **IMAGE_TASKS}.items()}


def departures(by_row: dict[tuple[str, str], dict]) -> list[str]:
    """A sentence for each way in which cells, by task and row, depart from the protocol."""
    rows, missing = defaultdict(lambda: defaultdict(list)), defaultdict(float)
    for (task, row), cell in by_row.items():
        if differences := departure(cell):
            rows[differences][task].append(row)
            missing[differences] += seconds_of_whole_grid(cell)
    return [f"Other settings than the protocol's ({differences}): " + "; ".join(
        f"{', '.join(of_task)} on {TITLES[task]}" for task, of_task in tasks.items()) + "."
        + _cost(missing[differences]) for differences, tasks in rows.items()]


def seconds_of_whole_grid(cell: dict) -> float:
    """About what the protocol's grid would take if the cell has a part of it, otherwise 0."""
    whole = protocol_settings(cell["experiment"], cell["task"], cell["case"])["grid"]
    ours = cell["settings"].get("grid") or {}
    if not all(isinstance(ours.get(name), list) for name in whole):
        return 0
    share = (prod(len(ours[name]) for name in whole)
             / prod(len(values) for values in whole.values()))
    return cell["seconds"] / share if 0 < share < 1 else 0


def _cost(seconds):
    if seconds == 0:
        return ""
    return f"  The whole grid takes some {seconds / 3600:.1f} hours of one core."


def departure(cell: dict) -> str:
    """The settings of a cell that differ from the protocol's; those of its data do not count."""
    protocol = as_json(protocol_settings(cell["experiment"], cell["task"], cell["case"]))
    ours, expected = (dict(_flat({**settings, "data": None}))
                      for settings in (cell["settings"], protocol))
    return ", ".join(f"{name} {_in_words(ours.get(name))}" for name in {**expected, **ours}
                     if ours.get(name) != expected.get(name))


def protocol_settings(experiment: str, task: str, case: str) -> dict:
    """The settings of a cell that is run without options."""
    if experiment == EXPERIMENT:
        of_images = IMAGE_TASKS[task]
        return images.settings(of_images, case, images.protocol_grid(of_images, case), {})
    if experiment in CURVE_EXPERIMENTS:
        row = CURVE_EXPERIMENTS[experiment].cases[case]
        grid = Grid(CURVE_LEARNING_RATES, CURVE_WEIGHT_DECAYS, row.method.values)
        return curves.settings(row, grid, {**CURVES, **DEPTHS}[task].recipe, {})
    row = {**EXPERIMENTS, **TIMING}[experiment].cases[case]
    grid = Grid(row.learning_rates(TASKS[task]), WEIGHT_DECAYS, row.method.values)
    recipe = row.recipe(TASKS[task])
    if experiment in TIMING:
        return timing.settings(row, grid, replace(recipe, n_epochs=TIMED_EPOCHS), {})
    return cells.settings(row, grid, recipe, {})


def _flat(settings):
    """Names and values of nested settings; those of another network have its name in front."""
    for name, value in settings.items():
        if isinstance(value, dict):
            prefix = "" if name in ("grid", "recipe") else f"{name} "
            yield from ((prefix + inner, setting) for inner, setting in _flat(value))
        else:
            yield name, value


def _in_words(value):
    if isinstance(value, list):
        return " and ".join(map(str, value))
    return "none" if value is None else str(value)
