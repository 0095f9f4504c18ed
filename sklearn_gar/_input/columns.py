"""What the columns of a table are like: their ranges, and their units."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

from sklearn_gar._input.pieces import row_slices

# The values of a constant column may differ by this many units in the last place.
_ROUNDING = 8
# Powers of two beyond which a column is brought to the size of 1: squares could overflow or
# vanish.
_LARGEST_EXPONENT = 60


@dataclass
class Ranges:
    """Smallest and largest value of each column, and whether there are values between.

    Columns of two values, zeros and ones say, need no embedding.
    """

    low: np.ndarray
    high: np.ndarray
    between: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray) -> "Ranges":
        pieces = list(row_slices(X))
        # missing values are ignored; a column without any value counts as one of zeros
        low = np.nan_to_num(np.fmin.reduce([np.fmin.reduce(X[rows]) for rows in pieces]))
        high = np.nan_to_num(np.fmax.reduce([np.fmax.reduce(X[rows]) for rows in pieces]))
        between = np.any([((X[rows] > low) & (X[rows] < high)).any(0) for rows in pieces], axis=0)
        return cls(low, high, between)

    @property
    def largest(self) -> np.ndarray:
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @property
    def constant(self) -> np.ndarray:
        """Whether columns are constant but for rounding.

        Whole numbers are not rounded: dates and ids may differ in the last digits alone.
        """
        with np.errstate(over="ignore"):
            rounding = _ROUNDING * np.finfo(self.low.dtype).eps * self.largest
            whole = (np.rint(self.low) == self.low) & (np.rint(self.high) == self.high)
            return self.high - self.low <= np.where(whole, 0, rounding)

    @property
    def exponents(self) -> np.ndarray:
        """Powers of two to divide columns by, 0 where their squares are no problem."""
        exponents = np.frexp(self.largest)[1]
        return np.where(np.abs(exponents) > _LARGEST_EXPONENT, exponents, 0)

    def transform(self, function: Callable[[np.ndarray], np.ndarray]) -> "Ranges":
        """The ranges of columns to which an increasing function is applied."""
        low, high = function(np.array([self.low, self.high]))
        return Ranges(low, high, self.between)


@dataclass
class Units:
    """Where each column (d,) has its zero, and what is one unit of it."""

    exponent: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def normalise(self, X: np.ndarray) -> np.ndarray:
        """Columns divided by their powers of two, which changes no digit."""
        return np.ldexp(X, -self.exponent) if np.count_nonzero(self.exponent) else X


def replace_columns(columns: np.ndarray, units, source, positions: np.ndarray):
    """A copy of `units` whose columns at an index are those of `source` at these positions."""
    arrays = {field.name: getattr(units, field.name).copy() for field in fields(units)}
    for name, array in arrays.items():
        array[columns] = getattr(source, name)[positions]
    return replace(units, **arrays)


Pieces = Iterable[tuple[np.ndarray, np.ndarray | None]]
"""Some rows (b, d) after another, each with their weights (b,) or None."""


def column_means(pieces: Pieces) -> np.ndarray:
    """Weighted means of the present values of each column (d,); 0 where there are none."""
    total = sums = 0.0
    for X, weight in pieces:
        one_total, one_sum = _totals(X, weight)
        total, sums = total + one_total, sums + one_sum
    return sums / np.where(total == 0, 1, total)


def mean_and_deviation(pieces: Callable[[], Pieces]) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of the present values of columns, in two passes."""
    mean = column_means(pieces())
    variance = column_means((np.square(X - mean), weight) for X, weight in pieces())
    return mean, np.sqrt(variance)


def _totals(X, weight):
    """Total weight and weighted sum of the present values of each column, float64."""
    missing = np.isnan(X)
    present = np.ones(X.shape[1]) * (len(X) if weight is None else weight.sum())
    if missing.any():
        X = np.where(missing, 0, X)
        present = present - _column_sums(missing, weight)
    return present, _column_sums(X, weight)


def _column_sums(X, weight):
    return (X if weight is None else X * weight[:, None]).sum(0, dtype=np.float64)
