"""GARRegressor: what it learns, how fit, partial_fit and warm_start follow one another."""

import copy
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch.callbacks import Callback
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor, losses
from sklearn_gar.losses import GARLoss, HuberLoss
from tests.data import PLAIN, smooth_table

# batches of odd length: where as many errors are above zero as below, the gradient of the
# absolute error in the last bias is rounding alone, which Adam makes a full step
ONE_BATCH, MANY_BATCHES = {"batch_size": 1000}, {"batch_size": 15}
SHIFT_INVARIANT = {"pairwise_difference", "normalized_pairwise_difference"}

each_loss = pytest.mark.parametrize("loss", sorted(losses.LOSSES))
# tests/test_losses_over_features.py has what others learn
each_loss_of_predictions = pytest.mark.parametrize(
    "loss", [name for name, kind in losses.LOSSES.items() if not hasattr(kind, "takes_features")])
each_solver = pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
one_or_many_batches = pytest.mark.parametrize(
    "batches", [ONE_BATCH, MANY_BATCHES], ids=["one batch", "many batches"])


def quick(**settings):
    """A small estimator, trained in a moment; `settings` go first."""
    defaults = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


def fitted_state(model):
    """What a fitted model knows, in bytes or arrays that can be compared."""
    return {name: value for name, value in vars(model).items()
            if name.endswith("_") and isinstance(value, (int, np.ndarray))}


def assert_same_state(model, state):
    found = fitted_state(model)
    assert set(found) == set(state)
    for name, value in state.items():
        assert_array_equal(found[name], value, err_msg=name)


def r2(model, X, y):
    return 1 - np.mean((model.predict(X) - y) ** 2) / np.var(y)


# what is learned


@pytest.mark.parametrize("batch_size", [16, 1000])
@pytest.mark.parametrize("loss", ["gar", "squared_error", "conr"])
def test_rows_of_next_to_no_weight_count_as_of_none(loss, batch_size):
    X, y = smooth_table(200)
    weight = np.full(200, 1e-45)
    weight[::5] = 1
    settings = {"loss": loss, "batch_size": batch_size, "early_stopping": True}
    found = quick(**settings).fit(X, y, weight).predict(X)
    assert_array_equal(found, quick(**settings).fit(X[::5], y[::5], weight[::5]).predict(X))


@pytest.mark.parametrize("loss", [torch.nn.L1Loss(), torch.nn.MSELoss()], ids=repr)
@pytest.mark.parametrize("early_stopping", [True, False])
def test_repeated_rows_need_no_weights(loss, early_stopping):
    X, y = smooth_table(60)
    X, y = np.vstack((X, X[:9])), np.r_[y, y[:9]]
    settings = {"loss": loss, "early_stopping": early_stopping, "batch_size": 100}
    model = quick(**settings, max_iter=100).fit(X, y)
    assert r2(model, X, y) > 0.5
    order = np.random.RandomState(0).permutation(69)
    assert_array_equal(quick(**settings).fit(X[order], y[order]).predict(X),
                       quick(**settings).fit(X, y).predict(X))


@pytest.mark.parametrize("make_modes", [
    torch.inference_mode, torch.no_grad, lambda: torch.autocast("cpu"),
    lambda: torch.device("meta")], ids=["inference", "no_grad", "autocast", "device"])
@pytest.mark.parametrize("loss", ["gar", "squared_error", "rnc"])
def test_modes_of_torch_around_change_nothing(loss, make_modes):
    X, y = smooth_table(60)
    settings = {"loss": loss, "batch_size": 16, "blend": "ridge", "early_stopping": True}
    expected = quick(**settings).fit(X, y)
    with make_modes():
        found = quick(**settings).fit(X, y)
        prediction = found.predict(X)
        again = found.partial_fit if loss == "gar" else found.fit
        found.set_params(early_stopping="auto")
        again(X, y)
    assert_array_equal(prediction, expected.predict(X))


@pytest.mark.parametrize("made", [
    lambda loss: loss.mean(), lambda loss: loss[:1], lambda loss: loss[:, None]])
def test_a_loss_of_another_shape_is_refused(made):
    class Odd(torch.nn.Module):
        def forward(self, input, target, weight=None):
            return made((input - target).abs().mean((-2, -1)))

    X, y = smooth_table(60)
    with pytest.raises(ValueError, match=r"must return one value a network, shape \(2,\), got"):
        quick(loss=Odd()).fit(X, y)


def test_a_setting_for_each_network():
    X, y = smooth_table(60)
    model = quick(loss=GARLoss(torch.tensor([1.0, 5.0]))).fit(X, y)
    alone = [quick(alpha=alpha).fit(X, y).net_ for alpha in (1.0, 5.0)]
    rows = torch.zeros(1, 3, dtype=torch.float64)
    assert_allclose(model.net_.predict_members(rows), torch.stack(
        [net.predict_members(rows)[member] for member, net in enumerate(alone)]), rtol=1e-6)
    with pytest.raises(ValueError, match="loss must have one alpha or one a network, 3, got 2 in"):
        quick(loss=GARLoss(torch.tensor([1.0, 2.0])), n_estimators=3).fit(X, y)
    with pytest.raises(ValueError, match="has a setting for each; pass blend=None"):
        quick(loss=GARLoss(torch.tensor([1.0, 2.0])), blend="ridge", early_stopping=True
              ).fit(X, y)
    # validated by the absolute error, whatever its settings
    model = quick(loss=losses.ConRLoss(torch.tensor([1.0, 2.0])), blend="ridge",
                  early_stopping=True).fit(X, y)
    assert np.isfinite(model.ridge_share_).all()


