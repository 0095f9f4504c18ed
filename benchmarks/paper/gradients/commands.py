"""The command `gradients`."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.arithmetic import step_operations
from benchmarks.figures import draw_if_possible
from benchmarks.options import (
    add_names,
    add_out,
    add_quick,
    add_report,
    add_rerun,
    add_threads,
)
from benchmarks.paper.cell_file import cell_path, has_settings, read_cell
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
from benchmarks.paper.run import Cell, run_cells
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError

TITLE = "Theorem 4 and Corollary 5: derivatives of fitted functions against the true ones"
CONTINUES = """Each cell has a file of its own, written when it is finished: a run that was
stopped continues where it was.  Progress goes to stderr, the tables to stdout, the figure beside
the results.  See benchmarks/paper/README.rst."""
QUICK_SEEDS, QUICK_EPOCHS = (0, 1), 3


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = commands.add_parser("gradients", help=TITLE, description=f"{TITLE}.  {CONTINUES}")
    add_names(command, "--function", FUNCTIONS)
    add_names(command, "--noise", NOISES)
    add_names(command, "--loss", LOSSES)
    add_out(command, folder, "benchmarks/results/paper")
    add_threads(command, 1, "(default: 1, with which results are repeatable to the last bit)")
    add_rerun(command, "run finished cells again, and replace those of other settings")
    add_report(command)
    add_quick(command, "two seeds, few epochs and, if none is named, one function")
    command.set_defaults(run=compare)


def compare(options) -> int:
    """Run the cells that are missing, print the tables, draw the figure."""
    cells = list(make_cells(options))
    if not options.report:
        run_cells(cells, options.rerun, options.threads, print_progress)
    results = _current_results(cells)
    if not results:
        raise ResultError(f"no results to report in {cells[0].path.parents[1]}, for these names")
    print(report(results))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    draw_if_possible(partial(draw, results), cells[0].path.parents[1] / "errors.png",
                     print_progress)
    return 0


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


def _current_results(cells):
    """Results by task and loss, without those of other settings than the present ones."""
    results = {}
    for cell in cells:
        is_current = has_settings(cell.path, cell.settings)
        if is_current:
            results[cell.name["task"], cell.name["case"]] = read_cell(cell.path)
        elif is_current is False:
            print_progress(f"note: {cell.path} is left out, its settings are not the present ones")
    return results
