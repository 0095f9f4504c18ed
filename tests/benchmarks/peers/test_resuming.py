"""A run continues where another stopped, and repeats what has other settings."""

import json

from benchmarks.peers import commands
from benchmarks.peers.contenders import GAR, Contender, gar_contender
from sklearn_gar import GARRegressorCV
from tests.benchmarks.peers.made_up import CALLS, files, shifted


def test_second_run_and_report_run_nothing(small, capsys):
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
    assert [call[0] for call in CALLS] == [0.5] * 3  # the first loads the library


def test_further_splits_are_added(small):
    compare, folder, _ = small
    assert compare("--splits", "1", "--only", "Off") == 0
    CALLS.clear()
    assert compare("--splits", "0", "1", "2", "--only", "Off") == 0
    assert len(CALLS) == 1 + 4
    record = json.loads((folder / "first" / "Off.json").read_text())
    assert list(record["trials"]) == ["0", "1", "2"]


def test_stopped_run_continues(small, monkeypatch):
    compare, folder, known = small

    def stop(n_threads):
        raise KeyboardInterrupt
    real = known["Line"]
    built = iter([real.build] * 2)  # for the check of its library, and for its settings
    monkeypatch.setitem(known, "Line", Contender(
        "Line", "sklearn", lambda n: next(built, stop)(n)))
    monkeypatch.setattr(commands, "without_duplicates", lambda contenders, _: contenders)
    arguments = ("--datasets", "first", "--splits", "0")
    assert compare(*arguments) == 130
    assert files(folder) == [f"first/{GAR}.json", "first/Off.json"]
    monkeypatch.setitem(known, "Line", real)
    CALLS.clear()
    assert compare(*arguments) == 0
    assert not CALLS and len(files(folder)) == 3


def test_trials_of_other_settings_threads_or_version_run_again(small, monkeypatch, capsys):
    compare, folder, known = small
    arguments = ("--datasets", "first", "--only", "Off")
    assert compare(*arguments, "--splits", "0", "1") == 0

    def ran(*more):
        CALLS.clear()
        assert compare(*arguments, *more) == 0
        return max(0, len(CALLS) - 1)  # the first fit loads the library
    assert ran() == 0
    monkeypatch.setitem(known, "Off", shifted("Off", 0.25))
    assert compare(*arguments, "--report") == 2
    assert "Off.json is left out, its settings are not the present ones" in capsys.readouterr().err
    # the first trial of the new settings removes those of the old
    assert ran("--splits", "0") == 1
    record = json.loads((folder / "first" / "Off.json").read_text())
    assert list(record["trials"]) == ["0"] and record["settings"]["shift"] == 0.25
    assert ran("--splits", "0", "--threads", "2") == 1
    monkeypatch.setattr(Contender, "versions", lambda self: {"sklearn": "0"})
    assert ran("--splits", "0", "--threads", "2") == 1


def test_trials_from_before_a_parameter_existed_are_reported(small, monkeypatch, capsys):
    compare, folder, known = small
    arguments = ("--datasets", "first", "--only", GAR, "--splits", "0")
    monkeypatch.setitem(known, GAR, gar_contender(GAR, max_iter=1))
    assert compare(*arguments) == 0
    path = folder / "first" / f"{GAR}.json"
    record = json.loads(path.read_text())
    del record["settings"]["categorical_features"]
    path.write_text(json.dumps(record))
    capsys.readouterr()
    assert compare(*arguments, "--report") == 0
    assert "left out" not in capsys.readouterr().err
    # a value other than the default is another setting
    monkeypatch.setitem(known, GAR, gar_contender(GAR, max_iter=1, categorical_features=None))
    assert compare(*arguments, "--report") == 2
    assert f"{GAR}.json is left out" in capsys.readouterr().err


def test_results_of_a_search_before_a_parameter_came_are_current(small, monkeypatch, capsys):
    compare, folder, known = small
    arguments = ("--datasets", "first", "--only", "search", "--splits", "0")

    def search_contender(**settings):
        return Contender("search", "sklearn_gar", lambda n_threads: GARRegressorCV(
            max_iter=1, cv=2, hidden_layer_sizes=(3,), random_state=0, **settings), {})
    monkeypatch.setitem(known, "search", search_contender())
    assert compare(*arguments) == 0
    path = folder / "first" / "search.json"
    record = json.loads(path.read_text())
    assert record["settings"].pop("error_score") == "nan"
    assert record["settings"].pop("return_train_score") is False
    path.write_text(json.dumps(record))
    capsys.readouterr()
    assert compare(*arguments, "--report") == 0
    assert "left out" not in capsys.readouterr().err
    monkeypatch.setitem(known, "search", search_contender(error_score="raise"))
    compare(*arguments, "--report")
    assert "search.json is left out" in capsys.readouterr().err
