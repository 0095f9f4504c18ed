"""What one fit trains on, and the training of several such problems as one stack."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from joblib import cpu_count
from sklearn.utils import check_random_state

from sklearn_gar._build import build_net, hidden_sizes
from sklearn_gar._data import Scaling, merge_equal_rows, split_rows
from sklearn_gar._training import StackNet, Table

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

    Rows are features (n, d), targets (n, k) or (n,) and weights (n,) or None.
    """

    rows: tuple
    held_out: tuple | None
    seeds: np.ndarray
    scaling: Scaling

    @classmethod
    def of(cls, estimator, rows, held_out, device, scaling=None):
        """The problem of fitting an estimator to these rows, with its share of chance."""
        if len(rows[0]) < 2:
            raise ValueError(f"training needs at least 2 rows, got {len(rows[0])} sample(s)")
        rng = check_random_state(estimator.random_state)
        seeds = rng.randint(_SEEDS, size=(estimator.n_estimators, 2))
        if estimator.early_stopping and held_out is None:
            rows, held_out = split_rows(rows, estimator.validation_fraction, rng)
        single_batch = len(rows[0]) <= estimator.batch_size
        if single_batch:
            rows = merge_equal_rows(rows)
        if scaling is None:
            dtype = torch.float64 if single_batch else torch.float32
            scaling = Scaling(estimator.scale_features, estimator.scale_target, dtype, device)
            scaling.fit(*rows)
        return cls(rows, held_out, seeds, scaling)

    @property
    def table(self) -> Table:
        """The rows scaled, each network reading all of them."""
        members = [0] * len(self.seeds)
        table = self.scaling.table(*self.rows, starts=members)
        if self.held_out is not None:
            table.validation = self.scaling.table(*self.held_out, starts=members)
        return table

    @property
    def n_outputs(self) -> int:
        return 1 if self.rows[1].ndim == 1 else self.rows[1].shape[1]

    def shape(self, batch_size):
        """What problems must share to be trained as one stack."""
        n_rows = len(self.rows[0])
        n_validation = None if self.held_out is None else len(self.held_out[0])
        weighted = [part is not None and part[2] is not None
                    for part in (self.rows, self.held_out)]
        return (min(n_rows, batch_size), max(1, n_rows // batch_size), str(self.scaling.dtype),
                n_validation, *weighted)


def build(estimators: Sequence, problems: Sequence[Problem]) -> StackNet:
    """A net before its first epoch whose members are the networks of all problems.

    The estimators, one a problem, may differ in alpha, learning rate and weight decay;
    the problems have one shape.
    """
    first = problems[0]
    each = {name: [getattr(estimator, name) for estimator, problem in zip(estimators, problems)
                   for _ in problem.seeds]
            for name in ("alpha", "learning_rate", "weight_decay")}
    return build_net(estimators[0], first.rows[0].shape[1], first.n_outputs,
                     np.concatenate([problem.seeds for problem in problems]), **each,
                     dtype=first.scaling.dtype, validates=first.held_out is not None)


def useful_threads(estimator, problems: Sequence[Problem]) -> int:
    """Threads that a training step of all problems has work for."""
    n_features = problems[0].rows[0].shape[1]
    sizes = (n_features, *hidden_sizes(estimator.hidden_layer_sizes, n_features),
             problems[0].n_outputs)
    n_weights = sum(inputs * outputs for inputs, outputs in zip(sizes, sizes[1:]))
    n_rows = min(len(problems[0].rows[0]), estimator.batch_size)
    n_members = sum(len(problem.seeds) for problem in problems)
    return 1 if 6 * n_members * n_rows * n_weights < _OPERATIONS_FOR_THREADS else cpu_count()


def lay_out(problems: Sequence[Problem]) -> Table:
    """The tables of all problems one after another; a problem's members share its rows."""
    distinct = {id(problem): problem for problem in problems}
    tables = {key: problem.table for key, problem in distinct.items()}
    keys = [id(problem) for problem in problems for _ in problem.seeds]
    table = _concatenate(tables, keys)
    if problems[0].held_out is not None:
        table.validation = _concatenate(
            {key: table.validation for key, table in tables.items()}, keys)
    return table


def _concatenate(tables, keys):
    """One table whose member i reads the rows of the table with the i-th key."""
    starts, start = {}, 0
    for key, table in tables.items():
        starts[key], start = start, start + len(table)
    X, y, weight = (
        None if parts[0] is None else parts[0] if len(parts) == 1 else torch.cat(parts)
        for parts in zip(*((table.X, table.y, table.weight) for table in tables.values())))
    return Table(X, y, weight, starts=[starts[key] for key in keys],
                 n_rows=[len(tables[key]) for key in keys])


def sound_members(net: StackNet, table: Table) -> np.ndarray:
    """Which members (m,) predict the first rows of their table on the scale of its targets."""
    with np.errstate(all="ignore"):
        rows = torch.arange(min(*table.n_rows, _ROWS_TO_JUDGE))
        X, y, _ = table.take(torch.tensor(table.starts)[:, None] + rows)
        prediction = net.predict_members(X).abs().amax((-2, -1))
        limit = _FAR * y.abs().amax((-2, -1)).clamp(min=1)
        return (prediction <= limit).numpy(force=True)


def check_converged(net: StackNet, table: Table, n_epochs: int, learning_rate: float) -> None:
    """Raise if a member diverged."""
    sound = sound_members(net, table)
    if not sound.all():
        raise ValueError(
            f"training diverged in {(~sound).sum()} of {len(sound)} networks after {n_epochs} "
            "epochs: the usual cause is a learning rate that is too large, got "
            f"learning_rate={learning_rate}; lower it, and leave scale_features and "
            "scale_target on")
