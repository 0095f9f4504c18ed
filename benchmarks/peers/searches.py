"""Searches over the same 27 candidates, and a single fit of the defaults."""

from benchmarks.peers.contenders import GAR, SEED, Contender, gar_contender
from sklearn_gar import GARRegressorCV

GRID = {"alphas": (0.1, 1.0, 10.0), "learning_rates": (0.001, 0.003, 0.01),
        "weight_decays": (1e-5, 1e-4, 1e-2)}
WHOLE = "whole"
KINDS = {WHOLE: {}, "halving": {"halving": True}, "bagged": {"bagged": True},
         "bagged_halving": {"bagged": True, "halving": True}}
"""Searches by name; the whole search has the scores of GridSearchCV."""


def _contender(name, settings):
    def build(n_threads):
        return GARRegressorCV(**GRID, **settings, random_state=SEED)
    return Contender(name, "sklearn_gar", build, {"max_iter": 3, "cv": 2})


SEARCHES = {GAR: gar_contender(GAR), **{name: _contender(name, settings)
                                        for name, settings in KINDS.items()}}
"""Contenders by name, the single fit first."""
