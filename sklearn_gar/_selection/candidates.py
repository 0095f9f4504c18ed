"""The candidates of a search: parameters to try, and estimators that have them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.model_selection import ParameterGrid, ParameterSampler

# Twenty candidates that together make good ensembles.
ENSEMBLE_GRID: list[dict[str, list]] = [{"alpha": [0.1, 1.0, 10.0]}]


def make_candidates(param_grid: Mapping | Sequence[Mapping], n_iter: int | None,
                    random_state: Any) -> list[dict[str, Any]]:
    """The combinations of a grid, or so many drawn from it at random."""
    if n_iter is not None:
        return list(ParameterSampler(param_grid, n_iter, random_state=random_state))
    try:
        candidates = list(ParameterGrid(param_grid))
    except (TypeError, ValueError) as error:
        raise type(error)(f"param_grid must hold lists of values: {error} To draw from "
                          "distributions, set n_iter.") from None
    if not candidates:
        raise ValueError("param_grid must hold at least one candidate, got none")
    return candidates


def check_names(candidates: Sequence[Mapping[str, Any]], estimator: Any, fixed: Mapping[str, str]
                ) -> None:
    """Raise if a candidate sets a parameter that there is not, or that a search keeps fixed.

    `fixed` says for each of these what to do instead.
    """
    known = estimator.get_params()
    for name in dict.fromkeys(name for candidate in candidates for name in candidate):
        if name.split("__")[0] not in known:
            names = ", ".join(one for one in known if one not in fixed)
            raise ValueError(f"param_grid must name parameters of GARRegressor ({names}), got "
                             f"{name!r}")
        if name in fixed:
            raise ValueError(f"param_grid cannot hold {name!r}; {fixed[name]}")
