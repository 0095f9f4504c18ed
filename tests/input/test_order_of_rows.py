"""Rows that are left out, sorted or merged know which of the user's rows they came from."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gar._input import Rows

X = np.array([[3.0, 1.0], [0.0, 2.0], [3.0, 1.0], [5.0, 5.0], [0.0, 2.0], [1.0, 1.0]])
y = np.array([[1.0], [4.0], [1.0], [0.0], [4.0], [2.0]])
ROWS = Rows(X, y, np.array([1.0, 2.0, 1.0, 0.0, 1.0, 3.0]))

WAYS = {
    "as given": (lambda rows: rows, []),
    "without weightless rows": (Rows.without_weightless, [3]),
    "sorted": (Rows.sorted, []),
    "distinct": (Rows.distinct, []),
    "weightless left out, then merged": (lambda rows: rows.without_weightless().distinct(), [3]),
    "weightless left out, then sorted": (lambda rows: rows.without_weightless().sorted(), [3]),
}


@pytest.mark.parametrize("change, left_out", WAYS.values(), ids=list(WAYS))
def test_origin_and_given_order_follow_the_users_rows(change, left_out):
    rows = change(ROWS)
    found = []
    for row in range(len(rows)):
        for given in rows.origin(row):
            assert_array_equal(rows.X[row], X[given])
            assert_array_equal(rows.y[row], y[given])
            found.append(given)
    present = [given for given in range(len(X)) if given not in left_out]
    assert sorted(found) == present
    given_back = rows.in_given_order(rows.y)
    assert_array_equal(given_back[present], y[present])
    assert np.isnan(given_back[left_out]).all()


def test_weights_of_merged_rows_add_up():
    rows = ROWS.without_weightless().distinct()
    for row, weight in enumerate(rows.weight):
        assert weight == ROWS.weight[rows.origin(row)].sum()