@each_loss_of_predictions
@each_solver
@one_or_many_batches
def test_every_loss_learns_more_than_the_mean(loss, solver, batches):
    X, y = smooth_table(120, seed=1)
    model = quick(loss=loss, solver=solver, max_iter=60, **batches).fit(X[:90], y[:90])
    prediction = model.predict(X[90:])
    assert np.corrcoef(prediction, y[90:])[0, 1] > 0.8
    if loss not in SHIFT_INVARIANT:  # those leave the level, or level and scale, open
        assert r2(model, X[90:], y[90:]) > 0.3


@pytest.mark.parametrize("activation", ["elu", "identity", "logistic", "relu", "tanh"])
@pytest.mark.parametrize("lr_schedule", ["constant", "cosine", "step"])
def test_every_activation_and_schedule_learns(activation, lr_schedule):
    X, y = smooth_table(120, seed=1)
    model = quick(activation=activation, lr_schedule=lr_schedule, max_iter=120)
    assert r2(model.fit(X[:90], y[:90]), X[90:], y[90:]) > 0.5


@each_loss_of_predictions
def test_loss_curve_falls_and_ends_at_the_loss_of_the_model(loss):
    X, y = smooth_table()
    model = quick(loss=loss, n_estimators=1, lr_schedule="step", max_iter=40).fit(X, y)
    assert model.loss_curve_.shape == (40,)
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    # the curve has the loss before each step; the last steps are a hundredth of the first
    prediction, target = (torch.tensor((values - y.mean()) / y.std())
                          for values in (model.predict(X), y))
    module = losses.GARLoss(10.0) if loss == "gar" else losses.LOSSES[loss]()
    assert model.loss_curve_[-1] == pytest.approx(module(prediction, target).item(), rel=0.02)


