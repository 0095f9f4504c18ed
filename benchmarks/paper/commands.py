"""The paper's commands: `table1` and the others of :data:`EXPERIMENTS`."""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.arithmetic import step_operations
from benchmarks.paper import cell, curves, datasets, timing
from benchmarks.paper.cell import Grid
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    CURVE_LEARNING_RATES,
    CURVE_SEEDS,
    CURVE_WEIGHT_DECAYS,
    CURVES,
    DEPTHS,
    EXPERIMENTS,
    N_FOLDS,
    TIMED_EPOCHS,
    TIMING,
    WEIGHT_DECAYS,
)
from benchmarks.paper.report.write import write_report
from benchmarks.paper.result_file import cell_path
from benchmarks.paper.run import Cell, run_cells

FINISHED = """Each cell has a file of its own, written when it is finished: a run that was ended
goes on where it stopped.  Progress goes to stderr.  See benchmarks/paper/README.rst."""


def add_commands(commands, folder: Path, number_of_threads: Callable[[str], int]) -> None:
    """Add the paper's commands to a parser's.

    `folder` is where results go by default, `number_of_threads` checks that option.
    """
    for name, experiment in {**EXPERIMENTS, **TIMING, **CURVE_EXPERIMENTS}.items():
        command = commands.add_parser(name, help=experiment.title,
                                      description=f"{experiment.title}.  {FINISHED}")
        command.add_argument(f"--{experiment.task_option}", nargs="+", dest="tasks",
                             choices=experiment.tasks, default=experiment.tasks,
                             help="tasks (default: all)")
        command.add_argument(f"--{experiment.option}", nargs="+", dest="cases",
                             choices=experiment.cases, default=tuple(experiment.cases),
                             help="rows of the table (default: all)")
        command.add_argument("--learning-rate", nargs="+", type=_positive, metavar="RATE",
                             help="try these (default: the protocol's)")
        command.add_argument("--weight-decay", nargs="+", type=_not_negative, metavar="DECAY",
                             help="try these (default: the protocol's)")
        command.add_argument("--epochs", type=_epochs, metavar="N",
                             help="(default: the protocol's)")
        add_run_options(command, folder, number_of_threads)
        make = (_table_cells if name in EXPERIMENTS else
                _timing_cells if name in TIMING else _curve_cells)
        command.set_defaults(run=partial(_run, make, name, experiment))
    _add_report(commands, folder)


def _add_report(commands, folder):
    command = commands.add_parser(
        "report", help="tables and figures of the results, ours and the paper's side by side",
        description="Write README.rst and PNG figures.  Nothing is run.")
    command.add_argument("--out", metavar="DIR", type=Path, default=folder,
                         help="folder of the results (default: benchmarks/results/paper)")
    command.add_argument("--report", metavar="DIR", type=Path,
                         help="where the report goes (default: report in the folder of the "
                              "results)")
    command.set_defaults(run=_report)


def _report(options) -> int:
    for path in write_report(options.out, options.report or options.out / "report"):
        print(path)
    return 0


def add_run_options(command, folder, number_of_threads):
    """Options that all commands which run cells have."""
    command.add_argument("--data-dir", metavar="DIR", type=Path,
                         help="folder of the data sets (default: that of the variable "
                              f"{datasets.VARIABLE}, else download)")
    command.add_argument("--out", metavar="DIR", type=Path, default=folder,
                         help="folder of the results (default: benchmarks/results/paper)")
    command.add_argument("--threads", metavar="N", type=number_of_threads, default=1,
                         help="(default: 1, with which results are repeatable to the last bit)")
    command.add_argument("--rerun", action="store_true",
                         help="run finished cells again, and replace those of other settings")


def _positive(text):
    return _number(text, "above 0", lambda number: number > 0)


def _not_negative(text):
    return _number(text, "of at least 0", lambda number: number >= 0)


def _number(text, words, fits):
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and fits(number)):
        raise argparse.ArgumentTypeError(f"must be a number {words}, got {text!r}")
    return number


