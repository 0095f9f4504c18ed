"""Halving: after a ninth and after a third of the epochs, most candidates stop training."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from skorch.callbacks import Callback

from sklearn_gar._fitting import Stack


class Halving(Callback):
    """Drop the worse candidates of a block after a ninth and after a third of the epochs.

    A candidate that is dropped keeps the predictions it had then.

    Parameters
    ----------
    stack : Stack
        The networks of the fits.
    fits : sequence of Fit
        The fits of the block, in the order of the stack.
    choose : callable
        Returns the candidates to keep, given the fits still training and the number of epochs.
    """

    def __init__(self, stack: Stack, fits: Sequence, choose: Callable):
        self.stack = stack
        self.fits = list(fits)
        self.choose = choose

    def on_epoch_end(self, net, **kwargs):
        n_epochs = len(net.history)
        if n_epochs not in {-(-net.max_epochs // 9), -(-net.max_epochs // 3)}:
            return
        record_predictions(self.fits, self.stack)
        candidates = self.choose(self.fits, n_epochs)
        for fit in self.fits:
            fit.dropped = fit.candidate not in candidates
        remaining = [index for index, fit in enumerate(self.fits) if not fit.dropped]
        self.stack.keep(remaining)
        self.fits = [self.fits[index] for index in remaining]


def record_predictions(fits: Sequence, stack: Stack) -> None:
    """Predict the test rows of every fit as its networks are now; NaN if one diverged."""
    for fit, predictor in zip(fits, stack.predictors()):
        if predictor is None:
            shape = len(fit.X_test), *fit.problem.rows.target_shape
            fit.prediction = np.full(shape, np.nan)
        else:
            fit.prediction = predictor.predict(fit.X_test)
        fit.n_iter = len(stack.net.history)


def best_third(fits: Sequence, n_epochs: int, tests, scoring) -> set[int]:
    """A third of the candidates: the best of each learning rate, the second best, and so on.

    Candidates rank by the mean of the deciding score, and diverged fits rank last.  A small
    learning rate starts slowly and may win in the end, so the best of each rate comes before
    the second best of any.
    """
    scores, rates = {}, {}
    for fit in fits:
        scores.setdefault(fit.candidate, []).append(
            scoring.deciding_score(fit.prediction, tests[fit.split]))
        rates[fit.candidate] = fit.estimator.learning_rate
    means = {candidate: np.nan_to_num(np.mean(values), nan=-np.inf)
             for candidate, values in scores.items()}
    places, n_before = {}, dict.fromkeys(rates.values(), 0)
    for candidate in sorted(means, key=means.get, reverse=True):
        places[candidate] = n_before[rates[candidate]]
        n_before[rates[candidate]] += 1
    ranked = sorted(places, key=places.get)  # equal places stay in the order of their scores
    return set(ranked[:-(-len(ranked) // 3)])


def still_training(fits: Sequence, n_epochs: int, last_epochs: dict[int, int]) -> set[int]:
    """The candidates that were not dropped by this epoch in the blocks that compared them."""
    return {fit.candidate for fit in fits
            if last_epochs.get(fit.candidate, n_epochs + 1) > n_epochs}


def most_common_shape(fits: Sequence) -> list:
    """The fits of each candidate's most common shape, which halving compares it by."""
    shapes = defaultdict(list)
    for fit in fits:
        shapes[fit.candidate].append(fit.stack_key)
    return [fit for fit in fits if fit.stack_key == max(
        shapes[fit.candidate], key=shapes[fit.candidate].count)]