@pytest.mark.parametrize("n_targets", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_linear_network_recovers_least_squares(n_targets, weighted, solver):
    X, y = smooth_table(40, n_targets=n_targets, noise=2.0)
    weight = np.random.RandomState(1).uniform(0.2, 3, size=40) if weighted else None
    model = quick(loss="squared_error", hidden_layer_sizes=(), weight_decay=0, solver=solver,
                  learning_rate=0.1, max_iter=400)
    model.fit(X, y, sample_weight=weight)
    root = np.sqrt(np.ones(40) if weight is None else weight)
    columns = np.column_stack([X, np.ones(40)]) * root[:, None]
    solution = np.linalg.lstsq(columns, (y.T * root).T, rcond=None)[0]
    assert_allclose(model.predict(X), np.column_stack([X, np.ones(40)]) @ solution, rtol=1e-6)


def test_alpha_infinity_is_the_limit():
    X, y = smooth_table()
    far, limit = (quick(alpha=alpha).fit(X, y).predict(X) for alpha in (1e9, float("inf")))
    assert_allclose(far, limit, rtol=1e-6)
    assert not np.allclose(quick(alpha=0.1).fit(X, y).predict(X), limit, rtol=1e-3)


@pytest.mark.parametrize("name, module", [
    ("gar", losses.GARLoss(10.0)),
    ("huber", losses.HuberLoss(1.0)),
    ("huber", torch.nn.SmoothL1Loss()),
    ("squared_error", torch.nn.MSELoss()),
    ("absolute_error", torch.nn.L1Loss()),
    ("mae_pearson", losses.MAEPearsonLoss()),
])
@one_or_many_batches
def test_a_module_trains_as_its_name_does(name, module, batches):
    X, y = smooth_table(n_targets=2)
    by_name = quick(loss=name, max_iter=5, **batches).fit(X, y).predict(X)
    by_module = quick(loss=module, max_iter=5, **batches).fit(X, y).predict(X)
    assert_allclose(by_module, by_name, rtol=1e-5)


@pytest.mark.parametrize("module", [losses.HuberLoss(delta=0.5), torch.nn.SmoothL1Loss()],
                         ids=repr)
def test_parameters_of_a_loss_module_count_and_it_is_not_changed(module):
    X, y = smooth_table()
    before = pickle.dumps(module)
    model = quick(loss=module).fit(X, y)
    assert model.loss is module
    assert pickle.dumps(module) == before
    assert not np.array_equal(model.predict(X), quick(loss="squared_error").fit(X, y).predict(X))


def test_delta_is_in_units_of_the_scaled_target():
    X, y = smooth_table()
    one, other = (quick(loss=losses.HuberLoss(delta=0.5)).fit(X, scale * y).predict(X) / scale
                  for scale in (1.0, 1000.0))
    assert_allclose(one, other, rtol=1e-6)


# scaling


@pytest.mark.parametrize("factor, shift", [(1e-12, 0.0), (1e12, 1e12), (-3.0, 7.0), (1.0, 1e5)])
@one_or_many_batches
def test_units_of_features_do_not_matter(factor, shift, batches):
    X, y = smooth_table()
    model = quick(**batches).fit(X, y)
    other = quick(**batches).fit(factor * X + shift, y)
    if factor < 0:  # standardised features change their sign
        assert np.corrcoef(model.predict(X), other.predict(factor * X + shift))[0, 1] > 0.9
    else:
        assert_allclose(other.predict(factor * X + shift), model.predict(X), rtol=1e-3)


@pytest.mark.parametrize("factor, shift", [(1e-15, 0.0), (1e15, 1e15), (1.0, 1e6), (1e100, 0)])
@one_or_many_batches
def test_units_of_targets_are_those_of_predictions(factor, shift, batches):
    X, y = smooth_table()
    expected = factor * quick(**batches).fit(X, y).predict(X) + shift
    result = quick(**batches).fit(X, factor * y + shift).predict(X)
    assert_allclose(result, expected, rtol=1e-3)


@one_or_many_batches
def test_inner_scaling_equals_scaling_outside(batches):
    X, y = smooth_table(n_targets=2)
    inside = quick(**batches).fit(X, y)
    plain = quick(scale_features=False, scale_target=False, **batches)
    outside = TransformedTargetRegressor(make_pipeline(StandardScaler(), plain),
                                         transformer=StandardScaler()).fit(X, y)
    assert_allclose(inside.predict(X), outside.predict(X), rtol=1e-5)


@pytest.mark.parametrize("scale_features, scale_target", [(True, False), (False, True)])
def test_each_scaling_is_switched_alone(scale_features, scale_target):
    X, y = smooth_table()
    half = quick(scale_features=scale_features, scale_target=scale_target)
    plain = quick(scale_features=False, scale_target=False)
    if scale_features:
        outside = make_pipeline(StandardScaler(), plain)
    else:
        outside = TransformedTargetRegressor(plain, transformer=StandardScaler())
    assert_allclose(half.fit(X, y).predict(X), outside.fit(X, y).predict(X), rtol=1e-8)


def test_scaling_follows_the_weights():
    X, y = smooth_table()
    weight = np.random.RandomState(0).uniform(0.1, 5, size=len(X))
    plain = quick(scale_features=False, scale_target=False)
    features = StandardScaler().fit(X, sample_weight=weight)
    target = StandardScaler().fit(y[:, None], sample_weight=weight)
    plain.fit(features.transform(X), target.transform(y[:, None])[:, 0], weight)
    expected = target.inverse_transform(plain.predict(features.transform(X))[:, None])[:, 0]
    assert_allclose(quick().fit(X, y, weight).predict(X), expected, rtol=1e-8)


@pytest.mark.parametrize("loss", ["gar", "squared_error"])
@one_or_many_batches
def test_constant_targets_are_predicted(loss, batches):
    X, _ = smooth_table()
    prediction = quick(loss=loss, max_iter=200, **batches).fit(X, np.full(len(X), 5.0)).predict(X)
    assert_allclose(prediction, 5.0, atol=0.3)


def test_constant_feature_is_harmless():
    X, y = smooth_table(n_features=2)
    model = quick(max_iter=100).fit(np.column_stack([X, np.full(len(X), 7.0)]), y)
    assert r2(model, np.column_stack([X, np.full(len(X), 7.0)]), y) > 0.5


# the stack


def stack_predictions(model, X_train, y_train, X):
    """Predictions (m, n) of the single networks, scaled and unscaled by hand."""
    dtype = next(model.net_.module_.parameters()).dtype
    rows = torch.tensor((X - X_train.mean(0)) / X_train.std(0), dtype=dtype)
    with torch.no_grad():
        prediction = model.net_.module_(rows)[..., 0].numpy()
    return prediction.astype(float) * y_train.std() + y_train.mean()


@one_or_many_batches
def test_prediction_is_the_mean_of_the_networks(batches):
    X, y = smooth_table()
    model = quick(n_estimators=5, **batches).fit(X, y)
    networks = stack_predictions(model, X, y, X)
    assert networks.shape == (5, len(X))
    assert np.min(np.std(networks, axis=0)) > 0
    assert_allclose(model.predict(X), networks.mean(0), rtol=1e-5)


@pytest.mark.parametrize("loss", ["gar", "squared_error", "mae_pearson"])
@each_solver
@one_or_many_batches
@pytest.mark.parametrize("weighted", [False, True])
def test_first_network_is_the_same_in_any_stack(loss, solver, batches, weighted):
    X, y = smooth_table(45)
    weight = np.arange(1.0, 46.0) if weighted else None
    settings = {"loss": loss, "solver": solver, "max_iter": 10, **batches}
    stack, alone = (quick(n_estimators=n, **settings).fit(X, y, weight) for n in (3, 1))
    if weighted:
        parameters = [zip(*(model.net_.module_.parameters() for model in (stack, alone)))]
        for beside, single in parameters[0]:
            assert_allclose(beside[:1].detach(), single.detach(), rtol=1e-3, atol=1e-5)
    else:
        (single,) = stack_predictions(alone, X, y, X)
        assert_allclose(single, alone.predict(X), rtol=1e-6)
        assert_allclose(stack_predictions(stack, X, y, X)[0], single, rtol=1e-4)


def test_networks_differ_in_first_weights_and_in_orders():
    X, y = smooth_table()
    model = quick(n_estimators=2, learning_rate=1e-9, max_iter=1).fit(X, y)
    for parameter in model.net_.module_.parameters():
        assert not torch.equal(parameter[0], parameter[1])
    orders = quick(n_estimators=2, batch_size=8, max_iter=1, callbacks=[Listener()]).fit(X, y)
    batches = [batch for batch, _ in listener(orders).batches_]
    assert not torch.equal(batches[0][0], batches[0][1])


class Listener(Callback):
    """Remembers batches of features and learning rates."""

    def on_train_begin(self, net, **kwargs):
        self.batches_ = []

    def on_batch_end(self, net, batch, training, **kwargs):
        if training:
            rate = net.optimizer_.param_groups[0]["lr"]
            self.batches_.append((batch[0].clone(), rate))


def listener(model):
    return next(callback for _, callback in model.net_.callbacks_
                if isinstance(callback, Listener))


@pytest.mark.parametrize("lr_schedule, rates", [
    ("constant", [1, 1, 1, 1, 1, 1, 1, 1]),
    ("step", [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]),
    ("cosine", [(1 + np.cos(np.pi * epoch / 8)) / 2 for epoch in range(8)]),
])
@one_or_many_batches
def test_learning_rate_of_each_epoch(lr_schedule, rates, batches):
    X, y = smooth_table(40)
    model = quick(lr_schedule=lr_schedule, learning_rate=0.02, max_iter=8,
                  callbacks=[Listener()], **batches).fit(X, y)
    seen = [rate for _, rate in listener(model).batches_]
    n_batches = len(seen) // 8
    assert n_batches == (1 if batches is ONE_BATCH else 2)
    assert_allclose(seen[::n_batches], 0.02 * np.array(rates), rtol=1e-6)


# the network


@pytest.mark.parametrize("n_rows, early_stopping, n_batches, n_epochs", [
    (128, False, 1, 400), (512, False, 4, 375), (520, False, 4, 375), (512, "auto", 3, 400),
    (1280, False, 10, 150), (12800, False, 100, 20)])
def test_auto_makes_1500_batches_of_128(n_rows, early_stopping, n_batches, n_epochs):
    X, y = smooth_table(n_rows)
    model = quick(batch_size="auto", max_iter="auto", early_stopping=early_stopping,
                  n_iter_no_change=None, hidden_layer_sizes=(1,), n_estimators=1).fit(X, y)
    assert model.n_iter_ == n_epochs
    assert model.net_.n_steps_ == n_epochs * n_batches
    assert model.net_.batch_size == 128


@pytest.mark.parametrize("n_rows, fraction, splits", [
    (20, 0.05, False), (21, 0.05, True), (10, 0.1, False), (11, 0.1, True), (3, 0.5, False),
    (4, 0.5, True)])
def test_auto_holds_out_two_rows_or_none(n_rows, fraction, splits):
    X, y = smooth_table(n_rows)
    model = quick(early_stopping="auto", validation_fraction=fraction, max_iter=2).fit(X, y)
    assert hasattr(model, "validation_loss_curve_") == splits


@pytest.mark.parametrize("n_rows, n_held_out", [
    (11, 3), (100, 20), (300, 60), (301, 60), (1000, 60), (1200, 60), (1201, 61), (4000, 200)])
def test_auto_holds_out_sixty_rows_but_from_a_twentieth_to_a_fifth(n_rows, n_held_out):
    X, y = smooth_table(n_rows)
    rows = []

    class Rows(Callback):
        def on_train_begin(self, net, X=None, **kwargs):
            rows.extend(X.validation.rows)

    quick(early_stopping="auto", max_iter=1, callbacks=[Rows()]).fit(X, y)
    assert [len(held_out) for held_out in rows] == [n_held_out] * 2


def test_networks_hold_out_rows_of_their_own_and_see_all_together():
    X, y = smooth_table(60)
    model = quick(early_stopping=True, n_estimators=8, validation_fraction=0.2, max_iter=1)
    seen = []

    class Rows(Callback):
        def on_train_begin(self, net, X=None, **kwargs):
            seen.extend(zip(X.rows, X.validation.rows))

    model.set_params(callbacks=[Rows()]).fit(X, y)
    assert len(seen) == 8
    for train, held_out in seen:
        assert sorted(torch.cat((train, held_out)).tolist()) == list(range(60))
        assert len(held_out) == 12
    assert len({tuple(held_out.tolist()) for _, held_out in seen}) == 8
    assert set(torch.cat([train for train, _ in seen]).tolist()) == set(range(60))


@pytest.mark.parametrize("sizes", [5, (5,), [5], np.array([5]), np.int64(5)], ids=repr)
def test_hidden_layer_sizes_in_any_form(sizes):
    X, y = smooth_table()
    assert_array_equal(quick(hidden_layer_sizes=sizes).fit(X, y).predict(X),
                       quick(hidden_layer_sizes=(5,)).fit(X, y).predict(X))


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")], ids=repr)
def test_device_in_any_form(device):
    X, y = smooth_table()
    assert_array_equal(quick(device=device).fit(X, y).predict(X), quick().fit(X, y).predict(X))


# shapes and types of data


@pytest.mark.parametrize("n_targets", [None, 1, 3])
@one_or_many_batches
def test_predictions_have_the_shape_of_the_targets(n_targets, batches):
    X, y = smooth_table(n_targets=n_targets)
    model = quick(**batches).fit(X, y)
    prediction = model.predict(X[:7])
    assert prediction.shape == y[:7].shape
    assert prediction.dtype == np.float64
    assert model.n_outputs_ == (n_targets or 1)
    assert model.n_features_in_ == 3
    assert isinstance(model.score(X, y), float)


def test_a_column_of_targets_is_a_vector_of_targets():
    X, y = smooth_table()
    assert_array_equal(quick().fit(X, y[:, None]).predict(X)[:, 0], quick().fit(X, y).predict(X))


@one_or_many_batches
def test_targets_are_learned_together(batches):
    X, y = smooth_table(150, n_targets=3)
    y *= [1.0, 1e6, 1e-6]
    prediction = quick(hidden_layer_sizes=(16,), max_iter=150, **batches).fit(X, y).predict(X)
    assert np.all(np.mean((prediction - y) ** 2, axis=0) < 0.3 * np.var(y, axis=0))


@pytest.mark.parametrize("change", [
    lambda X, y: (X.tolist(), y.tolist()),
    lambda X, y: (np.asfortranarray(X), y),
    lambda X, y: (np.repeat(X, 2, axis=0)[::2], np.repeat(y, 2)[::2]),
    lambda X, y: (X[::-1][::-1], y[::-1][::-1]),
    lambda X, y: (X.astype(object), y.astype(object)),
    lambda X, y: (X.astype(">f8"), y.astype(">f8")),
    lambda X, y: (X.astype(np.int64), y.astype(np.int32)),
    lambda X, y: (torch.tensor(X), torch.tensor(y)),
], ids=["lists", "columns first", "strided", "reversed", "objects", "big-endian", "integers",
        "tensors"])
@one_or_many_batches
def test_layout_of_the_data_does_not_matter(change, batches):
    X, y = (values.round() for values in smooth_table())
    expected = quick(**batches).fit(X, y).predict(X)
    X_changed, y_changed = change(X, y)
    model = quick(**batches).fit(X_changed, y_changed)
    assert_array_equal(model.predict(X_changed), expected)


@one_or_many_batches
def test_float32_and_float64_features_agree(batches):
    X, y = smooth_table()
    X = X.astype(np.float32)
    single, double = (quick(max_iter=4, **batches).fit(rows, y)
                      for rows in (X, X.astype(np.float64)))
    assert_allclose(single.predict(X), double.predict(X.astype(np.float64)), rtol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
@one_or_many_batches
def test_data_and_parameters_are_left_as_found(weighted, batches):
    X, y = smooth_table(n_targets=2)
    weight = np.arange(float(len(X))) if weighted else None
    held_out = (X[:10].copy(), y[:10].copy())
    arrays = [array for array in (X, y, weight, *held_out) if array is not None]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    model = quick(**batches)
    parameters = model.get_params()
    assert model.fit(X, y, weight, X_val=held_out[0], y_val=held_out[1]) is model
    assert model.partial_fit(X, y, weight) is model
    model.predict(X)
    for array, before in zip(arrays, copies):
        assert_array_equal(array, before)
    assert model.get_params() == parameters


def test_predictions_of_a_row_do_not_depend_on_the_others():
    X, y = smooth_table(200)
    model = quick(**MANY_BATCHES).fit(X, y)
    assert_allclose(model.predict(X), np.concatenate([model.predict(row[None]) for row in X]),
                    rtol=1e-6)


def test_large_tables_are_predicted_in_pieces_of_any_size():
    X, y = smooth_table(40)
    model = GARRegressor(max_iter=2, random_state=0).fit(X, y)
    many = np.tile(X, (1000, 1))
    assert_allclose(model.predict(many).reshape(1000, 40),
                    np.tile(model.predict(X), (1000, 1)), rtol=1e-6)


# weights


def repeats(n_rows):
    return np.random.RandomState(3).randint(1, 4, size=n_rows)


@each_loss
@each_solver
@pytest.mark.parametrize("n_targets", [None, 2])
def test_integer_weights_equal_repeated_rows_on_one_batch(loss, solver, n_targets):
    X, y = smooth_table(30, n_targets=n_targets)
    times = repeats(30)
    model = quick(loss=loss, solver=solver, **ONE_BATCH)
    weighted = clone(model).fit(X, y, sample_weight=times)
    repeated = clone(model).fit(np.repeat(X, times, axis=0), np.repeat(y, times, axis=0))
    assert_array_equal(weighted.predict(X), repeated.predict(X))


def test_integer_weights_equal_repeated_rows_that_are_shuffled():
    X, y = smooth_table(30)
    rows = np.random.RandomState(0).permutation(np.repeat(np.arange(30), repeats(30)))
    weighted = quick(**ONE_BATCH).fit(X, y, sample_weight=repeats(30))
    assert_array_equal(weighted.predict(X), quick(**ONE_BATCH).fit(X[rows], y[rows]).predict(X))


@each_loss
@one_or_many_batches
def test_rows_of_weight_zero_are_no_rows(loss, batches):
    X, y = smooth_table(60, n_targets=2)
    counts = np.random.RandomState(0).uniform(size=60) < 0.6
    weight = np.where(counts, np.random.RandomState(1).uniform(0.5, 2, size=60), 0)
    model = quick(loss=loss, **batches)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    removed = clone(model).fit(X[counts], y[counts], sample_weight=weight[counts])
    assert_array_equal(weighted.predict(X), removed.predict(X))


@one_or_many_batches
def test_weights_of_zero_and_one_equal_the_rows_of_one(batches):
    X, y = smooth_table(60)
    counts = np.random.RandomState(0).uniform(size=60) < 0.6
    weighted = quick(**batches).fit(X, y, sample_weight=counts.astype(float))
    assert_allclose(weighted.predict(X), quick(**batches).fit(X[counts], y[counts]).predict(X),
                    rtol=1e-4)


def test_rows_of_weight_zero_are_not_split_off_for_validation():
    X, y = smooth_table(60)
    counts = np.arange(60) % 2 == 0
    model = quick(early_stopping=True, validation_fraction=0.3)
    weighted = clone(model).fit(X, y, sample_weight=counts.astype(float))
    removed = clone(model).fit(X[counts], y[counts], sample_weight=np.ones(30))
    assert_array_equal(weighted.predict(X), removed.predict(X))


@one_or_many_batches
@pytest.mark.parametrize("factor", [0.5, 3.0, 1e-100, 1e20])
def test_weights_count_by_their_ratios(batches, factor):
    X, y = smooth_table()
    weight = np.random.RandomState(0).uniform(0.5, 2, size=len(X))
    one, other = (quick(**batches).fit(X, y, sample_weight=scale * weight).predict(X)
                  for scale in (1.0, factor))
    assert_allclose(one, other, rtol=1e-4)


@one_or_many_batches
def test_heavy_rows_are_fitted_better(batches):
    X, y = smooth_table(120, noise=3.0)
    heavy = np.arange(120) < 60
    y[~heavy] *= -1
    weight = np.where(heavy, 20.0, 1.0)
    prediction = quick(max_iter=80, **batches).fit(X, y, sample_weight=weight).predict(X)
    errors = np.abs(prediction - y)
    assert errors[heavy].mean() < errors[~heavy].mean() / 2


def test_a_number_as_weight_is_no_weight():
    X, y = smooth_table()
    assert_allclose(quick().fit(X, y, sample_weight=2.0).predict(X), quick().fit(X, y).predict(X),
                    rtol=1e-8)


def test_score_takes_weights():
    X, y = smooth_table()
    weight = np.arange(float(len(X)))
    model = quick().fit(X, y)
    errors = np.sum(weight * (model.predict(X) - y) ** 2)
    spread = np.sum(weight * (y - np.average(y, weights=weight)) ** 2)
    assert model.score(X, y, sample_weight=weight) == pytest.approx(1 - errors / spread)


# fit, warm_start, partial_fit


@one_or_many_batches
def test_fit_starts_afresh(batches):
    X, y = smooth_table()
    model = quick(**batches).fit(X, y)
    first, state = model.predict(X), fitted_state(model)
    model.fit(X[:, :2], y, X_val=X[:10, :2], y_val=y[:10])
    model.partial_fit(X[:, :2], y)
    model.fit(X, y)
    assert_array_equal(model.predict(X), first)
    assert_same_state(model, state)
    assert model.n_iter_ == 15 and model.loss_curve_.shape == (15,)


def test_a_random_state_instance_is_drawn_from():
    X, y = smooth_table()
    model = quick(random_state=np.random.RandomState(0))
    first, second = (model.fit(X, y).predict(X) for _ in range(2))
    assert not np.array_equal(first, second)
    again = quick(random_state=np.random.RandomState(0))
    assert_array_equal(again.fit(X, y).predict(X), first)
    assert not np.array_equal(quick(random_state=1).fit(X, y).predict(X),
                              quick(random_state=2).fit(X, y).predict(X))


@one_or_many_batches
def test_warm_start_goes_on(batches):
    X, y = smooth_table()
    model = quick(warm_start=True, lr_schedule="constant", learning_rate=0.005, **batches)
    cold = quick(lr_schedule="constant", learning_rate=0.005, **batches).fit(X, y)
    assert_array_equal(model.fit(X, y).predict(X), cold.predict(X))
    curves, scores = [model.loss_curve_], [r2(model, X, y)]
    for _ in range(3):
        model.fit(X, y)
        curves.append(model.loss_curve_)
        scores.append(r2(model, X, y))
        assert len(model.loss_curve_) == model.n_iter_
    for before, after in zip(curves, curves[1:]):
        assert after[-15] <= before[-1]
        assert after[-1] < before[-1]
    assert scores == sorted(scores)


def test_warm_start_keeps_the_scaling():
    X, y = smooth_table()
    model = quick(warm_start=True, learning_rate=0.005).fit(X, y)
    before = model.predict(X)
    # steps too small to tell: other rows must not change what the network means
    model.set_params(learning_rate=1e-12).fit(X + 100, 50 * y)
    assert_allclose(model.predict(X), before, rtol=1e-6)


def test_warm_start_with_validation_data_keeps_the_best_of_its_own_epochs():
    X, y = smooth_table()
    model = quick(warm_start=True).fit(X, y, X_val=X[:10], y_val=y[:10])
    model.fit(X, y, X_val=X[:10], y_val=y[:10])
    assert model.validation_loss_curve_.shape == (model.n_iter_,)
    assert r2(model, X, y) > 0.3


@pytest.mark.parametrize("change", [
    {"hidden_layer_sizes": (7,)},
    {"hidden_layer_sizes": (6, 6)},
    {"n_estimators": 3},
    {"scale_features": False},
    {"scale_target": False},
], ids=repr)
def test_warm_start_demands_the_same_network_and_scaling(change):
    X, y = smooth_table()
    model = quick(warm_start=True).fit(X, y)
    before = model.predict(X)
    (name,) = change
    with pytest.raises(ValueError, match=f"{name}|warm_start"):
        model.set_params(**change).fit(X, y)
    assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("change, message", [
    (lambda X, y: (X[:, :2], y), "2 features.*3 features"),
    (lambda X, y: (X, np.column_stack([y, y])), "target"),
    (lambda X, y: (X, y[:, None]), "target"),
])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_going_on_demands_the_same_shapes(method, change, message):
    X, y = smooth_table()
    model = quick(warm_start=True).fit(X, y)
    before, state = model.predict(X), fitted_state(model)
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(*change(X, y))
    assert_array_equal(model.predict(X), before)
    assert_same_state(model, state)


@one_or_many_batches
def test_partial_fit_learns_epoch_by_epoch(batches):
    X, y = smooth_table(90)
    model = quick(learning_rate=0.01, **batches)
    scores = []
    for _ in range(8):
        for _ in range(10):
            model.partial_fit(X, y)
        scores.append(r2(model, X, y))
    assert scores[-1] > 0.7
    assert scores[0] < scores[3] < scores[-1]
    assert len(model.loss_curve_) == model.n_iter_


def test_partial_fit_learns_from_a_stream():
    X, y = smooth_table(300)
    model = quick(learning_rate=0.01)
    for _ in range(20):
        for start in range(0, 300, 60):
            model.partial_fit(X[start:start + 60], y[start:start + 60])
    assert r2(model, X, y) > 0.7


@one_or_many_batches
def test_first_partial_fit_is_a_fit_of_one_epoch(batches):
    X, y = smooth_table()
    weight = repeats(len(X))
    model = quick(lr_schedule="constant", max_iter=1, **batches)
    assert_allclose(clone(model).partial_fit(X, y, weight).predict(X),
                    clone(model).fit(X, y, weight).predict(X), rtol=1e-5)


@each_solver
def test_epochs_of_partial_fit_are_those_of_fit_on_one_batch(solver):
    X, y = smooth_table(45)
    model = quick(lr_schedule="constant", max_iter=6, solver=solver, **ONE_BATCH)
    step_by_step = clone(model)
    for _ in range(6):
        step_by_step.partial_fit(X, y)
    assert_allclose(step_by_step.predict(X), model.fit(X, y).predict(X), rtol=1e-8)


def test_partial_fit_draws_a_new_order_in_every_call():
    X, y = smooth_table(40)
    model = quick(callbacks=[Listener()], n_estimators=1, **MANY_BATCHES)
    orders = []
    for _ in range(3):
        model.partial_fit(X, y)
        orders.append(listener(model).batches_[-2][0])
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[1], orders[2])


def test_partial_fit_takes_the_learning_rate_as_it_is():
    rates = []

    class Rates(Callback):
        def on_batch_end(self, net, training=None, **kwargs):
            rates.append(net.optimizer_.param_groups[0]["lr"])

    X, y = smooth_table(64)
    model = quick(batch_size=16, lr_schedule="cosine", callbacks=[Rates()])
    for rate in (0.01, 0.01, 0.002):
        model.set_params(learning_rate=rate).partial_fit(X, y)
    assert rates == [0.01] * 8 + [0.002] * 4


@pytest.mark.parametrize("changed", [
    {"n_estimators": 3}, {"alpha": 2.0}, {"loss": "huber", "solver": "sgd"},
    {"loss": HuberLoss(0.5)}, {"scale_features": True}, {"hidden_layer_sizes": 7}], ids=str)
def test_partial_fit_refuses_another_network(changed):
    X, y = smooth_table()
    model = quick().partial_fit(X, y)
    before = model.predict(X)
    told = ", ".join(f"{name}=.* after .*" for name in changed)
    if "n_estimators" in changed:
        told = "n_estimators=3 after 2"
    with pytest.raises(ValueError, match=f"must not change, got {told}; call fit"):
        model.set_params(**changed).partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)
    model.fit(X, y).partial_fit(X, y)


