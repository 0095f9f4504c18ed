"""Measurements are taken alternately, saved at once, and not repeated without need."""

import os
import re
import tempfile

import pytest
import torch

import sklearn_gar
from benchmarks.result_files import ResultError
from benchmarks.speed.measurement import Goal, Measurement, Pair, alternate, timed
from benchmarks.speed.records import Records
from benchmarks.speed.report import report
from benchmarks.speed.run import run
from benchmarks.text import rst_table
from tests.benchmarks.program import speed_records


def fake(name, samples=(2.0, 4.0), calls=None, settings=None, **kwargs):
    """A measurement whose sides return numbers and record that they were called."""
    calls = [] if calls is None else calls

    def prepare(**work):
        def side(label, sample):
            def take():
                calls.append((name, label, torch.get_num_threads()))
                if isinstance(sample, BaseException):
                    raise sample
                return sample
            return take
        return Pair(*map(side, "AB", samples))
    return Measurement(name, Goal("<=", 1 / 2), "left", "right", prepare,
                       {"repetitions": 2, **(settings or {})}, {}, **kwargs)


def run_fakes(path, fakes, threads=(1,), rerun=False, lines=None):
    return run(fakes, threads, False, Records(path), rerun,
               (lines if lines is not None else []).append)


def test_sides_alternate_with_the_requested_threads(tmp_path):
    calls, before = [], torch.get_num_threads()
    records = run_fakes(tmp_path / "r.json", [fake("one", calls=calls)], threads=(2, 1))
    assert [call[1] for call in calls] == list("ABABAB") * 2
    assert [call[2] for call in calls] == [2] * 6 + [1] * 6
    assert torch.get_num_threads() == before
    assert [record["threads"] for record in records] == [1, 2]
    assert [record["ratio"] for record in records] == [0.5, 0.5]
    assert all(record["met"] for record in records)


def test_measurement_may_go_without_warm_up():
    calls = []
    measurement = fake("one", calls=calls, warms_up=False)
    numerator, denominator = alternate(measurement.prepare(), 3, measurement.warms_up)
    assert len(calls) == 6
    assert numerator.tolist() == [2.0] * 3 and denominator.tolist() == [4.0] * 3


def test_stopped_run_continues(tmp_path):
    path, calls = tmp_path / "r.json", []
    first, stopped = fake("one", calls=calls), fake("two", (KeyboardInterrupt(), 1.0), calls)
    with pytest.raises(KeyboardInterrupt):
        run_fakes(path, [first, stopped])
    assert [record["name"] for record in speed_records(path)] == ["one"]
    calls.clear()
    lines = []
    records = run_fakes(path, [first, fake("two", calls=calls)], lines=lines)
    assert {call[0] for call in calls} == {"two"}
    assert [record["name"] for record in records] == ["one", "two"]
    assert lines[0].startswith("1 of 2 are in")


def test_other_settings_version_or_rerun_measures_again(tmp_path, monkeypatch):
    path, calls = tmp_path / "r.json", []

    def measured(rerun=False, **kwargs):
        calls.clear()
        run_fakes(path, [fake("one", calls=calls, **kwargs)], rerun=rerun)
        return bool(calls)
    assert measured() and not measured()
    assert measured(settings={"sizes": (1, 2)}) and not measured(settings={"sizes": (1, 2)})
    assert not measured(settings={"sizes": [1, 2]})
    assert measured(rerun=True, settings={"sizes": [1, 2]})
    monkeypatch.setattr(sklearn_gar, "__version__", "0.0.1")
    assert measured(settings={"sizes": [1, 2]})
    assert len(speed_records(path)) == 1


def test_failure_is_recorded_and_tried_again(tmp_path):
    path, calls = tmp_path / "r.json", []
    fakes = [fake("one", (ValueError("no\nluck"), 1.0)), fake("two", calls=calls)]
    failed, fine = run_fakes(path, fakes)
    assert failed["failure"] == "ValueError: no luck" and "ratio" not in failed
    assert fine["failure"] is None
    table = report([failed, fine])
    assert re.search(r"^one +<= 1/2 +failed +no$", table, re.MULTILINE)
    assert "one, 1 thread: ValueError: no luck" in table
    calls.clear()
    assert run_fakes(path, [fake("one"), fakes[1]])[0]["ratio"] == 0.5 and not calls


@pytest.mark.parametrize("samples", [(1.0, 0.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_samples_without_a_ratio_are_a_failure(tmp_path, samples):
    (record,) = run_fakes(tmp_path / "r.json", [fake("one", samples)])
    assert "ratio" not in record and "must be finite" in record["failure"]


def test_failed_write_ends_the_run_and_leaves_the_old_file(tmp_path, monkeypatch):
    path, calls = tmp_path / "r.json", []
    run_fakes(path, [fake("one")])
    before = path.read_bytes()

    def replace(source, target):
        raise OSError("no space left")
    monkeypatch.setattr(os, "replace", replace)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with pytest.raises(ResultError, match="cannot write .*r.json: no space left"):
        run_fakes(path, [fake("two"), fake("three", calls=calls)])
    assert path.read_bytes() == before and calls == []
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "temporary"]


def test_report_separates_records_of_other_conditions(tmp_path):
    records = run_fakes(tmp_path / "r.json", [fake("one"), fake("two")], threads=(1, 2))
    for record in records:
        record["date"] = "2026-01-02T00:00:00+00:00"
    text = report(records)
    assert text.startswith(rst_table(
        ["measurement", "goal", "1 thread", "met", "2 threads", "met"],
        [[name, "<= 1/2", "0.5", "yes", "0.5", "yes"] for name in ("one", "two")]))
    assert "\n2026-01-02, python " in text
    records[-1]["versions"] = {"torch": "0"}
    records[-1]["settings"] = {"data": "rows"}
    text = report(records[:1] + records[2:])
    assert re.search(r"^one +<= 1/2 +0.5 +yes +- +-$", text, re.MULTILINE)
    assert "\ntwo: 2026-01-02, torch 0; " in text and "On rows: two." in text


def test_timed_sample_runs_every_call():
    calls = []
    assert timed(lambda: calls.append(1), n_calls=5, parts=2)() > 0
    assert len(calls) == 5
