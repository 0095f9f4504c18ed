"""A constant target is known exactly, and later targets are learned in their own unit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import quick, r2

X, y = smooth_table(200)
CONSTANTS = [0.0, 1e-6, 5.0, -3e10, 1e200, -1e-200]
each_constant = pytest.mark.parametrize("constant", CONSTANTS, ids=repr)
each_stopping = pytest.mark.parametrize("early_stopping", [False, "auto"])


@each_constant
@each_stopping
@pytest.mark.parametrize("n_rows, loss", [
    (2, "gar"), (5, "gar"), (200, "gar"), (200, "squared_error"),
    (200, "normalized_pairwise_difference")])
def test_a_constant_target_is_predicted_exactly(constant, early_stopping, n_rows, loss):
    model = GARRegressor(loss=loss, early_stopping=early_stopping, max_iter=5, random_state=0,
                         hidden_layer_sizes=(8,))
    prediction = model.fit(X[:n_rows], np.full(n_rows, constant)).predict(X + 3)
    assert_allclose(prediction, constant, rtol=1e-12)


@each_constant
def test_a_constant_target_is_predicted_exactly_with_weights(constant):
    model = quick(scale_features=True, early_stopping="auto", blend="ridge")
    prediction = model.fit(X, np.full(200, constant), np.arange(200.0)).predict(X)
    assert_allclose(prediction, constant, rtol=1e-12)


def test_a_target_constant_where_weights_are_above_zero_is_predicted_exactly():
    weight = np.arange(200) % 2
    prediction = quick().fit(X, np.where(weight, 7.0, y), weight).predict(X)
    assert_allclose(prediction, 7.0, rtol=1e-12)


@each_constant
@each_stopping
@pytest.mark.parametrize("blend", ["ridge", None])
def test_a_constant_target_among_others_is_predicted_exactly(constant, early_stopping, blend):
    targets = np.column_stack((y, np.full(200, constant), -y))
    model = quick(max_iter=60, early_stopping=early_stopping, blend=blend).fit(X, targets)
    prediction = model.predict(X)
    assert_allclose(prediction[:, 1], constant, rtol=1e-12)
    for target in (0, 2):
        assert np.corrcoef(prediction[:, target], targets[:, target])[0, 1] > 0.8


each_unit = pytest.mark.parametrize("unit", [1e-6, 1.0, 1e4])


@each_unit
def test_partial_fit_learns_in_the_unit_of_later_targets(unit):
    target = unit * (y - y.mean()) / y.std()
    model = quick(learning_rate=0.01).partial_fit(X[:20], np.full(20, target[0]))
    assert_allclose(model.predict(X), target[0], rtol=1e-12)
    for _ in range(80):
        model.partial_fit(X, target)
    assert r2(model, X, target) > 0.7


@each_unit
def test_partial_fit_learns_in_the_unit_of_one_of_several_later_targets(unit):
    targets = np.column_stack((y, unit * (y - y.mean()) / y.std()))
    first = targets[:20].copy()
    first[:, 1] = first[0, 1]
    model = quick(learning_rate=0.01).partial_fit(X[:20], first)
    for _ in range(80):
        model.partial_fit(X, targets)
    errors = np.mean((model.predict(X) - targets) ** 2, axis=0)
    assert np.all(errors < 0.3 * targets.var(axis=0))


@each_unit
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_continued_after_a_constant_target_uses_the_unit_of_the_next(method, unit):
    target = unit * (y - y.mean()) / y.std()
    model = quick(warm_start=True, max_iter=80, learning_rate=0.01).fit(X, np.full(200, target[0]))
    for _ in range(1 if method == "fit" else 80):
        getattr(model, method)(X, target)
    assert r2(model, X, target) > 0.7


@pytest.mark.parametrize("n_targets", [1, 2])
def test_the_blend_of_a_constant_target_does_not_stay(n_targets):
    target = np.column_stack((y, y)[:n_targets])
    first = target.copy()
    first[:, 0] = 1.0
    model = quick(max_iter=20, blend="ridge", early_stopping="auto").fit(X, first)
    assert model.ridge_share_[0] == 0
    model.set_params(learning_rate=0.01, early_stopping="auto")
    for _ in range(60):
        model.partial_fit(X, target)
    assert r2(model, X, target) > 0.7


def test_a_first_chunk_constant_up_to_rounding_gives_no_unit():
    first = np.where(np.arange(64) % 2, 0.3, 0.1 + 0.2)
    target = (y - y.mean()) / y.std()
    model = quick(learning_rate=0.01).partial_fit(X[:64], first)
    assert_allclose(model.predict(X), 0.3, rtol=1e-12)
    for _ in range(80):
        model.partial_fit(X, target)
    assert r2(model, X, target) > 0.7


def test_a_column_constant_in_each_chunk_is_learned():
    model = quick(scale_features=True, learning_rate=0.01, hidden_layer_sizes=(32,))
    rng = np.random.RandomState(0)
    for chunk in range(600):
        hour = rng.randint(6)
        rows = np.column_stack((rng.normal(size=(32, 2)), np.full(32, 2000.0 + hour)))
        model.partial_fit(rows, rows[:, 0] + hour)
    rows = np.column_stack((rng.normal(size=(300, 2)), 2000.0 + rng.randint(6, size=300)))
    assert r2(model, rows, rows[:, 0] + rows[:, 2] - 2000) > 0.6


def test_a_column_that_was_constant_is_scaled_alike_in_memory_and_in_a_file(tmp_path):
    rows = np.column_stack((X, np.r_[np.zeros(100), np.arange(100.0)]))
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    predictions = []
    for later in (rows, mapped):
        model = quick(scale_features=True, warm_start=True, batch_size=50).fit(rows[:100], y[:100])
        predictions.append(model.fit(later, y).predict(rows))
    assert_array_equal(*predictions)
