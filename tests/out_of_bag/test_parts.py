"""Which rows each network holds out, with and without groups."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings, strategies
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sklearn_gar._input import k_fold_parts, shuffled_parts
from sklearn_gar._training.batches import Batches, Table
from tests.data import smooth_table
from tests.out_of_bag.problems import given_rows, held_out, holding_out, problems  # noqa: F401
from tests.regressors import one_or_many_batches

each_split = pytest.mark.parametrize("split", ["shuffle", "kfold"])


@given(strategies.integers(4, 60), strategies.integers(2, 9), strategies.integers(0, 99))
@settings(deadline=None, max_examples=50)
def test_folds_hold_out_every_row_once(n_rows, n_folds, seed):
    parts = k_fold_parts(n_rows, n_folds, seed)
    everything = torch.cat([part.held_out for part in parts])
    assert sorted(everything.tolist()) == list(range(n_rows))
    sizes = [len(part.held_out) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    for part in parts:
        assert sorted(part.train.tolist() + part.held_out.tolist()) == list(range(n_rows))


def test_seeds_draw_other_folds():
    folds = [frozenset(map(frozenset, (part.held_out.tolist() for part in k_fold_parts(30, 3, s))))
             for s in range(5)]
    assert len(set(folds)) == 5


@given(strategies.lists(strategies.integers(1, 9), min_size=3, max_size=12),
       strategies.integers(2, 20), strategies.integers(0, 99))
@settings(deadline=None, max_examples=50)
def test_groups_stay_together(sizes, n_held_out, seed):
    groups = np.random.RandomState(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    folds = k_fold_parts(len(groups), 3, seed, groups)
    assert sorted(torch.cat([part.held_out for part in folds]).tolist()) == list(
        range(len(groups)))
    # dealing the largest first leaves folds no further apart than the largest group
    n_rows = [len(part.held_out) for part in folds]
    assert max(n_rows) - min(n_rows) <= max(sizes)
    shuffled = shuffled_parts(len(groups), n_held_out, [seed, seed + 1], groups)
    for part in folds + shuffled:
        train, rows = groups[part.train.numpy()], groups[part.held_out.numpy()]
        assert not set(train.tolist()) & set(rows.tolist())
        assert len(train) + len(rows) == len(groups)
    for part in shuffled:
        assert len(part.held_out) <= max(n_held_out, 1 + max(sizes), 2)
        assert len(part.held_out) >= min(2, n_held_out)


@each_split
@one_or_many_batches
def test_networks_hold_out_whole_groups(problems, split, batches):  # noqa: F811
    X, y = smooth_table(90)
    groups = np.array([f"patient {n}" for n in np.random.RandomState(0).randint(0, 12, size=90)])
    model = holding_out(validation_split=split, **batches).fit(X, y, groups=groups)
    for rows in held_out(problems[0]):
        rows = given_rows(problems[0], rows)
        assert 2 <= len(rows) < 90
        others = np.setdiff1d(np.arange(90), rows)
        assert not set(groups[rows]) & set(groups[others])
    assert np.isfinite(model.oob_score_)


def test_equal_rows_of_several_groups_stay_apart(problems):  # noqa: F811
    X, y = smooth_table(30)
    X, y, groups = np.tile(X, (2, 1)), np.tile(y, 2), np.repeat(["a", "b", "c", "d"], 15)
    holding_out(validation_split="kfold").fit(X, y, groups=groups)
    assert len(problems[0].rows) == 60
    holding_out(validation_split="kfold").fit(X, y, groups=np.tile(np.arange(30), 2))
    assert len(problems[1].rows) == 30


@each_split
def test_names_of_groups_and_the_order_of_rows_do_not_matter(split):
    X, y = smooth_table(60)
    groups = np.random.RandomState(0).randint(0, 9, size=60)
    order = np.random.RandomState(1).permutation(60)
    model = holding_out(validation_split=split)
    expected = clone(model).fit(X, y, groups=groups).predict(X)
    for fit in (clone(model).fit(X[order], y[order], groups=groups[order]),
                clone(model).fit(X, y, groups=pd.Series([f"g{n}" for n in groups])),
                clone(model).fit(X, y, groups=torch.from_numpy(groups).numpy().tolist())):
        assert_array_equal(fit.predict(X), expected)


def test_rows_without_weight_may_hold_a_whole_group():
    X, y = smooth_table(60)
    groups, weight = np.arange(60) // 10, (np.arange(60) >= 10).astype(float)
    model = holding_out(validation_split="kfold").fit(X, y, weight, groups=groups)
    alone = holding_out(validation_split="kfold").fit(X[10:], y[10:], groups=groups[10:])
    assert_array_equal(model.predict(X), alone.predict(X))


@pytest.mark.parametrize("loss", ["gar", "squared_error", "ranksim"])
def test_parts_of_unequal_size_train_as_if_alone(problems, loss):  # noqa: F811
    X, y = smooth_table(31)
    settings = {"validation_split": "kfold", "batch_size": 100, "blend": None, "max_iter": 8,
                "n_estimators": 2, "loss": loss}
    model = holding_out(**settings).fit(X, y)
    (problem,) = problems
    sizes = [len(part.train) for part in problem.parts]
    assert sorted(sizes) == [15, 16]
    # a table without the filling holds the rows of one network only
    for member, part in enumerate(problem.parts):
        X_all, y_all, weight = problem.table.whole()
        present = weight[member] > 0
        assert present.sum() == len(part.train)
        expected_X, expected_y, _ = problem.table.take(part.train[None])
        assert_array_equal(X_all[member][present], expected_X)
        assert_array_equal(y_all[member][present], expected_y)
    assert np.isfinite(model.predict(X)).all()


def test_filled_up_batches_weigh_present_rows():
    X = torch.arange(5.0)[:, None]
    table = Table(X, X, torch.arange(1.0, 6.0), [torch.tensor([1, 3, 4]), torch.tensor([2, 0])],
                  pads=True)
    _, y, weight = table.whole()
    assert_array_equal(weight, [[2.0, 4.0, 5.0], [3.0, 1.0, 0.0]])
    assert_array_equal(y[:, :2, 0], [[1.0, 3.0], [2.0, 0.0]])
    (batch,) = Batches(table, 10, [0, 1])
    assert_allclose(batch[2], weight)
