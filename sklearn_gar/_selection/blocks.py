"""The fits of a search, trained in blocks of one stack each."""

import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from joblib import cpu_count, effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from sklearn_gar._fitting import new_net, trained_stack
from sklearn_gar._selection.fits import BaggedFit, Fit

# Bytes of a block's activations and their gradients.  In main memory more leave the cache.  On
# another device a step of many networks takes little longer than one of a few.
_BLOCK_BYTES, _BLOCK_BYTES_ON_DEVICE = 8 << 20, 1 << 30


def train_fits(fits: Sequence[Fit | BaggedFit], n_jobs: int | None, tasks: Any, share: float = 1
               ) -> list[Fit | BaggedFit]:
    """Train all fits, and return them in the same order with what they predict.

    With a `share` below 1 this is a short training, with the whole schedule of the learning rate
    in this share of the epochs.  Candidates that cannot differ train once.  `tasks` reports to
    callbacks.

    If the user interrupts the whole training once a candidate is complete, the blocks so far are
    kept, and the other fits come back as they are.
    """
    distinct, blocks, interrupt = {}, [], None
    for fit in fits:
        distinct.setdefault(fit.key, fit)
    with tasks.round(len(distinct)) as reports:
        reports = dict(zip(distinct, reports))
        try:
            for block in _in_parallel(n_jobs, make_blocks([*distinct.values()]), share, reports):
                blocks.append(block)
        except KeyboardInterrupt as error:
            interrupt = error
    found = {_place(fit): fit for block in blocks for fit in block}
    trained = [replace(found.get(_place(distinct[fit.key]), fit), candidate=fit.candidate)
               for fit in fits]
    if interrupt is not None and (share < 1 or not complete_candidates(trained)):
        raise interrupt
    return trained


def complete_candidates(fits: Sequence[Fit | BaggedFit]) -> set[int]:
    """The candidates all of whose fits are trained."""
    return ({fit.candidate for fit in fits}
            - {fit.candidate for fit in fits if not fit.is_trained})


def _in_parallel(n_jobs, blocks, share, reports):
    """The trained blocks, one after another where the backend of joblib allows it."""
    # as many threads as one worker has for itself: more get in each other's way
    n_threads = max(1, cpu_count() // effective_n_jobs(n_jobs))
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # this backend gives all results at the end
        parallel = Parallel(n_jobs=n_jobs)
    return parallel(
        delayed(train_block)(block, share, n_threads, os.getpid(),
                             [reports[fit.key] for fit in block if fit.key in reports])
        for block in blocks)


def _place(fit):
    return fit.candidate, getattr(fit, "split", None)


def make_blocks(fits: Sequence[Fit | BaggedFit]) -> list[list[Fit | BaggedFit]]:
    """Blocks of fits of one shape, in main memory small enough for the cache.

    The first candidates are in the first blocks, so that a search that is interrupted has some.
    Equal learning rates are next to each other, so that the optimiser updates them at once.
    """
    if fits and fits[0].estimator.skorch_callbacks:
        # they may act on a net, so each fit has its own
        return [[fit] for fit in fits]
    shapes = defaultdict(list)
    for fit in fits:
        shapes[fit.stack_key].append(fit)
    is_cpu = all(fit.problem.device.type == "cpu" for fit in fits)
    most = _BLOCK_BYTES if is_cpu else _BLOCK_BYTES_ON_DEVICE
    blocks = []
    for alike in shapes.values():
        n_blocks = max(1, min(len(alike), -(-sum(map(_n_bytes, alike)) // most)))
        bounds = [len(alike) * block // n_blocks for block in range(n_blocks + 1)]
        for first, stop in zip(bounds, bounds[1:]):
            blocks.append(sorted(alike[first:stop], key=lambda fit: (
                fit.problem.learning_rate(fit.estimator), fit.estimator.weight_decay)))
    return sorted(blocks, key=lambda block: min(fit.candidate for fit in block))


def _n_bytes(fit):
    """Bytes of one fit's activations and their gradients in a training step."""
    return 2 * fit.problem.step_cost(fit.estimator).activations * fit.problem.dtype.itemsize


def train_block(block: list[Fit | BaggedFit], share: float, n_threads: int, search_process: int,
                reports: Sequence = ()) -> list[Fit | BaggedFit]:
    """Copies of the fits of one block, trained as a stack, with what they predict.

    `search_process` is the number of the process that the search runs in.  `reports` are
    callbacks for the net that tell callbacks of scikit-learn about each fit.
    """
    _leave_interrupts_to(search_process)
    start, block = time.perf_counter(), [replace(fit) for fit in block]
    estimators, problems = zip(*((fit.estimator, fit.problem) for fit in block))
    n_epochs = max(1, round(share * problems[0].max_iter(estimators[0])))
    with trained_stack(estimators, problems, new_net, n_epochs=n_epochs, n_threads=n_threads,
                       watch=lambda stack: reports) as stack:
        if stack.net.interrupted_:
            raise KeyboardInterrupt
        for fit, predictor in zip(block, stack.predictors()):
            fit.n_iter = len(stack.net.history)
            fit.record(predictor)
    for fit in block:
        fit.seconds = (time.perf_counter() - start) / len(block)
        fit.forget_rows()
    for report in reports:
        report.end()
    return block


def _leave_interrupts_to(process):
    """Ignore Ctrl-C in a worker from now on; the process of the search ends its workers.

    A worker that is interrupted while it sends a result sends half of it, and the search would
    wait for the rest forever.
    """
    if os.getpid() != process and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
