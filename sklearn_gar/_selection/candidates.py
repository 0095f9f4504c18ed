"""The candidates of a search: parameters to try, and estimators that have them."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler

from sklearn_gar.losses import member_settings

# Parameters that no candidate may have of its own, and what to do instead.
_FIXED = {**dict.fromkeys(("categorical_features", "device", "random_state", "skorch_callbacks",
                           "verbose"), "it is the same for all candidates: pass it to "
                          "GARRegressorCV"),
          **dict.fromkeys(("max_time", "oob_score", "warm_start"), "a search does without it")}
_FIXED_IF_BAGGED = dict.fromkeys(
    ("n_estimators", "early_stopping", "validation_fraction", "validation_split"),
    "with bagged=True each network holds out one fold of cv; leave it out, or set bagged=False")
# Twenty candidates that are good together: of 36, those whose ensembles had the lowest errors on
# the rows held out of ten tables.
_BIG, _WIDE = (256, 512, 256, 128), (256, 256)
ENSEMBLE_GRID: list[dict[str, list]] = [
    {},
    {"learning_rate": [0.01]},
    {"weight_decay": [0.3]},
    {"weight_decay": [0.3], "learning_rate": [0.01]},
    {"batch_size": [32]},
    {"batch_size": [32], "learning_rate": [0.01]},
    {"batch_size": [32], "weight_decay": [0.3]},
    {"hidden_layer_sizes": [_BIG], "weight_decay": [1e-4, 0.3]},
    {"hidden_layer_sizes": [(64, 64, 64)]},
    {"activation": ["elu"], "weight_decay": [1e-4, 0.3]},
    {"activation": ["tanh"]},
    {"activation": ["tanh"], "learning_rate": [0.01]},
    {"activation": ["tanh"], "hidden_layer_sizes": [_WIDE], "scale_features": ["standard"]},
    {"embedding": [None], "activation": ["relu", "elu"]},
    {"scale_features": ["standard"]},
    {"loss": ["gar_squared_error"]},
    {"loss": ["gar_squared_error"], "hidden_layer_sizes": [_WIDE]},
]


def make_candidates(param_grid: Mapping | Sequence[Mapping], n_iter: int | None,
                    random_state: Any) -> list[dict[str, Any]]:
    """The combinations of a grid, or so many drawn from it at random."""
    if n_iter is not None:
        return _drawn(param_grid, n_iter, random_state)
    try:
        candidates = list(ParameterGrid(param_grid))
    except (TypeError, ValueError) as error:
        grids = [param_grid] if isinstance(param_grid, Mapping) else param_grid
        draws = any(hasattr(values, "rvs") for grid in grids for values in grid.values())
        raise type(error)(f"param_grid must hold lists of values: {error}"
                          + " To draw from distributions, set n_iter." * draws) from None
    if not candidates:
        raise ValueError("param_grid must hold at least one candidate, got none")
    return candidates


def _drawn(param_grid, n_iter, random_state):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The total space of parameters", UserWarning)
        candidates = list(ParameterSampler(param_grid, n_iter, random_state=random_state))
    if len(candidates) < n_iter:
        warnings.warn(f"n_iter={n_iter} is more than the {len(candidates)} candidates of the "
                      "grid, which are all tried", stacklevel=7)
    return candidates


def make_estimators(base: Any, candidates: Sequence[Mapping[str, Any]], bagged: bool) -> list:
    """A clone of the base estimator with the parameters of each candidate, checked."""
    _check_names(candidates, base, {**_FIXED, **(_FIXED_IF_BAGGED if bagged else {})})
    estimators = []
    for candidate in candidates:
        estimator = clone(base)
        try:
            estimator.set_params(**clone(candidate, safe=False))
        except AttributeError:  # of an object that is not there
            raise ValueError("param_grid must set parameters that the loss of each candidate has, "
                             f"got {candidate}; make a grid for each loss") from None
        estimator._validate_params()
        _check_combination(estimator, bagged)
        estimators.append(estimator)
    return estimators


def _check_names(candidates, base, fixed):
    """Raise if a candidate sets a parameter that there is not, or that a search keeps fixed.

    `fixed` says for each of these what to do instead.
    """
    known = base.get_params()
    for name in dict.fromkeys(name for candidate in candidates for name in candidate):
        if name.split("__")[0] not in known:
            names = ", ".join(one for one in known if one not in fixed)
            raise ValueError(f"param_grid must name parameters of GARRegressor ({names}), got "
                             f"{name!r}")
        if name in fixed:
            raise ValueError(f"param_grid cannot hold {name!r}; {fixed[name]}")


def _check_combination(estimator, bagged):
    """Raise if the loss or early stopping does not go with a search."""
    if member_settings(estimator.loss):
        raise ValueError(f"loss={estimator.loss!r} has a setting for each network, but a search "
                         "trains those of several candidates together; give one for all")
    if not bagged and not isinstance(estimator.validation_split, str):
        raise ValueError("validation_split must be 'shuffle' or 'kfold' in a search, got "
                         f"{estimator.validation_split!r}; set bagged=True to hold out the folds "
                         "of cv, or use GridSearchCV")
    if bagged and estimator.early_stopping is False:
        raise ValueError("bagged=True has each network hold out a fold for early stopping, got "
                         "early_stopping=False; set it to 'auto', or set bagged=False")
