"""Means of the targets for each level of a category, shrunken, and never of a row's own target."""

import numpy as np


def shrunken_means(levels: np.ndarray, n_levels: int, y: np.ndarray, weight: np.ndarray | None
                   ) -> np.ndarray:
    """Means of the targets (n_levels, k) for the levels (n,) of all rows.

    The mean of a level with few rows is drawn towards the mean of all rows, by as much as the
    targets vary within levels and between them: it is the best linear predictor in a model with
    random effects of the levels, whose variances are estimated by the method of moments.
    """
    one_part = np.zeros(len(levels), dtype=int)
    sums = _Sums(levels, n_levels, y, weight, one_part, 1)
    return sums.means(sums.of_parts)[0]


def cross_fitted_means(levels: np.ndarray, n_levels: int, y: np.ndarray,
                       weight: np.ndarray | None, part: np.ndarray) -> np.ndarray:
    """Mean of the targets (n, k) for the level of each row, over the rows of other parts.

    `part` (n,) is the number of the part that each row belongs to.
    """
    sums = _Sums(levels, n_levels, y, weight, part, part.max() + 1)
    others = [everything.sum(0) - everything for everything in sums.of_parts]
    return sums.means(others)[part, levels]


class _Sums:
    """Weights, weighted targets and their squares, summed over the rows of each part and level."""

    def __init__(self, levels, n_levels, y, weight, part, n_parts):
        self.centre = y.mean(0)
        self.scale = np.abs(y - self.centre).max(0)
        y = (y - self.centre) / np.where(self.scale > 0, self.scale, 1)
        weight = np.ones(len(y)) if weight is None else weight / weight.mean()
        cell, shape = part * n_levels + levels, (n_parts, n_levels, -1)

        def add_up(column):
            return np.bincount(cell, column, n_parts * n_levels).reshape(shape)
        self.of_parts = [
            add_up(weight),
            np.concatenate([add_up(weight * column) for column in y.T], axis=-1),
            np.concatenate([add_up(weight * column ** 2) for column in y.T], axis=-1)]

    def means(self, sums):
        """Shrunken means (parts, levels, k) in the units of the targets."""
        n, first, second = sums  # (parts, levels, 1), (parts, levels, k) twice
        total = n.sum(1, keepdims=True)
        mean_of_all = first.sum(1, keepdims=True) / np.maximum(total, 1e-300)
        mean = np.where(n > 0, first / np.maximum(n, 1e-300), mean_of_all)
        within, between = _variances(n, mean, second, mean_of_all)
        signal = n * between
        share = signal / np.maximum(signal + within, 1e-300)
        return self.centre + self.scale * (mean_of_all + share * (mean - mean_of_all))


def _variances(n, mean, second, mean_of_all):
    """Variances within levels and between them (parts, 1, k), not negative.

    Of levels with a single row nothing is known about either, so they count as equal.
    """
    n_levels = (n > 0).sum(1, keepdims=True)
    total = n.sum(1, keepdims=True)
    freedom = total - n_levels
    within = np.maximum((second - n * mean ** 2).sum(1, keepdims=True), 0)
    within = within / np.maximum(freedom, 1e-300)
    spread = (n * (mean - mean_of_all) ** 2).sum(1, keepdims=True)
    rows_a_level = total - (n ** 2).sum(1, keepdims=True) / np.maximum(total, 1e-300)
    between = (spread - (n_levels - 1) * within) / np.maximum(rows_a_level, 1e-300)
    known = (freedom > 1e-9 * total) & (rows_a_level > 1e-9 * total)
    return np.where(known, within, 1.0), np.where(known, np.maximum(between, 0), 0.0)
