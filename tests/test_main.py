"""The program in this process: its table, its outputs and every way to be refused."""

import json
import re
import subprocess
import sys
import warnings

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, cross_validate
from sklearn.neural_network import MLPRegressor

import sklearn_gar
from sklearn_gar import GARRegressor, _compare
from sklearn_gar.__main__ import main
from sklearn_gar.metrics import pearson_scorer, spearman_scorer

QUICK = ["--epochs", "3", "--losses", "gar,squared_error"]
TREES = "HistGradientBoostingRegressor"
LABELS = {"GARRegressor(loss=gar)", "GARRegressor(loss=squared_error)", TREES, "MLPRegressor"}


def _frame(n_rows=60):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a", "b", "c"])
    frame["y"] = frame["a"] + frame["b"] ** 2 + 0.1 * rng.normal(size=n_rows)
    return frame


@pytest.fixture
def csv(tmp_path):
    """Write a frame, by default a plain one of 60 rows, as CSV."""
    def write(frame=None, name="table.csv", **kwargs):
        path = tmp_path / name
        (_frame() if frame is None else frame).to_csv(path, **{"index": False, **kwargs})
        return str(path)
    return write


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
    frame = _frame()
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
        scores.append({label: {metric: result[metric] for metric in _compare.METRICS}
                       for label, result in read["scores"].items()})
    assert scores[0] == scores[1]
    assert read["settings"]["losses"] == ["gar", "squared_error"]
    assert len(read["scores"][TREES]["R2"]) == 5


