"""The rows of a table, and which of the user's rows each of them came from."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy import ndarray

from sklearn_gar._input.categories import Categories
from sklearn_gar._input.pieces import row_slices

# A smaller weight, relative to the largest, is lost in the sums of a batch.
_SMALLEST_WEIGHT = 2.0 ** -64


class RowsInOrder:
    """The rows of an array, in memory or in a file, in another order without a copy."""

    def __init__(self, array: ndarray, order: ndarray):
        self.array = array
        self.order = order
        self.shape = array.shape
        self.dtype = array.dtype

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index) -> ndarray:
        """Rows of an index, or the columns of an index of these rows, as of an array."""
        rows, columns = index if isinstance(index, tuple) else (index, slice(None))
        rows = self.order[rows]
        if not isinstance(columns, (int, np.integer, slice)):
            rows, columns = np.ix_(rows, columns)
        return np.asarray(self.array[rows, columns])


@dataclass(frozen=True)
class Rows:
    """Rows to train on or to validate on.

    Rows can be left out, sorted or merged.  `position` records where each row that the user
    handed in went, so that results can be given back in the user's order.

    Parameters
    ----------
    X : ndarray or RowsInOrder of shape (n, d)
        Features: numbers, NaN where one is missing, and codes of the levels of categories.
    y : ndarray of shape (n, k)
        Targets.
    weight : ndarray of shape (n,) or None
        Weights; None weighs all rows the same.
    target_shape : tuple
        () if the user gave targets of shape (n,), and (k,) if they had shape (n, k).
    mapped : bool
        Whether `X` lies in a file and is to be read batch by batch.
    categories : Categories
        Which features hold codes of levels.
    position : ndarray of shape (n_given,) or None
        Position here of each row that the user handed in, and -1 if it was left out.
        Equal rows that were merged have one position.  None: all rows are where they were.
    groups : ndarray of shape (n,) or None
        Number of the group of each row; the rows of a group are held out together.
    """

    X: ndarray | RowsInOrder
    y: ndarray
    weight: ndarray | None = None
    target_shape: tuple = ()
    mapped: bool = False
    categories: Categories = field(default_factory=Categories)
    position: ndarray | None = None
    groups: ndarray | None = None

    def __len__(self) -> int:
        return len(self.X)

    @property
    def n_features(self) -> int:
        return self.X.shape[1]

    @property
    def n_outputs(self) -> int:
        return self.y.shape[1]

    @property
    def targets(self) -> ndarray:
        """Targets in the shape that the user gave them in, (n,) or (n, k)."""
        return self.y.reshape(len(self), *self.target_shape)

    @property
    def counts(self) -> ndarray:
        """Whether each row (n,) has a weight that is not lost in sums."""
        if self.weight is None:
            return np.ones(len(self), dtype=bool)
        return self.weight > _SMALLEST_WEIGHT * self.weight.max()

    def origin(self, row: int) -> ndarray:
        """Indices of the user's rows that this row came from."""
        return np.array([row]) if self.position is None else np.flatnonzero(self.position == row)

    def equal_rows(self) -> ndarray:
        """A number (n,) for each row, the same for rows of equal features and targets."""
        hashes = np.column_stack((_hashes(self.X), _hashes(self.y)))
        return np.unique(hashes, axis=0, return_inverse=True)[1].ravel()

    def in_given_order(self, values: ndarray) -> ndarray:
        """Values (n, ...) of these rows as floats for the user's rows, NaN where left out."""
        if self.position is None:
            return values
        given = np.full((len(self.position), *values.shape[1:]), np.nan)
        present = self.position >= 0
        given[present] = values[self.position[present]]
        return given

    def fold(self, index: ndarray) -> "Rows":
        """The rows of one fold, as if the user had handed in these alone."""
        return replace(self._take(index), mapped=False, position=None)

    def without_weightless(self) -> "Rows":
        """The rows that count, since a row of weight zero must not take a place in a batch.

        Equal weights are no weights.
        """
        if self.weight is None:
            return self
        counts = self.counts
        if counts.sum() < 2:
            raise ValueError("sample_weight must be above zero for at least 2 rows, got "
                             f"{counts.sum()}: weights less than 2^-64 of the largest count as "
                             "zero")
        rows = self if counts.all() else self._move(
            np.flatnonzero(counts), np.where(counts, np.cumsum(counts) - 1, -1))
        return replace(rows, weight=None) if np.ptp(rows.weight) == 0 else rows

    def distinct(self) -> "Rows":
        """The distinct rows in sorted order, with the weights of equal rows added up.

        A table of one batch is trained on these.  So a weight of two is exactly a row given
        twice, and the order of the rows does not matter to the last bit.  Rows of different
        groups stay apart.
        """
        groups = () if self.groups is None else (self.groups,)
        table = np.nan_to_num(np.column_stack((self.X, self.y, *groups)), nan=np.inf)
        _, first, position = np.unique(table, axis=0, return_index=True, return_inverse=True)
        position = position.ravel()
        weight = np.bincount(position, weights=self.weight)
        return replace(self._move(first, position), weight=None if np.ptp(weight) == 0 else weight)

    def sorted(self) -> "Rows":
        """All rows in the order of targets, then of a hash of features, weights and groups.

        So a model does not depend on the order in which the rows are given.  The features stay
        where they are.
        """
        weight = np.zeros(len(self)) if self.weight is None else self.weight
        groups = () if self.groups is None else (self.groups,)
        order = np.lexsort((*groups, weight, _hashes(self.X), *self.y.T[::-1]))
        return replace(self._move(order, np.argsort(order), copy_features=False),
                       mapped=self.mapped)

    def _take(self, index, copy_features=True):
        X = self.X[index] if copy_features else RowsInOrder(self.X, index)
        weight, groups = (None if one is None else one[index]
                          for one in (self.weight, self.groups))
        return replace(self, X=X, y=self.y[index], weight=weight, groups=groups)

    def _move(self, index, position, copy_features=True):
        """The rows at `index`, given the new position of each present row."""
        if self.position is not None:
            position = np.where(self.position < 0, -1, position[self.position])
        return replace(self._take(index, copy_features), mapped=False, position=position)


def _hashes(X):
    """A number (n,) for each row that depends on its values alone."""
    factors = np.random.RandomState(0).randint(1 << 62, size=X.shape[1], dtype=np.uint64) * 2 + 1
    hashes = np.empty(len(X), dtype=np.uint64)
    for rows in row_slices(X):
        bits = (X[rows].astype(np.float64) + 0.0).view(np.uint64)  # -0.0 becomes 0.0
        hashes[rows] = ((bits ^ bits >> np.uint64(32)) * factors).sum(axis=1)
    return hashes
