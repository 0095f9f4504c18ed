"""What the models are given for missing values and categories."""

import numpy as np
import pandas as pd

from sklearn_gar._command.dataset import Dataset
from sklearn_gar._command.preprocessing import MAX_CATEGORIES, build_preprocessing


def test_medians_and_indicators():
    X = pd.DataFrame({"a": [1., 2., np.nan, 9.], "kind": ["x", None, "z", "x"], "gap": np.nan})
    got = build_preprocessing(Dataset(X, np.arange(4.), (1,))).fit_transform(X)
    #                         a  gap  x  z  missing
    np.testing.assert_array_equal(got, [[1, 0, 1, 0, 0], [2, 0, 0, 0, 1], [2, 0, 0, 1, 0],
                                        [9, 0, 1, 0, 0]])


def test_rare_and_unknown_categories_share_an_indicator():
    kinds = [f"k{k}" for k in range(30) for _ in range(30 - k)] + [None] * 40
    X = pd.DataFrame({"kind": kinds})
    transform = build_preprocessing(Dataset(X, np.arange(len(X)), (0,))).fit(X)
    got = transform.transform(pd.DataFrame({"kind": ["k0", "k29", "new", None]}))
    assert got.shape == (4, MAX_CATEGORIES) and (got.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(got[1], got[2])
    assert (got[0] != got[1]).any() and (got[3] != got[1]).any()


def test_plain_arrays():
    X = np.array([[1., np.nan], [3., 4.]])
    got = build_preprocessing(Dataset(X, np.arange(2.))).fit_transform(X)
    np.testing.assert_array_equal(got, [[1, 4], [3, 4]])
