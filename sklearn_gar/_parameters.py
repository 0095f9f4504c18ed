"""The values that "auto" stands for, and the parameters that resumed training must keep."""

import math
import time
from numbers import Integral

import numpy as np
import torch

# The rules for "auto".  A table of up to so many rows is trained for 20 epochs or more.
_ROWS = 10_000
# Steps that training takes to settle, within limits on the number of epochs.
_STEPS, _EPOCHS, _FEWEST_EPOCHS, _MOST_EPOCHS = 1500, 20, 3, 400
_BATCH_SIZE, _LEARNING_RATE, _HIGHEST_LEARNING_RATE = 128, 0.003, 0.006
# Numbers of networks, from these numbers of rows on, and the rows from which layers are smaller.
_NETWORKS = {0: 4, 20_000: 3, 50_000: 2}
_LAYERS = {0: (128, 256, 128, 64), 50_000: (128, 128, 128, 64)}

# Share of `max_time` that is left for training; the last epoch is judged in the rest.
_SHARE_OF_TIME = 0.95

# Rows that are enough to compare epochs, within limits on their share of the table, and rows
# that are enough whatever their share.
_VALIDATION_ROWS, _SMALLEST_SHARE, _LARGEST_SHARE = 60, 0.05, 0.2
_MOST_VALIDATION_ROWS = 10_000

# Parameters of what features and targets become.
_INPUT = ("categorical_features", "scale_features", "scale_target")
# Parameters of the network, the loss and the optimiser, which last as long as the net.
_BUILT_WITH = ("hidden_layer_sizes", "activation", "embedding", "n_estimators", "loss", "alpha",
               "solver", "weight_decay", "momentum", *_INPUT, "device")


def batch_size(estimator, n_rows) -> int:
    """Rows in a batch, for a table of this many rows."""
    if estimator.batch_size != "auto":
        return int(estimator.batch_size)
    return 32 * int(_BATCH_SIZE * _growth(n_rows) ** 0.5 / 32)


def learning_rate(estimator, n_rows) -> float:
    """First learning rate, for a table of this many rows."""
    if estimator.learning_rate != "auto":
        return estimator.learning_rate
    return min(_HIGHEST_LEARNING_RATE, _LEARNING_RATE * _growth(n_rows) ** 0.5)


def n_estimators(estimator, n_rows, n_splits=None) -> int:
    """Number of networks, for a table of this many rows, or one for each of these splits."""
    if estimator.n_estimators == "auto":
        return _from_rows_on(_NETWORKS, n_rows) if n_splits is None else n_splits
    if n_splits not in {None, estimator.n_estimators}:
        raise ValueError("validation_split must have a split for each network, got "
                         f"{n_splits} split(s) and n_estimators={estimator.n_estimators}; set "
                         "n_estimators='auto'")
    return estimator.n_estimators


def max_iter(estimator, n_rows, n_steps) -> int:
    """Number of epochs of this many steps, for a table of this many rows."""
    if estimator.max_iter != "auto":
        return estimator.max_iter
    fewest = max(_FEWEST_EPOCHS, round(_EPOCHS / _growth(n_rows) ** 0.5))
    return min(_MOST_EPOCHS, max(fewest, round(_STEPS / n_steps)))


def _growth(n_rows):
    """How many times as many rows there are as a small table has at most."""
    return max(1.0, n_rows / _ROWS)


def _from_rows_on(values, n_rows):
    """The value of the largest key that is at most the number of rows."""
    return values[max(key for key in values if key <= n_rows)]


def deadline(estimator) -> float | None:
    """Value of :func:`time.monotonic` at which the training of a fit that begins now ends."""
    if estimator.max_time is None:
        return None
    return time.monotonic() + _SHARE_OF_TIME * estimator.max_time


def validation_fraction(estimator, n_rows) -> float:
    """Share of the rows that each network holds out."""
    if estimator.validation_fraction != "auto":
        return estimator.validation_fraction
    share = min(_LARGEST_SHARE, max(_SMALLEST_SHARE, _VALIDATION_ROWS / n_rows))
    return min(share, _MOST_VALIDATION_ROWS / n_rows)


