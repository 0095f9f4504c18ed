"""What halving costs a search: how often it finds the same winner, and what else it loses."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import environment
from benchmarks.peers.datasets import DATASETS, find_files, read
from benchmarks.speed.result_file import make_folder
from benchmarks.speed.searches import GRID, VARIABLE, fit_search, network, stacked_search
from benchmarks.tables import rst_table
from benchmarks.whole_file import write_whole

NAMES = ("diabetes", "energy", "concrete", "airfoil")
N_SEEDS, N_EPOCHS = 10, 100
TITLE = """Search 27 candidates on 5 folds with and without halving, and compare the winners.
See benchmarks/README.rst."""


def add_command(commands, folder: Path) -> None:
    """Add the command; `folder` is where the result goes by default."""
    command = commands.add_parser("halving", help="how often halving finds the same winner",
                                  description=TITLE)
    command.add_argument("--data-dir", metavar="DIR", type=Path,
                         help=f"folder of the data sets (default: {VARIABLE})")
    command.add_argument("--out", metavar="DIR", type=Path, default=folder,
                         help="folder of the result file (default: benchmarks/results)")
    command.add_argument("--quick", action="store_true",
                         help="one table, two seeds and few epochs: a smoke test with a file of "
                              "its own")
    command.set_defaults(run=measure)


def measure(options) -> int:
    """Search, write the file, print the table."""
    names, n_seeds, n_epochs = NAMES, N_SEEDS, N_EPOCHS
    if options.quick:
        names, n_seeds, n_epochs = NAMES[:1], 2, 9
    make_folder(options.out)
    files = find_files([DATASETS[name] for name in names], options.data_dir)
    trials = list(compare(files, n_seeds, n_epochs,
                          partial(print, file=sys.stderr, flush=True)))
    result = {
        "settings": {"grid": GRID, "n_epochs": n_epochs, "seeds": n_seeds},
        "trials": trials, "versions": environment.versions(),
        "machine": environment.machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path = options.out / ("halving_quick.json" if options.quick else "halving.json")
    write_whole(path, json.dumps(result, indent=1) + "\n")
    print(table(trials))
    return 0


def compare(files: dict[str, Path | None], n_seeds: int, n_epochs: int,
            tell: Callable[[str], None]) -> Iterator[dict]:
    """One record a data set and seed."""
    for name, path in files.items():
        split = DATASETS[name].split(read(path), 0)
        X, y = ((part - part.mean(0)) / part.std(0) for part in (split.X, split.y))
        for seed in range(n_seeds):
            yield {"dataset": name, "seed": seed, **trial(X, y, seed, n_epochs)}
            tell(f"{name}, seed {seed}")


def trial(X: np.ndarray, y: np.ndarray, seed: int, n_epochs: int) -> dict:
    """Scores of the whole search, the two winners and the seconds."""
    estimator = network(n_epochs, "elu").set_params(random_state=seed)
    scores, winners, seconds = [], [], []
    for halving in (False, True):
        search = stacked_search(estimator, GRID, halving)
        start = time.perf_counter()
        fit_search(search, X.astype(np.float32), y.astype(np.float32))
        seconds.append(time.perf_counter() - start)
        scores.append(search.cv_results_["mean_test_score"])
        winners.append(int(search.best_index_))
    whole = np.nan_to_num(scores[0], nan=-np.inf)
    return {
        "winner": winners[0], "winner_of_halving": winners[1],
        "r2": float(whole[winners[0]]), "r2_of_halving": float(whole[winners[1]]),
        "place_of_halving": int((whole > whole[winners[1]]).sum()) + 1,
        "seconds": seconds[0], "seconds_of_halving": seconds[1],
    }


def table(trials: list[dict]) -> str:
    """A row a data set, and one for all."""
    names = list(dict.fromkeys(one["dataset"] for one in trials))
    groups = {name: [one for one in trials if one["dataset"] == name] for name in names}
    if len(names) > 1:
        groups["all"] = trials
    rows = []
    for name, group in groups.items():
        lost = [one["r2"] - one["r2_of_halving"] for one in group]
        places = [one["place_of_halving"] for one in group]
        shares = [one["seconds_of_halving"] / one["seconds"] for one in group]
        rows.append((name, f"{places.count(1)} of {len(group)}", f"{max(places)}",
                     f"{np.mean(lost):.4f}", f"{max(lost):.4f}", f"{np.median(shares):.2f}"))
    return rst_table(("data set", "same winner", "worst place", "R2 lost, mean", "at most",
                      "share of the time"), rows)
