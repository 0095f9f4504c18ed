"""Bad input is refused before training, by errors that give the rule and the value."""

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
    "inf in X": ({"X": with_value(X, INF)}, "X contains infinity"),
    "-inf in X": ({"X": with_value(X, -INF)}, "X contains infinity"),
    "float32 inf in X": ({"X": with_value(X, INF).astype(np.float32)}, "X contains infinity"),
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
    "one row": ({"X": X[:1], "y": y[:1]},
                "1 sample.*minimum of 2|partial_fit.* at least 2 .*got 1"),
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
def test_bad_rows_are_refused(name, method):
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
def test_bad_weights_are_refused(name, method):
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
    "skorch_callbacks": ({"skorch_callbacks": "print"},
                         "'skorch_callbacks' parameter.*Got 'print' "),
    "device of nowhere": ({"device": "gpu0"}, "device.*'gpu0'"),
    "device of another machine": ({"device": "cuda:99"}, "device.*'cuda:99'"),
    "device a number": ({"device": 1.5}, "'device' parameter.*Got 1.5 "),
    "random_state": ({"random_state": "seed"}, "'random_state' parameter.*Got 'seed' "),
    "random_state below zero": ({"random_state": -1}, "'random_state' parameter.*Got -1 "),
    "verbose": ({"verbose": "loud"}, "'verbose' parameter.*Got 'loud' "),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("name", list(BAD_SETTINGS))
def test_bad_parameters_are_refused(name, method):
    settings, message = BAD_SETTINGS[name]
    assert_refuses(message, fit={"X": X, "y": y}, settings=settings, method=method)


def test_partial_fit_refuses_early_stopping():
    assert_refuses("partial_fit.*early_stopping=True", fit={"X": X, "y": y},
                   settings={"early_stopping": True}, method="partial_fit")


def test_weights_are_refused_with_a_loss_that_takes_none():
    assert_refuses("SmoothL1Loss takes no weights",
                   fit={"X": X, "y": y, "sample_weight": np.arange(1.0, 21)},
                   settings={"loss": torch.nn.SmoothL1Loss()})


@pytest.mark.parametrize("bad, message", [
    (with_value(X, INF), "X contains infinity"),
    (X + 1j, "(?i)complex"),
    (X[:, :2], "2 features.*3 features"),
    (X[:0], r"0 sample\(s\)"),
    (X[0], "Expected 2D array"),
    (sparse.csr_array(X), "(?i)sparse"),
    (np.full((20, 3), "a"), "string"),
], ids=["inf", "complex", "width", "no rows", "one dimension", "sparse", "strings"])
def test_predict_refuses_bad_rows(bad, message):
    model = GARRegressor(max_iter=2).fit(X, y)
    with pytest.raises((ValueError, TypeError), match=message):
        model.predict(bad)


def test_predict_before_fit_is_refused():
    with pytest.raises(NotFittedError, match="GARRegressor instance is not fitted yet"):
        GARRegressor().predict(X)
