"""The command `halving`."""

from pathlib import Path

from benchmarks import environment
from benchmarks.models import GRID
from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.options import add_data_dir, add_out, add_quick
from benchmarks.progress import print_progress
from benchmarks.result_files import prepare_folder, write_result
from benchmarks.search.halving import run_trials, table

DATASETS = ("diabetes", "energy", "concrete", "airfoil")
N_SEEDS, N_EPOCHS = 10, 100
HALVING = """Search 27 candidates on 5 folds with and without halving, and compare the winners.
See benchmarks/README.rst."""


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where the result goes by default."""
    command = commands.add_parser("halving", help="how often halving finds the same winner",
                                  description=HALVING)
    add_data_dir(command)
    add_out(command, folder)
    add_quick(command, "one table, two seeds and few epochs")
    command.set_defaults(run=compare_winners)


def compare_winners(options) -> int:
    """Search, write the file, print the table."""
    names, n_seeds, n_epochs = DATASETS, N_SEEDS, N_EPOCHS
    if options.quick:
        names, n_seeds, n_epochs = DATASETS[:1], 2, 9
    prepare_folder(options.out)
    datasets = [NUMERIC_DATASETS[name] for name in names]
    tables = [(dataset, dataset.find(options.data_dir)) for dataset in datasets]
    trials = list(run_trials(tables, n_seeds, n_epochs, print_progress))
    write_result(options.out / ("halving_quick.json" if options.quick else "halving.json"), {
        "settings": {"grid": GRID, "n_epochs": n_epochs, "seeds": n_seeds},
        "trials": trials, "versions": environment.versions(),
        "machine": environment.machine(), "date": environment.timestamp(),
    })
    print(table(trials))
    return 0
