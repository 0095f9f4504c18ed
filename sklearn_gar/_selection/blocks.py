"""The fits of a search, trained in blocks of one stack each."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from joblib import cpu_count, effective_n_jobs
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_gar._fitting import Problem, make_problem, new_net, trained_stack
from sklearn_gar._input import Rows
from sklearn_gar._selection.halving import (
    Halving,
    most_common_shape,
    record_predictions,
    still_training,
)
from sklearn_gar.losses import WITH_ALPHA

# Bytes of a block's activations and their gradients; more leave the cache.
_BLOCK_BYTES = 8 << 20

# Candidates that halving compares with each other: two rounds leave the best of nine.
_CANDIDATES_TO_HALVE = 9
# A block that halves may leave the cache at first, since it soon has a third of its members.
_HALVING_BYTES = 4 * _BLOCK_BYTES


@dataclass
class Fit:
    """One candidate on one split: what it trains on, and the rows it predicts.

    `dropped` says whether halving ended its training early, after `n_iter` epochs.
    """

    candidate: int
    split: int
    estimator: Any
    problem: Problem
    X_test: np.ndarray
    stack_key: tuple
    prediction: np.ndarray | None = None
    n_iter: int = 0
    dropped: bool = False
    seconds: float = 0.0


def make_fits(estimators: Sequence, rows: Rows, splits: Sequence[tuple],
              device: torch.device) -> Iterator[Fit]:
    """Every candidate on every split; candidates of one batch size share their problems."""
    problems = {}
    for candidate, estimator in enumerate(estimators):
        for split, (train_rows, test_rows) in enumerate(splits):
            key = estimator.batch_size, split
            if key not in problems:
                problems[key] = _make_problem(estimator, rows, train_rows, split, device)
            yield Fit(candidate, split, estimator, problems[key], rows.X[test_rows],
                      problems[key].stack_key(estimator))


def _make_problem(estimator, rows, train_rows, split, device):
    try:
        return make_problem(clone(estimator), rows.fold(train_rows), None, device)
    except ValueError as error:
        raise ValueError(f"split {split} of cv (counted from 0) cannot be trained on: {error}"
                         ) from None


def train_fits(fits: Iterable[Fit], n_jobs: int | None, halving: Callable | None) -> list[Fit]:
    """Train the fits; each comes back with its predictions, in the order given.

    `halving` returns the candidates of a block to keep, given its fits and the number of
    epochs; without it, all are trained to the end.
    """
    fits, distinct = list(fits), {}
    for fit in fits:
        distinct.setdefault(_key(fit), fit)
    found = {_key(fit): fit for fit in _train_distinct([*distinct.values()], n_jobs, halving)}
    return [replace(found[_key(fit)], candidate=fit.candidate) for fit in fits]


def _key(fit):
    """What a fit depends on; most losses do not depend on alpha."""
    estimator = fit.estimator
    takes_alpha = isinstance(estimator.loss, str) and estimator.loss in WITH_ALPHA
    alpha = estimator.alpha if takes_alpha else None
    return (fit.split, alpha, estimator.learning_rate, estimator.weight_decay,
            estimator.batch_size)


def _train_distinct(fits, n_jobs, halving):
    """Train fits that all differ; with halving, those of a rarer shape follow the others."""
    if halving is None:
        return _train_blocks(fits, n_jobs, None)
    compared = _train_blocks(most_common_shape(fits), n_jobs, halving)
    last_epochs = {fit.candidate: fit.n_iter for fit in compared if fit.dropped}
    done = {(fit.candidate, fit.split) for fit in compared}
    others = [fit for fit in fits if (fit.candidate, fit.split) not in done]
    return compared + _train_blocks(others, n_jobs,
                                    partial(still_training, last_epochs=last_epochs))


def _train_blocks(fits, n_jobs, halving):
    # as many threads as one worker has for itself: more get in each other's way
    n_threads = max(1, cpu_count() // effective_n_jobs(n_jobs))
    blocks = Parallel(n_jobs=n_jobs)(delayed(train_block)(block, halving, n_threads)
                                     for block in make_blocks(fits, halving is not None))
    return [fit for block in blocks for fit in block]


def make_blocks(fits: Sequence[Fit], halves: bool = False) -> list[list[Fit]]:
    """Blocks of fits of one shape, small enough for the cache.

    The fits of a candidate stay together, so that a block can compare its candidates.  A block
    that halves has at least nine, whatever the size of the cache.  Equal learning rates are
    next to each other, so that the optimiser updates them at once.
    """
    if fits and fits[0].estimator.skorch_callbacks:
        # they may act on a net, so each fit has its own
        return [[fit] for fit in fits]
    shapes = defaultdict(lambda: defaultdict(list))
    for fit in fits:
        shapes[fit.stack_key][fit.candidate].append(fit)
    blocks = []
    for candidates in shapes.values():
        candidates = list(candidates.values())
        n_bytes = sum(map(_n_bytes, (fit for fits in candidates for fit in fits)))
        n_most = len(candidates) // (_CANDIDATES_TO_HALVE if halves else 1)
        n_blocks = max(1, min(n_most, -(-n_bytes // (_HALVING_BYTES if halves else _BLOCK_BYTES))))
        for first in range(n_blocks):
            block = [fit for fits in candidates[first::n_blocks] for fit in fits]
            block.sort(key=lambda fit: (fit.problem.learning_rate(fit.estimator),
                                        fit.estimator.weight_decay))
            blocks.append(block)
    return blocks


def _n_bytes(fit):
    """Bytes of one fit's activations and their gradients in a training step."""
    return 2 * fit.problem.step_cost(fit.estimator).activations * fit.problem.dtype.itemsize


def train_block(block: list[Fit], halving: Callable | None, n_threads: int) -> list[Fit]:
    """Train the fits of one block as a stack, and record their predictions."""
    start = time.perf_counter()
    estimators, problems = zip(*((fit.estimator, fit.problem) for fit in block))
    watch = None if halving is None else lambda stack: [Halving(stack, block, halving)]
    with trained_stack(estimators, problems, new_net, n_threads=n_threads, watch=watch) as stack:
        if stack.net.interrupted_:
            raise KeyboardInterrupt
        record_predictions([fit for fit in block if not fit.dropped], stack)
    for fit in block:
        fit.seconds = (time.perf_counter() - start) / len(block)
        fit.problem = None  # a worker need not send it back
    return block
