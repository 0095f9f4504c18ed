"""What one fit trains on."""

import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from sklearn.utils import check_random_state

from sklearn_gar import _parameters as parameters
from sklearn_gar._fitting.blend import Blend, fit_ridges
from sklearn_gar._fitting.holding_out import fitting_batch_size, make_parts, rows_in_order
from sklearn_gar._fitting.predictor import Predictor, to_tensor
from sklearn_gar._input import Division, Encoding, Part, Rows, Scaling
from sklearn_gar._input.pieces import row_slices
from sklearn_gar._training import Features, Table
from sklearn_gar.losses import WITH_ALPHA, takes_weights
from sklearn_gar.nn import Cost, network_cost

_SEEDS = np.iinfo(np.int32).max
# Parameters that problems depend on, and those that the networks of a stack have in common.
_OF_A_PROBLEM = ("batch_size", "n_estimators", "scale_features", "scale_target",
                 "early_stopping", "validation_fraction", "validation_split")
_OF_A_STACK = ("loss", "activation", "solver", "lr_schedule", "momentum", "early_stopping",
               "n_iter_no_change")


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
    validation_step : int
        A network is validated on every so many of the rows that it holds out.
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
    validation_step: int = 1

    @cached_property
    def table(self) -> Table:
        """The rows as tensors, and which of them each network reads."""
        everything = [None] * len(self.seeds)
        table = self._to_table(self.rows)
        if self.parts is not None:
            table.validation = copy.copy(table)
            table.rows = [part.train for part in self.parts]
            table.validation.rows = [part.held_out[::self.validation_step] for part in self.parts]
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
                estimator.embedding and self.scaling.numeric, self.scaling.tails is None,
                parameters.texts(estimator, _OF_A_STACK))

    def fit_key(self, estimator) -> tuple:
        """What the trained networks depend on; most losses do not depend on alpha."""
        takes_alpha = isinstance(estimator.loss, str) and estimator.loss in WITH_ALPHA
        return (id(self), self.stack_key(estimator), estimator.alpha if takes_alpha else None,
                self.learning_rate(estimator), estimator.weight_decay, estimator.blend)


def problem_key(estimator) -> tuple:
    """The parameters that a problem depends on, as texts."""
    return takes_weights(estimator.loss), *parameters.texts(estimator, _OF_A_PROBLEM)


def make_problem(estimator, rows: Rows, validation: Rows | None, device: torch.device, *,
                 division: Division | None = None, validation_step: int = 1,
                 goes_on_from: Predictor | None = None, is_chunk: bool = False) -> Problem:
    """The problem of fitting an estimator to these rows, with its random seeds.

    A division says which rows each network holds out; without one the estimator's parameters
    do.  A network is validated on every `validation_step`-th of them.  Training that goes on from
    a predictor keeps its levels, scaling, precision, what "auto" stands for and, without rows to
    choose another, its blend.  Of a chunk of a stream no rows are held out, and the means of the
    targets for each level stay as they are.
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
    rows, n_held_out, single_batch = rows_in_order(
        estimator, rows, batch_size, n_networks, division)
    parts = None
    if n_held_out or division is not None:
        parts = make_parts(estimator, rows, n_held_out, seeds[:, 1], division)
    batch_size = fitting_batch_size(batch_size, parts, single_batch)
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
                   parts, blend, validation_step)
