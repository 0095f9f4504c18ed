"""How often halving finds the winner of the whole search, and how much R2 it loses."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.models import GRID, fit_search, searched_network, stacked_search
from benchmarks.text import rst_table


def run_trials(tables: Iterable[tuple[Dataset, Path | None]], n_seeds: int, n_epochs: int,
               report_progress: Callable[[str], None]) -> Iterator[dict]:
    """One record for each data set and seed."""
    for dataset, path in tables:
        split = dataset.split(dataset.read(path), 0)
        X, y = ((rows - rows.mean(0)) / rows.std(0) for rows in (split.X, split.y))
        for seed in range(n_seeds):
            yield {"dataset": dataset.name, "seed": seed, **run_trial(X, y, seed, n_epochs)}
            report_progress(f"{dataset.name}, seed {seed}")


def run_trial(X: np.ndarray, y: np.ndarray, seed: int, n_epochs: int) -> dict:
    """Search with and without halving: both winners, their scores in their searches, seconds.

    The winner of halving is scored by its own search.  In the whole search the same network of a
    high learning rate may explode, since rounding differs.
    """
    estimator = searched_network(n_epochs, "elu").set_params(random_state=seed)
    scores, winners, seconds = [], [], []
    for halving in (False, True):
        search = stacked_search(estimator, GRID, halving)
        start = time.perf_counter()
        fit_search(search, X.astype(np.float32), y.astype(np.float32))
        seconds.append(time.perf_counter() - start)
        scores.append(search.cv_results_["mean_test_score"])
        winners.append(int(search.best_index_))
    whole = np.nan_to_num(scores[0], nan=-np.inf)
    others, own = np.delete(whole, winners[1]), float(scores[1][winners[1]])
    return {
        "winner": winners[0], "winner_of_halving": winners[1],
        "r2": float(whole[winners[0]]), "r2_of_halving": own,
        "place_of_halving": int((others > own).sum()) + 1,
        "seconds": seconds[0], "seconds_of_halving": seconds[1],
    }


def table(trials: list[dict]) -> str:
    """A row for each data set, and one for all of them."""
    names = list(dict.fromkeys(trial["dataset"] for trial in trials))
    groups = {name: [trial for trial in trials if trial["dataset"] == name] for name in names}
    if len(names) > 1:
        groups["all"] = trials
    rows = []
    for name, group in groups.items():
        lost = [trial["r2"] - trial["r2_of_halving"] for trial in group]
        places = [trial["place_of_halving"] for trial in group]
        shares = [trial["seconds_of_halving"] / trial["seconds"] for trial in group]
        n_same = sum(trial["winner"] == trial["winner_of_halving"] for trial in group)
        rows.append((name, f"{n_same} of {len(group)}", f"{max(places)}",
                     f"{np.mean(lost):.4f}", f"{max(lost):.4f}", f"{np.median(shares):.2f}"))
    return rst_table(("data set", "same winner", "worst place", "R2 lost, mean", "at most",
                      "share of the time, median"), rows)
