"""Weights and validation data routed by scikit-learn."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tests.estimator.tables import WEIGHT, X, quick, y


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_weights_are_routed_through_a_pipeline(routing):
    gar = quick().set_fit_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, gar).fit(X, y, sample_weight=WEIGHT)
    scaled = StandardScaler().fit_transform(X)
    assert_array_equal(pipeline.predict(X), quick().fit(scaled, y, WEIGHT).predict(scaled))


def test_weights_are_routed_through_a_search(routing):
    gar = quick().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    folds = KFold(3)
    search = GridSearchCV(gar, {"alpha": [10.0]}, cv=folds).fit(X, y, sample_weight=WEIGHT)
    by_hand = []
    for train, test in folds.split(X):
        model = quick().fit(X[train], y[train], WEIGHT[train])
        by_hand.append(model.score(X[test], y[test], WEIGHT[test]))
    assert search.best_score_ == pytest.approx(np.mean(by_hand))


def test_weights_are_routed_to_a_transformed_target(routing):
    gar = quick().set_fit_request(sample_weight=True)
    model = TransformedTargetRegressor(gar, transformer=FunctionTransformer())
    assert_allclose(model.fit(X, y, sample_weight=WEIGHT).predict(X),
                    quick().fit(X, y, WEIGHT).predict(X))


def test_validation_data_is_routed_and_transformed_by_a_pipeline(routing):
    names = {"X_val": True, "y_val": True, "sample_weight_val": True}
    gar = quick(early_stopping=True, max_iter=60, n_iter_no_change=4, learning_rate=0.1)
    pipeline = Pipeline([("scale", StandardScaler()), ("gar", gar.set_fit_request(**names))],
                        transform_input=["X_val"])
    held_out = {"X_val": X[60:], "y_val": y[60:], "sample_weight_val": WEIGHT[60:]}
    pipeline.fit(X[:60], y[:60], **held_out)
    scaler = StandardScaler().fit(X[:60])
    by_hand = clone(gar).fit(scaler.transform(X[:60]), y[:60],
                             **{**held_out, "X_val": scaler.transform(X[60:])})
    assert_array_equal(pipeline[-1].validation_loss_curve_, by_hand.validation_loss_curve_)
    assert_array_equal(pipeline.predict(X), by_hand.predict(scaler.transform(X)))


def test_metadata_that_is_not_requested_is_refused(routing):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        GridSearchCV(quick(), {"alpha": [1.0]}, cv=2).fit(X, y, sample_weight=WEIGHT)


def test_weights_of_partial_fit_can_be_requested(routing):
    gar = quick().set_partial_fit_request(sample_weight=True)
    request = gar.get_metadata_routing().partial_fit.requests
    assert request == {"sample_weight": True}


def test_hist_gradient_boosting_takes_the_same_call(routing):
    # the names of the validation data are its names: both stand in for each other
    names = {"X_val": True, "y_val": True, "sample_weight_val": True}
    held_out = {"X_val": X[60:], "y_val": y[60:], "sample_weight_val": WEIGHT[60:]}
    for model in (quick(early_stopping=True),
                  HistGradientBoostingRegressor(early_stopping=True, max_iter=5)):
        pipeline = Pipeline([("scale", StandardScaler()),
                             ("model", model.set_fit_request(**names))],
                            transform_input=["X_val"])
        assert np.isfinite(pipeline.fit(X[:60], y[:60], **held_out).predict(X)).all()
