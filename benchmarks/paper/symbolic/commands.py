"""The command `symbolic`."""

from functools import partial
from pathlib import Path

from benchmarks.options import add_data_dir, add_names
from benchmarks.paper import curves
from benchmarks.paper.cell_file import cell_path
from benchmarks.paper.cells_command import (
    Figures,
    add_cells_command,
    print_rows,
    run_and_report,
)
from benchmarks.paper.run import Cell
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

TITLE = "Figures 4 and 5: symbolic regression with GAR as its fitness"
SPACES_OF_FIGURES = {"figure_4.png": "no_trigonometry", "figure_5.png": "trigonometry"}


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = add_cells_command(commands, "symbolic", f"{TITLE}; needs gplearn", folder,
                                "two seeds and few formulas", compare)
    add_names(command, "--dataset", CURVES)
    add_names(command, "--space", SPACES)
    add_names(command, "--fitness", FITNESSES)
    add_data_dir(command, curves.WITHOUT_FILES)


def compare(options) -> int:
    """Run the cells that are missing, print the tables, draw the figures."""
    if not options.report:
        gplearn_version()  # an error if it is missing
    return run_and_report(list(make_cells(options)), options,
                          lambda results: report(_by_space(results)),
                          Figures(len(CURVES) * len(SPACES) * len(FITNESSES), _writers))


def _writers(results):
    """What writes the figure of each space that there are results in."""
    results = _by_space(results)
    return {name: partial(draw, results, space) for name, space in SPACES_OF_FIGURES.items()
            if any(space == of_result for _, of_result, _ in results)}


def make_cells(options):
    """The cells that the options name, in the order of the protocol."""
    experiment = "symbolic_quick" if options.quick else "symbolic"
    effort, seeds = (QUICK, QUICK_SEEDS) if options.quick else (EFFORT, SEEDS)
    loaded = {name: curves.load(name, options.data_dir)
              for name in dict.fromkeys(name for name, _, _ in _names(options))}
    for name, curve in loaded.items() if not options.report else ():
        print_rows(name, curve.provenance)
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


def _by_space(results):
    """Results by curve, space and fitness instead of task and case."""
    return {(name, space, fitness): results[f"{name}_{space}", fitness]
            for name in CURVES for space in SPACES for fitness in FITNESSES
            if (f"{name}_{space}", fitness) in results}
