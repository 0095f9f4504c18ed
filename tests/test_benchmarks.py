"""The benchmarks measure what they say; nothing here asserts on time."""

import json
import mmap
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import sklearn_gar
from benchmarks import halving, training_step
from benchmarks.__main__ import main
from benchmarks.arithmetic import product_rate, step_operations
from benchmarks.environment import limited_threads
from benchmarks.speed import latent, losses, memory, models, searches
from benchmarks.speed.catalogue import catalogue
from benchmarks.speed.measurement import Goal, Measurement, Pair, in_turns, timed
from benchmarks.speed.report import report
from benchmarks.speed.result_file import ResultError, ResultFile
from benchmarks.speed.run import run
from benchmarks.tables import rst_table

REPOSITORY = Path(__file__).parents[1]
NAMES = [
    "loss_vs_mse_256", "loss_vs_mse_4096", "loss_vs_plain_torch_256", "loss_linear",
    "rnc_vs_literal", "ranksim_vs_literal",
    "fit_vs_mlp_659x8", "fit_vs_mlp_4158x11", "fit_vs_mlp_13600x81", "fit_vs_skorch",
    "predict_vs_mlp", "epoch_gar_vs_squared_error", "stack_member", "float64_vs_float32",
    "arithmetic_rate", "search_vs_gridsearch", "search_halving_vs_gridsearch",
    "search_vs_mlp_gridsearch", "memmap_memory",
]
needs_proc = pytest.mark.skipif(not memory.STATUS.is_file(), reason="memory is read from /proc")


