"""Features in robust units, with long tails shortened."""

from dataclasses import dataclass

import numpy as np

from sklearn_gar._input.columns import column_means

# Deviations from the median beyond which a value counts by its logarithm.
TAIL = 3.0
_QUARTILES = (0.25, 0.5, 0.75)
# Quartile and mean absolute deviation of a standard normal distribution.
_QUARTILE, _ABSOLUTE_DEVIATION = 0.6745, 0.7979
# The network's sums of larger features would overflow in float32.
LARGEST_FEATURE = 1e15


@dataclass
class Tails:
    """Scale features by median and quartiles, and take the logarithm of values far out.

    The median becomes 0 and half the distance of the quartiles 0.67, as in a standard normal
    distribution.  A value z beyond 3 becomes 3 (1 + log(z / 3)), which continues with the same
    slope.  So a few huge values neither squeeze all others together nor push the network's
    inputs far away.  A column without tails keeps its shape.

    Parameters
    ----------
    median, spread : ndarray of shape (d,)
        What is 0, and what is a distance of 1.
    """

    median: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray, weight: np.ndarray | None) -> "Tails":
        low, median, high = _quartiles(X, weight)
        # The deviation is for columns of which half of the values or more are equal.
        spreads = [(high - low) / (2 * _QUARTILE),
                   column_means([(np.abs(X - median), weight)]) / _ABSOLUTE_DEVIATION]
        usable = [np.finfo(X.dtype).tiny < spread for spread in spreads]
        return cls(median, np.select(usable, spreads, 1).astype(X.dtype))

    def transform(self, X: np.ndarray) -> np.ndarray:
        z = limited((X - self.median) / self.spread)
        far = np.abs(z) > TAIL
        if np.count_nonzero(far):  # of few values faster than any()
            beyond = z[far]
            z[far] = np.copysign(TAIL * (1 + np.log(np.abs(beyond) / TAIL)), beyond)
        return z


def limited(X: np.ndarray) -> np.ndarray:
    """Features that the network's sums can hold; of one row, numpy.clip takes twice as long."""
    return np.minimum(np.maximum(X, -LARGEST_FEATURE), LARGEST_FEATURE)


def _quartiles(X, weight):
    """Quartiles of the present values of each column (3, d); zeros where there are none."""
    missing = np.isnan(X)
    quartiles = np.quantile(np.where(missing, 0, X), _QUARTILES, axis=0, weights=weight,
                            method="inverted_cdf")
    for column in np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)):
        present = ~missing[:, column]
        quartiles[:, column] = np.quantile(
            X[present, column], _QUARTILES, method="inverted_cdf",
            weights=None if weight is None else weight[present])
    return quartiles
