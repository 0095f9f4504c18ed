"""The command `speed`: a quick run of everything, its result file and its errors."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE
from benchmarks.speed import memory
from benchmarks.speed.catalogue import catalogue
from benchmarks.speed.measurement import Goal
from tests.benchmarks.program import REPOSITORY, speed_records, start

NAMES = [
    "loss_vs_mse_256", "loss_vs_mse_4096", "loss_vs_plain_torch_256", "loss_linear",
    "rnc_vs_literal", "ranksim_vs_literal",
    "fit_vs_mlp_659x8", "fit_vs_mlp_4158x11", "fit_vs_mlp_13600x81", "fit_vs_skorch",
    "predict_vs_mlp", "predict_one_row_vs_mlp", "epoch_gar_vs_squared_error", "stack_member",
    "float64_vs_float32", "arithmetic_rate", "search_vs_gridsearch",
    "search_halving_vs_gridsearch", "search_vs_mlp_gridsearch", "memmap_memory",
]
needs_proc = pytest.mark.skipif(not memory.STATUS.is_file(), reason="memory is read from /proc")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """A quick run of everything, and the folder of its results."""
    folder = tmp_path_factory.mktemp("results") / "new"
    return start("speed", "--quick", "--out", folder), folder


@needs_proc
def test_every_measurement_runs(smoke):
    done, folder = smoke
    assert done.returncode == 0, done.stderr
    assert [record["name"] for record in speed_records(folder / "speed_quick.json")] == NAMES
    assert [path.name for path in folder.iterdir()] == ["speed_quick.json"]
    progress = re.compile(rf"\[\d+/{len(NAMES)}\] \w+, 1 thread \.\.\.|"
                          r"    ratio \S+, goal [<>]= \S+ (not )?met, .*; about .* left")
    assert all(progress.fullmatch(line) for line in done.stderr.splitlines()), done.stderr
    rows = done.stdout.splitlines()[3:3 + len(NAMES)]
    assert [row.split()[0] for row in rows] == NAMES
    assert "made-up rows" in done.stdout and "smoke test" in done.stdout


@needs_proc
def test_record_has_results_goal_and_conditions(smoke):
    for record in speed_records(smoke[1] / "speed_quick.json"):
        assert record["failure"] is None
        assert record["repetitions"] == record["settings"]["repetitions"] >= 1
        assert record["unit"] in ("s", "bytes", "operations/s")
        for side in ("numerator", "denominator"):
            lower, upper = record[side]["quartiles"]
            assert lower <= record[side]["median"] <= upper
            assert record[side]["what"]
        ratio = record["numerator"]["median"] / record["denominator"]["median"]
        assert record["ratio"] == pytest.approx(ratio)
        goal = Goal(**record["goal"])
        assert record["met"] == goal.is_met(ratio)
        assert set(record["versions"]) == {"python", "numpy", "sklearn", "torch", "skorch",
                                           "sklearn_gar"}
        assert record["machine"]["cpu"] and record["machine"]["cores"] >= 1
        assert re.match(r"\d{4}-\d\d-\d\dT", record["date"]) and record["seconds"] > 0


@needs_proc
def test_training_steps_are_counted(smoke):
    records = {record["name"]: record for record in speed_records(smoke[1] / "speed_quick.json")}
    fit, search = records["fit_vs_mlp_659x8"], records["search_vs_mlp_gridsearch"]
    assert fit["steps"] == [4, 4] and fit["ratio_per_step"] == pytest.approx(fit["ratio"])
    # 660 training rows are two full batches and a smaller one
    assert search["steps"] == [2 * 5 * 2 * 2, 2 * 5 * 2 * 3]
    assert search["ratio_per_step"] == pytest.approx(search["ratio"] * 3 / 2)


@needs_proc
def test_second_run_and_report_measure_nothing(smoke, monkeypatch, capsys):
    done, folder = smoke
    monkeypatch.delenv(VARIABLE, raising=False)
    before = (folder / "speed_quick.json").read_bytes()
    assert main(["speed", "--quick", "--out", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out == done.stdout
    assert err.startswith(f"{len(NAMES)} of {len(NAMES)} are in") and err.count("\n") == 1
    assert main(["speed", "--quick", "--out", str(folder), "--report"]) == 0
    assert capsys.readouterr() == (done.stdout, "")
    assert (folder / "speed_quick.json").read_bytes() == before


def test_full_run_has_the_rows_of_the_readme():
    known = catalogue()
    assert list(known) == NAMES
    for one in known.values():
        json.dumps(one.settings, allow_nan=False)
        assert set(one.quick) <= set(one.settings)
    readme = (REPOSITORY / "benchmarks" / "README.rst").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+_\w+)  ", readme, re.MULTILINE) == NAMES


def test_committed_results_are_reported_as_in_the_readme(capsys):
    assert main(["speed", "--report"]) == 0
    table, *notes = capsys.readouterr().out.strip().split("\n\n")
    readme = (REPOSITORY / "benchmarks" / "README.rst").read_text(encoding="utf-8")
    assert "\n".join(f"    {line}" for line in table.splitlines()) in readme
    assert all(note in readme for note in notes)


@pytest.mark.parametrize("arguments, message", [
    (["--only", "loss_linear", "nonsense"], "no measurement 'nonsense', .*loss_vs_mse_256, "),
    (["--threads", "0"], "--threads: must be a whole number of at least 1, got '0'"),
    (["--threads", "two"], "--threads: must be a whole number"),
    (["--data-dir", "nowhere"], "no such folder of data: nowhere"),
    (["--data-dir", "bad"], "bad.concrete.npz must be an npz file with arrays trX, trY"),
    (["--out", "file"], "cannot write to file: .*--out"),
    (["--out", "bad"], "bad.speed_quick.json must be a file of results, cannot read it"),
    (["--report", "--out", "nowhere"], "no results to report: "),
    (["--nonsense"], "unrecognized arguments: --nonsense"),
])
def test_errors_come_before_measuring(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    Path("file").touch()
    Path("bad").mkdir()
    Path("bad/speed_quick.json").write_text('{"measurements": [{}]}')
    np.savez("bad/concrete.npz", X=np.zeros((3, 2)))
    assert main(["speed", "--quick", "--out", "out", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert re.search(message, err)
