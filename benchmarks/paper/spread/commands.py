"""The command `spread`."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.arithmetic import step_operations
from benchmarks.options import add_data_dir, add_names
from benchmarks.paper import curves
from benchmarks.paper.cell_file import cell_path
from benchmarks.paper.cells_command import (
    Figures,
    References,
    add_cells_command,
    divided,
    print_rows,
    run_and_report,
)
from benchmarks.paper.protocol import CURVES
from benchmarks.paper.run import Cell
from benchmarks.paper.spread.changes import CHANGES, PROTOCOL
from benchmarks.paper.spread.report import draw, report
from benchmarks.paper.spread.trials import (
    SEEDS,
    TASKS,
    make_grid,
    make_recipe,
    run_trials,
    settings,
)

TITLE = "Sine and squared sine with twenty seeds, and with one change of the settings at a time"
QUICK_SEEDS, QUICK_EPOCHS, QUICK_LAYERS = SEEDS[:6], 2, (8,)
FIGURES = Figures(len(TASKS) * len(CHANGES),
                  lambda results: {"changes.png": partial(draw, results)})


def add_spread(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = add_cells_command(commands, "spread", TITLE, folder,
                                "six seeds, two epochs of small networks", run)
    add_names(command, "--dataset", TASKS)
    add_names(command, "--change", CHANGES)
    add_data_dir(command, curves.WITHOUT_FILES)


def run(options) -> int:
    cells, references = divided(make_cells(options), options.change, PROTOCOL)
    return run_and_report(cells, options, report, FIGURES, References("--change", references))


def make_cells(options):
    """The cells that the options name, and those of the protocol: for each change both curves."""
    experiment = "spread_quick" if options.quick else "spread"
    tasks = [task for task in TASKS if task in (options.dataset or TASKS)]
    loaded = {task: curves.load(CURVES[task].curve, options.data_dir) for task in tasks}
    for task, curve in loaded.items() if not options.report else ():
        print_rows(task, curve.provenance)
    for name, change in CHANGES.items():
        for task in tasks if name in (PROTOCOL, *(options.change or CHANGES)) else ():
            yield _cell(options, experiment, task, name, change, loaded[task])


def _cell(options, experiment, task, name, change, curve):
    seeds, recipe, grid = SEEDS, make_recipe(task, change), make_grid(task, name, change)
    if options.quick:
        seeds = QUICK_SEEDS
        recipe = replace(recipe, n_epochs=QUICK_EPOCHS, hidden_layer_sizes=QUICK_LAYERS)
    sizes = 1, *recipe.hidden_layer_sizes, 1
    cost = (len(seeds) * len(grid.candidates) * recipe.n_epochs
            * step_operations(sizes, len(curve.train)))
    return Cell(cell_path(options.out, experiment, task, name),
                {"experiment": experiment, "task": task, "case": name},
                settings(change, grid, recipe, seeds, curve.provenance), cost,
                partial(run_trials, change, grid, recipe, seeds, curve))
