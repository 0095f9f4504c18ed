"""A few rows of an array are checked quickly: the same is predicted, and the same is refused."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

from sklearn_gar import GARRegressor
from tests.data import smooth_table

X, y = smooth_table(60)


@pytest.fixture(scope="module")
def model():
    return GARRegressor(hidden_layer_sizes=(5,), max_iter=3, random_state=0).fit(X, y)


FORMS = {
    "list": lambda X: X.tolist(), "by columns": np.asfortranarray,
    "every second": lambda X: np.repeat(X, 2, axis=0)[::2],
    "read-only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
    "other byte order": lambda X: X.astype(">f8"), "extended": lambda X: X.astype(np.longdouble),
    "objects": lambda X: X.astype(object), "a subclass": lambda X: X.view(np.recarray),
}


@pytest.mark.parametrize("n_rows", [1, 5])
@pytest.mark.parametrize("form", FORMS)
def test_any_form_of_the_rows_predicts_the_same(model, form, n_rows):
    rows = X[:n_rows].copy()
    expected = model.predict(rows)
    assert_array_equal(model.predict(FORMS[form](rows)), expected)
    assert_array_equal(rows, X[:n_rows])


def test_single_precision_predicts_the_same_in_any_order(model):
    rows = X[:2].astype(np.float32)
    assert_array_equal(model.predict(rows), model.predict(np.asfortranarray(rows)))


def test_rows_of_many_are_predicted_alike(model):
    # the last digits of sums depend on the number of rows
    alone = np.concatenate([model.predict(X[row:row + 1]) for row in range(60)])
    np.testing.assert_allclose(alone, model.predict(X), rtol=1e-5)


@pytest.mark.parametrize("rows, message", [
    (np.full((1, 3), np.inf), "infinity"), (np.array([[0.0, -np.inf, 0.0]]), "infinity"),
    (X[:1, :2], "X has 2 features, but GARRegressor is expecting 3"),
    (np.zeros((0, 3)), "0 sample"), (X[0], "Expected 2D array"),
    (X[:1].astype(complex), "Complex data"),
], ids=["infinity", "minus infinity", "few features", "no rows", "one dimension", "complex"])
def test_what_is_refused(model, rows, message):
    with pytest.raises(ValueError, match=message):
        model.predict(rows)


def test_missing_values_are_predicted_for(model):
    rows = X[:1].copy()
    rows[0, 1] = np.nan
    assert np.isfinite(model.predict(rows)).all()
    assert_array_equal(model.predict(rows), model.predict(rows.tolist()))


def test_names_are_asked_for():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = GARRegressor(hidden_layer_sizes=(5,), max_iter=3, random_state=0).fit(frame, y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X[:1])


def test_what_is_not_checked_is_not_refused(model):
    with config_context(assume_finite=True):
        assert model.predict(np.full((1, 3), np.inf)).shape == (1,)
