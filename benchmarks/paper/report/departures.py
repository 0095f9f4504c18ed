"""Cells whose settings are not the protocol's, in words."""

import json
from collections import defaultdict
from dataclasses import replace

from benchmarks.paper import cell as cells
from benchmarks.paper import curves, timing
from benchmarks.paper.cell import Grid
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

TITLES = {**{task: facts.title for task, facts in TASKS.items()},
          **{task: facts.title for task, facts in {**CURVES, **DEPTHS}.items()}}


def departures(found: dict[tuple[str, str], dict]) -> list[str]:
    """A sentence for each way in which cells, by task and row, depart from the protocol."""
    rows = defaultdict(lambda: defaultdict(list))
    for (task, row), cell in found.items():
        if words := departure(cell):
            rows[words][task].append(row)
    return [f"Not the protocol's settings, but {words}: " + "; ".join(
        f"{', '.join(of_task)} on {TITLES[task]}" for task, of_task in tasks.items()) + "."
        for words, tasks in rows.items()]


def departure(cell: dict) -> str:
    """The settings of a cell that differ from the protocol's; those of its rows do not count."""
    protocol = json.loads(json.dumps(protocol_settings(
        cell["experiment"], cell["task"], cell["case"])))
    ours, expected = (dict(_flat({**settings, "data": None}))
                      for settings in (cell["settings"], protocol))
    return ", ".join(f"{name} {_words(ours.get(name))}" for name in {**expected, **ours}
                     if ours.get(name) != expected.get(name))


def protocol_settings(experiment: str, task: str, case: str) -> dict:
    """What the settings of a cell are unless a run is asked for others."""
    if experiment in CURVE_EXPERIMENTS:
        of = CURVE_EXPERIMENTS[experiment].cases[case]
        grid = Grid(CURVE_LEARNING_RATES, CURVE_WEIGHT_DECAYS, of.method.values)
        return curves.settings(of, grid, {**CURVES, **DEPTHS}[task].recipe, {})
    of = {**EXPERIMENTS, **TIMING}[experiment].cases[case]
    grid = Grid(of.learning_rates(TASKS[task]), WEIGHT_DECAYS, of.method.values)
    recipe = of.recipe(TASKS[task])
    if experiment in TIMING:
        return timing.settings(of, grid, replace(recipe, n_epochs=TIMED_EPOCHS), {})
    return cells.settings(of, grid, recipe, {})


def _flat(settings):
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield name, value


def _words(value):
    if isinstance(value, list):
        return " and ".join(map(str, value))
    return "none" if value is None else str(value)
