"""The settings of losses as scikit-learn has parameters: loss__delta and its like."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_gar import losses
from tests.data import smooth_table
from tests.regressors import quick

X, y = smooth_table(40)
WITH_A_SETTING = {
    "huber": (losses.HuberLoss(1.5), {"delta": 1.5, "group": None}, {"delta": 0.25}),
    "gar": (losses.GARLoss(2.0), {"alpha": 2.0, "terms": losses.GARLoss().terms, "group": None},
            {"alpha": 0.5, "terms": ("absolute_error",)}),
    "gar_squared_error": (losses.GARSquaredErrorLoss(),
                          {"alpha": 1.0, "terms": losses.GARSquaredErrorLoss().terms,
                           "group": None}, {"alpha": 3.0}),
    "focal": (losses.FocalAbsoluteErrorLoss(0.3, 2.0), {"beta": 0.3, "gamma": 2.0, "group": None},
              {"gamma": 0.5}),
    "ranksim": (losses.RankSimLoss(), {"gamma": 100.0, "interpolation": 2.0}, {"gamma": 1.0}),
    "rnc": (losses.RNCLoss(), {"temperature": 2.0}, {"temperature": 1.0}),
    "squared": (losses.SquaredErrorLoss(), {"group": None}, {"group": None}),
}
each = pytest.mark.parametrize("loss, settings, changes", WITH_A_SETTING.values(),
                               ids=WITH_A_SETTING)


@each
def test_settings_are_the_parameters_of_the_constructor(loss, settings, changes):
    assert loss.get_params() == loss.get_params(deep=False) == settings


@each
def test_set_params_changes_what_it_names_alone(loss, settings, changes):
    loss = clone(loss)
    assert loss.set_params(**changes) is loss
    assert loss.get_params() == {**settings, **changes}
    assert repr(loss) == repr(type(loss)(**{**settings, **changes}))


@each
def test_a_clone_is_a_new_loss_with_the_same_settings(loss, settings, changes):
    twin = clone(loss)
    assert type(twin) is type(loss) and twin is not loss
    twin.set_params(**changes)
    assert loss.get_params() == settings


@pytest.mark.parametrize("changes, message", [
    ({"beta": 1.0}, "HuberLoss has no setting 'beta'.*'delta', 'group'"),
    ({"delta": -1.0}, "delta must be above 0 and finite, got -1.0"),
])
def test_what_the_constructor_refuses_changes_nothing(changes, message):
    loss = losses.HuberLoss(2.0)
    with pytest.raises(ValueError, match=message):
        loss.set_params(**changes)
    assert loss.delta == 2.0


def test_a_setting_of_each_member_is_cloned():
    loss = losses.GARLoss(torch.tensor([1.0, 2.0]))
    twin = clone(loss)
    assert_array_equal(twin.alpha, loss.alpha)
    assert twin.alpha is not loss.alpha
    twin.set_params(alpha=torch.tensor([3.0, 4.0, 5.0]))
    assert_array_equal(loss.alpha, [1.0, 2.0])


class Tilted(losses.SettingsMixin, torch.nn.Module):
    """A loss of a user's, with a parameter that is not kept."""

    def __init__(self, tilt=0.5, scale=1.0):
        super().__init__()
        self.tilt = tilt * scale

    def forward(self, input, target, weight=None):
        error = (input - target).square() + self.tilt * (input - target)
        return error.mean((-2, -1))


def test_a_parameter_that_is_no_attribute_is_left_out():
    assert Tilted(0.2, 2.0).get_params() == {"tilt": 0.4}
    assert clone(Tilted(0.2, 2.0)).tilt == 0.4
    assert "loss__tilt" in quick(loss=Tilted()).get_params()


def test_an_estimator_reaches_the_settings_of_its_loss():
    model = quick(loss=losses.HuberLoss(delta=1.0))
    assert model.get_params()["loss__delta"] == 1.0
    found = model.set_params(loss__delta=0.1).fit(X, y).predict(X)
    assert_array_equal(found, quick(loss=losses.HuberLoss(delta=0.1)).fit(X, y).predict(X))
    assert (found != quick(loss=losses.HuberLoss(delta=1.0)).fit(X, y).predict(X)).any()


def test_a_clone_of_an_estimator_has_a_loss_of_its_own():
    model = quick(loss=losses.HuberLoss(delta=1.0))
    twin = clone(model).set_params(loss__delta=0.1)
    assert model.loss.delta == 1.0 and twin.loss.delta == 0.1


@pytest.mark.parametrize("name", ["loss__beta", "loss__delta__x"])
def test_a_wrong_name_is_refused(name):
    with pytest.raises(ValueError, match="HuberLoss has no setting"):
        quick(loss=losses.HuberLoss()).set_params(**{name: 1.0})


def test_a_grid_search_goes_over_the_settings_of_a_loss():
    deltas, folds = [0.05, 1.0], KFold(2)
    search = GridSearchCV(quick(loss=losses.HuberLoss(), max_iter=4), {"loss__delta": deltas},
                          cv=folds).fit(X, y)
    for split, (train, test) in enumerate(folds.split(X)):
        expected = [quick(loss=losses.HuberLoss(delta), max_iter=4).fit(X[train], y[train])
                    .score(X[test], y[test]) for delta in deltas]
        assert_array_equal(search.cv_results_[f"split{split}_test_score"], expected)
    assert search.best_estimator_.loss.delta == search.best_params_["loss__delta"]
    assert search.estimator.loss.delta == 1.0


def test_representations_show_the_settings():
    model = quick(loss=losses.HuberLoss(delta=0.25))
    assert "loss=HuberLoss(delta=0.25)" in repr(model)
    html = model._repr_html_()
    assert "loss__delta" in html and "0.25" in html


def test_settings_of_a_fitted_model_can_change():
    model = quick(loss=losses.HuberLoss(1.0)).fit(X, y)
    before = model.predict(X)
    assert_array_equal(model.set_params(loss__delta=0.1).predict(X), before)
    assert np.isfinite(model.fit(X, y).predict(X)).all()
