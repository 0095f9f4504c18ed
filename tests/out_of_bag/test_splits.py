"""Networks that hold out the test rows of a cross-validation's splits."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold, KFold, RepeatedKFold, ShuffleSplit

from tests.data import smooth_table
from tests.out_of_bag.problems import given_rows, holding_out, problems  # noqa: F401
from tests.regressors import one_or_many_batches

X, y = smooth_table(64, noise=1.0)


def splitting(splits, **settings):
    """A small regressor with a network for each split."""
    return holding_out(**{"n_estimators": "auto", "validation_split": splits, **settings})


def rows_of_parts(problem):
    """The user's rows that each network trains on and holds out, sorted."""
    return [tuple(np.sort(given_rows(problem, rows.numpy())).tolist() for rows in part)
            for part in problem.parts]


@one_or_many_batches
@pytest.mark.parametrize("cv", [
    KFold(4), KFold(3, shuffle=True, random_state=0), ShuffleSplit(2, random_state=0),
    RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)], ids=str)
def test_networks_hold_out_the_test_rows(problems, cv, batches):  # noqa: F811
    model = splitting(cv, **batches).fit(X, y)
    expected = [tuple(np.sort(rows).tolist() for rows in split) for split in cv.split(X)]
    assert rows_of_parts(problems[0]) == expected
    assert model.n_estimators_ == cv.get_n_splits()


@one_or_many_batches
def test_folds_of_the_package_given_as_a_list_make_the_same_model(problems, batches):  # noqa: F811
    expected = holding_out(validation_split="kfold", n_estimators=3, **batches).fit(X, y)
    splits = [(np.array(train), np.array(test)) for train, test in rows_of_parts(problems[0])]
    found = splitting(splits, **batches).fit(X, y)
    assert_array_equal(found.predict(X), expected.predict(X))
    assert_array_equal(found.oob_prediction_, expected.oob_prediction_)


def test_masks_and_groups():
    groups = np.arange(64) // 5
    found = splitting(GroupKFold(4)).fit(X, y, groups=groups)
    masks = [tuple(np.isin(np.arange(64), rows) for rows in split)
             for split in GroupKFold(4).split(X, y, groups)]
    assert_array_equal(found.predict(X), splitting(masks).fit(X, y).predict(X))


def test_weights_and_equal_rows():
    # rows of weight zero are left out, and equal rows of two folds stay apart
    twice, targets, weight = np.vstack([X, X]), np.r_[y, y], np.ones(128)
    weight[::7] = 0
    halves = [(np.arange(64), np.arange(64, 128)), (np.arange(64, 128), np.arange(64))]
    model = splitting(halves, batch_size=1000).fit(twice, targets, weight)
    assert np.isfinite(model.oob_prediction_).all()
    known = weight > 0
    assert model.oob_score_ == pytest.approx(
        r2_score(targets[known], model.oob_prediction_[known]))


def test_without_rows_to_hold_out_it_is_unused():
    cv = KFold(5)
    for settings, data in [({"early_stopping": False}, {}),
                           ({}, {"X_val": X[:9], "y_val": y[:9]})]:
        found = splitting(cv, oob_score=False, n_estimators=2, **settings).fit(X, y, **data)
        expected = holding_out(oob_score=False, n_estimators=2, **settings).fit(X, y, **data)
        assert_array_equal(found.predict(X), expected.predict(X))


def test_a_clone_makes_the_same_model():
    model = splitting(KFold(3, shuffle=True, random_state=0)).fit(X, y)
    assert_array_equal(clone(model).fit(X, y).predict(X), model.predict(X))


@pytest.mark.parametrize("splits, settings, message", [
    ([], {}, "validation_split must give at least one split"),
    (KFold(3), {"n_estimators": 2}, "3 split.s. and n_estimators=2; set n_estimators='auto'"),
    ([(np.arange(40), np.arange(30, 64))], {}, "must not hold out rows that it trains on"),
    ([(np.arange(40), [])], {}, "at least one row"),
    ([(np.arange(63), [63])], {}, "2 rows to train on and 2 to hold out"),
    ([([0], np.arange(1, 64))], {}, "2 rows to train on and 2 to hold out"),
    ([(np.arange(9), np.arange(9, 64), 1)], {}, "must give pairs of indices"),
    ([1, 2], {}, "must give pairs of indices"), ([(np.arange(9), [64, 65])], {}, "below 64"),
    (GroupKFold(3), {}, "groups"), (5, {}, "validation_split"), ("folds", {}, "validation_split"),
], ids=str)
def test_errors(splits, settings, message):
    with pytest.raises(ValueError, match=message):
        splitting(splits, **settings).fit(X, y)
