"""The command `gradients`."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.arithmetic import step_operations
from benchmarks.options import add_names
from benchmarks.paper.cell_file import cell_path
from benchmarks.paper.cells_command import Figures, add_cells_command, run_and_report
from benchmarks.paper.gradients.functions import FUNCTIONS
from benchmarks.paper.gradients.report import draw, report
from benchmarks.paper.gradients.trials import (
    LOSSES,
    N_ROWS,
    NOISES,
    RECIPE,
    SEEDS,
    run_trials,
    settings,
)
from benchmarks.paper.run import Cell

TITLE = "Theorem 4 and Corollary 5: derivatives of fitted functions against the true ones"
QUICK_SEEDS, QUICK_EPOCHS = (0, 1), 3
FIGURES = Figures(len(FUNCTIONS) * len(NOISES) * len(LOSSES),
                  lambda results: {"errors.png": partial(draw, results)})


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = add_cells_command(commands, "gradients", TITLE, folder,
                                "two seeds, few epochs and, if none is named, one function",
                                compare)
    add_names(command, "--function", FUNCTIONS)
    add_names(command, "--noise", NOISES)
    add_names(command, "--loss", LOSSES)


def compare(options) -> int:
    """Run the cells that are missing, print the tables, draw the figure."""
    return run_and_report(list(make_cells(options)), options, report, FIGURES)


def make_cells(options):
    """The cells that the options name, in the order of the protocol."""
    functions, seeds, recipe = options.function or FUNCTIONS, SEEDS, RECIPE
    if options.quick:
        functions, seeds = options.function or ["sine"], QUICK_SEEDS
        recipe = replace(RECIPE, n_epochs=QUICK_EPOCHS)
    experiment = "gradients_quick" if options.quick else "gradients"
    for name in FUNCTIONS:
        for noise in NOISES:
            for loss in LOSSES:
                if (name in functions and noise in (options.noise or NOISES)
                        and loss in (options.loss or LOSSES)):
                    yield _cell(options.out, experiment, name, noise, loss, recipe, seeds)


def _cell(folder, experiment, name, noise, loss, recipe, seeds):
    function, task = FUNCTIONS[name], f"{name}_{noise}"
    sizes = function.n_features, *recipe.hidden_layer_sizes, 1
    return Cell(cell_path(folder, experiment, task, loss),
                {"experiment": experiment, "task": task, "case": loss},
                settings(LOSSES[loss], function, noise, recipe, seeds),
                recipe.n_epochs * step_operations(sizes, N_ROWS),
                partial(run_trials, LOSSES[loss], function, noise, recipe, seeds))
