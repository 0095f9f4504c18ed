"""The commands `peers` and `ablation`: files, reports, notes and errors."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE
from benchmarks.mixed_datasets import MIXED_DATASETS
from benchmarks.numeric_datasets import NUMERIC_DATASETS, random_split
from benchmarks.peers import contenders
from benchmarks.peers.contenders import GAR, PEERS, Contender
from benchmarks.peers.intervals.contenders import INTERVALS
from benchmarks.peers.mixed_contenders import MIXED_PEERS
from benchmarks.peers.scores import scores_of
from benchmarks.peers.variants import SQUARED_ERROR
from sklearn_gar import GARRegressor
from tests.benchmarks.peers.made_up import CALLS, Shift, files, missing_library, shifted, table
from tests.benchmarks.program import REPOSITORY


def test_run_writes_a_file_for_each_contender_and_data_set(small, capsys):
    compare, folder, _ = small
    assert compare("--splits", "0", "2") == 0
    assert files(folder) == sorted(f"{one}/{name}.json" for one in ("first", "second")
                                   for name in (GAR, "Off", "Line"))
    record = json.loads((folder / "second" / "Off.json").read_text())
    assert list(record["trials"]) == ["0", "2"] and record["threads"] == 1
    assert record["settings"]["shift"] == 0.5 and record["settings"]["class"] == "Shift"
    X, y = table(seed=1)
    for split, trial in record["trials"].items():
        parts = random_split({"X": X, "y": y}, int(split))
        assert trial["scores"] == pytest.approx(scores_of(parts[3], parts[2][:, 0] + 0.5))
        assert trial["versions"]["sklearn"] and trial["machine"]["cores"] >= 1
    out, err = capsys.readouterr()
    assert err.count("] first, split 0") == 3 and "[12/12] second, split 2, Line" in err
    assert "Splits 0, 2: first, second." in out
    assert re.search(r"^Off +\S+ .* 2 of 2 ", out, re.MULTILINE)
    assert (folder / "rank_against_time.png").read_bytes().startswith(b"\x89PNG")


def test_failure_is_recorded_reported_and_tried_again(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Off", Contender(
        "Off", "sklearn", lambda n_threads: Shift(0.5, fails=True)))
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


def test_missing_library_is_reported_before_anything_runs(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Line", Contender("Line", "nowhere", missing_library))
    assert compare("--splits", "0") == 0
    out, err = capsys.readouterr()
    assert err.startswith("note: Line is left out, No module named 'nowhere'; pip install "
                          "'.[peers]' has it\n[1/4]")
    assert "Line" not in out and not list(folder.rglob("Line*"))


def test_results_of_a_missing_library_are_reported(small, monkeypatch, capsys):
    compare, _, known = small
    assert compare("--splits", "0") == 0
    done = capsys.readouterr().out
    monkeypatch.setitem(known, "Line", Contender("Line", "nowhere", missing_library))
    assert compare("--report") == 0
    assert capsys.readouterr().out == done


def test_contender_with_a_limit_is_left_out_of_larger_tables(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Off", shifted("Off", 0.5, max_rows=31))
    assert compare("--splits", "0") == 0
    assert "note: Off is left out of first, 32 rows are more than 31" in capsys.readouterr().err
    monkeypatch.setitem(known, "Off", shifted("Off", 0.5, max_rows=32))
    assert compare("--splits", "0") == 0
    assert "first/Off.json" in files(folder)


def test_contender_with_equal_settings_runs_once(small, monkeypatch, capsys):
    compare, folder, known = small
    monkeypatch.setitem(known, "Off", shifted("Off", 0.0))
    assert compare("--splits", "0") == 0
    assert capsys.readouterr().err.startswith(f"note: Off is left out, it is the same as {GAR}\n")
    assert not list(folder.rglob("Off*"))


@pytest.mark.parametrize("arguments, message", [
    (["--only", "nobody"], "--only: invalid choice: 'nobody'.*Line"),
    (["--datasets", "nowhere"], "--datasets: invalid choice: 'nowhere'.*first"),
    (["--splits", "10"], "--splits: must be a whole number from 0 to 2, got '10'"),
    (["--splits", "-1"], "--splits"),
    (["--splits", "0.5"], "must be a whole number from 0 to 2, got '0.5'"),
    (["--threads", "0"], "--threads: must be a whole number of at least 1"),
    (["--data-dir", "nowhere"], "no such folder of data: nowhere"),
    (["--data-dir", "empty"], "no file first.npz for the data set first: looked in empty.  Pass "
                              r"the folder .* --data-dir or SKLEARN_GAR_DATA; .* \(nowhere\)"),
    (["--data-dir", "bad"], "first.npz must hold an array 'y', it has X"),
    (["--data-dir", "shapes"], "first.npz must hold the rows of first: Found input variables"),
    (["--data-dir", "junk"], "first.npz must be an npz file, cannot read it"),
    (["--out", "file"], "cannot write to file.peers: .*--out"),
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


@pytest.mark.parametrize("command", ["peers", "ablation"])
def test_quick_run_fits_few_rows(command, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    names = {"peers": ["Ridge", GAR], "ablation": [GAR, SQUARED_ERROR, "one_network"]}[command]
    assert main([command, "--quick", "--out", str(tmp_path), "--only", *names]) == 0
    out, err = capsys.readouterr()
    assert "smoke test" in out and "note" not in err
    assert files(tmp_path / f"{command}_quick") == sorted(f"diabetes/{one}.json" for one in names)
    record = json.loads((tmp_path / f"{command}_quick/diabetes/{GAR}.json").read_text())
    assert record["settings"]["max_iter"] == 2
    (trial,) = record["trials"].values()
    assert trial["n_train"] == trial["n_test"] == 60
    X, X_test, y, y_test = train_test_split(*load_diabetes(return_X_y=True), test_size=0.2,
                                            random_state=0)
    model = GARRegressor(random_state=0, max_iter=2).fit(X[:60], y[:60])
    assert trial["scores"] == pytest.approx(scores_of(y_test[:60], model.predict(X_test[:60])))


def test_readme_lists_peers_and_data_sets():
    readme = (REPOSITORY / "benchmarks" / "README.rst").read_text(encoding="utf-8")
    names = re.findall(r"^``(\w+)``  ", readme, re.MULTILINE)
    assert names == [*PEERS, *NUMERIC_DATASETS, *MIXED_PEERS, *MIXED_DATASETS, *INTERVALS]
    assert contenders.MAX_ROWS_TABM == 2000 and "at most 2,000 training rows" in readme
