"""Objects of a fitted estimator as plain data: numbers, text, arrays, lists and dicts."""

import json
from collections.abc import Hashable

import numpy as np

from sklearn_gar._fitting import Intervals
from sklearn_gar._fitting.blend import Blend
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._input import Categories, Encoding, Scaling
from sklearn_gar._input.columns import Units
from sklearn_gar._input.encoding import Category
from sklearn_gar._input.tails import Tails

_CLASSES = {kind.__name__: kind for kind in (
    Blend, Categories, Category, Encoding, Intervals, Predictor, Scaling, Tails, Units)}
# names the class of an object in its plain data
_CLASS = "class"


def to_plain(value):
    """Objects of these classes as dicts; whatever else there is as it is."""
    if isinstance(value, dict):
        return {name: to_plain(one) for name, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(to_plain, value))
    if isinstance(value, slice):
        return {_CLASS: "slice", "bounds": (value.start, value.stop, value.step)}
    if _CLASSES.get(type(value).__name__) is not type(value):
        return value
    if isinstance(value, Categories):
        state = {"columns": value.columns,
                 "levels": [_levels_to_plain(levels) for levels in value.levels.values()]}
    elif isinstance(value, tuple):
        state = value._asdict()
    else:
        state = dict(value.__reduce_ex__(2)[2])
    if isinstance(value, Predictor):
        del state["net"]  # stands once, in the estimator
    return {_CLASS: type(value).__name__, **to_plain(state)}


def from_plain(value, net):
    """The objects that :func:`to_plain` turned into plain data; `net` is that of predictors."""
    if type(value) in (list, tuple):
        return type(value)(from_plain(one, net) for one in value)
    if not isinstance(value, dict):
        return value
    state = {name: from_plain(one, net) for name, one in value.items()}
    if _CLASS not in state:
        return state
    name = state.pop(_CLASS)
    if name == "slice":
        return slice(*state["bounds"])
    kind = _CLASSES[name]
    if kind is Categories:
        return Categories(dict(zip(state["columns"],
                                   map(_levels_from_plain, state["levels"]), strict=True)))
    if kind is Predictor:
        state["net"] = net
    if issubclass(kind, tuple):
        return kind(**state)
    restored = kind.__new__(kind)
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
