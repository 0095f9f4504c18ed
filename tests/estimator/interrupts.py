"""Regressors that are interrupted, and losses that draw random numbers."""

import signal

import torch
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN, smooth_table

X, y = smooth_table(60)


def quick(**settings):
    defaults = {"hidden_layer_sizes": (5,), "n_estimators": 2, "max_iter": 8, "batch_size": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


class NoisyLoss(losses.SquaredErrorLoss):
    """A loss that draws from the global generator of torch."""

    def forward(self, input, target, weight=None):
        return super().forward(input + 0.1 * torch.randn(input.shape), target, weight)


class Raises(Callback):
    """Raises an error at one call of one of its methods."""

    def __init__(self, error, at=0, method="on_batch_end"):
        self.error = error
        self.at = at
        self.method = method

    def on_train_begin(self, net, **kwargs):
        self.n_calls_ = 0
        self.count("on_train_begin")

    def on_epoch_begin(self, net, **kwargs):
        self.count("on_epoch_begin")

    def on_batch_begin(self, net, **kwargs):
        self.count("on_batch_begin")

    def on_batch_end(self, net, **kwargs):
        self.count("on_batch_end")

    def on_epoch_end(self, net, **kwargs):
        self.count("on_epoch_end")

    def on_train_end(self, net, **kwargs):
        self.count("on_train_end")

    def count(self, method):
        if method == self.method:
            self.n_calls_ += 1
            if self.n_calls_ == self.at + 1:
                if self.error == "signal":
                    signal.raise_signal(signal.SIGINT)
                else:
                    raise self.error


class InterruptsInside(losses.SquaredErrorLoss):
    """Sends itself an interrupt in the middle of the fifth step."""

    n_calls = 0

    def forward(self, input, target, weight=None):
        self.n_calls += 1
        if self.n_calls == 5:
            signal.raise_signal(signal.SIGINT)
        return super().forward(input, target, weight)


def fit_with(callback, **settings):
    return quick(skorch_callbacks=[callback], **settings).fit(X, y)
