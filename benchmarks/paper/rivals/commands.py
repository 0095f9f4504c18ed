"""The command `rivals`."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.arithmetic import step_operations
from benchmarks.options import InputError, add_data_dir, add_names, listed
from benchmarks.paper import datasets
from benchmarks.paper.cell_file import cell_path
from benchmarks.paper.cells_command import (
    References,
    add_cells_command,
    divided,
    print_rows,
    run_and_report,
)
from benchmarks.paper.protocol import N_FOLDS
from benchmarks.paper.rivals.report import report
from benchmarks.paper.rivals.settings import QUESTIONS, REFERENCE, task_name
from benchmarks.paper.rivals.trials import make_recipe, run_rival, settings
from benchmarks.paper.run import Cell

TITLE = "Why ConR and Huber beat GAR on Parkinson: their settings changed one at a time"
QUICK_EPOCHS, QUICK_LAYERS = 2, (8,)


def add_rivals(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = add_cells_command(commands, "rivals", TITLE, folder,
                                "one fold, two epochs of small networks", run)
    add_names(command, "--question", QUESTIONS)
    add_names(command, "--setting", (name for question in QUESTIONS.values()
                                     for name in question.rivals))
    add_data_dir(command, datasets.without_files(
        dict.fromkeys(task for question in QUESTIONS.values() for task in question.tasks)))


def run(options) -> int:
    cells, references = divided(make_cells(options), options.setting, REFERENCE)
    if not cells:
        raise InputError(_no_settings(options))
    return run_and_report(cells, options, report,
                          references=References("--setting", references))


def _no_settings(options):
    """The error for settings that none of the questions asked for has."""
    having = {name: [one for one in options.setting if one in question.rivals]
              for name, question in QUESTIONS.items()}
    return (f"none of the questions asked for ({listed(options.question)}) has the settings "
            f"{listed(options.setting)}; "
            + "; ".join(f"{name} has {listed(found)}" for name, found in having.items() if found))


def make_cells(options):
    """The cells that the options name, and those of the reference, question by question."""
    for name, question in QUESTIONS.items():
        if name not in (options.question or QUESTIONS) or options.setting and not (
                question.rivals.keys() & set(options.setting)):
            continue
        if options.quick:
            question = replace(question, folds=question.folds[:1])
        tables = {task: None if options.report else datasets.load(
            task, options.data_dir, question.standardised) for task in question.tasks}
        for task, table in tables.items():
            if table is not None:
                print_rows(task_name(name, task), table.provenance)
        for setting, rival in question.rivals.items():
            asked = setting in (REFERENCE, *(options.setting or question.rivals))
            for task in question.tasks if asked else ():
                yield _cell(options, name, question, setting, rival, task, tables[task])


def _cell(options, name, question, setting, rival, task, table):
    experiment, recipe = "rivals", make_recipe(rival, task)
    if options.quick:
        experiment = "rivals_quick"
        recipe = replace(recipe, n_epochs=QUICK_EPOCHS, hidden_layer_sizes=QUICK_LAYERS)
    return Cell(cell_path(options.out, experiment, task_name(name, task), setting),
                {"experiment": experiment, "task": task_name(name, task), "case": setting},
                settings(question, rival, recipe, table.provenance if table else {}),
                _cost(recipe, table) * len(question.folds) if table else 0,
                partial(run_rival, question, rival, recipe, table))


def _cost(recipe, table):
    """Operations that the training on one fold takes."""
    sizes = table.X.shape[1], *recipe.hidden_layer_sizes, 1
    n_rows = len(table.X) * (N_FOLDS - 1) // N_FOLDS
    return recipe.n_epochs * step_operations(sizes, n_rows)
