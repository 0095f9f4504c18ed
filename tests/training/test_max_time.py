"""A limit on the time of a fit, with a clock that the tests set."""

import math
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.data import smooth_table
from tests.regressors import Listener, listener_of, quick

X, y = smooth_table(200)
SECONDS_OF_A_LOOK = 1.0


class Clock:
    """Moves on by a second whenever somebody looks."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += SECONDS_OF_A_LOOK
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def rates_of(model):
    return np.array([rate for _, rate in listener_of(model).batches_])


@pytest.mark.parametrize("settings", [
    {}, {"early_stopping": True}, {"batch_size": 1000}, {"n_estimators": 3, "blend": "ridge"}])
def test_with_enough_time_the_model_is_that_without_a_limit(settings):
    limited = quick(max_time=1e6, **settings).fit(X, y)
    free = quick(**settings).fit(X, y)
    assert_array_equal(limited.predict(X), free.predict(X))
    assert_array_equal(limited.loss_curve_, free.loss_curve_)


def test_slow_first_steps_change_nothing_if_the_time_is_enough(monkeypatch):
    now = iter([0.0] * 10 + [5.0] * 100_000)  # something takes 5 of the 100 seconds at once
    free = quick(batch_size=20).fit(X, y)
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    limited = quick(batch_size=20, max_time=100).fit(X, y)
    assert_array_equal(limited.predict(X), free.predict(X))


def test_the_learning_rate_falls_by_the_clock(clock):
    model = quick(max_time=100, max_iter=1000, batch_size=3, learning_rate=0.01,
                  lr_schedule="cosine", skorch_callbacks=[Listener()]).fit(X, y)
    rates = rates_of(model)
    # two looks for each batch, until 95 of the 100 seconds are over
    assert len(rates) == 95 // (2 * SECONDS_OF_A_LOOK) + 1
    assert np.all(np.diff(rates) < 0)
    assert rates[0] > 0.009
    assert rates[-1] < 0.0002
    # after a tenth of the time, equal steps of time are equal steps of the angle of the cosine
    angles = np.arccos(2 * rates[6:] / 0.01 - 1) / math.pi
    assert_allclose(np.diff(angles), np.diff(angles).mean(), rtol=1e-6)


def test_many_epochs_end_by_the_clock(clock):
    model = quick(max_time=100, max_iter=1000, batch_size=20,
                  skorch_callbacks=[Listener()]).fit(X, y)
    n_batches = len(rates_of(model))
    assert 20 < n_batches <= 48
    assert model.n_iter_ == math.ceil(n_batches / 10)


def test_an_epoch_is_cut_short_and_judged(clock):
    model = quick(max_time=20, batch_size=4, early_stopping=True, skorch_callbacks=[Listener()])
    model.fit(X, y)
    assert len(rates_of(model)) < 180 // 4
    assert model.n_iter_ == 1
    assert np.isfinite(model.loss_curve_).all()
    assert np.isfinite(model.validation_loss_curve_).all()
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"batch_size": 1000},
                                      {"n_estimators": 3, "blend": "ridge"}])
def test_one_batch_is_trained_at_least(settings):
    model = quick(max_time=1e-9, skorch_callbacks=[Listener()], **settings).fit(X, y)
    assert len(rates_of(model)) == 1
    assert rates_of(model)[0] > 0
    assert np.isfinite(model.predict(X)).all()


def test_partial_fit_has_no_limit():
    limited, free = quick(max_time=1e-9), quick()
    for model in limited, free:
        model.partial_fit(X, y).partial_fit(X, y)
    assert_array_equal(limited.predict(X), free.predict(X))


def test_the_next_call_has_a_limit_of_its_own(clock):
    model = quick(max_time=50, max_iter=1000, warm_start=True,
                  skorch_callbacks=[Listener()]).fit(X, y)
    limited = len(rates_of(model))
    model.set_params(max_time=None, max_iter=3).fit(X, y)
    assert model.n_iter_ == 3
    model.set_params(max_time=50, max_iter=1000).fit(X, y)
    assert len(rates_of(model)) == limited


@pytest.mark.parametrize("max_time", [0, -1.0, np.nan, "10"])
def test_a_limit_is_a_positive_number(max_time):
    with pytest.raises(ValueError, match="'max_time' parameter .* must be a float in the range"):
        quick(max_time=max_time).fit(X, y)


def test_a_loss_of_two_stages_cannot_have_a_limit():
    with pytest.raises(ValueError, match="(?s)rnc.*two stages.*max_time=5.*max_time=None"):
        quick(loss="rnc", max_time=5).fit(X, y)


def test_the_limit_is_a_parameter_like_others():
    model = quick(max_time=5.0)
    assert clone(model).max_time == 5.0
    search = GridSearchCV(quick(max_iter=1), {"max_time": [None, 1e6]}, cv=2).fit(X, y)
    assert search.cv_results_["mean_test_score"][0] == search.cv_results_["mean_test_score"][1]
    assert "max_time" not in GARRegressorCV().get_params()
    assert GARRegressor().max_time is None
