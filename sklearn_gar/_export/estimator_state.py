"""What files and copies of an estimator hold."""

import warnings

import numpy as np
import sklearn
import skorch
import torch
from sklearn import exceptions

import sklearn_gar
from sklearn_gar._export.net_state import net_from_plain, net_to_plain
from sklearn_gar._export.plain import from_plain, to_plain

_VERSIONS = "_versions"
_OBJECTS = ("_predictor", "_intervals", "loss")


class InconsistentVersionWarning(exceptions.InconsistentVersionWarning):
    """A file was written by another version of this package."""

    def __str__(self):
        return (f"a {self.estimator_name} that version {self.original_sklearn_version} of "
                f"sklearn_gar wrote is read by version {self.current_sklearn_version}, which may "
                "predict other numbers or fail; fit it anew, or install the version that wrote "
                "it")


def versions() -> dict[str, str]:
    """The versions of what a file is written with."""
    return {"sklearn_gar": sklearn_gar.__version__, "torch": torch.__version__.split("+")[0],
            "skorch": skorch.__version__, "scikit-learn": sklearn.__version__,
            "numpy": np.__version__}


def state_to_plain(state: dict) -> dict:
    """The state of an estimator as plain data, and who wrote it.

    A loss or callbacks of the user's own stay objects.
    """
    state = {**state, _VERSIONS: versions()}
    if isinstance(state.get("device"), torch.device):
        state["device"] = str(state["device"])
    if "net_" in state:
        state["net_"] = net_to_plain(state["net_"])
    for name in _OBJECTS:
        if name in state:
            state[name] = to_plain(state[name])
    return state


def state_from_plain(name: str, state: dict) -> dict:
    """The state of an estimator of this name, which plain data tell."""
    state = dict(state)
    written, current = state.pop(_VERSIONS, versions()), versions()
    if written["sklearn_gar"] != current["sklearn_gar"]:
        warnings.warn(InconsistentVersionWarning(
            estimator_name=name, current_sklearn_version=current["sklearn_gar"],
            original_sklearn_version=written["sklearn_gar"]), stacklevel=3)
    if "net_" in state:
        state["net_"] = net_from_plain(state["net_"])
    for one in _OBJECTS:
        if one in state:
            state[one] = from_plain(state[one], state.get("net_"))
    return state
