"""Out-of-bag predictions and scores, against loops by hand over the networks."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score

from tests.data import smooth_table
from tests.out_of_bag.problems import given_rows, held_out, holding_out, problems  # noqa: F401
from tests.regressors import one_or_many_batches

each_split = pytest.mark.parametrize("split", ["shuffle", "kfold"])
PENALTIES = np.logspace(-5, 3, 9)


def by_hand(model, problem, X, y):
    """Means over networks of predictions for their rows, each with its own ridge regression."""
    X, y = X[problem.rows.origin_order], y[problem.rows.origin_order]
    scaled = (X - X.mean(0)) / X.std(0)
    mean, deviation = y.mean(0), y.std(0)
    total, number = np.zeros_like(y), np.zeros(len(y))
    for member, part in enumerate(problem.parts):
        train, rows = part.train.numpy(), part.held_out.numpy()
        dtype = next(model.net_.module_.parameters()).dtype
        features = torch.from_numpy(scaled[rows]).to(dtype)
        network = model.net_.module_.outputs(features)[member].detach().numpy()
        ridge = RidgeCV(len(train) * PENALTIES, alpha_per_target=True).fit(
            scaled[train], ((y - mean) / deviation)[train])
        linear = ridge.predict(scaled[rows]).reshape(network.shape)
        blended = network + model.ridge_share_ * (linear - network)
        total[rows] += blended * deviation + mean
        number[rows] += 1
    expected = np.full_like(y, np.nan)
    expected[problem.rows.origin_order] = total / np.where(number, number, np.nan)[:, None]
    return expected


@each_split
@one_or_many_batches
@pytest.mark.parametrize("blend", ["ridge", None])
@pytest.mark.parametrize("n_targets", [None, 2])
def test_predictions_are_those_of_the_networks_that_held_a_row_out(
        problems, split, batches, blend, n_targets):  # noqa: F811
    X, y = smooth_table(64, n_targets=n_targets, noise=1.0)
    model = holding_out(validation_split=split, blend=blend, max_iter=4, **batches).fit(X, y)
    (problem,) = problems
    # all rows are distinct, so each came from one
    order = np.array([problem.rows.origin(row)[0] for row in range(len(X))])
    object.__setattr__(problem.rows, "origin_order", order)
    expected = by_hand(model, problem, X, y.reshape(len(y), -1)).reshape(y.shape)
    assert model.oob_prediction_.shape == y.shape
    assert_allclose(model.oob_prediction_, expected, rtol=1e-4)
    assert (blend is None) == (not model.ridge_share_.any())
    known = ~np.isnan(expected.reshape(len(y), -1)[:, 0])
    assert known.all() == (split == "kfold")
    assert model.oob_score_ == pytest.approx(r2_score(y[known], expected[known]), abs=1e-4)


@each_split
@one_or_many_batches
def test_no_network_trains_on_a_row_that_it_holds_out(problems, split, batches):  # noqa: F811
    X, y = smooth_table(64)
    holding_out(validation_split=split, **batches).fit(X, y)
    for part in problems[0].parts:
        assert not set(part.train.tolist()) & set(part.held_out.tolist())
        assert sorted(part.train.tolist() + part.held_out.tolist()) == list(range(64))
    assert problems[0].table.rows == [part.train for part in problems[0].parts]


def test_nan_where_no_network_held_a_row_out(problems):  # noqa: F811
    X, y = smooth_table(90)
    model = holding_out(validation_fraction=0.1).fit(X, y)
    rows = given_rows(problems[0], np.unique(np.concatenate(held_out(problems[0]))))
    assert_array_equal(np.flatnonzero(~np.isnan(model.oob_prediction_)), np.sort(rows))


@each_split
def test_doubles_share_a_prediction_where_they_are_merged(split):
    X, y = smooth_table(40)
    order = np.random.RandomState(0).permutation(80)
    model = holding_out(validation_split=split)
    model.fit(np.tile(X, (2, 1))[order], np.tile(y, 2)[order])
    prediction = np.empty(80)
    prediction[order] = model.oob_prediction_
    assert_array_equal(prediction[:40], prediction[40:])
    weighted = holding_out(validation_split=split).fit(X, y, np.full(40, 2.0))
    assert_array_equal(weighted.oob_prediction_, prediction[:40])


@each_split
@one_or_many_batches
def test_all_networks_predict_rows_without_weight(split, batches):
    X, y = smooth_table(70)
    weight = np.random.RandomState(0).randint(0, 3, size=70).astype(float)
    model = holding_out(validation_split=split, **batches).fit(X, y, weight)
    weightless = weight == 0
    assert_allclose(model.oob_prediction_[weightless], model.predict(X)[weightless], rtol=1e-5)
    alone = holding_out(validation_split=split, **batches).fit(
        X[~weightless], y[~weightless], weight[~weightless])
    assert_array_equal(model.oob_prediction_[~weightless], alone.oob_prediction_)
    assert model.oob_score_ == pytest.approx(alone.oob_score_, rel=1e-12)


@each_split
def test_the_score_counts_rows_by_their_weights(split):
    X, y = smooth_table(70, noise=1.0)
    weight = np.random.RandomState(0).uniform(0.1, 3, size=70)
    model = holding_out(validation_split=split).fit(X, y, weight)
    known = ~np.isnan(model.oob_prediction_)
    assert model.oob_score_ == pytest.approx(
        r2_score(y[known], model.oob_prediction_[known], sample_weight=weight[known]))


@pytest.mark.parametrize("n_targets", [None, 2])
def test_the_score_of_a_function(n_targets):
    X, y = smooth_table(70, n_targets=n_targets)
    model = holding_out(oob_score=mean_absolute_error).fit(X, y)
    known = ~np.isnan(model.oob_prediction_.reshape(70, -1)).any(axis=1)
    assert model.oob_score_ == mean_absolute_error(y[known], model.oob_prediction_[known])


@each_split
def test_the_order_of_the_rows_does_not_matter(split):
    X, y = smooth_table(60)
    order = np.random.RandomState(0).permutation(60)
    model = holding_out(validation_split=split).fit(X, y)
    shuffled = holding_out(validation_split=split).fit(X[order], y[order])
    assert_array_equal(shuffled.oob_prediction_, model.oob_prediction_[order])


@each_split
def test_a_score_changes_no_prediction(split):
    X, y = smooth_table(60)
    with_score, without = (holding_out(validation_split=split, oob_score=value).fit(X, y)
                           for value in (True, False))
    assert_array_equal(with_score.predict(X), without.predict(X))
    assert not hasattr(without, "oob_score_")
    assert not hasattr(without, "oob_prediction_")


def test_a_constant_target_is_predicted_exactly():
    X, y = smooth_table(60)
    model = holding_out(validation_split="kfold").fit(X, np.column_stack((y, np.full(60, 7.1))))
    assert_array_equal(model.oob_prediction_[:, 1], np.full(60, 7.1))


@each_split
def test_frames_with_categories_and_gaps(split):
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"town": rng.choice(["Bonn", "Kiel", "Ulm", None], 150),
                          "street": rng.choice([f"street {n}" for n in range(30)], 150),
                          "rooms": rng.choice([1, 2, 3, np.nan], 150)})
    rent = frame["rooms"].fillna(4) * 200 + 100 * (frame["town"] == "Ulm")
    model = holding_out(validation_split=split, max_iter=60).fit(frame, rent)
    known = ~np.isnan(model.oob_prediction_)
    assert known.all() or split == "shuffle"
    assert model.oob_score_ > 0.8
    assert model.oob_score_ == pytest.approx(r2_score(rent[known], model.oob_prediction_[known]))


@each_split
def test_the_score_of_noise_is_that_of_other_rows(split):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(300, 4)), rng.normal(size=300)
    levels = rng.choice([f"level {n}" for n in range(100)], size=300)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(level=levels)
    model = holding_out(validation_split=split, max_iter=60, batch_size=64).fit(frame, y)
    # there is nothing to predict, and a leak of the targets would look like it
    assert model.oob_score_ < 0.1
