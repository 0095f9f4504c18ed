"""Encoders for models that do not take all categories or missing values as they are."""

from collections import Counter

import numpy as np
import pandas as pd

from sklearn_gar._command.dataset import Dataset
from sklearn_gar._command.preprocessing import (MAX_INDICATORS, MAX_LEVELS,
                                                build_indicator_encoder, build_level_encoder)


def levels(values):
    return pd.Series(values, dtype="category")


def dataset_of(X):
    return Dataset(X, np.arange(float(len(X))))


def test_medians_and_indicators():
    X = pd.DataFrame({"a": [1., 2., np.nan, 9.], "kind": levels(["x", None, "z", "x"]),
                      "gap": np.nan, "b": 5.})
    got = build_indicator_encoder(dataset_of(X)).fit_transform(X)
    #                         a  gap  b  a and gap missing  x  z  missing
    np.testing.assert_array_equal(got, [[1, 0, 5, 0, 1, 1, 0, 0], [2, 0, 5, 0, 1, 0, 0, 1],
                                        [2, 0, 5, 1, 1, 0, 1, 0], [9, 0, 5, 0, 1, 1, 0, 0]])


def test_rare_and_unknown_levels_share_an_indicator():
    kinds = [f"k{k}" for k in range(30) for _ in range(30 - k)] + [None] * 40
    X = pd.DataFrame({"kind": levels(kinds)})
    encoder = build_indicator_encoder(dataset_of(X)).fit(X)
    got = encoder.transform(pd.DataFrame({"kind": levels(["k0", "k29", "new", None])}))
    assert got.shape == (4, MAX_INDICATORS) and (got.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(got[1], got[2])
    assert (got[0] != got[1]).any() and (got[3] != got[1]).any()


def test_numbers_missing_in_other_rows_alone():
    train, test = pd.DataFrame({"a": [1., 2., 6.]}), pd.DataFrame({"a": [np.nan, 4.]})
    got = build_indicator_encoder(dataset_of(train)).fit(train).transform(test)
    np.testing.assert_array_equal(got, [[2], [4]])


def test_most_frequent_levels_have_a_number_each():
    rng = np.random.default_rng(0)
    # level k stands in k + 1 rows, in any order
    values = rng.permutation(np.repeat([f"level {k}" for k in range(300)], np.arange(1, 301)))
    X = pd.DataFrame({"x": rng.normal(size=len(values)), "kind": levels(values)})
    got = build_level_encoder(dataset_of(X)).fit_transform(X)
    np.testing.assert_array_equal(got[:, 1], X["x"])
    frequent = {level for level, _ in Counter(values).most_common(MAX_LEVELS)}
    number = dict(zip(values, got[:, 0]))
    assert all(number[value] == code for value, code in zip(values, got[:, 0]))
    assert len({number[level] for level in frequent}) == MAX_LEVELS
    others = {number[level] for level in set(values) - frequent}
    assert len(others) == 1 and not others & {number[level] for level in frequent}


def test_as_many_levels_as_are_kept_are_all_kept():
    X = pd.DataFrame({"kind": levels([f"level {k}" for k in range(MAX_LEVELS)])})
    got = build_level_encoder(dataset_of(X)).fit_transform(X)
    assert sorted(got[:, 0]) == list(range(MAX_LEVELS))


def test_missing_and_unknown_levels_are_nan():
    kinds = [f"k{k}" for k in range(300)] * 2
    X = pd.DataFrame({"kind": levels([*kinds, None]), "void": levels([None] * 601)})
    encoder = build_level_encoder(dataset_of(X)).fit(X)
    assert np.isnan(encoder.transform(X)[-1]).all()
    got = encoder.transform(pd.DataFrame({"kind": levels(["k0", None, "new"]),
                                          "void": levels([None, "new", "new"])}))
    np.testing.assert_array_equal(np.isnan(got), [[False, True], [True, True], [True, True]])


def test_columns_without_a_number_in_training_rows_are_zeros():
    kind, gap = levels(["x", "z", "x"]), [np.nan] * 3
    train = pd.DataFrame({"gap": gap, "a": [1., np.nan, 3.], "kind": kind})
    test = train.assign(gap=[np.nan, 0., np.nan], a=4.)
    encoder = build_level_encoder(dataset_of(train)).fit(train)
    #                                                           kind gap a
    np.testing.assert_array_equal(encoder.transform(train), [[0, 0, 1], [1, 0, np.nan], [0, 0, 3]])
    np.testing.assert_array_equal(encoder.transform(test), [[0, 0, 4], [1, 0, 4], [0, 0, 4]])
    only = train[["gap"]]
    np.testing.assert_array_equal(build_level_encoder(dataset_of(only)).fit_transform(only),
                                  np.zeros((3, 1)))


def test_plain_arrays():
    X = np.array([[1., np.nan], [3., 4.]])
    assert dataset_of(X).categorical == []
    np.testing.assert_array_equal(build_level_encoder(dataset_of(X)).fit_transform(X), X)
    got = build_indicator_encoder(dataset_of(X)).fit_transform(X)
    np.testing.assert_array_equal(got, [[1, 4, 1], [3, 4, 0]])
