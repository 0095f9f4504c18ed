"""What one fit trains on."""

import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from sklearn.utils import check_random_state

from sklearn_gar import _parameters as parameters
from sklearn_gar._fitting.blend import Blend, fit_ridges
from sklearn_gar._fitting.predictor import Predictor, to_tensor
from sklearn_gar._input import (
    Division,
    Encoding,
    Part,
    Rows,
    Scaling,
    k_fold_parts,
    shuffled_parts,
)
from sklearn_gar._input.pieces import row_slices
from sklearn_gar._training import Features, Table
from sklearn_gar.losses import takes_weights
from sklearn_gar.nn import Cost, network_cost

_SEEDS = np.iinfo(np.int32).max


@dataclass
class Problem:
    """Rows, random seeds, units and precision of one fit.

    Parameters
    ----------
    size : int
        Number of rows that the rules for "auto" go by: those of the first call.
    rows : Rows
        Rows to train on, encoded.
    validation : Rows or None
        Rows that score the epochs of all networks, encoded.
    seeds : ndarray of shape (m, 2)
        Each network's seeds: of its first weights, and of the order of its rows.
    encoding : Encoding
        What categories and missing values become.
    scaling : Scaling
        Units of encoded features and of targets.
    batch_size : int
        Rows in a batch.
    dtype : torch.dtype
        Precision of the training.
    device : torch.device
        Device of the training.
    parts : list of Part or None
        Which rows each network trains on and which it holds out; None: all train on all.
    blend : Blend or None
        What predictions are blended with if there are no rows to choose a blend by.
    """

    size: int
    rows: Rows
    validation: Rows | None
    seeds: np.ndarray
    encoding: Encoding
    scaling: Scaling
    batch_size: int
    dtype: torch.dtype
    device: torch.device
    parts: list[Part] | None = None
    blend: Blend | None = None

    @cached_property
    def table(self) -> Table:
        """The rows as tensors, and which of them each network reads."""
        everything = [None] * len(self.seeds)
        table = self._to_table(self.rows)
        if self.parts is not None:
            table.validation = copy.copy(table)
            table.rows, table.validation.rows = map(list, zip(*self.parts))
            table.pads = table.validation.pads = len(set(map(len, table.rows))) > 1
            return table
        table.rows = everything
        if self.validation is not None:
            table.validation = self._to_table(self.validation)
            table.validation.rows = everything
        return table

    def _to_table(self, rows):
        as_tensor = partial(to_tensor, dtype=self.dtype, device=self.device)

        def scaled(X):
            return as_tensor(self.scaling.scale_features(X))
        X = Features(rows.X, scaled) if rows.mapped else Features(self._in_memory(rows.X, scaled))
        weight = None if rows.weight is None else as_tensor(rows.weight / rows.weight.mean())
        return Table(X, as_tensor(self.scaling.scale_targets(rows.y)), weight)

    def _in_memory(self, X, scaled):
        """All scaled features as a tensor; a large table is never held in another form."""
        tensor = torch.empty(X.shape, dtype=self.dtype, device=self.device)
        for piece in row_slices(X):
            tensor[piece] = scaled(X[piece])
        return tensor

    @cached_property
    def ridges(self):
        """Weights and biases of ridge regressions on the rows of each network."""
        return fit_ridges(self.table, len(self.encoding.n_codes))

    @property
    def validates(self) -> bool:
        return self.validation is not None or self.parts is not None

    @property
    def n_members(self) -> int:
        return len(self.seeds)

    @property
    def n_rows(self) -> int:
        """Number of rows that a network trains on, at the least."""
        return (len(self.rows) if self.parts is None
                else min(len(part.train) for part in self.parts))

    @property
    def n_steps(self) -> int:
        """Number of batches in an epoch."""
        return max(1, self.n_rows // self.batch_size)

    def hidden_layer_sizes(self, estimator) -> tuple[int, ...]:
        """Numbers of neurons of each hidden layer."""
        return parameters.hidden_layer_sizes(estimator, self.size)

    def layer_sizes(self, estimator) -> tuple[int, ...]:
        """Numbers of encoded features, of neurons of each hidden layer, and of targets."""
        return (self.rows.n_features, *self.hidden_layer_sizes(estimator), self.rows.n_outputs)

    def learning_rate(self, estimator) -> float:
        """First learning rate."""
        return parameters.learning_rate(estimator, self.size)

    def max_iter(self, estimator) -> int:
        """Number of epochs."""
        return parameters.max_iter(estimator, self.size, self.n_steps)

    def step_cost(self, estimator) -> Cost:
        """Cost of a training step of all networks, forwards."""
        cost = network_cost(self.layer_sizes(estimator), estimator.embedding,
                            len(self.scaling.numeric), len(self.encoding.n_codes))
        n_rows = self.n_members * min(self.n_rows, self.batch_size)
        return Cost(*(n_rows * number for number in cost))

    def stack_key(self, estimator) -> tuple:
        """What problems must share so that one stack can train their networks."""
        n_validation = None if self.validation is None else len(self.validation)
        if self.parts is not None:
            n_validation = tuple(len(part.held_out) for part in self.parts)
        weighted = [rows is not None and rows.weight is not None
                    for rows in (self.rows, self.validation)]
        n_rows = self.n_rows if self.n_rows <= self.batch_size else None
        return (n_rows, self.batch_size, self.n_steps, self.max_iter(estimator), str(self.dtype),
                n_validation, *weighted, self.layer_sizes(estimator), self.encoding.n_codes,
                estimator.embedding and self.scaling.numeric)


def make_problem(estimator, rows: Rows, validation: Rows | None, device: torch.device, *,
                 division: Division | None = None, goes_on_from: Predictor | None = None,
                 is_chunk: bool = False) -> Problem:
    """The problem of fitting an estimator to these rows, with its random seeds.

    A division says which rows each network holds out; without one the estimator's parameters
    do.  Training that goes on from a predictor keeps its levels, scaling, precision, what "auto"
    stands for and, without rows to choose another, its blend.  Of a chunk of a stream no rows
    are held out, and the means of the targets for each level stay as they are.
    """
    if len(rows) < 2:
        raise ValueError(f"training needs at least 2 rows, got {len(rows)} sample(s)")
    if division is not None:
        rows = replace(rows, groups=division.groups)
    rows = rows.without_weightless()
    encoding = Encoding(rows) if goes_on_from is None else goes_on_from.encoding
    rows = replace(rows, X=encoding.ranked(rows.X))
    size = len(rows) if goes_on_from is None else goes_on_from.size
    rng = check_random_state(estimator.random_state)
    n_splits = None if division is None else division.n_networks
    seeds = rng.randint(_SEEDS, size=(parameters.n_estimators(estimator, size, n_splits), 2))
    batch_size = parameters.batch_size(estimator, size)
    n_networks = len(seeds) if validation is None and not is_chunk else 0
    rows, n_held_out, single_batch = _in_order(estimator, rows, batch_size, n_networks, division)
    parts = None
    if n_held_out or division is not None:
        parts = _parts(estimator, rows, n_held_out, seeds[:, 1], division)
    batch_size = _fitting_batch_size(batch_size, parts, single_batch)
    if goes_on_from is None:
        X = encoding.fit(rows, rng)
    elif is_chunk:
        X = encoding.encode(rows.X)
    else:
        encoding, X = encoding.refit(rows, rng)
    rows = replace(rows, X=X, mapped=rows.mapped and X is rows.X)
    if validation is not None:
        validation = replace(validation, X=encoding.transform(validation.X))
    dtype, scaling, blend = torch.float64 if single_batch else torch.float32, None, None
    if goes_on_from is None:
        scaling = Scaling(estimator.scale_features, estimator.scale_target,
                          len(encoding.n_codes)).fit(rows)
    else:
        dtype, scaling = goes_on_from.dtype, goes_on_from.scaling.adapt(rows)
        if goes_on_from.blend and estimator.blend is not None:
            blend = goes_on_from.blend.without(~np.isnan(goes_on_from.scaling.constant_targets))
    return Problem(size, rows, validation, seeds, encoding, scaling, batch_size, dtype, device,
                   parts, blend)


def _in_order(estimator, rows, batch_size, n_networks, division):
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


def _parts(estimator, rows, n_held_out, seeds, division):
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
    if min(len(rows) for part in parts for rows in part) < 2:
        raise ValueError("early_stopping needs folds and groups that leave each network at least "
                         "2 rows to train on and 2 to hold out (equal rows count once, rows of "
                         "no weight do not); have fewer folds, join small groups, or set "
                         "early_stopping=False")
    if len({len(part.train) for part in parts}) > 1 and not takes_weights(estimator.loss):
        raise ValueError(f"loss={estimator.loss!r} takes no weights, so all networks must hold "
                         "out equal numbers of rows, got "
                         f"{sorted({len(part.held_out) for part in parts})}; set "
                         "validation_split='shuffle' and leave out groups")


def _fitting_batch_size(batch_size, parts, single_batch):
    """A batch size that makes one batch of the rows of every network, or several of each."""
    if parts is None:
        return batch_size
    n_rows = [len(part.train) for part in parts]
    return max(batch_size, *n_rows) if single_batch else min(batch_size, *n_rows)
