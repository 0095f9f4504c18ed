"""Objects of a fitted estimator as plain data: numbers, text, arrays, lists and dicts."""

import json
from collections.abc import Hashable

import numpy as np
import torch

from sklearn_gar._fitting import Intervals
from sklearn_gar._fitting.blend import Blend
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._input import Categories, Encoding, Scaling
from sklearn_gar._input.columns import Units
from sklearn_gar._input.encoding import Category
from sklearn_gar._input.tails import Tails
from sklearn_gar.losses import LOSSES

_CLASSES = {kind.__name__: kind for kind in (
    Blend, Categories, Category, Encoding, Intervals, Predictor, Scaling, Tails, Units,
    slice, torch.Tensor, *LOSSES.values())}
_NAMES = {kind: name for name, kind in _CLASSES.items()}
# names the class of an object in its plain data
_CLASS = "class"


def to_plain(value):
    """Objects of these classes as dicts; whatever else there is as it is."""
    if type(value) is dict:
        return {name: to_plain(one) for name, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(to_plain, value))
    name = _NAMES.get(type(value))
    if name is None or getattr(value, "group", None) is not None:
        return value  # a loss of a group of processes says itself whether it can be copied
    return {_CLASS: name, **to_plain(_state_of(value))}


def _state_of(value):
    """What an object of one of these classes holds."""
    match value:
        case slice():
            return {"bounds": (value.start, value.stop, value.step)}
        case torch.Tensor():
            return {"values": value.numpy(force=True)}
        case torch.nn.Module():
            return {"settings": {name: one for name, one in vars(value).items()
                                 if not name.startswith("_") and name != "training"}}
        case Categories():
            return {"columns": value.columns,
                    "levels": [_levels_to_plain(levels) for levels in value.levels.values()]}
        case tuple():
            return value._asdict()
    state = dict(value.__reduce_ex__(2)[2])
    state.pop("net", None)  # stands once, in the estimator
    return state


def from_plain(value, net=None):
    """The objects that :func:`to_plain` turned into plain data; `net` is that of predictors."""
    if type(value) in (list, tuple):
        return type(value)(from_plain(one, net) for one in value)
    if not isinstance(value, dict):
        return value
    state = {name: from_plain(one, net) for name, one in value.items()}
    if _CLASS not in state:
        return state
    kind = _CLASSES[state.pop(_CLASS)]
    if kind is slice:
        return slice(*state["bounds"])
    if kind is torch.Tensor:
        return torch.from_numpy(state["values"].copy())
    if kind is Categories:
        levels = map(_levels_from_plain, state["levels"])
        return Categories(dict(zip(state["columns"], levels, strict=True)))
    if issubclass(kind, tuple):
        return kind(**state)
    if issubclass(kind, torch.nn.Module):
        restored, state = kind(), state["settings"]
    else:
        restored = kind.__new__(kind)
        if kind is Predictor:
            state["net"] = net
    vars(restored).update(state)
    return restored


def _levels_to_plain(levels):
    """Levels in the order of their codes, as JSON if they are the same when read from it."""
    levels = [level.item() if isinstance(level, np.generic) else level for level in levels]
    if all(type(level) in (str, bool, int, float, type(None)) for level in levels):
        return json.dumps(levels)
    return levels


def _levels_from_plain(plain) -> dict[Hashable, int]:
    levels = json.loads(plain) if isinstance(plain, str) else plain
    return {level: code for code, level in enumerate(levels)}
