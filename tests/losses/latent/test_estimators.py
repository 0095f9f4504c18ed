"""Search, validation and further training with losses over features."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.losses.latent.training import (
    MANY_BATCHES,
    NAMES,
    ONE_BATCH,
    Recorder,
    X,
    each_name,
    quick,
    recorded,
    untrained,
    weights_of,
    y,
)


# a member in a stack equals the same member alone; in single precision with SGD, for the
# features of a neuron that is linear on all rows may move freely in Rank-N-Contrast, and of
# the rounding in its bias's gradient Adam makes full steps


@each_name
@pytest.mark.parametrize("batches, solver", [(ONE_BATCH, "adamw"), (MANY_BATCHES, "sgd")])
@pytest.mark.parametrize("diverges", [False, True])
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_search_is_a_grid_search(name, batches, solver, diverges):
    """Folds and rates side by side in one stack, against one fit after another."""
    rates = (0.003, 0.01)
    one = quick(loss=name, max_iter=6, solver=solver, **batches)
    shared = {key: value for key, value in one.get_params().items()
              if key in GARRegressorCV().get_params()}
    search = GARRegressorCV(**{
        **shared, "alphas": (10.0,), "batch_sizes": tuple(batches.values()), "cv": 3,
        "refit": False, "learning_rates": (*rates, 1e30) if diverges else rates})
    if diverges:
        with pytest.warns(match="fits diverged"):
            search.fit(X, y)
    else:
        search.fit(X, y)
    grid = GridSearchCV(one, {"learning_rate": rates}, cv=3, refit=False).fit(X, y)
    for split in range(3):
        scores = f"split{split}_test_score"
        assert_allclose(search.cv_results_[scores][:2], grid.cv_results_[scores], rtol=1e-3)


@each_name
@pytest.mark.parametrize("batches, solver", [(ONE_BATCH, "adamw"), (MANY_BATCHES, "sgd")])
def test_networks_are_as_alone(name, batches, solver):
    settings = {"loss": name, "max_iter": 6, "solver": solver, **batches}
    together = quick(n_estimators=3, **settings).fit(X, y)
    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=(3, 2))
    tolerance = 1e-9 if batches is ONE_BATCH else 1e-4

    class Fixed(np.random.RandomState):
        """Deals one network's seeds."""

        def randint(self, *args, **kwargs):
            return seeds[member:member + 1]
    for member in range(3):
        alone = quick(n_estimators=1, random_state=Fixed(0), **settings)
        for ours, theirs in zip(weights_of(together.net_), weights_of(alone.fit(X, y).net_)):
            assert_allclose(ours[member], theirs[0], rtol=tolerance, atol=tolerance)


@each_name
def test_halving_drops_candidates_of_these_losses(name):
    search = GARRegressorCV(alphas=(1.0,), learning_rates=(0.001, 0.01, 0.1), cv=2, max_iter=18,
                            hidden_layer_sizes=(6,), loss=name, halving=True, random_state=0,
                            early_stopping=False)
    n_iter = search.fit(X, y).cv_results_["n_iter"]
    assert n_iter.min() < 18 and n_iter.max() == 18


@each_name
@pytest.mark.parametrize("weighted", [False, True])
def test_validation_is_by_the_absolute_error(name, weighted):
    weight = np.random.RandomState(0).uniform(0.1, 3, size=21) if weighted else None
    model = quick(loss=name, learning_rate=0.1, max_iter=20, skorch_callbacks=[Recorder()])
    model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:], sample_weight_val=weight)
    network = untrained(model)
    features = torch.tensor((X[40:] - X[:40].mean(0)) / X[:40].std(0))
    errors = []
    for weights in recorded(model)[1:]:
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), weights):
                parameter.copy_(torch.from_numpy(value))
            prediction = network(features)[..., 0].numpy()
        distances = np.abs(prediction - (y[40:] - y[:40].mean()) / y[:40].std())
        errors.append(np.average(distances, axis=1, weights=weight))
    errors = np.array(errors)
    assert_allclose(model.validation_loss_curve_, errors.mean(1), rtol=1e-6)
    # epochs of pretraining do not count
    first = 10 if name == "rnc" else 0
    best = first + errors[first:].argmin(0)
    for member, epoch in enumerate(best):
        for kept, seen in zip(weights_of(model.net_), recorded(model)[1 + epoch]):
            assert_array_equal(kept[member], seen[member])


def test_pretraining_is_not_stopped_early():
    model = quick(loss="rnc", n_estimators=1, max_iter=100, early_stopping=True,
                  n_iter_no_change=5, lr_schedule="constant", learning_rate=0.1).fit(X, y)
    curve = model.validation_loss_curve_
    lowest = [first for first in range(50) if curve[first] < min(curve[:first], default=np.inf)]
    assert max(np.diff([*lowest, 50])) > 5, "too easy a case"
    best = 50 + curve[50:].argmin()
    assert model.n_iter_ == best + 1 + 5


def test_partial_fit_of_rnc_is_all_second_stage():
    rnc, absolute = (quick(loss=name) for name in ("rnc", "absolute_error"))
    for _ in range(3):
        assert_array_equal(rnc.partial_fit(X, y).predict(X),
                           absolute.partial_fit(X, y).predict(X))


def test_warm_start_of_rnc_goes_through_both_stages_again():
    model = quick(loss="rnc", warm_start=True, skorch_callbacks=[Recorder()]).fit(X, y)
    before = weights_of(model.net_)
    weights = recorded(model.fit(X, y))
    for first, now in zip(before[-2:], weights[5][-2:]):
        assert_array_equal(first, now)
    assert not np.array_equal(before[-1], weights[6][-1])


@each_name
def test_pickled_models_predict_and_train_on(name):
    model = quick(loss=name).fit(X, y)
    twin = pickle.loads(pickle.dumps(model))
    assert_array_equal(twin.predict(X), model.predict(X))
    assert_array_equal(twin.partial_fit(X, y).predict(X), model.partial_fit(X, y).predict(X))


@each_name
@pytest.mark.parametrize("estimator", [
    GARRegressor(hidden_layer_sizes=()), GARRegressorCV(alphas=(1.0,), hidden_layer_sizes=())],
    ids=["one", "search"])
def test_a_linear_model_has_no_features(name, estimator):
    estimator.set_params(loss=name)
    with pytest.raises(ValueError, match=f"loss='{name}' takes the output of the last hidden "
                       r"layer.*hidden_layer_sizes=\(\)"):
        estimator.fit(X, y)
    assert not hasattr(estimator, "net_") and not hasattr(estimator, "cv_results_")


@pytest.mark.parametrize("name", NAMES)
def test_a_single_label(name):
    model = quick(loss=name, max_iter=200).fit(X, np.full(len(X), 3.0))
    assert_allclose(model.predict(X), 3.0, atol=0.01)
