"""Bad input is refused before any training, by errors that say rule and value."""

import warnings

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN, smooth_table

X, y = smooth_table(20)
Y = np.column_stack([y, y])
NAN, INF = float("nan"), float("inf")


def with_value(array, value):
    """A copy of the array with one value in it."""
    array = array.astype(np.result_type(array, type(value)))
    array.flat[3] = value
    return array


def assert_refuses(message, *, fit, settings=None, method="fit", kind=(ValueError, TypeError)):
    model = GARRegressor(**{**PLAIN, "max_iter": 2, "random_state": 0, **(settings or {})})
    with pytest.raises(kind, match=message):
        getattr(model, method)(**fit)
    assert not hasattr(model, "net_")


BAD_ROWS = {
    "NaN in X": ({"X": with_value(X, NAN)}, "X contains NaN"),
    "inf in X": ({"X": with_value(X, INF)}, "X contains infinity"),
    "-inf in X": ({"X": with_value(X, -INF)}, "X contains infinity"),
    "float32 NaN in X": ({"X": with_value(X, NAN).astype(np.float32)}, "X contains NaN"),
    "NaN in y": ({"y": with_value(y, NAN)}, "y contains NaN"),
    "inf in y": ({"y": with_value(y, INF)}, "y contains infinity"),
    "NaN in two targets": ({"y": with_value(Y, NAN)}, "y contains NaN"),
    "None in y": ({"y": [None, *y[1:]]}, "y contains NaN|None"),
    "NaN in objects": ({"y": with_value(y, NAN).astype(object)}, "(y|Input) contains NaN"),
    "None in two targets": ({"y": [[1.0, None], *Y[1:].tolist()]}, "y contains NaN|None"),
    "complex X": ({"X": X + 1j}, "(?i)complex data not supported"),
    "complex y": ({"y": y + 1j}, "(?i)complex data not supported"),
    "sparse X": ({"X": sparse.csr_array(X)}, "(?i)sparse data was passed.*dense"),
    "sparse y": ({"y": sparse.csr_array(Y)}, "(?i)sparse"),
    "strings in X": ({"X": np.full((20, 3), "a")}, "could not convert string to float: .*a"),
    "objects in X": ({"X": [["a", 1.0, 2.0]] * 20}, "could not convert string to float: 'a'"),
    "dicts in X": ({"X": [[{}]] * 20}, "float"),
    "strings in y": ({"y": ["a"] * 20}, "could not convert string to float|y must be numeric"),
    "no rows": ({"X": X[:0], "y": y[:0]}, r"0 sample\(s\).*minimum of 2"),
    "no columns": ({"X": X[:, :0]}, r"0 feature\(s\).*minimum of 1"),
    "one row": ({"X": X[:1], "y": y[:1]}, "1 sample.*minimum of 2"),
    "no targets": ({"y": Y[:, :0]}, r"0 feature\(s\)|at least|minimum of 1"),
    "no y": ({"y": None}, "requires y to be passed"),
    "no X": ({"X": None}, "Expected 2D array, got scalar"),
    "X of one dimension": ({"X": X[:, 0]}, "Expected 2D array, got 1D array"),
    "X of three dimensions": ({"X": X[:, :, None]}, "dim 3"),
    "y of three dimensions": ({"y": Y[:, :, None]}, "dim 3"),
    "y of no dimension": ({"y": 3.0}, "(?i)scalar|0D|0-d|singleton|shape"),
    "more rows than targets": ({"y": y[:-1]}, r"inconsistent numbers of samples: \[20, 19\]"),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("name", list(BAD_ROWS))
def test_rows(name, method):
    arguments, message = BAD_ROWS[name]
    assert_refuses(message, fit={"X": X, "y": y, **arguments}, method=method)


BAD_WEIGHTS = {
    "negative": (with_value(np.ones(20), -0.5), "(?i)negative"),
    "all zero": (np.zeros(20), "(?i)zero"),
    "one above zero": (with_value(np.zeros(20), 1.0), "at least 2.*1"),
    "one above all": (with_value(np.ones(20), 1e30), "at least 2.*1: .*less than 2.-64 of"),
    "NaN": (with_value(np.ones(20), NAN), "sample_weight contains NaN"),
    "inf": (with_value(np.ones(20), INF), "sample_weight contains infinity"),
    "too few": (np.ones(19), r"19.*20|20.*19"),
    "two columns": (np.ones((20, 2)), "1D|dim"),
    "strings": (["a"] * 20, "string"),
    "complex": (np.ones(20) + 1j, "(?i)complex"),
    "a negative number": (-1.0, "(?i)negative"),
    "zero": (0.0, "(?i)zero"),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("name", list(BAD_WEIGHTS))
def test_weights(name, method):
    weight, message = BAD_WEIGHTS[name]
    assert_refuses(message, fit={"X": X, "y": y, "sample_weight": weight}, method=method)


BAD_SETTINGS = {
    "alpha of zero": ({"alpha": 0}, "'alpha' parameter.* float in the range.*Got 0 "),
    "alpha below zero": ({"alpha": -1}, "'alpha' parameter.*Got -1 "),
    "alpha of NaN": ({"alpha": NAN}, "'alpha' parameter.*Got nan "),
    "alpha a word": ({"alpha": "auto"}, "'alpha' parameter.*Got 'auto' "),
    "loss": ({"loss": "mse"}, "'loss' parameter.*'squared_error'.*Got 'mse' "),
    "loss a class": ({"loss": losses.GARLoss}, "'loss' parameter.*Got <class"),
    "loss a function": ({"loss": torch.nn.functional.mse_loss}, "'loss' parameter"),
    "sizes of zero": ({"hidden_layer_sizes": (0,)}, r"hidden_layer_sizes.*at least 1.*\(0,\)"),
    "one size of zero": ({"hidden_layer_sizes": 0}, "'hidden_layer_sizes' parameter.*Got 0 "),
    "sizes below zero": ({"hidden_layer_sizes": (5, -1)}, r"hidden_layer_sizes.*\(5, -1\)"),
    "sizes of letters": ({"hidden_layer_sizes": ("a",)}, r"hidden_layer_sizes.*\('a',\)"),
    "sizes of floats": ({"hidden_layer_sizes": (2.5,)}, r"hidden_layer_sizes.*2\.5"),
    "sizes a word": ({"hidden_layer_sizes": "big"}, "'hidden_layer_sizes' parameter.*'big'"),
    "sizes in two dimensions": ({"hidden_layer_sizes": np.ones((2, 2), int)},
                                "hidden_layer_sizes"),
    "activation": ({"activation": "gelu"}, "'activation' parameter.*'elu'.*Got 'gelu' "),
    "n_estimators": ({"n_estimators": 0}, "'n_estimators' parameter.*Got 0 "),
    "solver": ({"solver": "lbfgs"}, "'solver' parameter.*'sgd'.*Got 'lbfgs' "),
    "learning_rate of zero": ({"learning_rate": 0.0}, "'learning_rate' parameter.*Got 0.0 "),
    "learning_rate of NaN": ({"learning_rate": NAN}, "'learning_rate' parameter.*Got nan "),
    "learning_rate infinite": ({"learning_rate": INF}, "'?learning_rate'?.*inf"),
    "learning_rate a word": ({"learning_rate": "adaptive"}, "'learning_rate' parameter"),
    "lr_schedule": ({"lr_schedule": "linear"}, "'lr_schedule' parameter.*Got 'linear' "),
    "weight_decay": ({"weight_decay": -1e-4}, "'weight_decay' parameter.*Got -0.0001 "),
    "weight_decay infinite": ({"weight_decay": INF}, "'?weight_decay'?.*inf"),
    "momentum below zero": ({"momentum": -0.1}, "'momentum' parameter.*Got -0.1 "),
    "momentum of one": ({"momentum": 1.0}, "'momentum' parameter.*Got 1.0 "),
    "batch_size of one": ({"batch_size": 1}, r"'batch_size' parameter.*\[2, inf\).*Got 1 "),
    "batch_size of zero": ({"batch_size": 0}, "'batch_size' parameter.*Got 0 "),
    "batch_size a float": ({"batch_size": 32.0}, "'batch_size' parameter.*Got 32.0 "),
    "max_iter": ({"max_iter": 0}, "'max_iter' parameter.*Got 0 "),
    "scale_features": ({"scale_features": "yes"}, "'scale_features' parameter.*Got 'yes' "),
    "scale_target": ({"scale_target": None}, "'scale_target' parameter.*Got None "),
    "early_stopping": ({"early_stopping": "never"}, "'early_stopping' parameter"),
    "validation_fraction of zero": ({"validation_fraction": 0.0}, "'validation_fraction' param"),
    "validation_fraction of one": ({"validation_fraction": 1.0}, "'validation_fraction' param"),
    "n_iter_no_change": ({"n_iter_no_change": 0}, "'n_iter_no_change' parameter.*Got 0 "),
    "warm_start": ({"warm_start": 2}, "'warm_start' parameter"),
    "callbacks": ({"callbacks": "print"}, "'callbacks' parameter.*Got 'print' "),
    "device of nowhere": ({"device": "gpu0"}, "device.*'gpu0'"),
    "device of another machine": ({"device": "cuda:99"}, "device.*'cuda:99'"),
    "device a number": ({"device": 1.5}, "'device' parameter.*Got 1.5 "),
    "random_state": ({"random_state": "seed"}, "'random_state' parameter.*Got 'seed' "),
    "random_state below zero": ({"random_state": -1}, "'random_state' parameter.*Got -1 "),
    "verbose": ({"verbose": "loud"}, "'verbose' parameter.*Got 'loud' "),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("name", list(BAD_SETTINGS))
def test_settings(name, method):
    settings, message = BAD_SETTINGS[name]
    assert_refuses(message, fit={"X": X, "y": y}, settings=settings, method=method)


BAD_HELD_OUT = {
    "X_val alone": ({"X_val": X}, "X_val and y_val.*X_val without y_val"),
    "y_val alone": ({"y_val": y}, "X_val and y_val.*y_val without X_val"),
    "weights alone": ({"sample_weight_val": np.ones(20)}, "sample_weight_val needs X_val"),
    "weights without y_val": ({"X_val": X, "sample_weight_val": np.ones(20)},
                              "X_val without y_val"),
    "another width of X_val": ({"X_val": X[:, :2], "y_val": y}, "2 features.*3 features"),
    "another width of y_val": ({"X_val": X, "y_val": Y}, r"y_val.*\(20, 2\)"),
    "a column as y_val": ({"X_val": X, "y_val": y[:, None]}, r"y_val.*\(20, 1\)"),
    "fewer rows in y_val": ({"X_val": X, "y_val": y[:-1]}, r"\[20, 19\]"),
    "one row": ({"X_val": X[:1], "y_val": y[:1]}, "1 sample.*minimum of 2"),
    "no rows": ({"X_val": X[:0], "y_val": y[:0]}, r"0 sample\(s\)"),
    "NaN in X_val": ({"X_val": with_value(X, NAN), "y_val": y}, "NaN"),
    "inf in y_val": ({"X_val": X, "y_val": with_value(y, INF)}, "infinity"),
    "strings in y_val": ({"X_val": X, "y_val": ["a"] * 20}, "string|numeric"),
    "sparse X_val": ({"X_val": sparse.csr_array(X), "y_val": y}, "(?i)sparse"),
    "negative weights": ({"X_val": X, "y_val": y, "sample_weight_val": -np.ones(20)},
                         "(?i)sample_weight.*negative|negative.*sample_weight"),
    "weights of zero": ({"X_val": X, "y_val": y, "sample_weight_val": np.zeros(20)}, "(?i)zero"),
    "fewer weights": ({"X_val": X, "y_val": y, "sample_weight_val": np.ones(19)}, "19.*20|20.*19"),
}


@pytest.mark.parametrize("name", list(BAD_HELD_OUT))
def test_validation_data(name):
    arguments, message = BAD_HELD_OUT[name]
    assert_refuses(message, fit={"X": X, "y": y, **arguments})


@pytest.mark.parametrize("name, called", [
    ("NaN in X_val", "X_val"), ("inf in y_val", "y_val"), ("another width of X_val", "X_val"),
    ("negative weights", "sample_weight_val"), ("weights of zero", "sample_weight_val"),
    ("fewer weights", "sample_weight_val"), ("one row", "X_val"),
])
def test_errors_of_validation_data_say_that_it_is_that(name, called):
    arguments, _ = BAD_HELD_OUT[name]
    assert_refuses(called, fit={"X": X, "y": y, **arguments})


@pytest.mark.parametrize("n_rows, fraction, n_held_out", [
    (20, 0.01, 1), (10, 0.1, 1), (20, 0.95, 19), (20, 0.999, 20), (3, 0.5, 2), (2, 0.5, 1)])
def test_split_that_leaves_less_than_two_rows(n_rows, fraction, n_held_out):
    assert_refuses(f"n_samples={n_rows}.*validation_fraction={fraction}, .* {n_held_out};",
                   fit={"X": X[:n_rows], "y": y[:n_rows]},
                   settings={"early_stopping": True, "validation_fraction": fraction})


def test_split_counts_rows_that_count():
    weight = np.r_[np.zeros(10), np.ones(10)]
    assert_refuses("n_samples=10", fit={"X": X, "y": y, "sample_weight": weight},
                   settings={"early_stopping": True, "validation_fraction": 0.1})


def test_partial_fit_has_no_early_stopping():
    assert_refuses("partial_fit.*early_stopping=True", fit={"X": X, "y": y},
                   settings={"early_stopping": True}, method="partial_fit")


def test_weights_with_a_loss_that_takes_none():
    assert_refuses("SmoothL1Loss takes no weights",
                   fit={"X": X, "y": y, "sample_weight": np.arange(1.0, 21)},
                   settings={"loss": torch.nn.SmoothL1Loss()})


@pytest.mark.parametrize("arguments", [{}, {"X_val": X, "y_val": y}], ids=["plain", "held out"])
def test_validation_weights_with_a_loss_that_takes_none(arguments):
    held_out = {"X_val": X, "y_val": y, "sample_weight_val": np.arange(1.0, 21)}
    assert_refuses("SmoothL1Loss takes no weights", fit={"X": X, "y": y, **held_out},
                   settings={"loss": torch.nn.SmoothL1Loss()})


# predict


@pytest.mark.parametrize("bad, message", [
    (with_value(X, NAN), "X contains NaN"),
    (with_value(X, INF), "X contains infinity"),
    (X + 1j, "(?i)complex"),
    (X[:, :2], "2 features.*3 features"),
    (X[:0], r"0 sample\(s\)"),
    (X[0], "Expected 2D array"),
    (sparse.csr_array(X), "(?i)sparse"),
    (np.full((20, 3), "a"), "string"),
], ids=["NaN", "inf", "complex", "width", "no rows", "one dimension", "sparse", "strings"])
def test_predict(bad, message):
    model = GARRegressor(max_iter=2).fit(X, y)
    with pytest.raises((ValueError, TypeError), match=message):
        model.predict(bad)


def test_predict_before_fit():
    with pytest.raises(NotFittedError, match="GARRegressor instance is not fitted yet"):
        GARRegressor().predict(X)


@pytest.mark.parametrize("batch_size", [5, 1000])
@pytest.mark.parametrize("huge", [1e37, 1e39, 1e100, 1e200, 1e300, -1.7e308])
def test_huge_features_are_predicted_or_refused(batch_size, huge):
    model = GARRegressor(max_iter=2, batch_size=batch_size, random_state=0).fit(X, y)
    try:
        prediction = model.predict(with_value(X, huge))
    except ValueError as error:
        assert "X" in str(error) and "large" in str(error)
    else:
        assert np.isfinite(prediction).all()


@pytest.mark.parametrize("batch_size", [5, 1000])
@pytest.mark.parametrize("part, huge", [("X", 1e300), ("X", -1.7e308), ("y", 1e300)])
@pytest.mark.parametrize("scaled", [True, False])
def test_huge_values_are_learned_or_refused(batch_size, part, huge, scaled):
    arguments = {"X": X, "y": y}
    arguments[part] = with_value(arguments[part], huge)
    model = GARRegressor(max_iter=5, batch_size=batch_size, scale_features=scaled,
                         scale_target=scaled, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, of an overflow
        try:
            prediction = model.fit(**arguments).predict(X)
        except ValueError:
            assert not hasattr(model, "net_")
        else:
            assert np.isfinite(prediction).all()


# divergence


DIVERGING = [
    {"solver": "sgd", "learning_rate": 1e6, "scale_target": False},
    {"solver": "sgd", "learning_rate": 1e30, "batch_size": 5},
    {"solver": "adamw", "learning_rate": 1e6},
    {"solver": "adam", "learning_rate": 1e100},
    {"solver": "adamw", "learning_rate": 1e150, "max_iter": 1},
]


@pytest.mark.parametrize("loss", ["gar", "absolute_error", "squared_error"])
@pytest.mark.parametrize("hidden_layer_sizes", [(16, 32, 16, 8), ()], ids=str)
@pytest.mark.parametrize("settings", DIVERGING, ids=repr)
@pytest.mark.parametrize("watched", [False, True])
def test_predictions_are_never_nan(loss, hidden_layer_sizes, settings, watched):
    held_out = {"X_val": X, "y_val": 1e6 * y} if watched else {}
    model = GARRegressor(loss=loss, hidden_layer_sizes=hidden_layer_sizes, random_state=0,
                         **{**PLAIN, "max_iter": 30, **settings})
    try:
        model.fit(X, 1e6 * y, **held_out)
    except ValueError as error:
        assert "diverged" in str(error)
        assert f"learning_rate={settings['learning_rate']}" in str(error)
        assert not hasattr(model, "net_")
    else:
        assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("loss", ["gar", "absolute_error", "squared_error"])
@pytest.mark.parametrize("hidden_layer_sizes", [(16, 32, 16, 8), ()], ids=str)
@pytest.mark.parametrize("settings", DIVERGING[:-1], ids=repr)
def test_a_model_off_the_scale_of_its_targets_is_not_returned(loss, hidden_layer_sizes, settings):
    model = GARRegressor(loss=loss, hidden_layer_sizes=hidden_layer_sizes, random_state=0,
                         **{**PLAIN, "max_iter": 30, **settings})
    try:
        prediction = model.fit(X, 1e6 * y).predict(X)
    except ValueError as error:
        assert "diverged" in str(error)
    else:
        # ten million times larger than any target: not a number to hand to anybody
        assert np.abs(prediction).max() < 1e7 * np.abs(1e6 * y).max()


def test_divergence_names_the_usual_cause():
    model = GARRegressor(solver="sgd", learning_rate=1e6, scale_target=False, max_iter=50,
                         random_state=0, **PLAIN)
    with pytest.raises(ValueError, match="diverged.*learning rate.*learning_rate=1000000.0"):
        model.fit(X, 1e6 * y)
    assert not hasattr(model, "net_")