def test_partial_fit_goes_on_with_equal_values_of_other_types():
    X, y = smooth_table()
    model = quick(alpha=10.0, hidden_layer_sizes=(16,), scale_target=True).partial_fit(X, y)
    model.set_params(alpha=np.float32(10), hidden_layer_sizes=[np.int64(16)],
                     n_estimators=np.int64(model.n_estimators), scale_target=np.True_,
                     device=torch.device("cpu")).partial_fit(X, y)
    model = quick(loss=HuberLoss(0.5)).partial_fit(X, y)
    model.set_params(loss=HuberLoss(0.5)).partial_fit(X, y)
    model.set_params(loss=Quantile(0.5)).fit(X, y).partial_fit(X, y)
    pickle.loads(pickle.dumps(copy.deepcopy(model))).partial_fit(X, y)
    for other in (Quantile(0.9), Quantile(0.5, np.arange(2000) % 7)):
        with pytest.raises(ValueError, match="got loss=Quantile.* after Quantile"):
            model.set_params(loss=other).partial_fit(X, y)


class Anything:
    """An object whose words hold its address."""


class Quantile(torch.nn.Module):
    """A user's own loss, whose words do not tell its level."""

    def __init__(self, level, steps=np.arange(2000) % 8):
        super().__init__()
        self.level = level
        self.object, self.function = Anything(), smooth_table
        self.register_buffer("steps", torch.from_numpy(steps))

    def forward(self, input, target, weight=None):
        error = target - input
        return torch.maximum(self.level * error, (self.level - 1) * error).mean((-2, -1))