def n_held_out(estimator, n_rows, n_networks) -> int:
    """Number of rows that each of the networks holds out for early stopping, at the least."""
    if not estimator.early_stopping:
        return 0
    if estimator.validation_split == "kfold":
        n_held_out = n_rows // _n_folds(n_networks)
    else:
        n_held_out = math.ceil(validation_fraction(estimator, n_rows) * n_rows)
    enough = min(n_held_out, n_rows - n_held_out) >= 2
    if estimator.early_stopping is True and not enough:
        raise ValueError(
            "early_stopping needs at least 2 rows to train on and 2 to validate on, got "
            f"n_samples={n_rows} (equal rows count once, rows of no weight do not) and "
            f"{_share_held_out(estimator, n_networks)}, which holds out "
            f"{n_held_out}; change it, or set early_stopping='auto'")
    return n_held_out if enough else 0


def _n_folds(n_networks):
    if n_networks < 2:
        raise ValueError("validation_split='kfold' holds out one fold for each network, so it "
                         f"needs at least 2 networks, got n_estimators={n_networks}; raise it, "
                         "or set validation_split='shuffle'")
    return n_networks


def _share_held_out(estimator, n_networks):
    if estimator.validation_split == "kfold":
        return f"n_estimators={n_networks}"
    return f"validation_fraction={estimator.validation_fraction!r}"


def hidden_layer_sizes(estimator, n_rows) -> tuple[int, ...]:
    """Neurons of the hidden layers, for a table of this many rows."""
    sizes = estimator.hidden_layer_sizes
    if isinstance(sizes, str):
        return _from_rows_on(_LAYERS, n_rows)
    sizes = (sizes,) if isinstance(sizes, Integral) else tuple(sizes)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError("hidden_layer_sizes must be whole numbers of at least 1, "
                             f"got {sizes}")
    return tuple(int(size) for size in sizes)


def texts(estimator, names) -> tuple[str, ...]:
    """These parameters as texts that are equal for equal values."""
    return tuple(_comparable_text(getattr(estimator, name)) for name in names)


def built_with(estimator) -> dict[str, str]:
    """The parameters that a net is built with, as texts that are equal for equal values."""
    values = {name: getattr(estimator, name) for name in _BUILT_WITH}
    if not isinstance(estimator.hidden_layer_sizes, str):
        values["hidden_layer_sizes"] = hidden_layer_sizes(estimator, 0)
    values["device"] = str(torch.device(estimator.device))
    if not isinstance(estimator.categorical_features, (str, type(None))):
        values["categorical_features"] = list(estimator.categorical_features)
    return {name: _comparable_text(value) for name, value in values.items()}


def _comparable_text(value):
    """A text that is the same for an equal value of another type, copy or process."""
    if isinstance(value, torch.nn.Module):
        settings = {name: one for name, one in vars(value).items()
                    if not name.startswith("_") and name != "training"}
        return f"{value!r} with {_comparable_text({**settings, **value.state_dict()})}"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_comparable_text(one)}"
                         for name, one in value.items()) or "nothing else"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_comparable_text, value))})"
    if isinstance(value, (torch.Tensor, np.ndarray, np.generic)):
        return _comparable_text(value.tolist())
    if isinstance(value, (float, int)) and not isinstance(value, bool):
        return f"{value:.17g}"
    # Only the type of anything else: its repr may hold an address, which differs.
    return str(value) if value is None or isinstance(value, (str, bool)) else type(value).__name__


def check_same_targets(rows, target_shape) -> None:
    """Raise if the targets do not have the shape of those before."""
    if rows.target_shape != target_shape:
        shape = ", ".join(map(str, ("n", *target_shape)))
        raise ValueError(f"y must have the shape of the targets before, ({shape}), got shape "
                         f"{rows.targets.shape}")


def check_same_input(estimator, before) -> None:
    """Raise if a warm start is asked to encode or to scale in another way."""
    if changed := _changed(estimator, before, _INPUT):
        raise ValueError("warm_start goes on with the categories and the scaling of the last fit, "
                         f"so their parameters must not change, got {changed}; set "
                         "warm_start=False to start anew")


def check_same_training(estimator, before) -> None:
    """Raise if `partial_fit` is asked to train in another way."""
    if changed := _changed(estimator, before, _BUILT_WITH):
        raise ValueError(
            "partial_fit goes on with the network and the optimiser of the call before, so "
            f"their parameters must not change, got {changed}; call fit to start anew")


def _changed(estimator, before, names):
    now = built_with(estimator)
    return ", ".join(f"{name}={now[name]} after {before[name]}" for name in names
                     if now[name] != before[name])
