"""Gradient Aligned Regression: a neural regressor for tables, behind scikit-learn's API.

The data pass through the folders in this order: `_input` checks what the user hands in, turns
it into rows, encodes categories and missing values, and scales numbers; `_fitting` says what the
networks of a fit train on, trains them as one stack and keeps the way to a prediction;
`_training` runs the epochs, with a network from `nn` and a loss from `losses`; `_selection`
trains the fits of a search side by side.  A new kind of column goes into `_input`:
`Categories` reads it from a frame, and `Encoding` learns during a fit what numbers it becomes.
Another way to divide rows goes into `_input/parts.py`, beside `shuffled_parts`.

Public names are loaded when they are first asked for.  So the shell command runs before torch
is loaded, and can answer Ctrl-C.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn_gar import inspection, losses, metrics
    from sklearn_gar._regressor import GARRegressor
    from sklearn_gar._search import GARRegressorCV

__version__ = "0.1.0.dev0"

__all__ = ["GARRegressor", "GARRegressorCV", "inspection", "losses", "metrics"]

_MODULES = {"GARRegressor": "_regressor", "GARRegressorCV": "_search"}


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_MODULES.get(name, name)}")
    value = getattr(module, name) if name in _MODULES else module
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
