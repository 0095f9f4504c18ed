"""Out-of-bag predictions where there can be none, and bad divisions of the rows."""

import numpy as np
import pytest
import torch

from sklearn_gar import GARRegressorCV
from tests.data import smooth_table
from tests.out_of_bag.problems import holding_out

X, Y = smooth_table(40)


def test_nothing_is_held_out():
    with pytest.raises(ValueError, match=r"oob_score needs rows that networks hold out, got "
                                         r"n_samples=40.*early_stopping=True"):
        holding_out(early_stopping=False).fit(X, Y)


def test_too_few_rows_to_hold_out():
    with pytest.raises(ValueError, match="oob_score needs rows that networks hold out, got "
                                         "n_samples=3, of which none"):
        holding_out(early_stopping="auto").fit(X[:3], Y[:3])


@pytest.mark.parametrize("rows, early_stopping", [
    ([0, 1], "auto"), ([0, 1, 2], "auto"), ([0, 1, 2], False), ([0, 1, 2, 2, 1], "auto")])
def test_fewer_rows_than_any_setting_can_hold_out(rows, early_stopping):
    model = holding_out(early_stopping=early_stopping)
    with pytest.raises(ValueError, match="none are held out; fit to at least 4 rows") as caught:
        model.fit(X[rows], Y[rows])
    assert "early_stopping" not in str(caught.value) and "X_val" not in str(caught.value)
    for remedy in ({"oob_score": False}, {"early_stopping": True, "validation_fraction": 0.5}):
        few = rows if "oob_score" in remedy else [0, 1, 2, 3]
        holding_out(**{"early_stopping": early_stopping, **remedy}).fit(X[few], Y[few])


def test_other_rows_validate():
    with pytest.raises(ValueError, match="oob_score needs rows that networks hold out, but X_val "
                                         "takes their place"):
        holding_out().fit(X, Y, X_val=X, y_val=Y)


def test_a_warm_start_may_have_trained_on_the_rows():
    model = holding_out(warm_start=True).fit(X, Y)
    before = model.oob_score_
    with pytest.raises(ValueError, match="warm_start goes on from networks that may have trained "
                                         "on them; set oob_score=False or warm_start=False"):
        model.fit(X, Y)
    assert model.oob_score_ == before
    model.set_params(oob_score=False).fit(X, Y)
    assert not hasattr(model, "oob_score_")


def test_partial_fit_has_no_score():
    model = holding_out(early_stopping="auto").fit(X, Y)
    assert hasattr(model, "oob_score_")
    model.partial_fit(X, Y)
    assert not hasattr(model, "oob_score_")
    assert not hasattr(model, "oob_prediction_")


@pytest.mark.parametrize("value", ["r2", 0.5, None])
def test_bad_scores(value):
    with pytest.raises(ValueError, match="'oob_score' parameter of GARRegressor must be"):
        holding_out(oob_score=value).fit(X, Y)


@pytest.mark.parametrize("value", ["random", 5, None])
def test_bad_splits(value):
    with pytest.raises(ValueError, match="'validation_split' parameter of GARRegressor must be"):
        holding_out(validation_split=value).fit(X, Y)


def test_folds_need_two_networks():
    with pytest.raises(ValueError, match="needs at least 2 networks, got n_estimators=1; raise"):
        holding_out(validation_split="kfold", n_estimators=1).fit(X, Y)


def test_folds_need_two_rows_each():
    model = holding_out(validation_split="kfold", n_estimators=25)
    with pytest.raises(ValueError, match="n_samples=40 .*n_estimators=25, which holds out 1;"):
        model.fit(X, Y)
    model.set_params(early_stopping="auto", oob_score=False).fit(X, Y)
    assert not hasattr(model, "validation_loss_curve_")


def test_folds_need_as_many_groups():
    with pytest.raises(ValueError, match="needs a group for each of the networks, got 2 groups "
                                         "and n_estimators=3"):
        holding_out(validation_split="kfold").fit(X, Y, groups=np.arange(40) % 2)


@pytest.mark.parametrize("groups, message", [
    (np.zeros(40), "groups must name at least 2 groups"),
    (np.where(np.arange(40) > 1, np.arange(40.0), np.nan), "groups must name a group for every"),
    (np.array([None, "a"] * 20, dtype=object), "groups must name a group for every row"),
    (np.arange(39), "inconsistent numbers of samples"),
    (np.zeros((40, 2)), "1d array"),
])
def test_bad_groups(groups, message):
    with pytest.raises(ValueError, match=message):
        holding_out().fit(X, Y, groups=groups)


def test_groups_that_leave_a_network_nothing():
    with pytest.raises(ValueError, match="folds and groups that leave each network at least 2"):
        holding_out().fit(X, Y, groups=np.minimum(np.arange(40), 1))


def test_a_loss_without_weights_needs_equal_parts():
    model = holding_out(validation_split="kfold", loss=torch.nn.MSELoss(), blend=None)
    with pytest.raises(ValueError, match=r"takes no weights, so all networks must hold out equal "
                                         r"numbers of rows, got \[13, 14\]"):
        model.fit(X, Y)
    assert holding_out(validation_split="kfold", loss=torch.nn.MSELoss(), blend=None).fit(
        X[:39], Y[:39]).oob_score_ < 1


def test_a_search_holds_out_folds_and_has_no_score_of_its_own():
    search = GARRegressorCV(alphas=(1.0, 10.0), cv=2, hidden_layer_sizes=(4,), max_iter=3,
                            random_state=0, validation_split="kfold").fit(X, Y)
    assert search.best_estimator_.validation_split == "kfold"
    assert "oob_score" not in search.get_params()
