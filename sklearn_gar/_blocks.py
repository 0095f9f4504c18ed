"""The fits of a search, trained in blocks of one stack each."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from joblib import cpu_count, effective_n_jobs
from skorch.callbacks import Callback
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_gar import _auto as auto
from sklearn_gar._data import drop_weightless, take
from sklearn_gar._problem import (
    Problem,
    build,
    lay_out,
    predict,
    sound_members,
    useful_threads,
)
from sklearn_gar._regressor import GARRegressor
from sklearn_gar._scores import not_left
from sklearn_gar._training import torch_state

# of one block's activations: more leave the cache
_BLOCK_BYTES = 8 << 20

# candidates that halving compares with each other: two rungs leave the best of nine
_CANDIDATES_TO_HALVE = 9
# a block that halves may leave the cache at first, for it soon has a third of its members
_HALVING_BYTES = 4 * _BLOCK_BYTES


@dataclass
class Fit:
    """One candidate on one split: what it trains on, and the rows it predicts."""

    candidate: int
    split: int
    estimator: GARRegressor
    problem: Problem
    X_test: np.ndarray
    shape: tuple
    prediction: np.ndarray | None = None
    n_iter: int = 0
    left: bool = False
    seconds: float = 0.0


def fits_of(estimators: Sequence[GARRegressor], rows: tuple, splits: Sequence[tuple],
            device: torch.device) -> Iterator[Fit]:
    """Every candidate on every split; candidates of one batch size share their problems."""
    problems = {}
    for candidate, estimator in enumerate(estimators):
        for split, (train_rows, test_rows) in enumerate(splits):
            key = estimator.batch_size, split
            if key not in problems:
                problems[key] = Problem.of(
                    clone(estimator), drop_weightless(*take(rows, train_rows)), None, device)
            yield Fit(candidate, split, estimator, problems[key], rows[0][test_rows],
                      problems[key].shape(estimator))


def train(fits: Iterable[Fit], n_jobs: int | None, halving: Callable | None) -> list[Fit]:
    """The fits with their predictions, in their order.

    `halving` tells after some epochs which candidates of a block stay; without it, all do.
    """
    fits, distinct = list(fits), {}
    for fit in fits:
        distinct.setdefault(_key(fit), fit)
    found = {_key(fit): fit for fit in _train_distinct([*distinct.values()], n_jobs, halving)}
    return [replace(found[_key(fit)], candidate=fit.candidate) for fit in fits]


def _key(fit):
    """What a fit depends on; losses other than GAR train alike with every alpha."""
    parameters = fit.estimator
    alpha = parameters.alpha if parameters.loss == "gar" else None
    return (fit.split, alpha, parameters.learning_rate, parameters.weight_decay,
            parameters.batch_size)


def _train_distinct(fits, n_jobs, halving):
    if halving is None:
        return _train_blocks(fits, n_jobs, None)
    judged = _train_blocks(main_fits(fits), n_jobs, halving)
    last = {fit.candidate: fit.n_iter for fit in judged if fit.left}
    done = {(fit.candidate, fit.split) for fit in judged}
    others = [fit for fit in fits if (fit.candidate, fit.split) not in done]
    return judged + _train_blocks(others, n_jobs, partial(not_left, last=last))


def _train_blocks(fits, n_jobs, halving):
    # as many threads as one worker has for itself: more get in each other's way
    n_threads = max(1, cpu_count() // effective_n_jobs(n_jobs))
    blocks = Parallel(n_jobs=n_jobs)(delayed(train_block)(block, halving, n_threads)
                                     for block in blocks_of(fits, halving is not None))
    return [fit for block in blocks for fit in block]


def blocks_of(fits: Sequence[Fit], halves: bool = False) -> list[list[Fit]]:
    """Blocks of fits of one shape, small enough for the cache.

    The fits of a candidate stay together, so that a block can judge its candidates, of which
    one that halves has at least nine, whatever the cache; equal learning rates stand next to
    each other, so that the optimiser takes them at once.
    """
    if fits and fits[0].estimator.callbacks:  # which may act on a net, so each fit has its own
        return [[fit] for fit in fits]
    shapes = defaultdict(lambda: defaultdict(list))
    for fit in fits:
        shapes[fit.shape][fit.candidate].append(fit)
    blocks = []
    for candidates in shapes.values():
        candidates = list(candidates.values())
        n_bytes = sum(map(_n_bytes, (fit for fits in candidates for fit in fits)))
        n_most = len(candidates) // (_CANDIDATES_TO_HALVE if halves else 1)
        n_blocks = max(1, min(n_most, -(-n_bytes // (_HALVING_BYTES if halves else _BLOCK_BYTES))))
        for first in range(n_blocks):
            block = [fit for fits in candidates[first::n_blocks] for fit in fits]
            block.sort(key=lambda fit: (fit.estimator.learning_rate, fit.estimator.weight_decay))
            blocks.append(block)
    return blocks


def _n_bytes(fit):
    """Bytes of one fit's activations in a training step."""
    estimator, problem = fit.estimator, fit.problem
    n_features = problem.rows[0].shape[1]
    width = n_features + sum(auto.hidden_layer_sizes(estimator))
    n_rows = min(problem.n_rows, problem.batch_size)
    return 2 * n_rows * width * problem.scaling.dtype.itemsize * estimator.n_estimators


