"""Ctrl-C ends training early and leaves a fitted model."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.estimator.interrupts import X, InterruptsInside, Raises, fit_with, quick, y

BEFORE_A_STEP = [("on_batch_begin", 0), ("on_epoch_begin", 0)]
AFTER_A_STEP = [("on_batch_begin", 1), ("on_batch_begin", 6), ("on_batch_end", 0),
                ("on_batch_end", 1), ("on_batch_end", 6), ("on_epoch_begin", 1),
                ("on_epoch_begin", 6)]
watched_or_not = pytest.mark.parametrize("held_out", [{}, {"X_val": X[:10], "y_val": y[:10]}],
                                         ids=["alone", "watched"])


def assert_is_a_short_fit(model, held_out):
    assert np.isfinite(model.predict(X)).all()
    assert model.n_iter_ < 8
    assert model.loss_curve_.shape == (model.n_iter_,)
    assert np.isfinite(model.loss_curve_).all()
    if held_out:
        assert model.validation_loss_curve_.shape == (model.n_iter_,)


@pytest.mark.parametrize("method, at", AFTER_A_STEP)
@watched_or_not
def test_an_interrupted_fit_warns_and_returns_a_fitted_model(method, at, held_out):
    model = quick(skorch_callbacks=[Raises("signal", at=at, method=method)])
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$") as record:
        assert model.fit(X, y, **held_out) is model
    assert len(record) == 1
    assert_is_a_short_fit(model, held_out)


@pytest.mark.parametrize("method, at", BEFORE_A_STEP)
def test_an_interrupt_before_the_first_step_leaves_the_model_as_it_was(method, at):
    interrupted = quick(skorch_callbacks=[Raises("signal", at=at, method=method)])
    for call in (interrupted.fit, interrupted.partial_fit):
        with pytest.raises(KeyboardInterrupt):
            call(X, y)
        assert not hasattr(interrupted, "net_")
    model = quick().fit(X, y)
    expected = model.predict(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(skorch_callbacks=interrupted.skorch_callbacks).fit(X, y)
    assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("method, at", BEFORE_A_STEP + AFTER_A_STEP)
@watched_or_not
def test_a_callback_that_ends_training_ends_it_without_a_warning(method, at, held_out):
    # raising KeyboardInterrupt is how callbacks of skorch ask for an early end
    model = quick(skorch_callbacks=[Raises(KeyboardInterrupt(), at=at, method=method)])
    assert_is_a_short_fit(model.fit(X, y, **held_out), held_out)


def test_an_interrupt_inside_a_step_returns_a_fitted_model():
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model = quick(loss=InterruptsInside()).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("at", [0, 2])
def test_an_interrupted_partial_fit_warns(at):
    model = quick(skorch_callbacks=[Raises("signal", at=at)])
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_steps_before_the_interruption_count():
    settings = {"lr_schedule": "constant"}
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        stopped = fit_with(Raises("signal", at=11), **settings)  # of 4 batches, the third's last
    assert_allclose(stopped.predict(X), quick(max_iter=3, **settings).fit(X, y).predict(X))


def test_best_epoch_before_the_interruption_counts():
    settings = {"learning_rate": 0.2, "lr_schedule": "constant", "max_iter": 30,
                "n_estimators": 1}
    held_out = {"X_val": X[:10], "y_val": y[:10]}
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        # on the way into the 13th epoch
        model = quick(skorch_callbacks=[Raises("signal", at=12, method="on_epoch_begin")],
                      **settings).fit(X, y, **held_out)
    best = int(model.validation_loss_curve_.argmin())
    assert model.n_iter_ == 12 and best < 11
    settings["max_iter"] = best + 1
    assert_allclose(model.predict(X), quick(**settings).fit(X, y, **held_out).predict(X))


def test_a_fit_after_an_interrupted_one_is_complete():
    model = quick(skorch_callbacks=[Raises("signal", at=5)])
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    model.set_params(skorch_callbacks=None).fit(X, y)
    assert model.n_iter_ == 8
    assert_array_equal(model.predict(X), quick().fit(X, y).predict(X))
