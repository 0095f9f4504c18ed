"""What one fit trains on, and the training of several such problems as one stack."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from joblib import cpu_count
from sklearn.utils import check_random_state

from sklearn_gar import _auto as auto
from sklearn_gar._blend import Blend, blend, ridges
from sklearn_gar._build import build_net, criterion, takes_weights
from sklearn_gar._data import distinct_rows, sorted_rows, split_rows
from sklearn_gar._scaling import Scaling
from sklearn_gar._training import StackNet, Table, own_modes

_SEEDS = np.iinfo(np.int32).max

# floating-point operations of a training step below which one thread is faster than
# several, and on a busy machine faster by far
_OPERATIONS_FOR_THREADS = 3e7

# predictions this many times larger than any target come from a training that diverged
_FAR = 1e6
_ROWS_TO_JUDGE = 1024


@dataclass
class Problem:
    """Rows to train on, rows to validate on or None, and each network's two seeds.

    Rows are features (n, d), targets (n, k) or (n,) and weights (n,) or None.  Networks that
    hold out rows of their own have `parts`, each an index of rows to train on and an index
    of rows to validate on.
    """

    rows: tuple
    held_out: tuple | None
    seeds: np.ndarray
    scaling: Scaling
    batch_size: int
    parts: list | None = None

    @classmethod
    def of(cls, estimator, rows, held_out, device, scaling=None, *, splits=True):
        """The problem of fitting an estimator to these rows, with its share of chance."""
        if len(rows[0]) < 2:
            raise ValueError(f"training needs at least 2 rows, got {len(rows[0])} sample(s)")
        rng = check_random_state(estimator.random_state)
        seeds = rng.randint(_SEEDS, size=(estimator.n_estimators, 2))
        batch_size = auto.batch_size(estimator)
        splits = splits and held_out is None
        n_held_out = auto.n_held_out_rows(estimator, len(rows[0])) if splits else 0
        single_batch = len(rows[0]) - n_held_out <= batch_size
        if single_batch:
            rows = distinct_rows(rows) if takes_weights(estimator.loss) else sorted_rows(rows)
            n_held_out = auto.n_held_out_rows(estimator, len(rows[0])) if splits else 0
        parts = None
        if n_held_out:
            parts = [split_rows(len(rows[0]), n_held_out, seed) for seed in seeds[:, 1]]
        if scaling is None:
            dtype = torch.float64 if single_batch else torch.float32
            scaling = Scaling(estimator.scale_features, estimator.scale_target, dtype, device)
            scaling.fit(*rows)
        return cls(rows, held_out, seeds, scaling, batch_size, parts)

    @cached_property
    def table(self) -> Table:
        """The rows scaled, and which of them each network reads."""
        everything = [None] * len(self.seeds)
        table = self.scaling.table(*self.rows)
        if self.parts is not None:
            table.validation = copy.copy(table)
            table.rows, table.validation.rows = map(list, zip(*self.parts))
            return table
        table.rows = everything
        if self.held_out is not None:
            table.validation = self.scaling.table(*self.held_out)
            table.validation.rows = everything
        return table

    @cached_property
    def ridges(self):
        """Weights and biases of ridge regressions on the rows of each network."""
        return ridges(self.table)

    def blend(self, estimator, net: StackNet, members: slice = slice(None)) -> Blend | None:
        """What the predictions of its networks, these members of the net, are blended with."""
        if estimator.blend is None or not self.validates:
            return None
        loss = criterion(estimator.loss, [estimator.alpha] * len(self.seeds))
        return blend(net, self.table, self.ridges, getattr(loss, "validation_loss", loss),
                     isinstance(estimator.loss, str), members)

    @property
    def validates(self) -> bool:
        return self.held_out is not None or self.parts is not None

    @property
    def n_outputs(self) -> int:
        return 1 if self.rows[1].ndim == 1 else self.rows[1].shape[1]

    def shape(self, estimator):
        """What problems of one estimator's kind must share to be trained as one stack."""
        n_validation = None if self.held_out is None else len(self.held_out[0])
        if self.parts is not None:
            n_validation = len(self.parts[0][1])
        weighted = [part is not None and part[2] is not None
                    for part in (self.rows, self.held_out)]
        n_rows = self.n_rows if self.n_rows <= self.batch_size else None
        return (n_rows, self.batch_size, self.n_steps, str(self.scaling.dtype),
                n_validation, *weighted, estimator.embedding and self.scaling.numeric)

    @property
    def n_steps(self) -> int:
        """Number of batches in an epoch."""
        return max(1, self.n_rows // self.batch_size)

    @property
    def n_rows(self) -> int:
        """Number of rows that a network trains on."""
        return len(self.rows[0] if self.parts is None else self.parts[0][0])


def build(estimators: Sequence, problems: Sequence[Problem]) -> StackNet:
    """A net before its first epoch whose members are the networks of all problems.

    The estimators, one a problem, may differ in alpha, learning rate and weight decay;
    the problems have one shape.
    """
    first = problems[0]
    each = {name: [getattr(estimator, name) for estimator, problem in zip(estimators, problems)
                   for _ in problem.seeds]
            for name in ("alpha", "learning_rate", "weight_decay")}
    net = build_net(estimators[0], first,
                    np.concatenate([problem.seeds for problem in problems]), **each)
    constant = [problem.scaling.constant for problem in problems for _ in problem.seeds]
    for member, features in enumerate(constant):
        net.module_.clear_features(member, features)
    return net


def useful_threads(estimator, problems: Sequence[Problem]) -> int:
    """Threads that a training step of all problems has work for."""
    first = problems[0]
    sizes = first.rows[0].shape[1], *auto.hidden_layer_sizes(estimator), first.n_outputs
    n_weights = sum(inputs * outputs for inputs, outputs in zip(sizes, sizes[1:]))
    n_rows = min(first.n_rows, first.batch_size)
    n_members = sum(len(problem.seeds) for problem in problems)
    return 1 if 6 * n_members * n_rows * n_weights < _OPERATIONS_FOR_THREADS else cpu_count()


def lay_out(problems: Sequence[Problem]) -> Table:
    """The tables of all problems one after another; a problem's members share its rows."""
    distinct = {id(problem): problem.table for problem in problems}
    owners = [id(problem) for problem in problems]
    table = _concatenate(distinct, owners)
    if problems[0].validates:
        table.validation = _concatenate(
            {key: table.validation for key, table in distinct.items()}, owners)
    return table


def _concatenate(tables, owners):
    """One table whose members are those of the owners' tables, in turn."""
    rows, start = {}, 0
    for key, table in tables.items():
        everything = torch.arange(start, start + len(table))
        rows[key] = [everything if own is None else own + start for own in table.rows]
        start += len(table)
    X, y, weight = (
        None if parts[0] is None else parts[0] if len(parts) == 1 else torch.cat(parts)
        for parts in zip(*((table.X, table.y, table.weight) for table in tables.values())))
    return Table(X, y, weight, [index for owner in owners for index in rows[owner]])


def sound_members(net: StackNet, table: Table) -> np.ndarray:
    """Which members (m,) predict the first rows of their table on the scale of its targets."""
    with np.errstate(all="ignore"):
        X, y, _ = table.first(min(*table.n_rows, _ROWS_TO_JUDGE))
        prediction = net.predict_members(X).abs().amax((-2, -1))
        limit = _FAR * y.abs().amax((-2, -1)).clamp(min=1)
        return (prediction <= limit).numpy(force=True)


def predict(net: StackNet, scaling: Scaling, blend: Blend | None, X: np.ndarray,
            members: slice = slice(None)) -> np.ndarray:
    """Predictions (n, k) in the units of the targets, averaged over these members."""
    pieces = []
    with own_modes():
        for rows in scaling.tensors(X):
            prediction = net.predict(rows, members)
            pieces.append(prediction if blend is None else blend(prediction, rows))
    return scaling.predictions(np.concatenate(pieces))


def check_converged(net: StackNet, table: Table, n_epochs: int, learning_rate: float) -> None:
    """Raise if a member diverged."""
    sound = sound_members(net, table)
    if not sound.all():
        raise ValueError(
            f"training diverged in {(~sound).sum()} of {len(sound)} networks within {n_epochs} "
            "epoch(s): the usual cause is a learning rate that is too large, got "
            f"learning_rate={learning_rate}; lower it, and leave scale_features and "
            "scale_target on.  If it is small, look for a weight decay that is too large, or for "
            "features or targets whose squares overflow")