@pytest.mark.parametrize("batch_size", [np.int64(16), np.uint8(16)])
def test_batch_size_of_numpy(batch_size):
    X, y = smooth_table()
    expected = quick(batch_size=16).fit(X, y).predict(X)
    np.testing.assert_array_equal(quick(batch_size=batch_size).fit(X, y).predict(X), expected)


def test_partial_fit_goes_on_after_fit():
    X, y = smooth_table()
    model = quick(max_iter=100).fit(X, y)
    before = r2(model, X, y)
    model.set_params(learning_rate=1e-4).partial_fit(X, y)
    assert r2(model, X, y) > before - 0.05
    assert before > 0.7


@pytest.mark.parametrize("early_stopping", [False, True])
def test_partial_fit_goes_on_after_a_fit_with_validation_data(early_stopping):
    X, y = smooth_table()
    model = quick(max_iter=60, early_stopping=early_stopping).fit(X, y, X_val=X, y_val=y)
    before = r2(model, X, y)
    model.set_params(early_stopping=False)
    for _ in range(3):
        model.partial_fit(X, y)
    assert r2(model, X, y) > before - 0.1
    assert before > 0.5


def test_partial_fit_does_not_change_copies_made_before():
    X, y = smooth_table()
    model = quick().partial_fit(X, y)
    kept = copy.copy(model)
    before = kept.predict(X)
    model.partial_fit(X, y)
    assert_array_equal(kept.predict(X), before)


