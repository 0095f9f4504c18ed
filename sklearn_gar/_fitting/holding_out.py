"""The order of a problem's rows, and which of them each network holds out."""

import numpy as np

from sklearn_gar import _parameters as parameters
from sklearn_gar._input import k_fold_parts, shuffled_parts
from sklearn_gar.losses import takes_weights


def rows_in_order(estimator, rows, batch_size, n_networks, division):
    """Rows in an order of their own, how many to hold out, and whether the rest is one batch.

    `n_networks` is the number of networks that hold out rows.
    """
    def number_held_out():
        if not n_networks:
            return 0
        if division is not None:
            return len(rows) - division.n_trained(rows.groups)
        return parameters.n_held_out(estimator, len(rows), n_networks)
    n_held_out = number_held_out()
    single_batch = len(rows) - n_held_out <= batch_size
    if single_batch and takes_weights(estimator.loss):
        rows = rows.distinct()
        n_held_out = number_held_out()  # of the distinct rows
    else:
        rows = rows.sorted()
    return rows, n_held_out, single_batch


def make_parts(estimator, rows, n_held_out, seeds, division):
    """Which rows each network trains on and which it holds out."""
    if division is not None:
        parts = division.parts(rows.groups)
    elif estimator.validation_split == "shuffle":
        parts = shuffled_parts(len(rows), n_held_out, seeds, _groups_from_zero(rows))
    else:
        parts = _k_fold_parts(rows, seeds)
    _check_parts(estimator, parts)
    return parts


def _k_fold_parts(rows, seeds):
    groups = _groups_from_zero(rows)
    n_groups = len(rows) if groups is None else groups.max() + 1
    if n_groups < len(seeds):
        raise ValueError("validation_split='kfold' needs a group for each of the networks, "
                         f"got {n_groups} groups and n_estimators={len(seeds)}; set "
                         "n_estimators or validation_split='shuffle'")
    return k_fold_parts(len(rows), len(seeds), seeds[0], groups)


def _groups_from_zero(rows):
    return None if rows.groups is None else np.unique(rows.groups, return_inverse=True)[1]


def _check_parts(estimator, parts):
    """Raise if a network has too few rows, or numbers of rows that the loss cannot take."""
    fewest = min(parts, key=lambda part: min(map(len, part)))
    if min(map(len, fewest)) < 2:
        raise ValueError("early stopping needs folds and groups that leave each network at least "
                         "2 rows to train on and 2 to hold out (equal rows count once, rows of "
                         f"no weight do not), got {len(fewest.train)} and "
                         f"{len(fewest.held_out)}; have fewer folds, or join small groups")
    if len({len(part.train) for part in parts}) > 1 and not takes_weights(estimator.loss):
        raise ValueError(f"loss={estimator.loss!r} takes no weights, so all networks must hold "
                         "out equal numbers of rows, got "
                         f"{sorted({len(part.held_out) for part in parts})}; hold out folds of "
                         "one size, for instance those of ShuffleSplit")


def fitting_batch_size(batch_size, parts, single_batch):
    """A batch size that makes one batch of the rows of every network, or several of each."""
    if parts is None:
        return batch_size
    n_rows = [len(part.train) for part in parts]
    return max(batch_size, *n_rows) if single_batch else min(batch_size, *n_rows)
