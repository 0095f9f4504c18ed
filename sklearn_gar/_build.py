"""The estimator's words turned into a loss, a network, an optimiser and a skorch net."""

import copy
import inspect
from functools import partial

import torch
from skorch.callbacks import BatchScoring, Callback, EpochScoring, InputShapeSetter

from sklearn_gar import _auto as auto
from sklearn_gar._training import BestEpoch, StackNet
from sklearn_gar.losses import LOSSES, GARLoss, PlainLoss
from sklearn_gar.nn import (
    StackedAdam,
    StackedAdamW,
    StackedMLP,
    StackedSGD,
    learning_rate_factor,
)

SOLVERS = {"adam": StackedAdam, "adamw": StackedAdamW, "sgd": StackedSGD}


def build_net(estimator, problem, seeds, *, alpha, learning_rate, weight_decay):
    """An initialised net for the parameters of a GARRegressor and problems like this one.

    `seeds` (m, 2) holds each member's seeds of first weights and of orders of rows; alpha,
    learning rate and weight decay are lists of m numbers.
    """
    optimizer = {"optimizer__weight_decay": weight_decay}
    if estimator.solver == "sgd":
        optimizer["optimizer__momentum"] = estimator.momentum
    max_iter = auto.max_iter(estimator, problem.n_steps)
    callbacks = copy_callbacks(estimator.callbacks, shares_validation=problem.parts is None)
    if problem.validates:
        patience = estimator.n_iter_no_change if estimator.early_stopping else None
        callbacks.append(("best_epoch", BestEpoch(patience)))
    n_features = problem.rows[0].shape[1]
    hidden = auto.hidden_layer_sizes(estimator)
    loss = criterion(estimator.loss, alpha)
    if not hidden and getattr(loss, "takes_features", False):
        raise ValueError(f"loss={estimator.loss!r} takes the output of the last hidden layer, "
                         "but there is none with hidden_layer_sizes=(); add a hidden layer")
    if estimator.blend and problem.validates and not hasattr(loss, "validation_loss") and (
            each_member(estimator.loss)):
        raise ValueError(f"blend={estimator.blend!r} asks one loss for the mean of the networks, "
                         f"but loss={estimator.loss!r} has a setting for each; pass blend=None")
    net = StackNet(
        module=StackedMLP,
        module__layer_sizes=(n_features, *hidden, problem.n_outputs),
        module__seeds=[int(seed) for seed in seeds[:, 0]],
        module__activation=estimator.activation,
        module__embedding=estimator.embedding,
        module__embedded_features=problem.scaling.numeric,
        module__dtype=problem.scaling.dtype,
        criterion=loss,
        optimizer=SOLVERS[estimator.solver],
        lr=learning_rate,
        max_epochs=max_iter,
        batch_size=problem.batch_size,
        learning_rate_factor=partial(learning_rate_factor, estimator.lr_schedule),
        seeds=[int(seed) for seed in seeds[:, 1]],
        callbacks=callbacks,
        device=estimator.device,
        verbose=int(estimator.verbose),
        **optimizer,
    )
    return net.initialize()


def copy_callbacks(callbacks, shares_validation):
    """The user's callbacks, copied, for skorch keeps its state in them.

    `shares_validation` tells whether all networks are validated on the same rows, or on none.
    """
    callbacks = list(copy.deepcopy(callbacks or ()))
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) and len(item) == 2 else item
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise TypeError("callbacks must be callbacks of skorch or pairs of a name and one, "
                            f"got {item!r}")
        if issubclass(kind, (BatchScoring, InputShapeSetter)):
            raise TypeError(f"callbacks must do with batches of several networks, got {item!r}, "
                            "which does not; EpochScoring scores the mean of the networks")
        if issubclass(kind, EpochScoring) and not getattr(callback, "on_train", False) and (
                not shares_validation):
            raise ValueError(f"callbacks has {item!r}, which scores validation rows that all "
                             "networks share, but here each holds out its own; give X_val and "
                             "y_val to fit where it takes them, or set its on_train=True or "
                             "early_stopping=False")
    return callbacks


def criterion(loss, alpha):
    """The loss module of a name, with one alpha a member, or the user's own, copied."""
    if loss == "gar":
        alike = len(set(alpha)) == 1
        return GARLoss(alpha[0] if alike else torch.tensor(alpha, dtype=torch.float64))
    if isinstance(loss, str):
        return LOSSES[loss]()
    loss = copy.deepcopy(loss)
    for name, values in each_member(loss).items():
        if len(values) != len(alpha):
            raise ValueError(f"loss must have one {name} or one a network, {len(alpha)}, got "
                             f"{len(values)} in {loss!r}")
    if getattr(loss, "takes_features", False) and not hasattr(loss, "validation_loss"):
        raise ValueError(f"loss={loss!r} takes features, so it must have a method "
                         "validation_loss(input, target, weight), which scores predictions alone")
    return loss if takes_weights(loss) else PlainLoss(loss)


def each_member(loss):
    """Settings of a loss that are one number a network, by name."""
    settings = {name: getattr(loss, name) for name in getattr(loss, "_each_member", ())}
    return {name: value for name, value in settings.items()
            if isinstance(value, torch.Tensor) and value.ndim}


def takes_weights(loss):
    """Whether a loss, ours by name or a module, takes weights of rows."""
    return isinstance(loss, str) or "weight" in inspect.signature(loss.forward).parameters


def copy_weights(old, new):
    """Let a new network start from an old one's weights."""
    if repr(old) != repr(new):
        raise ValueError("warm_start goes on with the network of the last fit, so its "
                         f"parameters must not change, got {new} after {old}; set "
                         "warm_start=False to start anew")
    new.load_state_dict(old.state_dict())


def check_device(device):
    """A device that torch knows and this machine has."""
    try:
        device = torch.device(device)
        torch.empty(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device must be one that torch can use here, got {str(device)!r}: "
                         f"{reason}") from None
    return device