def main_fits(fits: Sequence[Fit]) -> list[Fit]:
    """The fits of each candidate's most common shape, by which halving judges it."""
    shapes = defaultdict(list)
    for fit in fits:
        shapes[fit.candidate].append(fit.shape)
    return [fit for fit in fits
            if fit.shape == max(shapes[fit.candidate], key=shapes[fit.candidate].count)]


def train_block(block: list[Fit], halving, n_threads: int) -> list[Fit]:
    """Train the fits of a block; each comes back with its prediction, NaN if it diverged.

    `halving` is a function of the fits still training and of the number of epochs that
    tells which candidates stay, or None.
    """
    start = time.perf_counter()
    estimators, problems = zip(*((fit.estimator, fit.problem) for fit in block))
    n_threads = min(n_threads, useful_threads(estimators[0], problems))
    with torch_state(problems[0].seeds[0, 0], problems[0].scaling.device, n_threads):
        net = build(estimators, problems)
        members = _Members(block, lay_out(problems))
        if halving is not None:
            net.callbacks_.append(("halving", Halving(members, halving)))
        net.partial_fit(members.table)
        if net.interrupted_:
            raise KeyboardInterrupt
        members.predict(net)
    for fit in block:
        fit.seconds = (time.perf_counter() - start) / len(block)
        fit.problem = None  # not sent back from a worker
    return block


class _Members:
    """Which fits the members of a net belong to, in their order."""

    def __init__(self, fits, table):
        self.fits = list(fits)
        self.table = table

    def predict(self, net):
        """Predict every fit's test rows with its members as they are now."""
        sound, first = sound_members(net, self.table), 0
        for fit in self.fits:
            members = slice(first, first + fit.estimator.n_estimators)
            first = members.stop
            y = fit.problem.rows[1]
            if sound[members].all():
                blend = fit.problem.blend(fit.estimator, net, members)
                fit.prediction = predict(net, fit.problem.scaling, blend, fit.X_test, members)
                fit.prediction = fit.prediction.reshape(-1, *y.shape[1:])
            else:
                fit.prediction = np.full((len(fit.X_test), *y.shape[1:]), np.nan)
            fit.n_iter = len(net.history)

    def keep(self, net, candidates):
        """Let the other candidates go."""
        for fit in self.fits:
            fit.left = fit.candidate not in candidates
        each = [fit.candidate in candidates for fit in self.fits
                for _ in range(fit.estimator.n_estimators)]
        net.keep_members(torch.tensor(each).nonzero().ravel())
        self.fits = [fit for fit in self.fits if fit.candidate in candidates]


class Halving(Callback):
    """After a ninth and after a third of the epochs, let the worse candidates go.

    Each keeps the prediction it had when it left.
    """

    def __init__(self, members, choose):
        self.members = members
        self.choose = choose

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) in {-(-net.max_epochs // 9), -(-net.max_epochs // 3)}:
            self.members.predict(net)
            self.members.keep(net, self.choose(self.members.fits, len(net.history)))
