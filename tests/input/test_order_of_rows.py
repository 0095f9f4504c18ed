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


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sorted_rows_do_not_depend_on_the_order_given(dtype):
    rng = np.random.RandomState(0)
    # targets of few values and features of whole numbers, zeros of both signs and gaps
    X = rng.randint(-2, 3, size=(500, 3)).astype(dtype)
    X[rng.uniform(size=X.shape) < 0.1] = np.nan
    y = rng.randint(3, size=(500, 1)).astype(float)
    expected = Rows(X, y).sorted()
    assert (np.diff(expected.y[:, 0]) >= 0).all()
    for seed in range(3):
        order = np.random.RandomState(seed).permutation(500)
        signs = np.where(X == 0, rng.choice([0.0, -0.0], X.shape), X).astype(dtype)
        found = Rows(signs[order], y[order]).sorted()
        assert_array_equal(found.X, expected.X)
        assert_array_equal(found.y, expected.y)


def test_sorted_rows_of_a_file_stay_there(tmp_path):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(50, 3)), rng.randint(3, size=(50, 1)).astype(float)
    np.save(tmp_path / "features.npy", X)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    rows, expected = Rows(mapped, y, mapped=True).sorted(), Rows(X, y).sorted()
    assert rows.mapped and not isinstance(rows.X, np.ndarray)
    assert rows.X.array is mapped
    assert rows.X.shape == (50, 3) and len(rows.X) == 50 and rows.X.dtype == X.dtype
    for index in (slice(5, 9), np.array([3, 3, 0]), (slice(None), np.array([2, 0]))):
        assert_array_equal(rows.X[index], expected.X[index])
    assert_array_equal(rows.position, expected.position)


@pytest.mark.parametrize("index", [
    slice(5, 9), slice(None), np.array([3, 3, 0]), (slice(None), 1), (slice(2, 7), np.int64(0)),
    (slice(None), slice(None, -1)), (slice(None), [2, 0]),
    (slice(3, 8), np.array([True, False, True])),
    (np.array([4, 1]), [0, 2])], ids=str)
def test_rows_in_order_are_indexed_as_a_copy_is(index):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 3)), rng.randint(3, size=(30, 1)).astype(float)
    rows = Rows(X, y).sorted()
    assert rows.X.array is X  # a large table is not held twice
    copy = X[rows.X.order]
    rows_of, columns_of = index if isinstance(index, tuple) else (index, slice(None))
    assert_array_equal(rows.X[index], copy[rows_of][:, columns_of])
    assert_array_equal(rows.in_given_order(copy), X)
