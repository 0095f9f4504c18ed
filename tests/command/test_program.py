"""The program in this process: its table, its outputs and every way to be refused."""

import json
import re
import subprocess
import sys
import warnings

import matplotlib.image
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, cross_validate
from sklearn.neural_network import MLPRegressor

import sklearn_gar
from sklearn_gar import GARRegressor
from sklearn_gar.__main__ import main
from sklearn_gar._command.comparison import METRICS, TREES
from sklearn_gar.metrics import pearson_scorer, spearman_scorer
from tests.command.conftest import plain_frame

QUICK = ["--epochs", "3", "--losses", "gar,squared_error"]
LABELS = {"GARRegressor(loss=gar)", "GARRegressor(loss=squared_error)", TREES, "MLPRegressor"}


def _rows(stdout):
    """Cells of the table by model, in order, as numbers: (mean, deviation, best)."""
    lines = stdout.splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("model"))
    names = lines[header].split()
    rows = {}
    for line in lines[header + 1:]:
        if not line.startswith(("GAR", "Hist", "MLP")) or line.startswith("GAR "):
            break
        label, *cells = re.split(r"\s{2,}", line)
        rows[label] = dict(zip(names[1:], cells))
    return rows


def _cell(text):
    mean, deviation, star = re.fullmatch(r"(\S+) \((\S+)\)(\*?)", text).groups()
    return float(mean), float(deviation), star == "*"