def program(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != searches.VARIABLE}
    return [sys.executable, "-m", "benchmarks", *map(str, arguments)], {
        "cwd": REPOSITORY, "env": environment, "text": True,
        "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def start(*arguments):
    command, settings = program(*arguments)
    return subprocess.run(command, **settings)


def records_in(folder, name="speed_quick.json"):
    return json.loads((folder / name).read_text())["measurements"]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """A run of everything, and the folder of its results."""
    folder = tmp_path_factory.mktemp("results") / "new"
    return start("speed", "--quick", "--out", folder), folder


@needs_proc
def test_everything_runs(smoke):
    done, folder = smoke
    assert done.returncode == 0, done.stderr
    assert [record["name"] for record in records_in(folder)] == NAMES
    assert [path.name for path in folder.iterdir()] == ["speed_quick.json"]
    progress = re.compile(rf"\[\d+/{len(NAMES)}\] \w+, 1 thread \.\.\.|"
                          r"    ratio \S+, goal [<>]= \S+ (not )?met, .*; about .* left")
    assert all(progress.fullmatch(line) for line in done.stderr.splitlines()), done.stderr
    rows = done.stdout.splitlines()[3:3 + len(NAMES)]
    assert [row.split()[0] for row in rows] == NAMES
    assert "made-up rows" in done.stdout and "smoke test" in done.stdout


@needs_proc
def test_record_says_all(smoke):
    for record in records_in(smoke[1]):
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
def test_steps_are_counted(smoke):
    records = {record["name"]: record for record in records_in(smoke[1])}
    fit, search = records["fit_vs_mlp_659x8"], records["search_vs_mlp_gridsearch"]
    assert fit["steps"] == [4, 4] and fit["ratio_per_step"] == pytest.approx(fit["ratio"])
    # of 660 rows to train on, two full batches and a remainder
    assert search["steps"] == [2 * 5 * 2 * 2, 2 * 5 * 2 * 3]
    assert search["ratio_per_step"] == pytest.approx(search["ratio"] * 3 / 2)


@needs_proc
def test_second_run_measures_nothing_and_report_needs_no_run(smoke, monkeypatch, capsys):
    done, folder = smoke
    monkeypatch.delenv(searches.VARIABLE, raising=False)
    before = (folder / "speed_quick.json").read_bytes()
    assert main(["speed", "--quick", "--out", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out == done.stdout
    assert err.startswith(f"{len(NAMES)} of {len(NAMES)} are in") and err.count("\n") == 1
    assert main(["speed", "--quick", "--out", str(folder), "--report"]) == 0
    assert capsys.readouterr() == (done.stdout, "")
    assert (folder / "speed_quick.json").read_bytes() == before


def test_defaults_of_a_full_run():
    known = catalogue()
    assert list(known) == NAMES
    for one in known.values():
        json.dumps(one.settings, allow_nan=False)
        assert set(one.quick) <= set(one.settings)
    readme = (REPOSITORY / "benchmarks" / "README.rst").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+_\w+)  ", readme, re.MULTILINE) == NAMES


def fake(name, samples=(2.0, 4.0), calls=None, settings=None, **kwargs):
    """A measurement whose sides return numbers and note that they were called."""
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


def run_fakes(path, fakes, threads=(1,), again=False, lines=None):
    return run(fakes, threads, False, ResultFile(path), again,
               (lines if lines is not None else []).append)


def test_sides_take_turns_with_the_threads_asked_for(tmp_path):
    calls, found = [], torch.get_num_threads()
    records = run_fakes(tmp_path / "r.json", [fake("one", calls=calls)], threads=(2, 1))
    assert [call[1] for call in calls] == list("ABABAB") * 2
    assert [call[2] for call in calls] == [2] * 6 + [1] * 6
    assert torch.get_num_threads() == found
    assert [record["threads"] for record in records] == [1, 2]
    assert [record["ratio"] for record in records] == [0.5, 0.5]
    assert all(record["met"] for record in records)


def test_no_warm_up_where_none_is_wanted():
    calls = []
    measurement = fake("one", calls=calls, warms_up=False)
    above, below = in_turns(measurement.prepare(), 3, measurement.warms_up)
    assert len(calls) == 6 and above.tolist() == [2.0] * 3 and below.tolist() == [4.0] * 3


def test_ended_run_goes_on_where_it_stopped(tmp_path):
    path, calls = tmp_path / "r.json", []
    first, stopped = fake("one", calls=calls), fake("two", (KeyboardInterrupt(), 1.0), calls)
    with pytest.raises(KeyboardInterrupt):
        run_fakes(path, [first, stopped])
    assert [record["name"] for record in records_in(tmp_path, "r.json")] == ["one"]
    calls.clear()
    lines = []
    records = run_fakes(path, [first, fake("two", calls=calls)], lines=lines)
    assert {call[0] for call in calls} == {"two"}
    assert [record["name"] for record in records] == ["one", "two"]
    assert lines[0].startswith("1 of 2 are in")


def test_other_settings_version_or_wish_measures_again(tmp_path, monkeypatch):
    path, calls = tmp_path / "r.json", []

    def measured(again=False, **kwargs):
        calls.clear()
        run_fakes(path, [fake("one", calls=calls, **kwargs)], again=again)
        return bool(calls)
    assert measured() and not measured()
    assert measured(settings={"sizes": [1, 2]}) and not measured(settings={"sizes": [1, 2]})
    assert measured(again=True, settings={"sizes": [1, 2]})
    monkeypatch.setattr(sklearn_gar, "__version__", "0.0.1")
    assert measured(settings={"sizes": [1, 2]})
    assert len(records_in(tmp_path, "r.json")) == 1


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
def test_figures_that_give_no_ratio_are_a_failure(tmp_path, samples):
    (record,) = run_fakes(tmp_path / "r.json", [fake("one", samples)])
    assert "ratio" not in record and "must be finite" in record["failure"]


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "r.json"
    run_fakes(path, [fake("one")])
    before = path.read_bytes()

    def replace(source, target):
        assert json.loads(Path(source).read_text())  # whole before it takes the place
        raise OSError("no space left")
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(ResultError, match="cannot write .*r.json: no space left"):
        run_fakes(path, [fake("two")])
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_report_tells_conditions_apart(tmp_path):
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


def test_table():
    assert rst_table(["a", "long"], [["wide one", "1"]]) == (
        "========  ====\na         long\n========  ====\nwide one  1\n========  ====")


@pytest.mark.parametrize("arguments, message", [
    (["--only", "loss_linear", "nonsense"], "no measurement 'nonsense', .*loss_vs_mse_256, "),
    (["--threads", "0"], "--threads: must be a whole number of at least 1, got '0'"),
    (["--threads", "two"], "--threads: must be a whole number"),
    (["--data-dir", "nowhere"], "no such folder of data: nowhere"),
    (["--data-dir", "bad"], "bad.concrete.npz must hold arrays trX and trY"),
    (["--out", "file"], "--out must be a folder"),
    (["--out", "bad"], "bad.speed_quick.json must be a file of results, cannot read it"),
    (["--report", "--out", "nowhere"], "no results to report: "),
    (["--nonsense"], "unrecognized arguments: --nonsense"),
])
def test_errors_come_before_measuring(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(searches.VARIABLE, raising=False)
    Path("file").touch()
    Path("bad").mkdir()
    Path("bad/speed_quick.json").write_text('{"measurements": [{}]}')
    np.savez("bad/concrete.npz", X=np.zeros((3, 2)))
    assert main(["speed", "--quick", "--out", "out", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert re.search(message, err)


def test_file_of_wrong_shape(tmp_path):
    np.savez(tmp_path / "concrete.npz", trX=np.zeros((3, 2)), trY=np.zeros(4))
    with pytest.raises(searches.DataError, match="got shapes"):
        searches.load_table(tmp_path / "concrete.npz")


def test_data_are_found_and_named(tmp_path, monkeypatch):
    monkeypatch.delenv(searches.VARIABLE, raising=False)
    name = "search_vs_gridsearch"
    assert catalogue(tmp_path)[name].settings["data"].startswith("made-up rows")
    rng = np.random.default_rng(0)
    X, y = 5 + rng.normal(size=(30, 2)), 7 + 3 * rng.normal(size=(30, 1))
    np.savez(tmp_path / "concrete.npz", trX=X, trY=y)
    assert catalogue(tmp_path)[name].settings["data"] == "concrete.npz"
    monkeypatch.setenv(searches.VARIABLE, str(tmp_path))
    assert catalogue()[name].settings["data"] == "concrete.npz"
    for column in searches.load_table(searches.find_data(None)):
        assert column.dtype == np.float32
        np.testing.assert_allclose(column.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(column.std(0), 1, rtol=1e-6)


def test_without_a_command_there_is_help(capsys):
    assert main([]) == 0
    assert "speed" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_the_program_and_not_a_fit(tmp_path):
    command, settings = program("speed", "--only", "fit_vs_mlp_13600x81", "--threads", "1",
                                "--out", tmp_path)
    with subprocess.Popen(command, **settings) as process:
        assert process.stderr.readline().startswith("[1/1]")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err == "interrupted; the same command goes on where this stopped\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 10.0])
def test_plain_formula_is_the_loss(alpha):
    rng = torch.Generator().manual_seed(0)
    y = torch.randn(40, 1, dtype=torch.float64, generator=rng)
    results = []
    for loss in (losses.plain_torch_gar_loss, sklearn_gar.losses.GARLoss(alpha)):
        f = (y + torch.sin(3 * y)).requires_grad_()
        arguments = (alpha,) if loss is losses.plain_torch_gar_loss else ()
        value = loss(f, y, *arguments)
        value.backward()
        results.append((value.detach(), f.grad))
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("literal, loss", [
    (latent.literal_rnc, sklearn_gar.losses.RNCLoss(temperature=latent.TEMPERATURE)),
    (latent.literal_ranksim, sklearn_gar.losses.RankSimLoss(
        gamma=latent.GAMMA, interpolation=latent.INTERPOLATION)),
])
def test_literal_losses_over_features_are_the_losses(literal, loss):
    rng = torch.Generator().manual_seed(0)
    y = torch.randn(20, 1, generator=rng)
    features = torch.randn(20, 8, generator=rng).requires_grad_()
    results = []
    for value in (literal(features, y), loss(y.clone(), y, features=features)):
        gradient, = torch.autograd.grad(value, features)
        results.append((value.detach(), gradient))
    torch.testing.assert_close(*results, rtol=1e-5, atol=1e-6)


def test_sides_do_the_same_work():
    X, y = models.made_up_table(512, 3)
    assert X.dtype == y.dtype == np.float32
    ours = models.gar(hidden_layer_sizes=(4, 2), max_iter=3).fit(X, y)
    sizes = ours.net_.module_.layer_sizes
    theirs = models.fit_silently(models.mlp(hidden_layer_sizes=(4, 2), max_iter=3), X, y)
    plain = models.skorch_net(sizes, 3).fit(X, y[:, None])
    assert theirs.coefs_[0].dtype == np.float32
    assert ours.n_iter_ == theirs.n_iter_ == len(plain.history) == 3
    assert tuple(len(rows) for rows in theirs.coefs_) + (1,) == sizes == (3, 4, 2, 1)
    n_parameters = [sum(map(np.size, theirs.coefs_ + theirs.intercepts_)),
                    sum(one.numel() for one in plain.module_.parameters()),
                    sum(one.numel() for one in ours.net_.module_.parameters())]
    assert len(set(n_parameters)) == 1
    assert len(plain.history[0, "batches"]) == len(X) // models.BATCH_SIZE == 2
    assert models.n_steps(len(X), 3) == 6


def test_searches_have_27_candidates_on_5_folds():
    estimator = searches.network(2, "elu")
    X, y = models.made_up_table(60, 2)
    search = searches.stacked_search(estimator, searches.GRID, halving=False).fit(X, y)
    assert len(search.cv_results_["params"]) == 27 and search.n_splits_ == 5
    assert not hasattr(search, "best_estimator_")
    for name in ("solver", "lr_schedule", "max_iter", "scale_features", "hidden_layer_sizes",
                 "n_estimators", "momentum"):
        assert getattr(search, name) == getattr(estimator, name)


@pytest.mark.parametrize("n_rows, expected",
                         [(1, 256), (659, 768), (4158, 4096), (13600, 13568)])
def test_rows_without_remainder(n_rows, expected):
    assert models.full_batches(n_rows) == expected


def test_operations_of_a_step():
    # forward 2 (3 x 4 + 4 x 1), weights as much, inputs of the second layer 2 (4 x 1)
    assert step_operations((3, 4, 1), n_rows=10) == 10 * (32 + 32 + 8)
    assert step_operations((3, 4, 1), n_rows=10, n_networks=5) == 50 * 72
    assert product_rate(8) > 0


def test_timed_counts_calls():
    calls = []
    assert timed(lambda: calls.append(1), n_calls=5, parts=2)() > 0
    assert len(calls) == 5


@needs_proc
def test_peak_memory_is_seen_though_it_is_given_back():
    before = memory.anonymous_bytes()
    # pages fresh from the system: what malloc hands out may have been here before
    block = mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with memory.PeakMemory() as seen:
        for first in range(0, len(block), mmap.PAGESIZE):
            block[first] = 1
        while seen.peak < before + 40_000_000:
            pass
        block.close()
    assert seen.peak - before > 40_000_000 > memory.anonymous_bytes() - before


@needs_proc
def test_failed_fit_in_the_other_process_is_told():
    with pytest.raises(RuntimeError, match="the fit failed: .*batch_size"):
        memory.peak_of_fit(100, 3, 1, 1)


@needs_proc
def test_file_is_as_large_as_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "ROWS_AT_ONCE", 7)
    with open(tmp_path / "rows", "wb+") as file:
        memory.write_rows(file, 20, 3)
    assert np.isfinite(np.memmap(tmp_path / "rows", np.float32, "r", shape=(20, 3))).all()
    full = catalogue()["memmap_memory"].settings
    assert 4 * full["n_rows"] * full["n_features"] == 4 * full["allowed_bytes"] == 4e9


def test_profile_prints_every_part(capsys):
    found = torch.get_num_threads()
    assert main(["profile", "--quick", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    labels = [training_step.BATCH, *(label for label, *_ in training_step.PARTS),
              training_step.REST, training_step.WHOLE, training_step.PRODUCTS]
    lines = out.splitlines()[3:3 + len(labels)]
    assert [line.split("  ")[0] for line in lines] == labels
    assert "1 thread at most, python " in out
    assert torch.get_num_threads() == found


def test_parts_add_up_to_the_whole():
    case = training_step.Case("tiny", 2, 3, (4,), 2)
    parts = training_step.case_profile(case, n_rows=512, repetitions=1)
    whole, products = parts.pop(training_step.WHOLE), parts.pop(training_step.PRODUCTS)
    assert sum(parts.values()) == pytest.approx(whole) and products > 0
    assert all(microseconds > 0 for microseconds in parts.values())


def test_threads_are_put_back_after_an_error():
    found = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), limited_threads(found + 1):
        1 / 0
    assert torch.get_num_threads() == found


def test_halving_is_compared_with_the_whole_search(tmp_path, capsys):
    assert main(["halving", "--quick", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "halving_quick.json").read_text())
    for trial in result["trials"]:
        same = trial["winner"] == trial["winner_of_halving"]
        assert trial["r2"] >= trial["r2_of_halving"]
        assert (trial["place_of_halving"] == 1) == (trial["r2"] == trial["r2_of_halving"])
        assert not same or trial["place_of_halving"] == 1
    assert "diabetes" in capsys.readouterr().out


def test_table_of_halving_by_hand():
    trials = [
        {"dataset": "a", "r2": 0.9, "r2_of_halving": 0.9, "place_of_halving": 1, "seconds": 4,
         "seconds_of_halving": 1},
        {"dataset": "a", "r2": 0.8, "r2_of_halving": 0.7, "place_of_halving": 5, "seconds": 4,
         "seconds_of_halving": 2},
        {"dataset": "b", "r2": 0.5, "r2_of_halving": 0.3, "place_of_halving": 2, "seconds": 10,
         "seconds_of_halving": 10},
    ]
    rows = [line.split() for line in halving.table(trials).splitlines()]
    assert rows[3] == "a 1 of 2 5 0.0500 0.1000 0.38".split()
    assert rows[4] == "b 0 of 1 2 0.2000 0.2000 1.00".split()
    assert rows[5] == "all 1 of 3 5 0.1000 0.2000 0.50".split()
