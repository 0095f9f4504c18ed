"""The same results wherever the blocks of a search train."""

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from distributed import Client, LocalCluster
from skorch.callbacks import Callback

from tests.data import smooth_table
from tests.selection.searches import X, assert_same_search, quick, y

CASES = {
    "several blocks": {"batch_sizes": (12, 20, 1000)},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "n_estimators": 2},
    "halving": {"halving": True, "alphas": (0.1, 1.0, 10.0), "batch_sizes": (12, 1000),
                "max_iter": 9},
    "several scores": {"scoring": ["r2", "neg_max_error"], "refit": "r2", "solver": "sgd"},
}
WEIGHTS = np.random.RandomState(0).choice([0.0, 0.5, 3.0], size=53)
each_case = pytest.mark.parametrize("settings", CASES.values(), ids=list(CASES))


class TooManyThreads(Callback):
    """Fails where two workers would use more threads than there are cores."""

    def on_train_begin(self, net, **kwargs):
        if torch.get_num_threads() > max(1, joblib.cpu_count() // 2):
            raise RuntimeError(f"{torch.get_num_threads()} threads")


def large_enough_for_threads():
    """A search with enough work in each step for several threads."""
    return quick(hidden_layer_sizes=(64, 64), n_estimators=4, max_iter=1, batch_sizes=(256, 257),
                 skorch_callbacks=[TooManyThreads()], refit=False)


@each_case
def test_processes_give_the_same_results(settings):
    serial = quick(**settings).fit(X, y, WEIGHTS)
    assert_same_search(quick(**settings, n_jobs=2).fit(X, y, WEIGHTS), serial)


@each_case
def test_threads_give_the_same_results(settings):
    serial = quick(**settings).fit(X, y, WEIGHTS)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert_same_search(quick(**settings).fit(X, y, WEIGHTS), serial)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                      dashboard_address=":0") as cluster, Client(cluster) as client:
        yield client


@each_case
def test_a_cluster_gives_the_same_results(settings, cluster):
    serial = quick(**settings).fit(X, y, WEIGHTS)
    with joblib.parallel_config(backend="dask"):
        assert_same_search(quick(**settings).fit(X, y, WEIGHTS), serial)
    assert len(cluster.scheduler_info()["workers"]) == 2


# joblib hands arrays above this to its workers through files, which they cannot write to
MEMORY_MAPPED = 1 << 20


def large_frame(n_rows=40_000):
    """Numbers, one of them with gaps, and a category with gaps; half of the rows are large."""
    X, y = smooth_table(n_rows, n_features=15)
    assert X.astype(np.float32).nbytes // 2 > MEMORY_MAPPED
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    frame.loc[rng.rand(n_rows) < 0.1, "x1"] = np.nan
    towns = pd.Categorical(rng.choice(["Bonn", "Kiel", "Ulm"], size=n_rows))
    frame["town"] = pd.Series(towns).mask(rng.rand(n_rows) < 0.1)
    return frame, y + 20 * (frame["town"] == "Ulm").to_numpy()


def large_search():
    return quick(cv=2, max_iter=1, batch_sizes=(1000, 4000), learning_rates=(0.01,))


@pytest.fixture(scope="module")
def large_serial_search():
    frame, y = large_frame()
    assert frame.isna().any().loc[["x1", "town"]].all()
    return large_search().fit(frame, y)


def test_processes_share_a_large_frame(large_serial_search):
    frame, y = large_frame()
    assert_same_search(large_search().set_params(n_jobs=2).fit(frame, y), large_serial_search,
                       frame)


# dask advises against so much data within a task; as an error, its advice would end dask's loop
@pytest.mark.filterwarnings("ignore:Sending large graph:UserWarning")
def test_a_cluster_shares_a_large_frame(cluster, large_serial_search):
    frame, y = large_frame()
    with joblib.parallel_config(backend="dask", n_jobs=2):
        assert_same_search(large_search().fit(frame, y), large_serial_search, frame)


def test_processes_do_not_oversubscribe():
    large_enough_for_threads().set_params(n_jobs=2).fit(*smooth_table(771))


def test_a_cluster_does_not_oversubscribe(cluster):
    with joblib.parallel_config(backend="dask", n_jobs=2):
        large_enough_for_threads().fit(*smooth_table(771))
