"""What `partial_fit` and a warm start go on with must be what it was."""

import numpy as np
import torch

from sklearn_gar import _auto as auto

_SCALING = ("scale_features", "scale_target")
# parameters of the network, the loss and the optimiser, which last as long as the net
_BUILT_WITH = ("hidden_layer_sizes", "activation", "embedding", "n_estimators", "loss", "alpha",
               "solver", "weight_decay", "momentum", *_SCALING, "device")


def training_of(estimator) -> dict[str, str]:
    """The parameters that a net is built with, in words that are the same for equal values."""
    values = {name: getattr(estimator, name) for name in _BUILT_WITH}
    values["hidden_layer_sizes"] = auto.hidden_layer_sizes(estimator)
    values["device"] = str(torch.device(estimator.device))
    return {name: _words(value) for name, value in values.items()}


def _words(value):
    """A value that means the same in another process, after a copy or in another type."""
    if isinstance(value, torch.nn.Module):
        settings = {name: one for name, one in vars(value).items()
                    if not name.startswith("_") and name != "training"}
        return f"{value!r} with {_words({**settings, **value.state_dict()})}"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_words(one)}" for name, one in value.items()) or "nothing else"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_words, value))})"
    if isinstance(value, (torch.Tensor, np.ndarray, np.generic)):
        return _words(value.tolist())
    if isinstance(value, (float, int)) and not isinstance(value, bool):
        return f"{value:.17g}"
    # of anything else no more than its kind: an address would differ
    return str(value) if value is None or isinstance(value, (str, bool)) else type(value).__name__


def check_same_targets(estimator, y) -> None:
    """Raise if there are other targets than before."""
    n_outputs = 1 if y.ndim == 1 else y.shape[1]
    if n_outputs != estimator.n_outputs_ or y.ndim != estimator._y_ndim:
        raise ValueError(f"y must have the shape of the targets before, {estimator.n_outputs_} "
                         f"target(s), got shape {y.shape}")


def check_same_scaling(estimator) -> None:
    """Raise if a warm start is asked to scale otherwise."""
    if changed := _changed(estimator, _SCALING):
        raise ValueError("warm_start goes on with the scaling of the last fit, so its parameters "
                         f"must not change, got {changed}; set warm_start=False to start anew")


def check_same_training(estimator) -> None:
    """Raise if `partial_fit` is asked to train otherwise."""
    if changed := _changed(estimator, _BUILT_WITH):
        raise ValueError(
            "partial_fit goes on with the network and the optimiser of the call before, so "
            f"their parameters must not change, got {changed}; call fit to start anew")


def _changed(estimator, names):
    now = training_of(estimator)
    before = estimator._trained_with
    return ", ".join(f"{name}={now[name]} after {before[name]}" for name in names
                     if now[name] != before[name])
