"""What the defaults stand for."""

import pytest
import torch
from sklearn.linear_model import LinearRegression
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import quick, r2


@pytest.mark.parametrize("n_rows, early_stopping, n_batches, n_epochs", [
    (128, False, 1, 400), (512, False, 4, 375), (520, False, 4, 375), (512, "auto", 3, 400),
    (1280, False, 10, 150), (10000, False, 78, 20)])
def test_auto_trains_on_1500_batches_of_128(n_rows, early_stopping, n_batches, n_epochs):
    X, y = smooth_table(n_rows)
    model = quick(batch_size="auto", max_iter="auto", early_stopping=early_stopping,
                  n_iter_no_change=None, hidden_layer_sizes=(1,), n_estimators=1).fit(X, y)
    assert model.n_iter_ == n_epochs
    assert model.net_.progress_.n_done == n_epochs * n_batches
    assert model.net_.batch_size == 128


@pytest.mark.parametrize("n_rows, batch_size, learning_rate, n_networks, n_epochs", [
    (9_999, 128, 0.003, 4, 20), (22_500, 192, 0.0045, 3, 13), (40_000, 256, 0.006, 3, 10),
    (62_500, 320, 0.006, 2, 8)])
def test_auto_goes_by_the_number_of_rows(n_rows, batch_size, learning_rate, n_networks, n_epochs):
    X, y = smooth_table(n_rows)
    model = GARRegressor(hidden_layer_sizes=(1,), embedding=None, blend=None, random_state=0,
                         early_stopping=False).fit(X, y)
    assert (model.batch_size_, model.n_estimators_, model.n_iter_) == (
        batch_size, n_networks, n_epochs)
    assert model.learning_rate_ == pytest.approx(learning_rate)
    assert model.net_.batch_size == batch_size
    assert model.net_.module_.n_members == n_networks
    assert model.net_.optimizer_.param_groups[0]["initial_lr"] == model.learning_rate_


@pytest.mark.parametrize("n_rows, layers", [
    (1_000, (128, 256, 128, 64)), (50_000, (128, 128, 128, 64))])
def test_auto_takes_smaller_layers_for_large_tables(n_rows, layers):
    X, y = smooth_table(n_rows)
    model = GARRegressor(max_iter=1, embedding=None, n_estimators=1).fit(X, y)
    assert model.net_.module_.layer_sizes[1:-1] == layers


def test_training_goes_on_with_what_auto_stood_for():
    X, y = smooth_table(20_000)
    model = GARRegressor(hidden_layer_sizes=(1,), embedding=None, max_iter=1, warm_start=True)
    model.fit(X[:500], y[:500]).fit(X, y)
    assert (model.n_estimators_, model.batch_size_, model.learning_rate_) == (4, 128, 0.003)
    model.partial_fit(X[:500], y[:500])
    assert (model.n_estimators_, model.batch_size_, model.learning_rate_) == (4, 128, 0.003)
    model.set_params(warm_start=False).fit(X, y)
    assert (model.n_estimators_, model.batch_size_) == (3, 160)


@pytest.mark.parametrize("n_rows, fraction, splits", [
    (20, 0.05, False), (21, 0.05, True), (10, 0.1, False), (11, 0.1, True), (3, 0.5, False),
    (4, 0.5, True)])
def test_auto_holds_out_two_rows_or_none(n_rows, fraction, splits):
    X, y = smooth_table(n_rows)
    model = quick(early_stopping="auto", validation_fraction=fraction, max_iter=2).fit(X, y)
    assert hasattr(model, "validation_loss_curve_") == splits


@pytest.mark.parametrize("n_rows, n_held_out", [
    (11, 3), (100, 20), (300, 60), (301, 60), (1000, 60), (1200, 60), (1201, 61), (4000, 200)])
def test_auto_holds_out_sixty_rows_within_a_twentieth_and_a_fifth(n_rows, n_held_out):
    X, y = smooth_table(n_rows)
    rows = []

    class Rows(Callback):
        def on_train_begin(self, net, X=None, **kwargs):
            rows.extend(X.validation.rows)

    quick(early_stopping="auto", max_iter=1, skorch_callbacks=[Rows()]).fit(X, y)
    assert [len(held_out) for held_out in rows] == [n_held_out] * 2


def test_each_network_holds_out_its_own_rows_and_together_they_see_all():
    X, y = smooth_table(60)
    model = quick(early_stopping=True, n_estimators=8, validation_fraction=0.2, max_iter=1)
    seen = []

    class Rows(Callback):
        def on_train_begin(self, net, X=None, **kwargs):
            seen.extend(zip(X.rows, X.validation.rows))

    model.set_params(skorch_callbacks=[Rows()]).fit(X, y)
    assert len(seen) == 8
    for train, held_out in seen:
        assert sorted(torch.cat((train, held_out)).tolist()) == list(range(60))
        assert len(held_out) == 12
    assert len({tuple(held_out.tolist()) for _, held_out in seen}) == 8
    assert set(torch.cat([train for train, _ in seen]).tolist()) == set(range(60))


def test_defaults_beat_a_line_on_curved_data():
    X, y = smooth_table(400, noise=0.05, seed=3)
    train, test = slice(0, 300), slice(300, None)
    line = LinearRegression().fit(X[train], y[train])
    model = GARRegressor(random_state=0).fit(X[train], y[train])
    assert r2(model, X[test], y[test]) > r2(line, X[test], y[test])
