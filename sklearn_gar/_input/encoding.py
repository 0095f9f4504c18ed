"""Numbers in place of categories, and columns that say where numbers are missing."""

import copy

import numpy as np

from sklearn_gar._input.pieces import row_slices
from sklearn_gar._input.rows import Rows
from sklearn_gar._input.target_means import cross_fitted_means, shrunken_means

# Columns of at most so many levels have an indicator for each.
_FEW_LEVELS = 8
# Levels of at least so many rows have a learned vector of their own.
_ROWS_TO_LEARN = 10
# A row's mean of the targets is taken over the other ones of so many parts of the rows.
_N_PARTS = 5


class Category:
    """What the levels of one column become.

    The last row of each array is for levels that training did not see.

    Parameters
    ----------
    column : int
        Position of the column.
    rank : ndarray of shape (n_codes + 1,)
        Rank of each level in an order that does not depend on names, -1 if it was not seen.

    Attributes
    ----------
    n_levels : int
        Number of levels seen.
    values : ndarray of shape (n_levels + 1, q)
        Numbers for each level: indicators if there are few, else the mean of each target and
        the logarithm of the number of rows.  NaN says nothing.
    code : ndarray of shape (n_levels + 1,)
        Code of the level's learned vector; 0 stands for a vector of zeros.
    """

    def __init__(self, column, rank):
        self.column = column
        self.rank = rank
        self.n_levels = int(rank.max()) + 1

    @property
    def has_few(self) -> bool:
        return self.n_levels <= _FEW_LEVELS

    @property
    def n_codes(self) -> int:
        return int(self.code.max()) + 1

    def ranks_of(self, codes: np.ndarray) -> np.ndarray:
        """Ranks of levels, -1 where a code is NaN or was not seen."""
        return self.rank[np.where(np.isnan(codes), -1, codes).astype(int)]

    def learn_levels(self, rows: Rows) -> None:
        """Learn from ranked rows what the levels become, but for the means of the targets."""
        self.code = np.zeros(self.n_levels + 1, dtype=int)
        if self.has_few:
            values = np.eye(self.n_levels)[:, self.n_levels == 2:]  # one tells two levels apart
        else:
            ranks = rows.X[:, self.column].astype(int)
            is_common = np.bincount(ranks, minlength=self.n_levels) >= _ROWS_TO_LEARN
            self.code[:-1] = np.where(is_common, np.cumsum(is_common), 0)
            weight = None if rows.weight is None else rows.weight / rows.weight.mean()
            values = np.zeros((self.n_levels, rows.n_outputs + 1))
            values[:, -1] = np.log(np.bincount(ranks, weight, self.n_levels))
        self.values = np.vstack((values, np.full(values.shape[1], np.nan)))

    def learn_means(self, rows: Rows, part: np.ndarray) -> np.ndarray:
        """Learn the means of the targets from ranked rows, and return the values of these rows.

        A row's means are taken over the rows of other parts.
        """
        ranks = rows.X[:, self.column].astype(int)
        levels = np.where(ranks < 0, self.n_levels, ranks)
        arguments = levels, self.n_levels + 1, rows.y, rows.weight
        self.values[:-1, :-1] = shrunken_means(*arguments)[:-1]
        values = self.values[ranks]
        values[ranks >= 0, :-1] = cross_fitted_means(*arguments, part)[ranks >= 0]
        return values


