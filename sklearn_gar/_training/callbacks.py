"""Callbacks for the skorch net: the package's own, and the checks of a user's."""

import copy
import dis
import math

import numpy as np
import torch
from skorch.callbacks import BatchScoring, Callback, EpochScoring, InputShapeSetter


class StopTraining(KeyboardInterrupt):
    """Ends training early; skorch ends it at any KeyboardInterrupt."""


def is_raised_by_code(error: BaseException) -> bool:
    """Whether a raise statement was the origin, not a signal that came in between."""
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code.co_code
    return code[traceback.tb_lasti] == dis.opmap["RAISE_VARARGS"]


class BestEpoch(Callback):
    """Keep, for each member, the weights of the epoch with the lowest validation loss.

    The net's `best_epochs_` says which epochs these are, counted from 1.

    Parameters
    ----------
    n_iter_no_change : int or None
        A member is done after this many epochs without a lower loss.  Later epochs no
        longer count for it, so that it ends as it would have ended alone.  Training
        stops when all members are done.  None trains all epochs.
    """

    def __init__(self, n_iter_no_change=None):
        self.n_iter_no_change = n_iter_no_change

    def on_train_begin(self, net, X=None, **kwargs):
        self.validates_ = X.validation is not None
        self.weights_ = [parameter.detach().clone() for parameter in net.module_.parameters()]
        self.loss_ = torch.full((len(self.weights_[0]),), torch.inf, dtype=torch.float64)
        self.epoch_ = torch.zeros(len(self.loss_), dtype=torch.int64)
        self.n_waited_ = torch.zeros(len(self.loss_), dtype=torch.int)
        self.broke_ = torch.zeros(len(self.loss_), dtype=torch.bool)

    def on_epoch_end(self, net, **kwargs):
        # In the first stage of a loss of two, predictions are not trained yet.
        if not self.validates_ or net.criterion_.pretrains:
            return
        loss = torch.tensor(net.history[-1, "valid_losses"], dtype=torch.float64)
        lower = loss < self.loss_
        if self.n_iter_no_change is not None:
            trains = self.n_waited_ < self.n_iter_no_change
            lower &= trains
            self.broke_ |= trains & ~torch.tensor(net.history[-1, "train_losses"]).isfinite()
        self.n_waited_ = torch.where(lower, 0, self.n_waited_ + 1)
        self.loss_ = torch.where(lower, loss, self.loss_)
        self.epoch_ = torch.where(lower, len(net.history), self.epoch_)
        for weights, parameter in zip(self.weights_, net.module_.parameters()):
            weights[lower] = parameter.detach()[lower]
        if self.n_iter_no_change is not None and self.n_waited_.min() >= self.n_iter_no_change:
            raise StopTraining

    @torch.no_grad()
    def on_train_end(self, net, **kwargs):
        seen = self.loss_.isfinite()
        if self.n_iter_no_change is not None and net.converged_ is not None:
            # what a member did after it was done, because others were not, does not count
            done = seen & ~self.broke_ & (self.n_waited_ >= self.n_iter_no_change)
            net.converged_ |= done.numpy()
        for weights, parameter in zip(self.weights_, net.module_.parameters()):
            parameter[seen] = weights[seen]
        self.weights_ = None
        # without a finite loss a member keeps the weights of the last epoch that ended
        n_ended = sum("train_losses" in epoch for epoch in net.history)
        net.best_epochs_ = torch.where(seen, self.epoch_, n_ended).numpy()


class Divergence(Callback):
    """Find out which members diverged, before others restore weights of earlier epochs.

    Training stops when no member has a finite loss any more.
    """

    def on_train_begin(self, net, **kwargs):
        net.converged_ = None

    def on_epoch_end(self, net, **kwargs):
        if not any(map(math.isfinite, net.history[-1]["train_losses"])):
            raise StopTraining

    def on_train_end(self, net, X=None, **kwargs):
        net.converged_ = net.converged_members(X)
        losses = net.history[-1].get("train_losses", ()) if net.history else ()
        if len(losses) == len(net.converged_):
            net.converged_ &= np.isfinite(losses)


def copy_callbacks(callbacks, shares_validation):
    """The user's callbacks, checked and copied, because skorch keeps its state in them.

    `shares_validation` says whether all networks are validated on the same rows, or on none.
    """
    callbacks = list(copy.deepcopy(callbacks or ()))
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) and len(item) == 2 else item
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise TypeError("skorch_callbacks must be callbacks of skorch or pairs of a name and "
                            f"one, got {item!r}")
        if issubclass(kind, (BatchScoring, InputShapeSetter)):
            raise TypeError("skorch_callbacks must support batches of several networks, got "
                            f"{item!r}, which does not; EpochScoring scores the mean of the "
                            "networks")
        if issubclass(kind, EpochScoring) and not getattr(callback, "on_train", False) and (
                not shares_validation):
            raise ValueError(f"skorch_callbacks has {item!r}, which scores validation rows that "
                             "all networks share, but here each holds out its own; give X_val and "
                             "y_val to fit where it takes them, or set its on_train=True or "
                             "early_stopping=False")
    return callbacks
