"""The fits of a search, trained in blocks of one stack each."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from joblib import cpu_count, effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from sklearn_gar._fitting import new_net, trained_stack
from sklearn_gar._selection.fits import BaggedFit, Fit

# Bytes of a block's activations and their gradients; more leave the cache.
_BLOCK_BYTES = 8 << 20


def train_fits(fits: Sequence[Fit | BaggedFit], n_jobs: int | None, share: float = 1
               ) -> list[Fit | BaggedFit]:
    """Train all fits, and return them in the same order with what they predict.

    With a `share` below 1 this is a short training, with the whole schedule of the learning rate
    in this share of the epochs.  Candidates that cannot differ train once.
    """
    distinct = {}
    for fit in fits:
        distinct.setdefault(fit.key, fit)
    # as many threads as one worker has for itself: more get in each other's way
    n_threads = max(1, cpu_count() // effective_n_jobs(n_jobs))
    blocks = Parallel(n_jobs=n_jobs)(delayed(train_block)(block, share, n_threads)
                                     for block in make_blocks([*distinct.values()]))
    found = {_place(fit): fit for block in blocks for fit in block}
    return [replace(found[_place(distinct[fit.key])], candidate=fit.candidate) for fit in fits]


def _place(fit):
    return fit.candidate, getattr(fit, "split", None)


def make_blocks(fits: Sequence[Fit | BaggedFit]) -> list[list[Fit | BaggedFit]]:
    """Blocks of fits of one shape, small enough for the cache.

    Equal learning rates are next to each other, so that the optimiser updates them at once.
    """
    if fits and fits[0].estimator.skorch_callbacks:
        # they may act on a net, so each fit has its own
        return [[fit] for fit in fits]
    shapes = defaultdict(list)
    for fit in fits:
        shapes[fit.stack_key].append(fit)
    blocks = []
    for alike in shapes.values():
        n_blocks = max(1, min(len(alike), -(-sum(map(_n_bytes, alike)) // _BLOCK_BYTES)))
        for first in range(n_blocks):
            blocks.append(sorted(alike[first::n_blocks], key=lambda fit: (
                fit.problem.learning_rate(fit.estimator), fit.estimator.weight_decay)))
    return blocks


def _n_bytes(fit):
    """Bytes of one fit's activations and their gradients in a training step."""
    return 2 * fit.problem.step_cost(fit.estimator).activations * fit.problem.dtype.itemsize


def train_block(block: list[Fit | BaggedFit], share: float, n_threads: int
                ) -> list[Fit | BaggedFit]:
    """Copies of the fits of one block, trained as a stack, with what they predict."""
    start, block = time.perf_counter(), [replace(fit) for fit in block]
    estimators, problems = zip(*((fit.estimator, fit.problem) for fit in block))
    n_epochs = max(1, round(share * problems[0].max_iter(estimators[0])))
    with trained_stack(estimators, problems, new_net, n_epochs=n_epochs, n_threads=n_threads
                       ) as stack:
        if stack.net.interrupted_:
            raise KeyboardInterrupt
        predictors = stack.predictors()
        for index, (fit, predictor) in enumerate(zip(block, predictors)):
            fit.n_iter = len(stack.net.history)
            fit.record(predictor)
            if share == 1 and predictor is not None:
                fit.publish(stack.alone(index))
    for fit in block:
        fit.seconds = (time.perf_counter() - start) / len(block)
        fit.forget_rows()
    return block