class Encoding:
    """Features as numbers: the numeric ones, where they are missing, values of levels, codes.

    First the levels of each category are ranked by the rows.  :meth:`fit` learns from the ranked
    rows what becomes of them.  Neither the order of the rows nor the names of the levels matter.

    Parameters
    ----------
    rows : Rows
        Rows to rank the levels by.
    """

    def __init__(self, rows: Rows):
        columns = rows.categories.columns
        self.numeric = np.setdiff1d(np.arange(rows.X.shape[1]), columns)
        self.gaps = np.array([], dtype=int)
        self.categories = []
        if columns:
            place = _places(rows, self.numeric)
            self.categories = [Category(column, _ranks(rows, column, place))
                               for column in columns]

    @property
    def n_codes(self) -> tuple[int, ...]:
        """Number of codes in each of the columns at the end that hold them."""
        return tuple(one.n_codes for one in self._with_codes)

    @property
    def _with_codes(self):
        return [one for one in self.categories if one.n_codes > 1]

    def ranked(self, X: np.ndarray) -> np.ndarray:
        """Features (n, d) with ranks instead of the codes of levels."""
        if not self.categories:
            return X
        X = X.copy()
        for one in self.categories:
            X[:, one.column] = one.ranks_of(X[:, one.column])
        return X

    def fit(self, rows: Rows, rng: np.random.RandomState) -> np.ndarray:
        """Learn from ranked rows, and encode them.

        A row's mean of the targets is taken over other rows, never over its own.
        """
        missing = np.any([np.isnan(rows.X[piece]).any(axis=0) for piece in row_slices(rows.X)],
                         axis=0)
        self.gaps = self.numeric[missing[self.numeric]]
        for one in self.categories:
            one.learn_levels(rows)
        return self._learn_means(rows, rng)

    def refit(self, rows: Rows, rng: np.random.RandomState) -> tuple["Encoding", np.ndarray]:
        """An encoding with the same levels that learned the means of the targets anew.

        Returns it, and the ranked rows as it encodes them.
        """
        encoding = copy.deepcopy(self)
        return encoding, encoding._learn_means(rows, rng)

    def _learn_means(self, rows, rng):
        if all(one.has_few for one in self.categories):
            return self.encode(rows.X)
        part = rng.permutation(len(rows)) % _N_PARTS
        return self._assemble(rows.X, [
            one.values[rows.X[:, one.column].astype(int)] if one.has_few
            else one.learn_means(rows, part) for one in self.categories])

    def encode(self, X: np.ndarray) -> np.ndarray:
        """Encode ranked features (n, d) of rows that were not learned from."""
        return self._assemble(X, [one.values[X[:, one.column].astype(int)]
                                  for one in self.categories])

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Encode features (n, d)."""
        return self.encode(self.ranked(X))

    def _assemble(self, X, values):
        """Numeric features, indicators of missing ones, values of levels, and codes."""
        if not self.categories and not len(self.gaps):
            return X
        X = X[:]  # rows of a file are read
        codes = [one.code[X[:, one.column].astype(int)][:, None] for one in self._with_codes]
        return np.hstack((X[:, self.numeric], np.isnan(X[:, self.gaps]), *values, *codes)
                         ).astype(X.dtype, copy=False)


def _places(rows, numeric):
    """Place of each row (n,) in the order of targets and numbers; equal rows share one."""
    keys = np.nan_to_num(np.column_stack((rows.y, rows.X[:, numeric])), nan=np.inf)
    order = np.lexsort(keys.T[::-1])
    is_new = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    places = np.empty(len(rows), dtype=int)
    places[order] = np.r_[0, np.cumsum(is_new)]
    return places


def _ranks(rows, column, place):
    """Ranks of the levels of a column, by their first row, their weight and all of their rows.

    What is left to the order of the codes are levels that the rows cannot tell apart.
    """
    codes, n_codes = rows.X[:, column].astype(int), len(rows.categories.levels[column])
    first = np.full(n_codes, len(rows))
    np.minimum.at(first, codes, place)
    n_rows = np.bincount(codes, rows.weight, n_codes)
    places = np.bincount(codes, place if rows.weight is None else place * rows.weight, n_codes)
    order = np.lexsort((places, n_rows, first))
    order = order[n_rows[order] > 0]
    ranks = np.full(n_codes + 1, -1)
    ranks[order] = np.arange(len(order))
    return ranks
