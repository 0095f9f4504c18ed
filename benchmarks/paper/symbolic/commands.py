"""The command `symbolic`."""

from functools import partial
from pathlib import Path

from benchmarks.figures import draw_if_possible
from benchmarks.options import (
    add_data_dir,
    add_names,
    add_out,
    add_quick,
    add_report,
    add_rerun,
    add_threads,
)
from benchmarks.paper import curves
from benchmarks.paper.cell_file import cell_path, read_cell
from benchmarks.paper.run import Cell, run_cells
from benchmarks.paper.symbolic.report import draw, report
from benchmarks.paper.symbolic.searches import (
    CURVES,
    EFFORT,
    FITNESSES,
    QUICK,
    QUICK_SEEDS,
    SEEDS,
    SPACES,
    gplearn_version,
    run_searches,
    settings,
)
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError

TITLE = "Figures 4 and 5: symbolic regression with GAR as its fitness"
CONTINUES = """Each cell has a file of its own, written when it is finished: a run that was
stopped continues where it was.  Progress goes to stderr, the tables to stdout, the figures beside
the results.  It needs gplearn.  See benchmarks/paper/README.rst."""


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = commands.add_parser("symbolic", help=TITLE, description=f"{TITLE}.  {CONTINUES}")
    add_names(command, "--dataset", CURVES)
    add_names(command, "--space", SPACES)
    add_names(command, "--fitness", FITNESSES)
    add_data_dir(command, ", else another half of the points")
    add_out(command, folder, "benchmarks/results/paper")
    add_threads(command, 1, "(default: 1)")
    add_rerun(command, "run finished cells again, and replace those of other settings")
    add_report(command)
    add_quick(command, "two seeds and few formulas")
    command.set_defaults(run=compare)


def compare(options) -> int:
    """Run the cells that are missing, print the tables, draw the figures."""
    experiment = "symbolic_quick" if options.quick else "symbolic"
    if not options.report:
        gplearn_version()  # an error if it is missing
        run_cells(list(make_cells(experiment, options)), options.rerun, options.threads,
                  print_progress)
    results = _results(experiment, options)
    if not results:
        raise ResultError(f"no results to report in {options.out / experiment}, for these names")
    print(report(results))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    for space, name in (("no_trigonometry", "figure_4"), ("trigonometry", "figure_5")):
        if any(space == of_task for _, of_task, _ in results):
            draw_if_possible(partial(draw, results, space),
                             options.out / experiment / f"{name}.png", print_progress)
    return 0


def make_cells(experiment, options):
    """The cells that the options name, in the order of the protocol."""
    effort, seeds = (QUICK, QUICK_SEEDS) if options.quick else (EFFORT, SEEDS)
    loaded = {name: curves.load(name, options.data_dir)
              for name in dict.fromkeys(name for name, _, _ in _names(options))}
    for name, space, fitness in _names(options):
        curve, task = loaded[name], f"{name}_{space}"
        yield Cell(cell_path(options.out, experiment, task, fitness),
                   {"experiment": experiment, "task": task, "case": fitness},
                   settings(fitness, space, effort, seeds, curve.provenance),
                   effort.population_size * effort.generations * len(curve.train),
                   partial(run_searches, fitness, space, effort, seeds, curve))


def _names(options):
    """Curve, space and fitness of each cell."""
    return [(name, space, fitness)
            for name in CURVES if name in (options.dataset or CURVES)
            for space in SPACES if space in (options.space or SPACES)
            for fitness in FITNESSES if fitness in (options.fitness or FITNESSES)]


def _results(experiment, options):
    """Results by curve, space and fitness."""
    found = {(name, space, fitness): read_cell(cell_path(
        options.out, experiment, f"{name}_{space}", fitness))
        for name, space, fitness in _names(options)}
    return {key: result for key, result in found.items() if result is not None}