@pytest.mark.parametrize("settings, arguments", [
    ({"solver": "sgd", "learning_rate": 1e30}, {}),
    ({}, {"y": np.full(40, np.nan)}),
    ({}, {"sample_weight": np.full(40, -1.0)}),
    ({"alpha": -1.0}, {}),
    ({"device": "nowhere"}, {}),
    ({}, {"X_val": np.zeros((3, 2))}),
    ({"hidden_layer_sizes": (0,)}, {}),
], ids=["diverges", "NaN in y", "weights", "parameter", "device", "X_val", "sizes"])
def test_a_fit_that_fails_leaves_the_model_as_it_was(settings, arguments):
    X, y = smooth_table(40)
    model = quick().fit(X, y, X_val=X[:10], y_val=y[:10])
    before, state = model.predict(X), fitted_state(model)
    other = {"X": X[:, :2], "y": 1e6 * y, **arguments}
    with pytest.raises(ValueError):
        model.set_params(**settings).fit(**other)
    assert_same_state(model, state)
    assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("arguments", [
    {"y": np.full(40, np.nan)}, {"sample_weight": np.full(40, -1.0)}, {"X": np.zeros((40, 2))},
], ids=["NaN in y", "weights", "width"])
def test_a_partial_fit_that_fails_leaves_the_model_as_it_was(arguments):
    X, y = smooth_table(40)
    model = quick().partial_fit(X, y)
    before, state = model.predict(X), fitted_state(model)
    with pytest.raises(ValueError):
        model.partial_fit(**{"X": X, "y": y, **arguments})
    assert_same_state(model, state)
    assert_array_equal(model.predict(X), before)


