"""Training with losses that take the last hidden layer's output, of two stages among them."""

import copy
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch.callbacks import Callback
from sklearn.model_selection import GridSearchCV

from sklearn_gar import GARRegressor, GARRegressorCV, losses
from sklearn_gar.losses.latent import functional as L
from tests.data import PLAIN, smooth_table

# an odd number of rows: see tests/test_regressor.py
X, y = smooth_table(61, seed=1)
ONE_BATCH, MANY_BATCHES = {"batch_size": 1000}, {"batch_size": 15}
NAMES = ["conr", "ranksim", "rnc"]
# by default it ranks and hardly predicts, which is what the paper found
MODERATE = {"ranksim": losses.RankSimLoss(gamma=0.02)}

each_name = pytest.mark.parametrize("name", NAMES)
each_solver = pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
one_or_many_batches = pytest.mark.parametrize(
    "batches", [ONE_BATCH, MANY_BATCHES], ids=["one batch", "many batches"])


def quick(**settings):
    defaults = {"hidden_layer_sizes": (6, 4), "n_estimators": 2, "max_iter": 10,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


class Recorder(Callback):
    """Remembers the weights of all networks before training and after each epoch."""

    def on_train_begin(self, net, **kwargs):
        self.weights_ = [weights_of(net)]

    def on_epoch_end(self, net, **kwargs):
        self.weights_.append(weights_of(net))


def weights_of(net):
    return [parameter.detach().clone().numpy() for parameter in net.module_.parameters()]


def recorded(model):
    return next(callback for _, callback in model.net_.callbacks_
                if isinstance(callback, Recorder)).weights_


def standardised(columns):
    columns = columns.reshape(len(columns), -1)
    return torch.tensor((columns - columns.mean(0)) / columns.std(0))


OPTIMIZERS = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.02, weight_decay=0.01),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.02, weight_decay=0.01),
    "sgd": lambda parameters: torch.optim.SGD(
        parameters, lr=0.02, momentum=0.9, weight_decay=0.01),
}


def train_by_hand(network, solver, loss, n_epochs, parameters=None):
    """Train with torch's own autograd and optimiser on the whole table; the loss's values."""
    features, targets = standardised(X), standardised(y)
    optimizer = OPTIMIZERS[solver](parameters or network.parameters())
    values = []
    for _ in range(n_epochs):
        hidden = network.features(features)
        value = loss(network.output(hidden), targets, features=hidden)
        optimizer.zero_grad()
        value.sum().backward()
        optimizer.step()
        values.append(value.mean().item())
    return values


def fit_as_by_hand(**settings):
    """A model with the settings of training by hand; its one batch is in any order."""
    return quick(weight_decay=0.01, lr_schedule="constant", callbacks=[Recorder()],
                 **settings, **ONE_BATCH).fit(X, y)


def untrained(model):
    network = copy.deepcopy(model.net_.module_)
    with torch.no_grad():
        for parameter, first in zip(network.parameters(), recorded(model)[0]):
            parameter.copy_(torch.from_numpy(first))
    return network


def assert_same_weights(model, network):
    for ours, theirs in zip(weights_of(model.net_), network.parameters()):
        assert_allclose(ours, theirs.detach().numpy(), rtol=1e-6, atol=1e-8)


# what is trained


@each_solver
@pytest.mark.parametrize("name, loss", [
    ("conr", L.conr_loss), ("ranksim", L.ranksim_loss)])
def test_a_loss_trains_as_by_hand(name, loss, solver):
    model = fit_as_by_hand(loss=name, solver=solver)
    network = untrained(model)
    values = train_by_hand(network, solver, loss, 10)
    assert_same_weights(model, network)
    assert_allclose(model.loss_curve_, values, rtol=1e-6)


@each_solver
@pytest.mark.parametrize("max_iter, n_first", [(10, 5), (5, 2), (2, 1), (1, 0)])
def test_rnc_trains_in_two_stages_as_by_hand(solver, max_iter, n_first):
    model = fit_as_by_hand(loss="rnc", solver=solver, max_iter=max_iter)
    network = untrained(model)
    body = list(network.parameters())[:-2]
    values = train_by_hand(network, solver, L.rnc_loss, n_first, body)

    def absolute_error(prediction, target, features):
        return (prediction - target).abs().mean((-2, -1))
    values += train_by_hand(network, solver, absolute_error, max_iter - n_first)
    assert_same_weights(model, network)
    assert_allclose(model.loss_curve_, values, rtol=1e-6)


@each_solver
@one_or_many_batches
def test_pretraining_leaves_the_output_layer_alone(solver, batches):
    model = quick(loss="rnc", solver=solver, weight_decay=0.1, callbacks=[Recorder()], **batches)
    weights = recorded(model.fit(X, y))
    for epoch in range(1, 6):
        for layer, (first, now) in enumerate(zip(weights[0], weights[epoch])):
            assert np.array_equal(first, now) == (layer >= 4)
    for first, now in zip(weights[0], weights[6]):
        assert not np.array_equal(first, now)


