"""What categories and missing values become, column by column."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gar._input.categories import Categories
from sklearn_gar._input.encoding import Encoding
from sklearn_gar._input.rows import Rows

NAN = np.nan
RNG = np.random.RandomState(0)


def make_rows(X, y=None, columns=(), weight=None):
    """Rows whose columns of categories hold codes from 0."""
    X = np.array(X, dtype=float)
    levels = {column: {level: level for level in range(int(np.nanmax(X[:, column])) + 1)}
              for column in columns}
    y = np.arange(len(X), dtype=float)[:, None] if y is None else np.array(y, dtype=float)
    return Rows(X, y, weight, categories=Categories(levels))


def encode(rows):
    encoding = Encoding(rows)
    ranked = Rows(encoding.ranked(rows.X), rows.y, rows.weight, categories=rows.categories)
    return encoding, encoding.fit(ranked, np.random.RandomState(0))


def test_numbers_without_gaps_are_left_alone():
    rows = make_rows(RNG.normal(size=(5, 3)))
    encoding, X = encode(rows)
    assert X is rows.X and encoding.transform(rows.X) is rows.X
    assert encoding.n_codes == ()


def test_gaps_are_marked_in_the_columns_that_had_some():
    rows = make_rows([[1, NAN, 3], [4, 5, 6], [7, NAN, 9]])
    encoding, X = encode(rows)
    assert_array_equal(X, [[1, NAN, 3, 1], [4, 5, 6, 0], [7, NAN, 9, 1]])
    # a gap in another column has no indicator, and stays for the scaling
    assert_array_equal(encoding.transform(np.array([[NAN, NAN, 1.0]])), [[NAN, NAN, 1, 1]])


@pytest.mark.parametrize("n_levels, n_columns", [(1, 1), (2, 1), (3, 3), (8, 8)])
def test_few_levels_are_indicators(n_levels, n_columns):
    codes = np.arange(16) % n_levels
    encoding, X = encode(make_rows(codes[:, None], columns=[0]))
    assert X.shape == (16, n_columns) and encoding.n_codes == ()
    assert set(np.unique(X)) <= {0, 1}
    for level in range(n_levels):  # equal levels are equal rows, and others differ
        assert len(np.unique(X[codes == level], axis=0)) == 1
    assert len(np.unique(X, axis=0)) == n_levels
    assert np.isnan(encoding.transform(np.array([[NAN]]))).all()


def test_many_levels_have_means_numbers_of_rows_and_codes():
    n_rows = np.array([2, 30, 9, 10, 11, 3, 4, 5, 6, 7])
    codes = np.repeat(np.arange(10), n_rows)
    y = np.array([5.0, 4, 3, 2, 1, 0, -1, -2, -3, -4])[codes] + 0.1 * RNG.normal(size=87)
    encoding, X = encode(make_rows(codes[:, None], y[:, None], columns=[0]))
    assert X.shape == (87, 3)
    level = encoding.transform(np.arange(10.0)[:, None])
    assert_array_equal(np.argsort(level[:, 0]), np.arange(10)[::-1])
    np.testing.assert_allclose(level[:, 1], np.log(n_rows))
    # levels of at least ten rows have a code of their own, the others share 0
    assert sorted(level[:, 2]) == [0] * 7 + [1, 2, 3]
    assert_array_equal(level[:, 2] > 0, n_rows >= 10)
    assert encoding.n_codes == (4,)
    unseen = encoding.transform(np.array([[NAN]]))
    assert_array_equal(unseen, [[NAN, NAN, 0]])
    # training rows have the means of other rows
    assert (X[:, 0] != level[codes, 0]).any()
    assert_array_equal(X[:, 1:], level[codes, 1:])


def test_each_target_has_its_own_means():
    codes = np.arange(100) % 10
    y = np.column_stack((codes, -codes)) + 0.1 * RNG.normal(size=(100, 2))
    encoding, X = encode(make_rows(codes[:, None], y, columns=[0]))
    level = encoding.transform(np.arange(10.0)[:, None])
    assert level.shape == (10, 4)
    assert_array_equal(np.argsort(level[:, 0]), np.arange(10))
    assert_array_equal(np.argsort(level[:, 1]), np.arange(10)[::-1])


def test_ranks_do_not_depend_on_codes_or_on_the_order_of_rows():
    codes, y = RNG.randint(12, size=60), RNG.normal(size=(60, 1))
    names, order = RNG.permutation(12), RNG.permutation(60)
    one = Encoding(make_rows(codes[:, None], y, columns=[0]))
    other = Encoding(make_rows(names[codes][order, None], y[order], columns=[0]))
    assert_array_equal(other.ranked(names[codes][:, None].astype(float)),
                       one.ranked(codes[:, None].astype(float)))


def test_numbers_come_first_then_gaps_values_and_codes():
    codes = np.arange(120) % 12
    numbers = RNG.normal(size=(120, 2))
    numbers[::7, 1] = NAN
    X = np.column_stack((codes, numbers[:, 0], codes % 3, numbers[:, 1]))
    encoding, encoded = encode(make_rows(X, RNG.normal(size=(120, 1)), columns=[0, 2]))
    assert encoded.shape == (120, 2 + 1 + (1 + 1) + 3 + 1)
    assert_array_equal(encoded[:, :2], numbers)
    assert_array_equal(encoded[:, 2], np.isnan(numbers[:, 1]))
    assert encoding.n_codes == (13,) and set(encoded[:, -1]) == set(range(1, 13))


def test_means_can_be_learned_anew_for_the_same_levels():
    codes = np.arange(100) % 10
    rows = make_rows(codes[:, None], 1.0 * codes[:, None], columns=[0])
    encoding, _ = encode(rows)
    ranked = Rows(encoding.ranked(rows.X), -rows.y, categories=rows.categories)
    again, X = encoding.refit(ranked, np.random.RandomState(0))
    level = again.transform(np.arange(10.0)[:, None])
    np.testing.assert_allclose(level[:, 0], -np.arange(10.0), atol=1e-6)
    np.testing.assert_allclose(encoding.transform(np.arange(10.0)[:, None])[:, 0],
                               np.arange(10.0), atol=1e-6)
    assert X.shape == (100, 3) and again.n_codes == encoding.n_codes
