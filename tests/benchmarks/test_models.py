"""The compared networks and searches do the same work."""

import numpy as np
import pytest

from benchmarks import models


def test_compared_networks_do_the_same_work():
    X, y = models.synthetic_table(512, 3)
    assert X.dtype == y.dtype == np.float32
    ours = models.gar_regressor(hidden_layer_sizes=(4, 2), max_iter=3).fit(X, y)
    sizes = ours.net_.module_.layer_sizes
    theirs = models.fit_without_warning(
        models.mlp_regressor(hidden_layer_sizes=(4, 2), max_iter=3), X, y)
    plain = models.skorch_regressor(sizes, 3).fit(X, y[:, None])
    assert theirs.coefs_[0].dtype == np.float32
    assert ours.n_iter_ == theirs.n_iter_ == len(plain.history) == 3
    assert tuple(len(rows) for rows in theirs.coefs_) + (1,) == sizes == (3, 4, 2, 1)
    n_parameters = [sum(map(np.size, theirs.coefs_ + theirs.intercepts_)),
                    sum(one.numel() for one in plain.module_.parameters()),
                    sum(one.numel() for one in ours.net_.module_.parameters())]
    assert len(set(n_parameters)) == 1
    assert len(plain.history[0, "batches"]) == len(X) // models.BATCH_SIZE == 2
    assert models.n_steps(len(X), 3) == 6


def test_search_has_27_candidates_on_5_folds():
    estimator = models.searched_network(2, "elu")
    X, y = models.synthetic_table(60, 2)
    search = models.stacked_search(estimator, models.GRID, halving=False).fit(X, y)
    assert len(search.cv_results_["params"]) == 27 and search.n_splits_ == 5
    assert not hasattr(search, "best_estimator_")
    for name in ("solver", "lr_schedule", "max_iter", "scale_features", "hidden_layer_sizes",
                 "n_estimators", "momentum"):
        assert getattr(search, name) == getattr(estimator, name)


@pytest.mark.parametrize("n_rows, expected",
                         [(1, 256), (659, 768), (4158, 4096), (13600, 13568)])
def test_rows_are_rounded_to_full_batches(n_rows, expected):
    assert models.full_batches(n_rows) == expected