def test_parquet_of_all_kinds(tmp_path, capsys):
    frame = _frame()
    frame["date"] = pd.date_range("2020-01-01", periods=60)
    frame["flag"] = pd.array([True, None, False] * 20, dtype="boolean")
    frame["kind"] = pd.Categorical(["x", "y", None] * 20)
    frame["name"] = [f"row {i}" for i in range(60)]
    frame.loc[4, "a"] = np.nan
    frame.loc[[1, 2], "y"] = np.nan
    frame.to_parquet(tmp_path / "table.parquet")
    assert main(["compare", str(tmp_path / "table.parquet"), "--target", "y", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert "58 rows, 7 features" in out and "failed" not in out
    assert "note: 2 of 60 rows have no 'y'" in err
    # the flag misses 20, less the one in a row that is left out
    assert "note: 20 missing numbers" in err
    assert re.search("note: one-hot encoded.*: kind, name$", err, re.M)


@pytest.mark.parametrize("kwargs", [{"sep": ";"}, {"sep": ";", "decimal": ","}, {"sep": "\t"},
                                    {"index": True}])
def test_csv_of_all_kinds(kwargs, csv, capsys):
    assert main(["compare", csv(**kwargs), "--target", "y", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert "60 rows, 3 features" in out
    assert ("counts the rows" in err) == ("index" in kwargs)


def test_decimal_commas_among_whole_numbers(csv, capsys, tmp_path):
    frame = _frame().round(1).astype(object)
    frame.loc[::3, "a"], frame.loc[::4, "b"] = 2, 3
    path = csv(frame, sep=";")
    (tmp_path / "table.csv").write_text((tmp_path / "table.csv").read_text().replace(".", ","))
    assert main(["compare", path, "--target", "y", *QUICK]) == 0
    found = capsys.readouterr()
    assert "60 rows, 3 features" in found.out and "note" not in found.err
    assert main(["compare", csv(frame, "dots.csv"), "--target", "y", *QUICK]) == 0
    assert _without_seconds(found.out) == _without_seconds(capsys.readouterr().out)


def test_question_marks_are_missing(csv, capsys):
    frame = _frame().astype(object)
    frame.loc[[3, 5], "a"] = frame.loc[7, "y"] = "?"
    expected = _frame()
    expected.loc[[3, 5], "a"] = expected.loc[7, "y"] = np.nan
    assert main(["compare", csv(frame), "--target", "y", *QUICK]) == 0
    found = capsys.readouterr()
    assert "2 missing numbers become the median" in found.err
    assert "1 of 60 rows have no 'y', left out" in found.err
    assert main(["compare", csv(expected), "--target", "y", *QUICK]) == 0
    assert _without_seconds(found.out) == _without_seconds(capsys.readouterr().out)


def test_numbers_as_text_are_told(tmp_path, capsys, monkeypatch):
    frame = _frame()
    frame["a"], frame["y"] = frame["a"].astype(str), frame["y"].astype(str)
    frame.to_parquet(tmp_path / "table.parquet")
    arguments = [str(tmp_path / "table.parquet"), "--target"]
    assert "column 'y' holds numbers as text" in _refused(capsys, monkeypatch, [*arguments, "y"])
    _frame().assign(a=frame["a"]).to_parquet(tmp_path / "table.parquet")
    monkeypatch.undo()
    assert main(["compare", *arguments, "y", *QUICK]) == 0
    assert "most of its values are numbers" not in capsys.readouterr().err


def test_numbers_with_a_slip_are_told(csv, capsys):
    frame = _frame().astype(object)
    frame.loc[4, "b"] = "1.2.3"
    assert main(["compare", csv(frame), "--target", "y", *QUICK]) == 0
    assert ("note: column 'b' counts as categories, for it holds '1.2.3'; most of its values are "
            "numbers") in capsys.readouterr().err


def _without_seconds(text):
    return [re.split(r"\s{2,}", line)[:-1] for line in text.splitlines()
            if line.startswith(tuple(LABELS))]


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
    assert "open without another loss" in capsys.readouterr().out


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


def _refused(capsys, monkeypatch, arguments):
    """The one line of an error that comes before any training."""
    monkeypatch.setattr(_compare, "cross_validate", None)
    assert main(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    *notes, error = err.splitlines()
    assert error.startswith("error: ")
    assert all(note.startswith("note: ") for note in notes)
    return error


def _with(column, values):
    return _frame().assign(**{column: values})


@pytest.mark.parametrize("frame, arguments, message", [
    (None, [], "--target must name the column to predict, one of: a, b, c, y"),
    (None, ["--target", "z"], "no column 'z' to predict, the columns are: a, b, c, y"),
    (_with("y", "high"), ["--target", "y"], "must be numbers, column 'y' holds 'high'"),
    (_with("y", [*"12?-", *map(str, range(56))]), ["--target", "y"],
     "must be numbers, column 'y' holds '-'"),
    (_with("y", np.nan), ["--target", "y"], "missing in every row, column 'y'"),
    (_with("y", np.inf), ["--target", "y"], "must be finite, 'y' holds infinity"),
    (_with("b", np.inf), ["--target", "y"], "must be finite, 'b' holds infinity"),
    (_with("y", 3), ["--target", "y"], "the target is 3 in every row: nothing to predict"),
    (_frame()[["y"]], ["--target", "y"], "no column besides the target"),
    (_frame(14), ["--target", "y"], "5 folds need at least 15 rows, 3 a fold, got 14"),
    (_frame(0), ["--target", "y"], "missing in every row"),
    (None, ["--target", "y", "--folds", "30"], "30 folds need at least 90 rows"),
    (None, ["--target", "y", "--max-rows", "10"], "5 folds need at least 15 rows"),
])
def test_unfit_table(frame, arguments, message, csv, capsys, monkeypatch):
    assert message in _refused(capsys, monkeypatch, [csv(frame), *arguments])


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
def test_unfit_arguments(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert re.search(message, _refused(capsys, monkeypatch, arguments))


@pytest.mark.parametrize("name, content, message", [
    ("table.csv", b"", "cannot read .*table.csv as CSV: No columns"),
    ("table.csv", b"\x89PNG\xff\xfe,\x00", "cannot read .*table.csv as CSV"),
    ("table.csv", b"a,b\n1,2\n1,2,3,4\n", "cannot read .*table.csv as CSV: .*line 3"),
    ("table.parquet", b"a,b\n1,2\n", "cannot read .*table.parquet as Parquet"),
])
def test_unreadable_file(name, content, message, tmp_path, capsys, monkeypatch):
    (tmp_path / name).write_bytes(content)
    error = _refused(capsys, monkeypatch, [str(tmp_path / name), "--target", "y"])
    assert re.search(message, error)


@pytest.mark.parametrize("module, remedy", [
    ("pandas", "reading FILE needs pandas: pip install pandas"),
    ("pyarrow", "reading Parquet needs pyarrow: pip install pyarrow"),
    ("matplotlib.figure", "--plot needs matplotlib: pip install matplotlib"),
])
def test_absent_package(module, remedy, tmp_path, capsys, monkeypatch):
    path = tmp_path / "table.parquet"
    _frame().to_parquet(path)
    if module == "pyarrow":
        def read_parquet(path):
            raise ImportError("Unable to find a usable engine")
        monkeypatch.setattr(pd, "read_parquet", read_parquet)
    else:
        monkeypatch.setitem(sys.modules, module, None)
    error = _refused(capsys, monkeypatch, [str(path), "--target", "y", "--plot", "plot.png"])
    assert remedy in error


def test_output_that_cannot_be_written(csv, tmp_path, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_text", fail)
    assert main(["compare", csv(), "--target", "y", *QUICK, "--json",
                 str(tmp_path / "scores.json")]) == 2
    out, err = capsys.readouterr()
    assert set(_rows(out)) == LABELS
    assert err.splitlines()[-1].startswith("error: cannot write: ")


@pytest.mark.parametrize("shift, expected", [(1.0, 1), (-1.0, -1), (0.0, 0)])
def test_clear_difference(shift, expected):
    scores = np.array([3.0, 5.0, 4.0, 6.0, 2.0])
    noise = np.array([0.1, -0.1, 0.05, 0.0, -0.05])
    assert _compare.clear_difference(scores + shift + noise, scores) == expected
    assert _compare.clear_difference(scores, scores) == 0
    assert _compare.clear_difference(scores + 0.1 * shift, scores[::-1]) == 0


def _result(pearson, rmse):
    wobble = np.array([0.001, -0.001, 0.0])
    return _compare.Result({"Pearson": pearson + wobble, "RMSE": rmse - wobble}, [1.0], None)


@pytest.mark.parametrize("pearson, rmse, summary", [
    (0.9, 1.0, "GAR helped on this table"),
    (0.9, 9.0, "GAR helped in one way and hurt in another on this table"),
    (0.5, 2.0, "GAR hurt on this table"),
    (0.7, 2.0, "GAR made no clear difference on this table"),
])
def test_verdict(pearson, rmse, summary):
    results = {_compare.GAR: _result(pearson, rmse),
               _compare.loss_label("huber"): _result(0.7, 2.0),
               _compare.loss_label("squared_error"): _result(0.4, 3.0),
               TREES: _result(0.8, 5.0)}
    sentence = _compare.verdict(results)
    assert sentence.startswith(summary + ": against the best other loss of the same network, ")
    assert f"Pearson is {pearson:.4g} to its 0.7 " in sentence
    trees = sentence.split("boosted trees, ")[1]
    assert f"Pearson is {pearson:.4g} to its 0.8 (clearly " in trees
    assert sentence.endswith(").")


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
