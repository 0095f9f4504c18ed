"""The command `images`: its cells and options."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.options import (
    InputError,
    add_data_dir,
    add_device,
    add_names,
    add_out,
    add_quick,
    add_rerun,
    add_threads,
    whole_number,
)
from benchmarks.paper.cell_file import cell_path
from benchmarks.paper.cells_command import THREADS, print_rows, run_and_list
from benchmarks.paper.grid_options import add_grid_options, requested_grid, requested_recipe
from benchmarks.paper.images.cell import Hardware, load_images, run_cell, settings
from benchmarks.paper.images.protocol import (
    DEFAULT_TASKS,
    EXPERIMENT,
    IMAGE_TASKS,
    KNOWN_METHODS,
    QUICK_EXPERIMENT,
    SEEDS,
    quick,
)
from benchmarks.paper.run import Cell

TITLE = "Images, ResNet18 from scratch and a linear probe of RNC's features"
DESCRIPTION = f"""{TITLE}.  The tasks agedb_... need the images of AgeDB, the tasks digits_...
need no files.  Each cell has a file of its own, written when it is finished: a run that was
stopped continues where it was.  Progress goes to stderr, a line for each finished cell to stdout.
See benchmarks/paper/README.rst."""


def add_images(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = commands.add_parser(EXPERIMENT, help=TITLE, description=DESCRIPTION)
    add_names(command, "--dataset", IMAGE_TASKS, ", ".join(DEFAULT_TASKS), dest="tasks")
    add_names(command, "--method", KNOWN_METHODS, "all that the task has", dest="cases")
    add_grid_options(command, "number of epochs of a network from scratch or of a linear probe, "
                              "whose encoder keeps its own")
    command.add_argument("--seeds", type=whole_number(1, len(SEEDS)), metavar="N",
                         help=f"number of repetitions (default: {len(SEEDS)})")
    add_data_dir(command)
    add_out(command, folder, "benchmarks/results/paper")
    add_threads(command, 1, THREADS)
    add_device(command)
    command.add_argument("--workers", type=whole_number(0), default=0, metavar="N",
                         help="processes that load images (default: 0, the main process does)")
    add_quick(command, "few images, tiny networks, two epochs and two seeds")
    add_rerun(command, "run finished cells again, and replace those of other settings")
    command.set_defaults(run=run_images)


def run_images(options) -> int:
    """Load all images, then run the cells in the order of the protocol."""
    options.tasks = options.tasks or DEFAULT_TASKS
    options.cases = options.cases or KNOWN_METHODS
    cells = list(_cells(options))
    if not cells:
        known = "; ".join(f"{name}: {', '.join(IMAGE_TASKS[name].methods)}"
                          for name in options.tasks)
        raise InputError(f"--method must name a method of the tasks, got "
                         f"{', '.join(options.cases)}; the tasks have {known}")
    return run_and_list(cells, options, is_in_report=not options.quick)


def _cells(options):
    experiment = QUICK_EXPERIMENT if options.quick else EXPERIMENT
    encoders = options.out / experiment / "encoders"
    hardware = Hardware(options.device, options.workers)
    images = {}
    for name in (name for name in IMAGE_TASKS if name in options.tasks):
        task = _requested(IMAGE_TASKS[name], options)
        cases = [case for case in task.methods if case in options.cases]
        if cases and task.data not in images:
            images[task.data] = loaded = load_images(task, options.data_dir)
            print_rows(task.data, loaded.provenance)
        for case in cases:
            grid = requested_grid(task.methods[case], task.learning_rates, task.weight_decays,
                                  options)
            yield Cell(
                cell_path(options.out, experiment, name, case),
                {"experiment": experiment, "task": name, "case": case},
                settings(task, case, grid, images[task.data].provenance), _cost(task, grid),
                partial(run_cell, task, case, grid, images[task.data],
                        encoders / task.data, hardware), options.device)


def _requested(task, options):
    """A task with the number of epochs and seeds asked for."""
    task = quick(task) if options.quick else task
    return replace(task, recipe=requested_recipe(task.recipe, options),
                   seeds=task.seeds[:options.seeds])


def _cost(task, grid):
    """Work of a cell, roughly: a linear probe takes a hundredth of the time of a network."""
    n_trainings = len(grid.candidates) + len(task.seeds) - 1
    return n_trainings * (1 if task.encoder is None else 0.01)