def _epochs(text):
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 2, got {text!r}")
    return int(text)


def tell(line):
    print(line, file=sys.stderr, flush=True)


def _run(make, name, experiment, options) -> int:
    """Load all rows, then run."""
    options.tasks, options.cases = (
        [one for one in known if one in asked_for] for known, asked_for in (
            (experiment.tasks, options.tasks), (experiment.cases, options.cases)))
    cells = list(make(name, experiment, options))
    run_cells(cells, options.rerun, options.threads, tell)
    return 0


def _table_cells(name, experiment, options):
    tables = {}
    for task in options.tasks:
        for case_name in options.cases:
            case = experiment.cases[case_name]
            key = task, case.standardised
            if key not in tables:
                tables[key] = _load(task, options, case.standardised)
            table = tables[key]
            recipe = _recipe(case.recipe(datasets.TASKS[task]), options)
            grid = _grid(case, case.learning_rates(datasets.TASKS[task]), WEIGHT_DECAYS, options)
            sizes = table.X.shape[1], *recipe.hidden_layer_sizes, table.y.shape[1]
            cost = N_FOLDS * _cost(recipe, grid, sizes, len(table.X) * (N_FOLDS - 1) / N_FOLDS)
            yield _cell(options, name, task, case_name,
                        cell.settings(case, grid, recipe, table.provenance), cost,
                        partial(cell.run_cell, case, grid, recipe, table))


def _timing_cells(name, experiment, options):
    for task in options.tasks:
        table = _load(task, options)
        for case_name in options.cases:
            case, facts = experiment.cases[case_name], datasets.TASKS[task]
            recipe = replace(case.recipe(facts), n_epochs=options.epochs or TIMED_EPOCHS)
            grid = _grid(case, case.learning_rates(facts), WEIGHT_DECAYS, options)
            sizes = table.X.shape[1], *recipe.hidden_layer_sizes, table.y.shape[1]
            yield _cell(options, name, task, case_name,
                        timing.settings(case, grid, recipe, table.provenance),
                        recipe.n_epochs * step_operations(sizes, len(table.X)),
                        partial(timing.time_method, case.method, grid, recipe, table))


def _curve_cells(name, experiment, options):
    for task in options.tasks:
        facts = {**CURVES, **DEPTHS}[task]
        curve, recipe = curves.load(facts.curve, options.data_dir), _recipe(facts.recipe, options)
        for case_name in options.cases:
            case = experiment.cases[case_name]
            grid = _grid(case, CURVE_LEARNING_RATES, CURVE_WEIGHT_DECAYS, options)
            sizes = 1, *recipe.hidden_layer_sizes, 1
            cost = len(CURVE_SEEDS) * _cost(recipe, grid, sizes, len(curve.train))
            yield _cell(options, name, task, case_name,
                        curves.settings(case, grid, recipe, curve.provenance), cost,
                        partial(curves.run_curve, case, grid, recipe, curve))


def _load(task, options, standardised=False):
    table = datasets.load(task, options.data_dir, standardised)
    tell(f"{task}: {table.provenance['source']}, split {table.provenance['split']}")
    return table


def _recipe(recipe, options):
    return replace(recipe, n_epochs=options.epochs) if options.epochs else recipe


def _grid(case, rates, decays, options):
    rates, decays = (tuple(sorted(set(asked_for), reverse=True)) if asked_for else tuple(known)
                     for asked_for, known in ((options.learning_rate, rates),
                                              (options.weight_decay, decays)))
    return Grid(rates, decays, tuple(case.method.values))


def _cost(recipe, grid, sizes, n_rows):
    """Operations of a grid's training."""
    return recipe.n_epochs * len(grid.candidates) * step_operations(sizes, int(n_rows))


def _cell(options, experiment, task, case, settings, cost, run):
    return Cell(cell_path(options.out, experiment, task, case),
                {"experiment": experiment, "task": task, "case": case}, settings, cost, run)
