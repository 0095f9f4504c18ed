"""The comparison: its scores, and models that fail, warn or are interrupted."""

import re
import warnings

import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, cross_validate
from sklearn.neural_network import MLPRegressor

from sklearn_gar import GARRegressor
from sklearn_gar._command.comparison import TREES
from sklearn_gar._command.program import main
from sklearn_gar.metrics import pearson_scorer, spearman_scorer
from tests.command.conftest import LABELS, QUICK, plain_frame, read_cell, read_scores


def test_table_agrees_with_cross_validate(csv, capsys):
    frame = plain_frame()
    assert main(["compare", csv(frame), "--target", "y", "--folds", "3", "--seed", "7",
                 *QUICK]) == 0
    out, err = capsys.readouterr()
    rows = read_scores(out)
    assert set(rows) == LABELS
    expected = cross_validate(
        HistGradientBoostingRegressor(random_state=7), frame[["a", "b", "c"]], frame["y"],
        cv=KFold(3, shuffle=True, random_state=7),
        scoring={"MAE": "neg_mean_absolute_error", "RMSE": "neg_root_mean_squared_error",
                 "Pearson": pearson_scorer, "Spearman": spearman_scorer, "R2": "r2"})
    for metric in ("MAE", "RMSE", "Pearson", "Spearman", "R2"):
        scores = expected[f"test_{metric}"] * (-1 if metric in ("MAE", "RMSE") else 1)
        mean, deviation, _ = read_cell(rows[TREES][metric])
        assert mean == pytest.approx(scores.mean(), abs=5.1e-4)
        assert deviation == pytest.approx(scores.std(ddof=1), abs=5.1e-4)
    assert err.count("fold") == 12


def test_gar_is_always_compared(csv, capsys):
    assert main(["compare", csv(), "--target", "y", "--epochs", "1", "--losses", "huber"]) == 0
    assert "GARRegressor(loss=gar)" in read_scores(capsys.readouterr().out)
    assert main(["compare", csv(), "--target", "y", "--epochs", "1", "--losses", "gar"]) == 0
    assert "Name another loss" in capsys.readouterr().out


def test_failed_model_has_a_row_and_others_go_on(csv, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("training diverged\nin a long way")

    monkeypatch.setattr(MLPRegressor, "fit", fail)
    assert main(["compare", csv(), "--target", "y", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^MLPRegressor +failed in fold 1: training diverged$", out, re.M)
    assert "MLPRegressor, fold 1: failed: training diverged" in err
    assert "MLPRegressor, fold 2" not in err
    assert len(read_cell(read_scores(out)[TREES]["MAE"])) == 3
    monkeypatch.setattr(GARRegressor, "fit", fail)
    assert main(["compare", csv(), "--target", "y", *QUICK]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("GAR did not help on this table: its training failed in fold 1")


def test_all_models_fail(csv, tmp_path, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    for model in (MLPRegressor, GARRegressor, HistGradientBoostingRegressor):
        monkeypatch.setattr(model, "fit", fail)
    assert main(["compare", csv(), "--target", "y", *QUICK,
                 "--plot", str(tmp_path / "plot.png")]) == 1
    assert capsys.readouterr().out.count("failed in fold 1: MemoryError") == 5


def test_models_may_warn(csv, capsys, monkeypatch, recwarn):
    fit = MLPRegressor.fit

    def fit_and_warn(self, X, y):
        warnings.warn("not converged", RuntimeWarning)
        return fit(self, X, y)

    monkeypatch.setattr(MLPRegressor, "fit", fit_and_warn)
    assert main(["compare", csv(), "--target", "y", *QUICK]) == 0
    assert "not converged" not in "".join(capsys.readouterr())
    assert len(recwarn) == 0


def _interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def _interrupt_as_networks_do(self, X, y):
    warnings.warn("Training interrupted by user.")
    return self


@pytest.mark.parametrize("fit", [_interrupt, _interrupt_as_networks_do])
def test_ctrl_c(fit, csv, capsys, monkeypatch):
    monkeypatch.setattr(GARRegressor, "fit", fit)
    assert main(["compare", csv(), "--target", "y", *QUICK]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
