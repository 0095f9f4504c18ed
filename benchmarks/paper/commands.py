"""The paper's commands: `table1` and the others of the protocol, and `report`."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.arithmetic import step_operations
from benchmarks.options import (
    add_data_dir,
    add_device,
    add_out,
    add_rerun,
    add_threads,
)
from benchmarks.paper import cell, curves, datasets, timing
from benchmarks.paper.cell_file import cell_path
from benchmarks.paper.cells_command import THREADS, print_rows, run_and_list
from benchmarks.paper.grid_options import (
    add_grid_options,
    requested_grid,
    requested_recipe,
)
from benchmarks.paper.images.commands import add_images
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    CURVE_LEARNING_RATES,
    CURVE_SEEDS,
    CURVE_WEIGHT_DECAYS,
    CURVES,
    DEPTHS,
    EXPERIMENTS,
    N_FOLDS,
    TASKS,
    TIMED_EPOCHS,
    TIMING,
    WEIGHT_DECAYS,
)
from benchmarks.paper.report.table3 import add_table3
from benchmarks.paper.report.write import write_report
from benchmarks.paper.rivals.commands import add_rivals
from benchmarks.paper.run import Cell
from benchmarks.paper.spread.commands import add_spread

CONTINUES = """Each cell has a file of its own, written when it is finished: a run that was
stopped continues where it was.  Progress goes to stderr, a line for each finished cell to stdout.
See benchmarks/paper/README.rst."""
# what the options name, in the help
NOUNS = {"dataset": "data sets", "layers": "numbers of hidden layers", "method": "methods",
         "variant": "terms of the loss", "batch-size": "batch sizes", "alpha": "values of alpha"}
RESULTS = "benchmarks/results/paper"


def add_commands(commands, folder: Path) -> None:
    """Add the paper's commands to a parser's; `folder` is where results go by default."""
    for experiments, make_cells in ((EXPERIMENTS, _table_cells), (TIMING, _timing_cells),
                                    (CURVE_EXPERIMENTS, _curve_cells)):
        for name, experiment in experiments.items():
            command = commands.add_parser(name, help=experiment.title,
                                          description=f"{experiment.title}.  {CONTINUES}")
            _add_experiment_options(command, experiment)
            add_data_dir(command, curves.WITHOUT_FILES if experiments is CURVE_EXPERIMENTS
                         else datasets.without_files(experiment.tasks))
            add_out(command, folder, RESULTS)
            add_threads(command, 1, THREADS)
            if experiments is EXPERIMENTS:
                add_device(command)
            add_rerun(command,
                      "run finished cells again, and replace those of other settings")
            command.set_defaults(run=partial(_run, make_cells, name, experiment))
    add_table3(commands, folder)
    add_images(commands, folder)
    add_spread(commands, folder)
    add_rivals(commands, folder)
    _add_report(commands, folder)


def _add_experiment_options(command, experiment):
    command.add_argument(f"--{experiment.task_option}", nargs="+", dest="tasks",
                         choices=experiment.tasks, default=experiment.tasks,
                         help=f"{NOUNS[experiment.task_option]} (default: all)")
    command.add_argument(f"--{experiment.option}", nargs="+", dest="cases",
                         choices=experiment.cases, default=tuple(experiment.cases),
                         help=f"{NOUNS[experiment.option]} (default: all)")
    add_grid_options(command)


def _add_report(commands, folder):
    command = commands.add_parser(
        "report", help="tables and figures of the results, ours and the paper's side by side",
        description="Write README.rst and PNG figures.  Nothing is run.")
    add_out(command, folder, RESULTS)
    command.add_argument("--to", metavar="DIR", type=Path,
                         help="folder of the report (default: report in the folder of the "
                              "results)")
    command.set_defaults(run=_write_report)


def _write_report(options) -> int:
    for path in write_report(options.out, options.to or options.out / "report"):
        print(path)
    return 0


def _run(make_cells, name, experiment, options) -> int:
    """Load all rows, then run the cells in the order of the protocol."""
    options.tasks = [task for task in experiment.tasks if task in options.tasks]
    options.cases = [case for case in experiment.cases if case in options.cases]
    cells = list(make_cells(name, experiment, options))
    return run_and_list(cells, options)


def _table_cells(name, experiment, options):
    tables = {}
    for task in options.tasks:
        for case_name in options.cases:
            case, facts = experiment.cases[case_name], TASKS[task]
            key = task, case.standardised
            if key not in tables:
                tables[key] = _load(task, options, case.standardised)
            table = tables[key]
            recipe = requested_recipe(case.recipe(facts), options)
            grid = requested_grid(case.method, case.learning_rates(facts), WEIGHT_DECAYS, options)
            sizes = table.X.shape[1], *recipe.hidden_layer_sizes, table.y.shape[1]
            cost = N_FOLDS * _cost(recipe, grid, sizes, len(table.X) * (N_FOLDS - 1) / N_FOLDS)
            yield _cell(options, name, task, case_name,
                        cell.settings(case, grid, recipe, table.provenance), cost,
                        partial(cell.run_cell, case, grid, recipe, table, device=options.device),
                        options.device)


def _timing_cells(name, experiment, options):
    for task in options.tasks:
        table = _load(task, options)
        for case_name in options.cases:
            case, facts = experiment.cases[case_name], TASKS[task]
            recipe = replace(case.recipe(facts), n_epochs=options.epochs or TIMED_EPOCHS)
            grid = requested_grid(case.method, case.learning_rates(facts), WEIGHT_DECAYS, options)
            sizes = table.X.shape[1], *recipe.hidden_layer_sizes, table.y.shape[1]
            yield _cell(options, name, task, case_name,
                        timing.settings(case, grid, recipe, table.provenance),
                        recipe.n_epochs * step_operations(sizes, len(table.X)),
                        partial(timing.time_method, case.method, grid, recipe, table))


def _curve_cells(name, experiment, options):
    loaded = {}
    for task in options.tasks:
        facts = {**CURVES, **DEPTHS}[task]
        if facts.curve not in loaded:
            loaded[facts.curve] = curves.load(facts.curve, options.data_dir)
            print_rows(facts.curve, loaded[facts.curve].provenance)
        curve = loaded[facts.curve]
        recipe = requested_recipe(facts.recipe, options)
        for case_name in options.cases:
            case = experiment.cases[case_name]
            grid = requested_grid(case.method, CURVE_LEARNING_RATES, CURVE_WEIGHT_DECAYS, options)
            sizes = 1, *recipe.hidden_layer_sizes, 1
            cost = len(CURVE_SEEDS) * _cost(recipe, grid, sizes, len(curve.train))
            yield _cell(options, name, task, case_name,
                        curves.settings(case, grid, recipe, curve.provenance), cost,
                        partial(curves.run_curve, case, grid, recipe, curve))


def _load(task, options, standardised=False):
    table = datasets.load(task, options.data_dir, standardised)
    print_rows(task, table.provenance)
    return table


def _cost(recipe, grid, sizes, n_rows):
    """Operations that the training of a grid takes."""
    return recipe.n_epochs * len(grid.candidates) * step_operations(sizes, int(n_rows))


def _cell(options, experiment, task, case, settings, cost, run, device="cpu"):
    name = {"experiment": experiment, "task": task, "case": case}
    return Cell(cell_path(options.out, *name.values()), name, settings, cost, run, device)
