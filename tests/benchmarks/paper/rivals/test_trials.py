"""What is measured of one setting."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import KFold

from benchmarks.paper.cell import Grid, run_cell
from benchmarks.paper.protocol import METRICS, N_FOLDS, Case
from benchmarks.paper.rivals.settings import QUESTIONS, Question, Rival
from benchmarks.paper.rivals.trials import MEASURES, measures, run_rival
from tests.benchmarks.paper.made_up import TINY, made_up_table

QUESTION = Question(("made_up",), False, 1e-4, (1, 3), {})


def test_measures_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    y_validation, y_test = rng.normal(size=12), rng.normal(size=30)
    on_validation, on_test = (3 + 0.5 * y + np.array([1.0, 0.2, 0.3, 0.9])[:, None]
                              * rng.normal(size=(4, len(y))) for y in (y_validation, y_test))
    on_validation[1] -= 3  # the least error on the validation rows
    on_test[2] -= 3        # on the test rows
    found = measures(on_validation, y_validation, on_test, y_test)
    known, f = on_validation[1], on_test[1]
    line = LinearRegression().fit(known[:, None], y_validation)
    shift = np.mean(known) - np.mean(y_validation)
    expected = {
        "epoch": 2, "MAE": mean_absolute_error(y_test, f),
        "last": mean_absolute_error(y_test, on_test[3]),
        "best": mean_absolute_error(y_test, on_test[2]),
        "mean error": np.mean(f) - np.mean(y_test),
        "shifted": mean_absolute_error(y_test, f - shift),
        "recalibrated": mean_absolute_error(y_test, line.predict(f[:, None])),
        "RMSE": root_mean_squared_error(y_test, f), "Pearson": np.corrcoef(f, y_test)[0, 1]}
    assert found == pytest.approx(expected, rel=1e-4)


def test_constant_network_is_recalibrated_to_the_mean_of_the_validation_rows():
    y = np.arange(5.0)
    found = measures(np.full((1, 5), 7.0), y, np.full((1, 4), 7.0), y[:4])
    assert found["recalibrated"] == found["shifted"] == np.abs(y[:4] - 2).mean()
    assert found["Pearson"] == 0


def test_diverged_network_is_left_out_from_then_on():
    y = np.arange(5.0)
    predictions = np.array([y + 1, np.full(5, np.nan)])
    found = measures(predictions, y, predictions, y)
    assert (found["epoch"], found["MAE"], found["last"], found["best"]) == (1, 1.0, None, 1.0)
    lost = measures(predictions[1:], y, predictions[1:], y)
    assert set(lost.values()) == {None} and set(lost) | {"train"} == {*MEASURES, "epoch"}


@pytest.mark.parametrize("loss, values", [
    ("GARLoss", {"alpha": 10.0}), ("ConRLoss", {"beta": 4.0, "window": 0.5})])
def test_one_setting_equals_the_cell_with_a_grid_of_one(loss, values):
    table, rival = made_up_table(), Rival(loss, values)
    shares = []
    found = run_rival(QUESTION, rival, TINY, table, shares.append)
    assert sum(shares) == pytest.approx(1) and [one["fold"] for one in found["folds"]] == [1, 3]
    grid = Grid((rival.learning_rate,), (QUESTION.weight_decay,), (None,))
    cell = run_cell(Case(rival.method), grid, TINY, table, print)
    for one in found["folds"]:
        of_cell = cell["scores"][METRICS[0]]["folds"][one["fold"]]
        assert one["MAE"] == pytest.approx(of_cell["test"], rel=1e-4)
        assert one["epoch"] == of_cell["epoch"]


def test_error_of_training_rows_is_that_of_the_training_rows():
    table, rival = made_up_table(), Rival("AbsoluteErrorLoss", {})
    rows, _ = list(KFold(N_FOLDS).split(table.X))[1]
    on_rows = replace(table, X_test=table.X[rows], y_test=table.y[rows])
    (one, _), (same, _) = (run_rival(QUESTION, rival, TINY, of, print)["folds"]
                           for of in (table, on_rows))
    assert one["train"] == same["last"] == same["train"] != one["last"]


def test_networks_of_all_losses_begin_alike():
    for question in QUESTIONS.values():
        assert "GAR(10)" in question.rivals and set(question.folds) <= set(range(N_FOLDS))
        for rival in question.rivals.values():
            assert rival.method.values == (None,)  # the seed of the weights depends on it
            assert rival.method.reads_features == (rival.loss == "ConRLoss")