def test_a_partial_fit_that_diverges_leaves_the_model_as_it_was():
    X, y = smooth_table(40)
    model = quick(solver="sgd", loss="squared_error").partial_fit(X, y)
    before, state = model.predict(X), fitted_state(model)
    with pytest.raises(ValueError, match="diverged.*learning_rate"):
        model.partial_fit(X, 1e200 * y)  # in units that the first call did not scale for
    assert_same_state(model, state)
    assert_array_equal(model.predict(X), before)


def test_unfitted_model_says_so():
    X, y = smooth_table()
    with pytest.raises(NotFittedError):
        quick().predict(X)
    with pytest.raises(NotFittedError):
        quick().score(X, y)


# tags and parameters


def test_first_parameter_alone_is_positional():
    assert GARRegressor(3.0).alpha == 3.0
    with pytest.raises(TypeError):
        GARRegressor(3.0, "gar")


def test_tags():
    tags = quick().__sklearn_tags__()
    assert tags.estimator_type == "regressor"
    assert tags.target_tags.multi_output
    assert not tags.input_tags.sparse
    assert not tags.input_tags.allow_nan


def test_clone_keeps_parameters_and_drops_the_fit():
    X, y = smooth_table()
    model = quick(loss=losses.HuberLoss(0.5), callbacks=[Listener()]).fit(X, y)
    copied = clone(model)
    assert not hasattr(copied, "net_")
    assert copied.get_params()["alpha"] == model.alpha
    assert copied.loss.delta == 0.5
    assert_array_equal(copied.fit(X, y).predict(X), model.predict(X))


def test_default_beats_a_line_on_curved_data():
    X, y = smooth_table(400, noise=0.05, seed=3)
    train, test = slice(0, 300), slice(300, None)
    line = LinearRegression().fit(X[train], y[train])
    model = GARRegressor(random_state=0).fit(X[train], y[train])
    assert r2(model, X[test], y[test]) > r2(line, X[test], y[test])


@pytest.mark.parametrize("verbose", [1, True])
def test_verbose_prints_a_line_an_epoch(verbose, capsys):
    X, y = smooth_table()
    quick(verbose=verbose, max_iter=4).fit(X, y, X_val=X[:10], y_val=y[:10])
    out = capsys.readouterr().out
    assert out.count("\n") >= 4
    assert "train_loss" in out and "valid_loss" in out
    quick(max_iter=4).fit(X, y)
    assert capsys.readouterr().out == ""
