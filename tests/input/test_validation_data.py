"""Validation data, given or held out, is checked as training data is."""

import numpy as np
import pytest
import torch
from scipy import sparse

from tests.input.test_validation import INF, X, Y, assert_refuses, with_value, y

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
    "inf in X_val": ({"X_val": with_value(X, INF), "y_val": y}, "infinity"),
    "inf in y_val": ({"X_val": X, "y_val": with_value(y, INF)}, "infinity"),
    "strings in y_val": ({"X_val": X, "y_val": ["a"] * 20}, "string|numeric"),
    "sparse X_val": ({"X_val": sparse.csr_array(X), "y_val": y}, "(?i)sparse"),
    "negative weights": ({"X_val": X, "y_val": y, "sample_weight_val": -np.ones(20)},
                         "(?i)sample_weight.*negative|negative.*sample_weight"),
    "weights of zero": ({"X_val": X, "y_val": y, "sample_weight_val": np.zeros(20)}, "(?i)zero"),
    "fewer weights": ({"X_val": X, "y_val": y, "sample_weight_val": np.ones(19)}, "19.*20|20.*19"),
}


@pytest.mark.parametrize("name", list(BAD_HELD_OUT))
def test_bad_validation_data_is_refused(name):
    arguments, message = BAD_HELD_OUT[name]
    assert_refuses(message, fit={"X": X, "y": y, **arguments})


@pytest.mark.parametrize("name, called", [
    ("inf in X_val", "X_val"), ("inf in y_val", "y_val"), ("another width of X_val", "X_val"),
    ("negative weights", "sample_weight_val"), ("weights of zero", "sample_weight_val"),
    ("fewer weights", "sample_weight_val"), ("one row", "X_val"),
])
def test_errors_name_the_validation_data(name, called):
    arguments, _ = BAD_HELD_OUT[name]
    assert_refuses(called, fit={"X": X, "y": y, **arguments})


@pytest.mark.parametrize("n_rows, fraction, n_held_out", [
    (20, 0.01, 1), (10, 0.1, 1), (20, 0.95, 19), (20, 0.999, 20), (3, 0.5, 2), (2, 0.5, 1)])
def test_a_split_with_fewer_than_two_rows_on_a_side_is_refused(n_rows, fraction, n_held_out):
    assert_refuses(f"n_samples={n_rows}.*validation_fraction={fraction}, .* {n_held_out};",
                   fit={"X": X[:n_rows], "y": y[:n_rows]},
                   settings={"early_stopping": True, "validation_fraction": fraction})


def test_rows_of_weight_zero_do_not_count_for_the_split():
    weight = np.r_[np.zeros(10), np.ones(10)]
    assert_refuses("n_samples=10", fit={"X": X, "y": y, "sample_weight": weight},
                   settings={"early_stopping": True, "validation_fraction": 0.1})


@pytest.mark.parametrize("arguments", [{}, {"X_val": X, "y_val": y}], ids=["plain", "held out"])
def test_validation_weights_are_refused_with_a_loss_that_takes_none(arguments):
    held_out = {"X_val": X, "y_val": y, "sample_weight_val": np.arange(1.0, 21)}
    assert_refuses("SmoothL1Loss takes no weights", fit={"X": X, "y": y, **held_out},
                   settings={"loss": torch.nn.SmoothL1Loss()})
