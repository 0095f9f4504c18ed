"""Divisions of the rows: which ones each network trains on and which it holds out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length, column_or_1d
from torch import Tensor

from sklearn_gar._input.rows import Rows


class Part(NamedTuple):
    """Indices of the rows that one network trains on, and of those that it holds out."""

    train: Tensor
    held_out: Tensor


class Division(NamedTuple):
    """What a cross-validation has each network train on and hold out.

    Rows that all networks treat alike are a group.

    Parameters
    ----------
    groups : ndarray of shape (n,)
        Number of each row's group, from 0 on.
    trains, holds_out : ndarray of bool of shape (g, m)
        Whether the rows of a group are trained on or held out by each network.
    """

    groups: np.ndarray
    trains: np.ndarray
    holds_out: np.ndarray

    @property
    def n_networks(self) -> int:
        return self.trains.shape[1]

    @property
    def is_partition(self) -> bool:
        """Whether every row is held out by one network and trained on by all others."""
        return bool((self.holds_out.sum(axis=1) == 1).all()
                    and (self.holds_out != self.trains).all())

    def joined(self, n_networks: int) -> "Division":
        """A division among fewer networks, each of which holds out the rows of several."""
        networks = np.array_split(np.arange(self.n_networks), n_networks)
        return Division(self.groups,
                        np.stack([self.trains[:, one].all(axis=1) for one in networks], axis=1),
                        np.stack([self.holds_out[:, one].any(axis=1) for one in networks],
                                 axis=1))

    def n_trained(self, groups: np.ndarray) -> int:
        """The most rows that a network trains on, given the group of each row."""
        return int(self.trains[groups].sum(axis=0).max())

    def parts(self, groups: np.ndarray) -> list[Part]:
        """The part of each network, given the group of each row."""
        return [Part(*(torch.from_numpy(np.flatnonzero(mask[groups, network]))
                       for mask in (self.trains, self.holds_out)))
                for network in range(self.n_networks)]


def check_splits(cv: Any, X: Any, y: np.ndarray, groups: Any, name: str
                 ) -> list[tuple[np.ndarray, np.ndarray]]:
    """Indices of the rows to train on and to test on, for each split of a cross-validation."""
    given = cv if isinstance(cv, (list, tuple)) else check_cv(cv).split(X, y, groups)
    splits = [_indices(split, len(y), name) for split in given]
    if not splits:
        raise ValueError(f"{name} must give at least one split, got none")
    for split, (_, test) in enumerate(splits):
        if not len(test) or (test.dtype == bool and not test.any()):
            raise ValueError(f"{name} must give test folds of at least one row, got none in split "
                             f"{split} (counted from 0)")
    return splits


def _indices(split, n_rows, name):
    """The two arrays of a split, of indices or of a mask."""
    try:
        train, test = split
        # an empty list has no type
        split = tuple(np.asarray(rows, dtype=None if len(rows) else int) for rows in (train, test))
    except (TypeError, ValueError):
        raise ValueError(f"{name} must give pairs of indices, of rows to train on and of rows to "
                         f"hold out, got {split!r}") from None
    for rows in split:
        try:
            np.empty(n_rows, dtype=bool)[rows]
        except IndexError:
            raise ValueError(f"{name} must name rows by indices below {n_rows} or by a mask of "
                             f"{n_rows} rows, got {rows}") from None
    return split


def folds_at_random(rows: Rows, groups: np.ndarray, equal: np.ndarray, n_folds: int, seed: int
                    ) -> list[tuple[np.ndarray, np.ndarray]]:
    """Splits of rows into folds, dealt at random.

    The rows of a group (n,) stay together.  Each fold has its share of the rows that have a
    weight.  There are fewer folds where there are few groups, or few rows that are not `equal`,
    by their numbers (n,).
    """
    counted = np.flatnonzero(rows.counts)
    weighted = np.unique(groups[counted], return_inverse=True)[1]
    n_different = len(np.unique(equal[counted]))
    n_folds = max(2, min(n_folds, weighted.max() + 1, n_different // 2))
    fold = np.arange(len(rows)) % n_folds  # of rows without weight
    for number, part in enumerate(k_fold_parts(len(counted), n_folds, seed, weighted)):
        fold[counted[part.held_out.numpy()]] = number
    return [(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(n_folds)]


def divide(n_rows: int, splits: Sequence[tuple[np.ndarray, np.ndarray]]) -> Division:
    """The division of the rows by splits: a network for each holds out its test rows."""
    masks = np.zeros((2, len(splits), n_rows), dtype=bool)
    for network, split in enumerate(splits):
        for mask, rows in zip(masks[:, network], split):
            mask[rows] = True
    n_both = (masks[0] & masks[1]).sum(axis=1)
    if n_both.any():
        split = n_both.argmax()
        raise ValueError("a split must not hold out rows that it trains on, got "
                         f"{n_both[split]} such row(s) in split {split} (counted from 0)")
    kinds, groups = np.unique(masks.reshape(-1, n_rows), axis=1, return_inverse=True)
    trains, holds_out = kinds.reshape(2, len(splits), -1).swapaxes(1, 2)
    return Division(groups.ravel(), trains, holds_out)


def shuffled_parts(n_rows: int, n_held_out: int, seeds: Sequence[int],
                   groups: np.ndarray | None = None) -> list[Part]:
    """A part for each seed, which holds out rows at random.

    Of `groups` (n,), numbers from 0 on, whole groups are held out: as many as fit into
    `n_held_out`, and one if none fits.
    """
    parts = []
    for seed in seeds:
        if groups is None:
            parts.append(_part(_permutation(n_rows, seed), n_held_out))
        else:
            sizes = np.bincount(groups)
            chosen = _groups_that_fit(sizes, n_held_out, _permutation(len(sizes), seed).numpy())
            parts.append(_part_of_mask(chosen[groups]))
    return parts


def k_fold_parts(n_rows: int, n_folds: int, seed: int, groups: np.ndarray | None = None
                 ) -> list[Part]:
    """Parts that hold out one fold each, so that every row is held out once.

    The rows are dealt at random.  Of `groups` (n,), numbers from 0 on, the large ones are dealt
    first, each to the fold that has the fewest rows.
    """
    if groups is None:
        fold = np.empty(n_rows, dtype=int)
        fold[_permutation(n_rows, seed).numpy()] = np.arange(n_rows) % n_folds
    else:
        sizes = np.bincount(groups)
        order = _permutation(len(sizes), seed).numpy()
        fold_of_group, n_dealt = np.empty(len(sizes), dtype=int), np.zeros(n_folds)
        for group in order[np.argsort(-sizes[order], kind="stable")]:
            fold_of_group[group] = n_dealt.argmin()
            n_dealt[n_dealt.argmin()] += sizes[group]
        fold = fold_of_group[groups]
    return [_part_of_mask(fold == one) for one in range(n_folds)]


def check_groups(groups, rows) -> np.ndarray:
    """The number of each row's group (n,), from 0 on; groups are only compared."""
    groups = column_or_1d(groups)
    check_consistent_length(rows.X, groups)
    if any(label is None or label != label for label in groups.tolist()):
        raise ValueError("groups must name a group for every row, got missing values")
    numbers = np.unique(groups, return_inverse=True)[1]
    if numbers.max() == 0:
        raise ValueError("groups must name at least 2 groups, so that one can be held out, got 1")
    return numbers


def _permutation(n, seed):
    return torch.randperm(n, generator=torch.Generator().manual_seed(int(seed)))


def _part(order, n_held_out):
    return Part(order[n_held_out:].sort().values, order[:n_held_out].sort().values)


def _part_of_mask(held_out):
    return Part(*(torch.from_numpy(np.flatnonzero(mask)) for mask in (~held_out, held_out)))


def _groups_that_fit(sizes, n_held_out, order):
    """Mask of groups, taken in this order, that hold at most so many rows, but at least 2."""
    chosen, n_chosen = np.zeros(len(sizes), dtype=bool), 0
    for group in order:
        if n_chosen + sizes[group] <= n_held_out:
            chosen[group] = True
            n_chosen += sizes[group]
    for group in np.argsort(sizes, kind="stable"):
        if n_chosen < 2 and not chosen[group]:
            chosen[group] = True
            n_chosen += sizes[group]
    return chosen
