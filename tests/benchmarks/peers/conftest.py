"""A small comparison to run."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from benchmarks.__main__ import main
from benchmarks.numeric_datasets import numeric_dataset, random_split
from benchmarks.peers import commands
from benchmarks.peers.commands import Comparison
from benchmarks.peers.contenders import GAR, Contender
from benchmarks.peers.report import peers_report
from tests.benchmarks.peers.made_up import CALLS, shifted, table


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Three cheap regressors on two made-up tables; the command, and the folder of results."""
    datasets = {name: numeric_dataset(name, f"{name}.npz", random_split, 3, "drawn", "nowhere")
                for name in ("first", "second")}
    for seed, name in enumerate(datasets):
        X, y = table(seed=seed)
        np.savez(tmp_path / f"{name}.npz", X=X, y=y)
    known = {contender.name: contender for contender in (
        shifted(GAR, 0.0), shifted("Off", 0.5),
        Contender("Line", "sklearn", lambda n_threads: Ridge()))}
    monkeypatch.setitem(commands.COMPARISONS, "peers", {
        "numeric": Comparison("peers", known, datasets, peers_report)})
    CALLS.clear()

    def compare(*arguments):
        return main(["peers", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out"),
                     "--threads", "1", *arguments])
    return compare, tmp_path / "out" / "peers", known
