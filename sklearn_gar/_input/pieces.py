"""Large tables in pieces that are small beside them."""

from collections.abc import Iterator

import numpy as np
from sklearn.utils import check_random_state

_VALUES_IN_PIECE = 1 << 22


def row_slices(array: np.ndarray) -> Iterator[slice]:
    """Slices of the rows of an array (n, d), some million values each."""
    n_rows = len(array)
    size = max(1, _VALUES_IN_PIECE // max(1, array.shape[1]))
    return (slice(first, min(first + size, n_rows)) for first in range(0, n_rows, size))


def sample_rows(n_rows: int, n_features: int, n_values: int = _VALUES_IN_PIECE
                ) -> slice | np.ndarray:
    """Index of all rows, or of rows drawn at random that have about this many values."""
    n_most = max(2, n_values // n_features)
    if n_rows <= n_most:
        return slice(None)
    return np.sort(check_random_state(0).choice(n_rows, n_most, replace=False))