@pytest.mark.parametrize("loss", ["conr", MODERATE["ranksim"], "rnc"], ids=str)
@each_solver
@one_or_many_batches
def test_learns_more_than_the_mean(loss, solver, batches):
    X, y = smooth_table(120, seed=1)
    model = quick(loss=loss, solver=solver, max_iter=80, **batches).fit(X[:90], y[:90])
    prediction = model.predict(X[90:])
    assert np.corrcoef(prediction, y[90:])[0, 1] > 0.8
    assert model.score(X[90:], y[90:]) > 0.3


@pytest.mark.parametrize("loss", ["conr", MODERATE["ranksim"], "rnc"], ids=str)
def test_learns_with_the_default_network(loss):
    X, y = smooth_table(300, seed=1)
    model = GARRegressor(loss=loss, n_estimators=2, max_iter=30, random_state=0)
    assert model.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.5


@pytest.mark.parametrize("name, module", [
    ("conr", losses.ConRLoss()), ("ranksim", losses.RankSimLoss()), ("rnc", losses.RNCLoss())])
@one_or_many_batches
@pytest.mark.parametrize("n_targets", [None, 2])
def test_a_module_trains_as_its_name_does(name, module, batches, n_targets):
    X, y = smooth_table(61, n_targets=n_targets)
    before = pickle.dumps(module)
    expected = quick(loss=name, **batches).fit(X, y).predict(X)
    assert_array_equal(quick(loss=module, **batches).fit(X, y).predict(X), expected)
    assert pickle.dumps(module) == before


@pytest.mark.parametrize("module", [
    losses.ConRLoss(beta=4.0), losses.ConRLoss(window=0.2), losses.ConRLoss(temperature=1.0),
    losses.RankSimLoss(gamma=1.0), losses.RankSimLoss(interpolation=0.5),
    losses.RNCLoss(temperature=0.5)], ids=repr)
def test_settings_count(module):
    default = quick(loss=type(module)()).fit(X, y).predict(X)
    assert not np.allclose(quick(loss=module).fit(X, y).predict(X), default, rtol=1e-4)


@pytest.mark.parametrize("make, settings", [
    (lambda each: losses.ConRLoss(beta=each), (0.2, 4.0)),
    (lambda each: losses.RankSimLoss(gamma=each), (1.0, 100.0)),
    (lambda each: losses.RankSimLoss(interpolation=each), (0.5, 2.0)),
    (lambda each: losses.RNCLoss(temperature=each), (1.0, 4.0))])
def test_settings_of_each_network(make, settings):
    together = quick(loss=make(torch.tensor(settings)), max_iter=6).fit(X, y)
    for member, setting in enumerate(settings):
        alone = quick(loss=make(setting), max_iter=6).fit(X, y)
        for ours, theirs in zip(weights_of(together.net_), weights_of(alone.net_)):
            assert_allclose(ours[member], theirs[member], rtol=1e-6, atol=1e-9)


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
def test_halving_lets_candidates_of_these_losses_go(name):
    search = GARRegressorCV(alphas=(1.0,), learning_rates=(0.001, 0.01, 0.1), cv=2, max_iter=18,
                            hidden_layer_sizes=(6,), loss=name, halving=True, random_state=0,
                            early_stopping=False)
    if name == "rnc":
        with pytest.raises(ValueError, match="halving=True judges .*loss='rnc'.*halving=False"):
            search.fit(X, y)
    else:
        n_iter = search.fit(X, y).cv_results_["n_iter"]
        assert n_iter.min() < 18 and n_iter.max() == 18


# validation


@each_name
@pytest.mark.parametrize("weighted", [False, True])
def test_validation_is_by_the_absolute_error(name, weighted):
    weight = np.random.RandomState(0).uniform(0.1, 3, size=21) if weighted else None
    model = quick(loss=name, learning_rate=0.1, max_iter=20, callbacks=[Recorder()])
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


# one call after another


def test_partial_fit_of_rnc_is_all_second_stage():
    rnc, absolute = (quick(loss=name) for name in ("rnc", "absolute_error"))
    for _ in range(3):
        assert_array_equal(rnc.partial_fit(X, y).predict(X),
                           absolute.partial_fit(X, y).predict(X))


def test_warm_start_of_rnc_goes_through_both_stages_again():
    model = quick(loss="rnc", warm_start=True, callbacks=[Recorder()]).fit(X, y)
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


# losses of one's own, and errors


class Shrinking(torch.nn.Module):
    """Squared error and the mean square of the features."""

    takes_features = True

    def forward(self, input, target, weight=None, *, features):
        return self.validation_loss(input, target) + features.square().mean((-2, -1))

    @staticmethod
    def validation_loss(input, target, weight=None):
        return (input - target).square().mean((-2, -1))


@each_solver
def test_a_loss_of_ones_own_over_features(solver):
    model = fit_as_by_hand(loss=Shrinking(), solver=solver)
    network = untrained(model)
    values = train_by_hand(network, solver, Shrinking(), 10)
    assert_same_weights(model, network)
    assert_allclose(model.loss_curve_, values, rtol=1e-6)
    model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert np.isfinite(model.validation_loss_curve_).all()


class Unscored(Shrinking):
    validation_loss = property()


def test_a_loss_over_features_scores_predictions():
    with pytest.raises(ValueError, match="takes features.*must have a method validation_loss"):
        quick(loss=Unscored()).fit(X, y)


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
