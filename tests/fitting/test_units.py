"""Units of features and targets do not change what is learned."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.data import smooth_table
from tests.regressors import one_or_many_batches, quick, r2


@pytest.mark.parametrize("factor, shift", [(1e-12, 0.0), (1e12, 1e12), (-3.0, 7.0), (1.0, 1e5)])
@one_or_many_batches
def test_units_of_features_do_not_matter(factor, shift, batches):
    X, y = smooth_table()
    model = quick(**batches).fit(X, y)
    other = quick(**batches).fit(factor * X + shift, y)
    if factor < 0:  # standardised features change their sign
        assert np.corrcoef(model.predict(X), other.predict(factor * X + shift))[0, 1] > 0.9
    else:
        assert_allclose(other.predict(factor * X + shift), model.predict(X), rtol=1e-3)


@pytest.mark.parametrize("factor, shift", [(1e-15, 0.0), (1e15, 1e15), (1.0, 1e6), (1e100, 0)])
@one_or_many_batches
def test_units_of_targets_are_those_of_predictions(factor, shift, batches):
    X, y = smooth_table()
    expected = factor * quick(**batches).fit(X, y).predict(X) + shift
    result = quick(**batches).fit(X, factor * y + shift).predict(X)
    assert_allclose(result, expected, rtol=1e-3)


@one_or_many_batches
def test_inner_scaling_equals_scaling_outside(batches):
    X, y = smooth_table(n_targets=2)
    inside = quick(**batches).fit(X, y)
    plain = quick(scale_features=False, scale_target=False, **batches)
    outside = TransformedTargetRegressor(make_pipeline(StandardScaler(), plain),
                                         transformer=StandardScaler()).fit(X, y)
    assert_allclose(inside.predict(X), outside.predict(X), rtol=1e-5)


@pytest.mark.parametrize("scale_features, scale_target", [(True, False), (False, True)])
def test_each_scaling_can_be_switched_off_alone(scale_features, scale_target):
    X, y = smooth_table()
    half = quick(scale_features=scale_features, scale_target=scale_target)
    plain = quick(scale_features=False, scale_target=False)
    if scale_features:
        outside = make_pipeline(StandardScaler(), plain)
    else:
        outside = TransformedTargetRegressor(plain, transformer=StandardScaler())
    assert_allclose(half.fit(X, y).predict(X), outside.fit(X, y).predict(X), rtol=1e-8)


def test_scaling_uses_the_weights():
    X, y = smooth_table()
    weight = np.random.RandomState(0).uniform(0.1, 5, size=len(X))
    plain = quick(scale_features=False, scale_target=False)
    features = StandardScaler().fit(X, sample_weight=weight)
    target = StandardScaler().fit(y[:, None], sample_weight=weight)
    plain.fit(features.transform(X), target.transform(y[:, None])[:, 0], weight)
    expected = target.inverse_transform(plain.predict(features.transform(X))[:, None])[:, 0]
    assert_allclose(quick().fit(X, y, weight).predict(X), expected, rtol=1e-8)


@pytest.mark.parametrize("loss", ["gar", "squared_error"])
@one_or_many_batches
def test_constant_targets_are_predicted(loss, batches):
    X, _ = smooth_table()
    prediction = quick(loss=loss, max_iter=200, **batches).fit(X, np.full(len(X), 5.0)).predict(X)
    assert_allclose(prediction, 5.0, atol=0.3)


def test_constant_feature_is_harmless():
    X, y = smooth_table(n_features=2)
    model = quick(max_iter=100).fit(np.column_stack([X, np.full(len(X), 7.0)]), y)
    assert r2(model, np.column_stack([X, np.full(len(X), 7.0)]), y) > 0.5
