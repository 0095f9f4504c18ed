"""What the peers need to take frames with categories and missing values."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from benchmarks.peers.categories import CodedLevels, RegressorOfTextLevels, one_hot_encoder
from tests.benchmarks.peers.made_up_frames import mixed_table


def column(values, levels=None):
    return pd.DataFrame({"x": np.arange(len(values)), "level": pd.Categorical(values, levels)})


def codes(frame):
    return [None if pd.isna(value) else int(value) for value in frame["level"]]


def test_levels_are_coded_by_their_place_in_the_training_frame():
    coder = CodedLevels().fit(column(["c", "a", None, "c"], ["c", "b", "a"]))
    assert codes(coder.transform(column(["a", "b", None, "c"]))) == [2, 1, None, 0]


def test_unknown_levels_are_missing():
    coder = CodedLevels().fit(column([3, 1, 1]))
    transformed = coder.transform(column([7, 1, 3, 1.5]))
    assert codes(transformed) == [None, 0, 1, None]
    assert list(transformed["level"].cat.categories) == [0, 1]


def test_rare_levels_are_joined_to_one():
    train = column(["a"] * 2 + ["b"] * 5 + ["c"] * 3 + ["d"])
    coder = CodedLevels(max_levels=2).fit(train)
    transformed = coder.transform(column(["a", "b", "c", "d", "e", None]))
    assert codes(transformed) == [2, 0, 1, 2, None, None]
    assert list(transformed["level"].cat.categories) == [0, 1, 2]
    few = CodedLevels(max_levels=4).fit(train).transform(train)
    assert list(few["level"].cat.categories) == [0, 1, 2, 3]


def test_coding_leaves_the_frame_and_its_numbers_unchanged():
    X, _ = mixed_table()
    before = X.copy()
    coded = CodedLevels().fit_transform(X)
    pd.testing.assert_frame_equal(X, before)
    pd.testing.assert_frame_equal(coded[["number", "count"]], X[["number", "count"]])
    assert list(coded) == list(X) and (coded["empty"].isna()).all()


class Record(RegressorMixin, BaseEstimator):
    """Keeps what it is given."""

    def fit(self, X, y, cat_features=None):
        self.X_, self.cat_features_ = X, cat_features
        return self

    def predict(self, X):
        return X


def test_catboost_gets_text_and_the_names_of_its_columns():
    X, y = mixed_table()
    model = RegressorOfTextLevels(Record()).fit(X, y)
    assert model.regressor_.cat_features_ == ["text", "flag", "code", "empty"]
    for given in (model.regressor_.X_, model.predict(X)):
        for name in model.regressor_.cat_features_:
            assert list(given[name]) == ["(missing)" if pd.isna(value) else str(value)
                                         for value in X[name]]
        pd.testing.assert_series_equal(given["number"], X["number"])
    assert not hasattr(model.regressor, "X_")


@pytest.mark.parametrize("scaled", [False, True])
def test_one_hot_encoder_has_indicators_of_levels_and_of_gaps(scaled):
    X = column(["a", "b", None, "a"])
    X["gaps"] = [1.0, np.nan, 3.0, 8.0]
    encoder = one_hot_encoder(scaled).fit(X)
    levels = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    numbers = np.array([[0, 1, 0], [1, 3, 1], [2, 3, 0], [3, 8, 0]])
    if scaled:
        numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    np.testing.assert_allclose(encoder.transform(X), np.hstack((levels, numbers)))
    unknown = encoder.transform(X.assign(level=pd.Categorical(["z"] * 4)))
    np.testing.assert_allclose(unknown, np.hstack((np.zeros((4, 3)), numbers)))


def test_one_hot_encoder_has_at_most_twenty_levels():
    values = np.repeat(np.arange(30), np.arange(31, 1, -1))
    encoded = one_hot_encoder(False).fit_transform(column(values))[:, :-1]
    expected = np.stack([*(values == level for level in range(19)), values >= 19], axis=1)
    np.testing.assert_array_equal(encoded, expected)