def test_diabetes_without_arguments(capsys):
    assert main(["compare", "--epochs", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("scikit-learn's diabetes data: 442 rows, 10 features, 5 folds")
    assert list(_rows(out)) and len(_rows(out)) == 6
    assert len(err.splitlines()) == 30
    assert out.splitlines()[-1].endswith(".")


def test_table_agrees_with_cross_validate(csv, capsys):
    frame = plain_frame()
    assert main(["compare", csv(frame), "--target", "y", "--folds", "3", "--seed", "7",
                 *QUICK]) == 0
    out, err = capsys.readouterr()
    rows = _rows(out)
    assert set(rows) == LABELS
    expected = cross_validate(
        HistGradientBoostingRegressor(random_state=7), frame[["a", "b", "c"]], frame["y"],
        cv=KFold(3, shuffle=True, random_state=7),
        scoring={"MAE": "neg_mean_absolute_error", "RMSE": "neg_root_mean_squared_error",
                 "Pearson": pearson_scorer, "Spearman": spearman_scorer, "R2": "r2"})
    for metric in ("MAE", "RMSE", "Pearson", "Spearman", "R2"):
        scores = expected[f"test_{metric}"] * (-1 if metric in ("MAE", "RMSE") else 1)
        mean, deviation, _ = _cell(rows[TREES][metric])
        assert mean == pytest.approx(scores.mean(), abs=5.1e-4)
        assert deviation == pytest.approx(scores.std(ddof=1), abs=5.1e-4)
    assert err.count("fold") == 12


def test_best_is_marked_and_first(csv, capsys):
    main(["compare", csv(), "--target", "y", *QUICK])
    rows = _rows(capsys.readouterr().out)
    rmse = [_cell(row["RMSE"])[0] for row in rows.values()]
    assert rmse == sorted(rmse)
    for metric in ("MAE", "RMSE", "Pearson", "Spearman", "R2"):
        best = min if metric in ("MAE", "RMSE") else max
        cells = [_cell(row[metric]) for row in rows.values()]
        assert best(cells)[2]
        assert 1 <= sum(star for _, _, star in cells)


def test_same_seed_same_scores(csv, tmp_path, capsys):
    path, scores = csv(), []
    for name in ("first.json", "second.json"):
        assert main(["compare", path, "--target", "y", *QUICK,
                     "--json", str(tmp_path / name)]) == 0
        read = json.loads((tmp_path / name).read_text())
        scores.append({label: {metric: result[metric] for metric in METRICS}
                       for label, result in read["scores"].items()})
    assert scores[0] == scores[1]
    assert read["settings"]["losses"] == ["gar", "squared_error"]
    assert len(read["scores"][TREES]["R2"]) == 5


def test_max_rows(csv, capsys):
    assert main(["compare", csv(), "--target", "y", "--max-rows", "30", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert "table.csv: 30 rows" in out
    assert "note: 30 of 60 rows drawn" in err


def test_plot(csv, tmp_path, capsys):
    assert main(["compare", csv(), "--target", "y", *QUICK,
                 "--plot", str(tmp_path / "plot.png")]) == 0
    height, width, _ = matplotlib.image.imread(tmp_path / "plot.png").shape
    assert width > 2 * height > 400


def test_gar_is_always_compared(csv, capsys):
    assert main(["compare", csv(), "--target", "y", "--epochs", "1", "--losses", "huber"]) == 0
    assert "GARRegressor(loss=gar)" in _rows(capsys.readouterr().out)
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
    assert len(_cell(_rows(out)[TREES]["MAE"])) == 3
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


@pytest.mark.parametrize("arguments, message", [
    (["none.csv", "--target", "y"], "no such file: none.csv"),
    (["--target", "y"], "--target needs a FILE"),
    (["--folds", "1"], "--folds: must be a whole number of at least 2, got '1'"),
    (["--folds", "five"], "--folds: must be a whole number of at least 2, got 'five'"),
    (["--seed", "-1"], "--seed: must be a whole number of at least 0 and at most 4294967295"),
    (["--epochs", "0"], "--epochs: must be a whole number of at least 1"),
    (["--losses", "gar,l2"], "--losses: must be of absolute_error, .*got 'l2'"),
    (["--plot", "nowhere/plot.png"], "--plot: no such folder: nowhere"),
    (["--plot", "plot.doc"], "--plot must end in one of .*png.*, got plot.doc"),
    (["--plot", "plot"], "--plot must end in one of"),
    (["--json", "nowhere/scores.json"], "--json: no such folder: nowhere"),
    (["--json", "."], "--json must be a file, got the folder"),
    (["--colour"], "unrecognized arguments: --colour"),
])
def test_unfit_arguments(arguments, message, tmp_path, refused, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert re.search(message, refused(*arguments))


def test_output_that_cannot_be_written(csv, tmp_path, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_text", fail)
    assert main(["compare", csv(), "--target", "y", *QUICK, "--json",
                 str(tmp_path / "scores.json")]) == 2
    out, err = capsys.readouterr()
    assert set(_rows(out)) == LABELS
    assert err.splitlines()[-1].startswith("error: cannot write: ")


def test_help_and_version(capsys):
    assert main([]) == 0
    assert "compare" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sklearn_gar {sklearn_gar.__version__}\n"
    assert main(["predict"]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_diabetes_needs_no_extra():
    code = """if True:
        import sys
        from importlib.machinery import PathFinder

        class Finder(PathFinder):
            def find_spec(name, *args):
                if name.split(".")[0] not in ("pandas", "polars", "pyarrow", "matplotlib"):
                    return PathFinder.find_spec(name, *args)

        sys.meta_path[:] = [Finder if one is PathFinder else one for one in sys.meta_path]
        from sklearn_gar.__main__ import main
        sys.exit(main(["compare", "--max-rows", "40", "--epochs", "1", "--losses", "gar"]))
        """
    shell = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                           timeout=60)
    assert shell.returncode == 0
    assert "40 rows, 10 features" in shell.stdout and "failed" not in shell.stdout


def test_from_the_shell():
    shell = subprocess.run([sys.executable, "-m", "sklearn_gar", "compare", "--help"],
                           capture_output=True, text=True, timeout=60)
    assert shell.returncode == 0 and shell.stderr == ""
    for option in ("--target", "--losses", "--folds", "--seed", "--epochs", "--plot"):
        assert option in shell.stdout
