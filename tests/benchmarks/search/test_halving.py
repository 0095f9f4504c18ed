"""Searches with halving are compared with whole searches."""

import json

import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.models import GRID
from benchmarks.search import halving


def test_halving_is_compared_with_the_whole_search(tmp_path, capsys):
    assert main(["halving", "--quick", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "halving_quick.json").read_text())
    for trial in result["trials"]:
        same = trial["winner"] == trial["winner_of_halving"]
        # up to rounding, since blocks of the two searches have other sizes
        assert trial["r2_of_halving"] < trial["r2"] + 1e-3
        if same:
            assert trial["place_of_halving"] == 1
            assert trial["r2_of_halving"] == pytest.approx(trial["r2"], abs=1e-3)
    assert [(trial["dataset"], trial["seed"]) for trial in result["trials"]] == [
        ("diabetes", 0), ("diabetes", 1)]
    assert result["settings"]["grid"] == GRID and result["settings"]["n_epochs"] == 9
    assert capsys.readouterr().out == halving.table(result["trials"]) + "\n"


def test_committed_results_are_read():
    trials = json.loads((RESULTS / "halving.json").read_text())["trials"]
    readme = (RESULTS.parent / "README.rst").read_text(encoding="utf-8")
    for line in halving.table(trials).splitlines():
        assert f"    {line}\n" in readme


def test_table_of_halving_equals_one_made_by_hand():
    trials = [
        {"dataset": "a", "winner": 3, "winner_of_halving": 3, "r2": 0.9, "r2_of_halving": 0.9,
         "place_of_halving": 1, "seconds": 4, "seconds_of_halving": 1},
        {"dataset": "a", "winner": 0, "winner_of_halving": 1, "r2": 0.8, "r2_of_halving": 0.7,
         "place_of_halving": 5, "seconds": 4, "seconds_of_halving": 2},
        {"dataset": "b", "winner": 2, "winner_of_halving": 0, "r2": 0.5, "r2_of_halving": 0.3,
         "place_of_halving": 1, "seconds": 10, "seconds_of_halving": 10},
    ]
    rows = [line.split() for line in halving.table(trials).splitlines()]
    assert rows[3] == "a 1 of 2 5 0.0500 0.1000 0.38".split()
    assert rows[4] == "b 0 of 1 1 0.2000 0.2000 1.00".split()
    assert rows[5] == "all 1 of 3 5 0.1000 0.2000 0.50".split()
