"""The comparison with other regressors: rows, scores, files and errors.

Nothing here asserts on time, or needs a library that is not the package's own.
"""

import json
import logging
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

from benchmarks.__main__ import main
from benchmarks.peers import commands, contenders, datasets, trial
from benchmarks.peers.commands import Comparison
from benchmarks.peers.contenders import GAR, PEERS, Contender
from benchmarks.peers.datasets import DATASETS, Dataset, Split
from benchmarks.peers.report import peers_report
from benchmarks.peers.scores import scores_of
from benchmarks.peers.variants import INGREDIENTS, LOSSES, SQUARED_ERROR, VARIANTS
from benchmarks.speed.searches import VARIABLE, DataError
from sklearn_gar import GARRegressor

REPOSITORY = Path(__file__).parents[1]


class Shift(RegressorMixin, BaseEstimator):
    """Predicts the first feature, shifted; fails where it is told to."""

    def __init__(self, shift=0.0, fails=False, calls=None):
        self.shift = shift
        self.fails = fails
        self.calls = calls

    def fit(self, X, y):
        if self.fails:
            raise RuntimeError("no\n  luck")
        CALLS.append((self.shift, len(X), torch.get_num_threads()))
        return self

    def predict(self, X):
        return X[:, 0] + self.shift


CALLS = []


def shifted(name, shift, package="sklearn", **kwargs):
    return Contender(name, package, lambda n_threads: Shift(shift), **kwargs)


def absent(n_threads):
    raise ModuleNotFoundError("No module named 'nowhere'")


