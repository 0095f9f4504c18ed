"""A small search, and GridSearchCV over GARRegressor, which it must equal."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.data import PLAIN, smooth_table

SEARCHED = {"alphas": "alpha", "batch_sizes": "batch_size", "learning_rates": "learning_rate",
            "weight_decays": "weight_decay"}
X, y = smooth_table(53, noise=0.5)  # no multiple of any number of folds here


def quick(**settings):
    """A small search that trains in a moment; `settings` override its parameters."""
    defaults = {"alphas": (0.1, 10.0), "learning_rates": (0.01, 0.03), "cv": 3, "max_iter": 6,
                "hidden_layer_sizes": (5,), "n_estimators": 1, "random_state": 0,
                "batch_sizes": (256,)}
    plain = {name: value for name, value in PLAIN.items() if name != "batch_size"}
    return GARRegressorCV(**{**plain, **defaults, **settings})


def grid_search(search, X, y, **fit_params):
    """GridSearchCV over GARRegressor with the settings of a GARRegressorCV, fitted."""
    params = search.get_params()
    grid = {name: list(params[names]) for names, name in SEARCHED.items()}
    if params["param_grid"] != "auto":
        grid = params["param_grid"]
    search_settings = {name: params[name] for name in (
        "cv", "scoring", "refit", "error_score", "return_train_score")}
    return GridSearchCV(regressor_of(search, {}), grid, **search_settings).fit(X, y, **fit_params)


def regressor_of(search, candidate, **settings):
    """The regressor of one candidate of a search."""
    params = search.get_params()
    shared = {name: params[name] for name in GARRegressor().get_params() if name in params}
    return GARRegressor(**{**shared, **candidate, **settings})


def assert_same_order(found, expected, scores, atol):
    """Ranks agree, except among candidates whose scores are equal to `atol`."""
    apart = np.abs(scores[:, None] - scores) > atol
    orders = [np.sign(ranks[:, None] - ranks)[apart] for ranks in (found, expected)]
    assert_array_equal(*orders)


def assert_equal_results(found, expected, atol=1e-4):
    assert set(found) - set(expected) <= {"n_iter"}
    assert set(expected) <= set(found)
    assert found["params"] == expected["params"]
    for name, values in expected.items():
        if name.startswith("param_"):
            assert isinstance(found[name], np.ma.MaskedArray)
            assert found[name].dtype == values.dtype
            assert_array_equal(found[name].mask, values.mask)
            assert_array_equal(found[name], values)
        elif name.startswith("rank_"):
            assert found[name].dtype == values.dtype
            assert_same_order(found[name], values,
                              expected[name.replace("rank_", "mean_")], atol)
        elif "_test_" in name or "_train_" in name:
            assert_allclose(found[name], values, rtol=1e-4, atol=atol, err_msg=name)
        elif name != "params":  # times
            assert found[name].shape == values.shape
            assert np.all(found[name] >= 0)


def assert_is_grid_search(search, X, y, **fit_params):
    """Fit both, and compare scores, ranks and choice."""
    expected = grid_search(search, X, y, **fit_params)
    found = search.fit(X, y, **fit_params)
    assert_equal_results(found.cv_results_, expected.cv_results_)
    assert found.n_splits_ == expected.n_splits_
    for name in ("best_index_", "best_params_"):
        assert getattr(found, name, None) == getattr(expected, name, None)
    assert hasattr(found, "best_score_") == hasattr(expected, "best_score_")
    if hasattr(expected, "best_score_"):
        name = found.refit if expected.multimetric_ else "score"
        assert found.best_score_ == found.cv_results_[f"mean_test_{name}"][found.best_index_]
    if hasattr(expected, "best_estimator_"):
        assert_allclose(found.predict(X), expected.predict(X), rtol=1e-6)
    return found


class EveryOtherRow:
    """Splits by a column, which it selects from the features as they were given."""

    def __init__(self, column):
        self.column = column

    def split(self, X, y=None, groups=None):
        order = np.argsort(np.asarray(self.column(X)))
        yield order[::2], order[1::2]
        yield order[1::2], order[::2]

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


GROUPS = np.random.RandomState(0).randint(7, size=53)
HALF = np.arange(53) < 26


def half_error(estimator, X, y):
    return -np.mean(abs(estimator.predict(X) - y)) * X[:, 0].mean()


def two_scores(estimator, X, y):
    prediction = estimator.predict(X)
    return {"r2": r2_score(y, prediction), "error": mean_absolute_error(y, prediction)}


def assert_same_search(found, expected, X=X):
    assert_equal_results(found.cv_results_, expected.cv_results_, atol=0)
    for name, values in expected.cv_results_.items():
        if "_test_" in name or name == "n_iter":
            assert_array_equal(found.cv_results_[name], values, err_msg=name)
    assert found.best_params_ == expected.best_params_
    assert_array_equal(found.predict(X), expected.predict(X))
