"""Features in a file are used like features in memory."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skorch.callbacks import EpochScoring

from sklearn_gar import GARRegressorCV
from tests.data import name_of, smooth_table
from tests.regressors import quick

X, y = smooth_table(300)


@pytest.fixture
def mapped(tmp_path):
    """A function that returns features as they are read from a file."""
    def save(features):
        np.save(tmp_path / f"{len(features)}.npy", features)
        return np.load(tmp_path / f"{len(features)}.npy", mmap_mode="r")
    return save


def assert_same_model(found, expected):
    assert_array_equal(found.predict(X), expected.predict(X))
    assert_array_equal(found.loss_curve_, expected.loss_curve_)


@pytest.mark.parametrize("batch_size", [50, 1000])
@pytest.mark.parametrize("settings", [
    {}, {"early_stopping": True}, {"early_stopping": True, "blend": "ridge"},
    {"scale_features": False}, {"loss": "ranksim"}], ids=name_of)
def test_mapped_features_give_the_same_model(settings, batch_size, mapped):
    model = quick(batch_size=batch_size, max_iter=5, **settings)
    expected = model.fit(X, y).predict(X)
    assert_array_equal(model.fit(mapped(X), y).predict(mapped(X)), expected)


@pytest.mark.parametrize("batch_size", [50, 1000])
@pytest.mark.parametrize("train, held_out", [(True, True), (True, False), (False, True)])
def test_mapped_validation_data_gives_the_same_model(train, held_out, batch_size, mapped):
    settings = {"batch_size": batch_size, "max_iter": 5, "blend": "ridge"}
    expected = quick(**settings).fit(X, y, X_val=X[:90], y_val=y[:90])
    found = quick(**settings).fit(mapped(X) if train else X, y, y_val=y[:90],
                                  X_val=mapped(X[:90]) if held_out else X[:90])
    assert_same_model(found, expected)
    assert_array_equal(found.validation_loss_curve_, expected.validation_loss_curve_)


@pytest.mark.parametrize("batch_size", [50, 1000])
@pytest.mark.parametrize("on_train", [True, False])
def test_scoring_callbacks_score_mapped_features(on_train, batch_size, mapped):
    settings = {"batch_size": batch_size, "max_iter": 5,
                "skorch_callbacks": [EpochScoring("r2", on_train=on_train, lower_is_better=False)]}
    expected = quick(**settings).fit(X, y, X_val=X[:90], y_val=y[:90])
    found = quick(**settings).fit(mapped(X), y, X_val=mapped(X[:90]), y_val=y[:90])
    assert_same_model(found, expected)
    assert found.net_.history[:, "r2"] == expected.net_.history[:, "r2"]


def test_partial_fit_learns_mapped_features(mapped):
    found, expected = quick(), quick()
    for rows in (slice(0, 100), slice(100, 300)):
        found.partial_fit(mapped(X[rows]), y[rows])
        expected.partial_fit(X[rows], y[rows])
    assert_same_model(found, expected)


def small_search(**settings):
    return GARRegressorCV(**{"alphas": (1.0, 10.0), "cv": 3, "max_iter": 1, "random_state": 0,
                             "hidden_layer_sizes": (4,), "n_estimators": 1, **settings})


def assert_same_search(found, expected):
    for split in range(3):
        name = f"split{split}_test_score"
        assert_array_equal(found.cv_results_[name], expected.cv_results_[name])
    assert found.best_params_ == expected.best_params_


@pytest.mark.parametrize("settings", [{}, {"halving": True, "max_iter": 3},
                                      {"skorch_callbacks": [EpochScoring("r2", on_train=True)]}],
                         ids=name_of)
def test_a_search_of_mapped_features_gives_the_same_results(settings, mapped):
    found = small_search(**settings).fit(mapped(X), y)
    assert_same_search(found, small_search(**settings).fit(X, y))


@pytest.mark.parametrize("settings", [{}, {"halving": True, "max_iter": 3},
                                      {"batch_sizes": (256, "auto")}], ids=str)
def test_processes_share_large_tables(settings):
    # joblib hands arrays of more than a megabyte to its processes as files
    X, y = smooth_table(12_000, n_features=20)
    assert X.nbytes > 1 << 20
    found = small_search(n_jobs=2, **settings).fit(X, y)
    assert_same_search(found, small_search(**settings).fit(X, y))


def test_processes_share_small_tables_as_files():
    expected = small_search().fit(X, y)
    with joblib.parallel_config("loky", n_jobs=2, max_nbytes=1):
        assert_same_search(small_search().fit(X, y), expected)