def table(n_rows=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 3))
    return X, X[:, 0] + 0.1 * rng.normal(size=n_rows)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Three cheap regressors on two made-up tables; the command, and the folder of results."""
    sets = {name: Dataset(name, f"{name}.npz", datasets._drawn, 3, "drawn", "nowhere")
            for name in ("first", "second")}
    for seed, name in enumerate(sets):
        X, y = table(seed=seed)
        np.savez(tmp_path / f"{name}.npz", X=X, y=y)
    monkeypatch.setattr(datasets, "DATASETS", sets)
    monkeypatch.setattr(commands, "DATASETS", sets)
    known = {one.name: one for one in (shifted(GAR, 0.0), shifted("Off", 0.5),
                                       Contender("Line", "sklearn", lambda _: Ridge()))}
    monkeypatch.setitem(commands.COMPARISONS, "peers",
                        Comparison("compare", known, peers_report))
    CALLS.clear()

    def compare(*arguments):
        return main(["peers", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out"),
                     "--threads", "1", *arguments])
    return compare, tmp_path / "out" / "peers", known


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json"))


def test_scores_are_those_of_scipy():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 9, size=50) * 1.0
    prediction = np.round(y + rng.normal(size=50), 1)
    found = scores_of(y, prediction)
    assert found["RMSE"] == pytest.approx(np.sqrt(np.mean((y - prediction) ** 2)))
    assert found["MAE"] == pytest.approx(np.abs(y - prediction).mean())
    assert found["Pearson"] == pytest.approx(stats.pearsonr(y, prediction).statistic)
    assert found["Spearman"] == pytest.approx(stats.spearmanr(y, prediction).statistic)
    assert all(type(value) is float for value in found.values())


def test_trial_scores_the_test_rows_and_leaves_the_threads(monkeypatch):
    X, y = table()
    split = Split(X[:30], y[:30], X[30:], y[30:])
    before, found = torch.get_rng_state(), torch.get_num_threads()
    CALLS.clear()
    result = trial.trial(Shift(2.0), split, 2)
    assert CALLS == [(2.0, 30, 2)] and torch.get_num_threads() == found
    assert torch.equal(torch.get_rng_state(), before)
    assert result["scores"] == scores_of(y[30:], X[30:, 0] + 2.0)
    assert (result["n_train"], result["n_test"], result["n_features"]) == (30, 10, 3)
    assert result["failure"] is None and result["fit_seconds"] >= 0


class Loud(Shift):
    def fit(self, X, y):
        warnings.warn("old", FutureWarning)
        logging.getLogger("anybody").warning("heard")
        print("said")
        torch.manual_seed(5)
        return super().fit(X, y)


def test_trial_is_silent_and_leaves_the_generator(capsys, caplog):
    X, y = table()
    before = torch.get_rng_state()
    assert trial.trial(Loud(), Split(X, y, X, y), 1)["failure"] is None
    assert capsys.readouterr() == ("", "") and caplog.text == ""
    assert torch.equal(torch.get_rng_state(), before)


class Nan(Shift):
    def predict(self, X):
        return np.full(len(X), np.nan)


class Columns(Shift):
    def predict(self, X):
        return X


@pytest.mark.parametrize("model, reason", [
    (Shift(fails=True), r"^RuntimeError: no luck$"),
    (Nan(), "ValueError: .*NaN"),
    (Columns(), r"ValueError: predictions must have shape \(40,\), got \(40, 3\)"),
])
def test_what_goes_wrong_is_the_result(model, reason):
    X, y = table()
    result = trial.trial(model, Split(X, y, X, y), 1)
    assert re.search(reason, result["failure"]) and "scores" not in result


def test_settings_hold_in_json():
    class Estimator(BaseEstimator):
        def __init__(self, a=float("inf"), b=(1, (2.5, None)), c=np.float64(0.5), d=Ridge(),
                     e=True, f={"g": float("nan")}, h=torch.nn.ReLU()):
            self.a, self.b, self.c, self.d, self.e, self.f, self.h = a, b, c, d, e, f, h
    found = trial.settings(Estimator())
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["class"] == "Estimator" and found["d"] == "Ridge" and found["d__alpha"] == 1.0
    assert (found["a"], found["b"], found["c"]) == ("inf", [1, [2.5, None]], 0.5)
    assert (found["e"], found["f"], found["h"]) == (True, {"g": "nan"}, "ReLU()")


def test_run_writes_a_file_each_and_reports(small, capsys):
    compare, folder, _ = small
    assert compare("--splits", "0", "2") == 0
    assert files(folder) == sorted(f"{one}/{name}.json" for one in ("first", "second")
                                   for name in (GAR, "Off", "Line"))
    record = json.loads((folder / "second" / "Off.json").read_text())
    assert list(record["trials"]) == ["0", "2"] and record["threads"] == 1
    assert record["settings"]["shift"] == 0.5 and record["settings"]["class"] == "Shift"
    X, y = table(seed=1)
    for split, found in record["trials"].items():
        parts = datasets._drawn({"X": X, "y": y}, int(split))
        assert found["scores"] == pytest.approx(scores_of(parts[3], parts[2][:, 0] + 0.5))
        assert found["versions"]["sklearn"] and found["machine"]["cores"] >= 1
    out, err = capsys.readouterr()
    assert err.count("] first, split 0") == 3 and "[12/12] second, split 2, Line" in err
    assert "Splits 0, 2: first, second." in out
    assert re.search(r"^Off +\S+ .* 2 of 2 ", out, re.MULTILINE)
    assert (folder / "rank_against_time.png").read_bytes().startswith(b"\x89PNG")


def test_second_run_runs_nothing(small, capsys):
    compare, folder, _ = small
    assert compare() == 0
    done = capsys.readouterr().out
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    CALLS.clear()
    assert compare() == 0
    out, err = capsys.readouterr()
    assert out == done and err.startswith("12 of 12 are in ") and not CALLS
    assert compare("--report") == 0
    assert capsys.readouterr().out == done and not CALLS
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before
    assert compare("--rerun", "--only", "Off", "--datasets", "first") == 0
    assert [call[0] for call in CALLS] == [0.5] * 3  # the first warms up


def test_further_splits_are_added(small):
    compare, folder, _ = small
    assert compare("--splits", "1", "--only", "Off") == 0
    CALLS.clear()
    assert compare("--splits", "0", "1", "2", "--only", "Off") == 0
    assert len(CALLS) == 1 + 4
    record = json.loads((folder / "first" / "Off.json").read_text())
    assert list(record["trials"]) == ["0", "1", "2"]


def test_ended_run_goes_on_where_it_stopped(small, monkeypatch):
    compare, folder, known = small

    def stop(n_threads):
        raise KeyboardInterrupt
    real = known["Line"]
    built = iter([real.build] * 2)  # while checking, and for its settings
    monkeypatch.setitem(known, "Line", Contender(
        "Line", "sklearn", lambda n: next(built, stop)(n)))
    monkeypatch.setattr(commands, "distinct", lambda contenders, tell: contenders)
    arguments = ("--datasets", "first", "--splits", "0")
    assert compare(*arguments) == 130
    assert files(folder) == [f"first/{GAR}.json", "first/Off.json"]
    monkeypatch.setitem(known, "Line", real)
    CALLS.clear()
    assert compare(*arguments) == 0
    assert not CALLS and len(files(folder)) == 3


def test_other_settings_threads_or_version_run_again(small, monkeypatch, capsys):
    compare, folder, known = small
    arguments = ("--datasets", "first", "--only", "Off")
    assert compare(*arguments, "--splits", "0", "1") == 0

    def ran(*more):
        CALLS.clear()
        assert compare(*arguments, *more) == 0
        return max(0, len(CALLS) - 1)  # but for the one that warms up
    assert ran() == 0
    monkeypatch.setitem(known, "Off", shifted("Off", 0.25))
    assert compare(*arguments, "--report") == 2
    assert "Off.json is left out, its settings are not those of now" in capsys.readouterr().err
    # trials under the old settings go with the first under the new
    assert ran("--splits", "0") == 1
    record = json.loads((folder / "first" / "Off.json").read_text())
    assert list(record["trials"]) == ["0"] and record["settings"]["shift"] == 0.25
    assert ran("--splits", "0", "--threads", "2") == 1
    monkeypatch.setattr(Contender, "versions", lambda self: {"sklearn": "0"})
    assert ran("--splits", "0", "--threads", "2") == 1


def test_failure_is_recorded_told_and_tried_again(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Off", Contender("Off", "sklearn", lambda _: Shift(0.5, True)))
    arguments = ("--datasets", "first", "--splits", "0")
    assert compare(*arguments) == 1
    out, err = capsys.readouterr()
    assert "failed: RuntimeError: no luck" in err
    assert "Off on first, split 0: RuntimeError: no luck" in out
    assert re.search(r"^Off +3.00 +3.00 .* 0 of 0 +- +-$", out, re.MULTILINE)
    assert re.search(r"^first +\S+ +failed ", out, re.MULTILINE)
    calls = len(CALLS)
    assert compare(*arguments) == 1
    assert len(CALLS) == calls and capsys.readouterr().err.startswith("2 of 3 are in ")


def test_absent_library_is_told_before_anything_runs(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Line", Contender("Line", "nowhere", absent))
    assert compare("--splits", "0") == 0
    out, err = capsys.readouterr()
    assert err.startswith("note: Line is left out, No module named 'nowhere'; pip install "
                          "'.[peers]' has it\n[1/4]")
    assert "Line" not in out and not list(folder.rglob("Line*"))


def test_results_of_an_absent_library_are_reported(small, monkeypatch, capsys):
    compare, _, known = small
    assert compare("--splits", "0") == 0
    done = capsys.readouterr().out
    monkeypatch.setitem(known, "Line", Contender("Line", "nowhere", absent))
    assert compare("--report") == 0
    assert capsys.readouterr().out == done


def test_large_tables_are_left_out_where_a_regressor_is_slow(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Off", shifted("Off", 0.5, max_rows=31))
    assert compare("--splits", "0") == 0
    assert "note: Off is left out of first, 32 rows are more than 31" in capsys.readouterr().err
    monkeypatch.setitem(known, "Off", shifted("Off", 0.5, max_rows=32))
    assert compare("--splits", "0") == 0
    assert "first/Off.json" in files(folder)


def test_equal_settings_run_once(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Off", shifted("Off", 0.0))
    assert compare("--splits", "0") == 0
    assert capsys.readouterr().err.startswith(f"note: Off is left out, it is the same as {GAR}\n")
    assert not list(folder.rglob("Off*"))


@pytest.mark.parametrize("arguments, message", [
    (["--only", "nobody"], "--only: invalid choice: 'nobody'.*Line"),
    (["--datasets", "nowhere"], "--datasets: invalid choice: 'nowhere'.*first"),
    (["--splits", "10"], "--splits: must be whole numbers from 0 to 2, got '10'"),
    (["--splits", "-1"], "--splits"),
    (["--splits", "0.5"], "must be whole numbers from 0 to 2, got '0.5'"),
    (["--threads", "0"], "--threads: must be a whole number of at least 1"),
    (["--data-dir", "nowhere"], "no such folder of data: nowhere"),
    (["--data-dir", "empty"], "no file first.npz for the data set first, looked in empty; make "
                              r"it from its source \(nowhere\).*--data-dir or SKLEARN_GAR_DATA"),
    (["--data-dir", "bad"], "first.npz must hold an array 'y', it has X"),
    (["--data-dir", "shapes"], "first.npz must hold the rows of first: Found input variables"),
    (["--data-dir", "junk"], "first.npz must be a file of arrays, cannot read it"),
    (["--out", "file"], "--out must be a folder|cannot write"),
    (["--out", "broken"], "Off.json must be a file of trials, cannot read it"),
    (["--report", "--out", "nowhere"], "no results to report in nowhere.peers"),
])
def test_errors_come_before_running(small, arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    Path("file").touch()
    for name in ("empty", "bad", "shapes", "junk", "broken/peers/first"):
        Path(name).mkdir(parents=True)
    np.savez("bad/first.npz", X=np.zeros((9, 2)))
    np.savez("shapes/first.npz", X=np.zeros((9, 2)), y=np.zeros(8))
    Path("junk/first.npz").write_text("junk")
    for name in ("bad", "shapes", "junk"):
        np.savez(f"{name}/second.npz", X=np.zeros((9, 2)), y=np.zeros(9))
    Path("broken/peers/first/Off.json").write_text('{"trials": {}}')
    assert small[0](*arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and not CALLS
    assert re.search(message, err)


def arrays_of(name, rng):
    """Arrays as the file of a data set has them, the target telling the row."""
    if DATASETS[name].rule.startswith("the paper"):
        return {"trX": rng.normal(size=(16, 2)), "trY": np.arange(16)[:, None],
                "teX": rng.normal(size=(4, 2)), "teY": np.arange(16, 20)[:, None]}
    X, y = rng.normal(size=(20, 2)), np.arange(20.0)
    if name.startswith("parkinson"):
        return {"X": X, "y": np.column_stack((y, -y)), "ids": rng.permutation(20)}
    if name == "ic50":
        return {"X": X.astype(np.float32), "y": np.column_stack((y, -y))}
    mask = rng.permuted(np.repeat([[True], [False]], [2, 18], axis=0) * np.ones(10, bool), axis=0)
    return {"X": X, "y": y, "test_mask": mask}


@pytest.mark.parametrize("name", DATASETS)
def test_every_split_parts_the_rows(name):
    dataset, arrays = DATASETS[name], arrays_of(name, np.random.default_rng(0))
    sign = -1 if name == "parkinson_total" else 1
    seen = []
    for number in dataset.splits(None):
        split = dataset.split(arrays, number)
        assert sorted([*split.y, *split.y_test]) == sorted(sign * np.arange(20.0))
        assert len(split.X_test) == len(split.y_test) == (2 if "90/10" in dataset.rule else 4)
        X = np.concatenate([split.X, split.X_test])
        rows = np.abs(np.concatenate([split.y, split.y_test])).astype(int)
        every = arrays["X"] if "X" in arrays else np.concatenate([arrays["trX"], arrays["teX"]])
        np.testing.assert_array_equal(X, every[rows].astype(np.float64))
        assert {X.dtype, split.y.dtype} == {np.dtype(np.float64)}
        seen.append(tuple(sorted(split.y_test)))
    assert len(set(seen)) > 1 or dataset.n_splits == 1
    again = dataset.split(arrays, 0)
    assert tuple(sorted(again.y_test)) == seen[0]


def test_parkinson_tests_on_the_first_fifth_of_the_order():
    arrays = arrays_of("parkinson_motor", np.random.default_rng(0))
    split = DATASETS["parkinson_motor"].split(arrays, 0)
    np.testing.assert_array_equal(split.y_test, arrays["ids"][:4])
    np.testing.assert_array_equal(split.y, arrays["ids"][4:])


def test_rows_that_do_not_match_are_refused():
    arrays = {"trX": np.zeros((5, 2)), "trY": np.zeros(5), "teX": np.zeros((3, 3)),
              "teY": np.zeros(3)}
    with pytest.raises(DataError, match=r"got shapes \(5, 2\), \(5,\), \(3, 3\), \(3,\)"):
        DATASETS["concrete"].split(arrays, 0)


def test_folder_before_variable(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name / "uci").mkdir(parents=True)
        (tmp_path / name / "uci" / "energy.npz").touch()
    (tmp_path / "two" / "ic50.npz").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "two"))
    wanted = [DATASETS[name] for name in ("energy", "ic50", "diabetes")]
    assert datasets.find_files(wanted, tmp_path / "one") == {
        "energy": tmp_path / "one" / "uci" / "energy.npz",
        "ic50": tmp_path / "two" / "ic50.npz", "diabetes": None}
    assert datasets.read(None)["X"].shape == (442, 10)


def test_names_and_their_parameters():
    known = GARRegressor().get_params()
    for overrides in (*LOSSES.values(), *INGREDIENTS.values()):
        assert set(overrides) <= set(known)
    for one in (*VARIANTS.values(), PEERS[GAR], PEERS["GARRegressor_single"]):
        quick, full = one.model(1, quick=True), one.model(1)
        assert isinstance(full, GARRegressor) and full.random_state == 0
        assert set(one.quick) <= set(quick.get_params())
    assert PEERS[GAR].model(1).set_params(random_state=None).get_params() == known
    assert PEERS["GARRegressor_single"].model(1).n_estimators == 1
    assert VARIANTS["gar_alpha_inf"].model(1).alpha == float("inf")
    assert VARIANTS["huber_0.5"].model(1).loss.delta == 0.5


@pytest.mark.parametrize("name", ["HistGradientBoosting", "RandomForest", "MLPRegressor", "Ridge",
                                  "GARRegressor", "GARRegressor_single"])
def test_peers_without_a_library_fit(name):
    X, y = table()
    model = PEERS[name].model(1, quick=True)
    assert trial.trial(model, Split(X, y, X, y), 1)["failure"] is None


def test_scaled_network_is_blind_to_units():
    X, y = table()
    one, other = (PEERS["MLPRegressor"].model(1, quick=True) for _ in range(2))
    found = trial.trial(one, Split(X, y, X, y), 1)["scores"]
    scaled = 1024 * X, 4096 * y + 64
    again = trial.trial(other, Split(*scaled, *scaled), 1)["scores"]
    assert again["RMSE"] == pytest.approx(4096 * found["RMSE"])
    assert again["Spearman"] == pytest.approx(found["Spearman"])


def test_libraries_are_imported_when_used():
    optional = {"lightgbm", "xgboost", "catboost", "pytabkit", "matplotlib"}
    code = f"import sys, benchmarks.peers.commands; print({optional} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True,
                          text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize("command", ["peers", "ablation"])
def test_smoke(command, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    names = {"peers": ["Ridge", GAR], "ablation": [GAR, SQUARED_ERROR, "one_network"]}[command]
    assert main([command, "--quick", "--out", str(tmp_path), "--only", *names]) == 0
    out, err = capsys.readouterr()
    assert "smoke test" in out and "note" not in err
    assert files(tmp_path / f"{command}_quick") == sorted(f"diabetes/{one}.json" for one in names)
    record = json.loads((tmp_path / f"{command}_quick/diabetes/{GAR}.json").read_text())
    assert record["settings"]["max_iter"] == 2
    (found,) = record["trials"].values()
    assert found["n_train"] == found["n_test"] == 60
    X, X_test, y, y_test = train_test_split(*load_diabetes(return_X_y=True), test_size=0.2,
                                            random_state=0)
    model = GARRegressor(random_state=0, max_iter=2).fit(X[:60], y[:60])
    assert found["scores"] == pytest.approx(scores_of(y_test[:60], model.predict(X_test[:60])))


def test_readme_lists_peers_and_data_sets():
    readme = (REPOSITORY / "benchmarks" / "README.rst").read_text(encoding="utf-8")
    names = re.findall(r"^``(\w+)``  ", readme, re.MULTILINE)
    assert names == [*PEERS, *DATASETS]
    assert contenders.MAX_ROWS_TABM == 2000 and "at most 2,000 rows" in readme
