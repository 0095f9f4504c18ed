"""A small comparison to run."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from benchmarks.__main__ import main
from benchmarks.numeric_datasets import numeric_dataset, random_split
from benchmarks.peers.comparisons import COMPARISONS
from benchmarks.peers.contenders import GAR, Contender
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
    comparison = replace(COMPARISONS["peers"]["numeric"], contenders=known, datasets=datasets)
    monkeypatch.setitem(COMPARISONS, "peers", {"numeric": comparison})
    CALLS.clear()

    def compare(*arguments):
        return main(["peers", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out"),
                     "--threads", "1", *arguments])
    return compare, tmp_path / "out" / "peers", known
