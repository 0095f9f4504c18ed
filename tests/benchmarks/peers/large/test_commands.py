"""The command `large`: order, files, resuming, variants, errors, and a quick run."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import environment
from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE
from benchmarks.peers.contenders import GAR, Contender
from benchmarks.peers.large import commands, run
from benchmarks.peers.large.tables import LARGE_DATASETS
from benchmarks.peers.large.variants import VARIANTS
from tests.benchmarks.peers.large.made_up import failed, trial
from tests.benchmarks.peers.made_up import Shift, files, missing_library
from tests.benchmarks.program import REPOSITORY, start

FIRST, SECOND = "made_10000", "made_30000"
BOOSTED = "HistGradientBoosting"


@pytest.fixture
def large(monkeypatch, tmp_path):
    """The command without fits, the folder of its results, and the cells that it ran."""
    cells = []

    def instead(cell):
        cells.append(cell)
        return trial(1.0 + len(cells), 0.1 * len(cells), 100)
    monkeypatch.setattr(run, "run_cell_apart", instead)
    monkeypatch.setattr(environment, "available_cores", lambda: 2)

    def command(*arguments):
        return main(["large", "--out", str(tmp_path), "--only", GAR, BOOSTED, *arguments])
    return command, tmp_path / "large", cells


def places(cells):
    return [(cell.split, cell.dataset, cell.n_threads, cell.contender) for cell in cells]


def test_contenders_alternate_and_splits_are_outermost(large, capsys):
    command, folder, cells = large
    assert command("--datasets", FIRST, SECOND, "--splits", "0", "1", "--threads", "2", "1") == 0
    assert places(cells) == [(split, dataset, n_threads, name) for split in (0, 1)
                             for dataset in (FIRST, SECOND) for n_threads in (2, 1)
                             for name in (GAR, BOOSTED)]
    assert files(folder) == sorted(f"threads_{n_threads}/{dataset}/{name}.json"
                                   for n_threads in (1, 2) for dataset in (FIRST, SECOND)
                                   for name in (GAR, BOOSTED))
    record = json.loads((folder / f"threads_1/{SECOND}/{BOOSTED}.json").read_text())
    assert record["threads"] == 1 and list(record["trials"]) == ["0", "1"]
    assert record["settings"]["class"] == "HistGradientBoostingRegressor"
    out, err = capsys.readouterr()
    assert f"[16/16] {SECOND}, split 1, 1 thread, {BOOSTED} ...\n    RMSE 1.6, fit in 17 s" in err
    assert out.index("1 thread\n") < out.index("2 threads\n")


def test_default_is_three_splits_on_two_threads(large):
    command, _, cells = large
    assert command("--datasets", FIRST) == 0
    assert [(cell.split, cell.n_threads) for cell in cells] == [
        (split, 2) for split in (0, 1, 2) for _ in range(2)]


def test_stopped_run_continues(large, monkeypatch, capsys):
    command, folder, cells = large
    real = run.run_cell_apart

    def stop(cell):
        if len(cells) == 3:
            raise KeyboardInterrupt
        return real(cell)
    monkeypatch.setattr(run, "run_cell_apart", stop)
    assert command("--datasets", FIRST, "--splits", "0", "1") == 130
    done = places(cells)
    assert len(done) == 3
    monkeypatch.setattr(run, "run_cell_apart", real)
    cells.clear()
    capsys.readouterr()
    assert command("--datasets", FIRST, "--splits", "0", "1") == 0
    assert places(cells) == [(1, FIRST, 2, BOOSTED)] and places(cells)[0] not in done
    assert capsys.readouterr().err.startswith("3 of 4 are in ")


def test_second_run_and_report_run_nothing(large, capsys):
    command, folder, cells = large
    assert command("--datasets", FIRST) == 0
    done = capsys.readouterr().out
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    cells.clear()
    for arguments in (("--datasets", FIRST), ("--report",)):
        assert command(*arguments) == 0
        assert capsys.readouterr().out == done and not cells
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before
    assert command("--datasets", FIRST, "--splits", "1", "--rerun") == 0
    assert places(cells) == [(1, FIRST, 2, GAR), (1, FIRST, 2, BOOSTED)]


def test_failure_is_reported_and_tried_again(large, monkeypatch, capsys):
    command, _, cells = large
    real = run.run_cell_apart
    monkeypatch.setattr(run, "run_cell_apart", lambda cell: failed("MemoryError: all gone"))
    assert command("--datasets", FIRST, "--splits", "0") == 1
    out, err = capsys.readouterr()
    assert f"{GAR} on {FIRST}, split 0: MemoryError: all gone" in out
    assert err.count("failed: MemoryError: all gone") == 2
    monkeypatch.setattr(run, "run_cell_apart", real)
    assert command("--datasets", FIRST, "--splits", "0") == 0
    assert len(cells) == 2


def test_variants_are_further_contenders(large, capsys):
    command, folder, cells = large
    name, *others = VARIANTS
    assert command("--datasets", FIRST, "--splits", "0", "--variants", name) == 0
    assert [cell.contender for cell in cells] == [GAR, BOOSTED, name]
    record = json.loads((folder / f"threads_2/{FIRST}/{name}.json").read_text())
    assert record["settings"]["class"] == GAR
    for parameter, value in VARIANTS[name].items():
        assert record["settings"][parameter] == json.loads(json.dumps(value))
    cells.clear()
    assert command("--datasets", FIRST, "--splits", "0", "--variants") == 0
    assert [cell.contender for cell in cells] == others
    capsys.readouterr()
    assert command("--report") == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^{one} ", out, re.MULTILINE) for one in VARIANTS)
    assert command("--report", "--variants", name) == 0
    out = capsys.readouterr().out
    assert re.search(rf"^{name} ", out, re.MULTILINE)
    assert not any(re.search(rf"^{one} ", out, re.MULTILINE) for one in others)


def test_missing_library_is_reported_before_anything_runs(large, monkeypatch, capsys):
    command, folder, _ = large
    known = {GAR: Contender(GAR, "sklearn", lambda n_threads: Shift()),
             BOOSTED: Contender(BOOSTED, "nowhere", missing_library)}
    for module in (commands, run):
        monkeypatch.setattr(module, "contender", lambda name, dataset: known[name])
    monkeypatch.setattr(commands, "VARIANTS", {})
    assert command("--datasets", FIRST, "--splits", "0") == 0
    assert capsys.readouterr().err.startswith(
        f"note: {BOOSTED} is left out, No module named 'nowhere'; pip install '.[peers]' has it\n")
    assert files(folder) == [f"threads_2/{FIRST}/{GAR}.json"]


def test_figure_is_written_beside_the_results(large):
    pytest.importorskip("matplotlib", reason="draws a figure")
    command, folder, _ = large
    assert command("--datasets", FIRST, "--splits", "0") == 0
    figure = folder / "threads_2" / "error_against_time.png"
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("arguments, message", [
    (["--only", "nobody"], "--only: invalid choice: 'nobody'.*CatBoost"),
    (["--variants", "nothing"], "--variants: invalid choice: 'nothing'.*batch_128_epochs_20"),
    (["--datasets", "nowhere"], "--datasets: invalid choice: 'nowhere'.*made_1000000.*flights"),
    (["--splits", "10"], "--splits: must be a whole number from 0 to 9, got '10'"),
    (["--threads", "0"], "--threads: must be a whole number of at least 1"),
    (["--threads", "1", "3"], "--threads: must be at most the number of cores, 2, got 3"),
    (["--datasets", "kin40k", "--data-dir", "empty"],
     "no file uci/kin40k.npz for the data set kin40k: .*DELVE"),
    (["--datasets", "kin40k", "--data-dir", "junk"], "kin40k.npz must be an npz file"),
    (["--datasets", FIRST, "--out", "file"], "cannot write to file.large: .*--out"),
    (["--datasets", FIRST, "--out", "broken"], f"{GAR}.json must be a file of trials"),
    (["--report", "--out", "nowhere"], "no results to report in nowhere.large"),
])
def test_errors_come_before_running(large, arguments, message, tmp_path, monkeypatch, capsys):
    command, _, cells = large
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    Path("file").touch()
    for name in ("empty", "junk/uci", f"broken/large/threads_2/{FIRST}"):
        Path(name).mkdir(parents=True)
    Path("junk/uci/kin40k.npz").write_text("junk")
    Path(f"broken/large/threads_2/{FIRST}/{GAR}.json").write_text('{"trials": {}}')
    assert command(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and not cells
    assert re.search(message, err)


def test_quick_run_fits_a_hundredth_of_the_rows(tmp_path):
    done = start("large", "--quick", "--only", BOOSTED, "--threads", "1", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "smoke test" in done.stdout
    for dataset, n_train in ((FIRST, 100), (SECOND, 300)):
        path = tmp_path / "large_quick" / "threads_1" / dataset / f"{BOOSTED}.json"
        record = json.loads(path.read_text())
        assert record["settings"]["max_iter"] == 2 and list(record["trials"]) == ["0"]
        one = record["trials"]["0"]
        assert one["n_train"] == n_train and np.isfinite(one["scores"]["RMSE"])
        assert 0 < one["fit_processor_seconds"] and one["fit_seconds"] > 0
    assert re.search(rf"^{BOOSTED} +-?\d+\.\d\d +100 +300$", done.stdout, re.MULTILINE)


def test_readme_lists_the_tables_and_the_variants():
    readme = (REPOSITORY / "benchmarks" / "README.rst").read_text(encoding="utf-8")
    assert re.findall(r"^ {4}(made_\d+|kin40k|diamonds|flights)  ", readme, re.MULTILINE) == list(
        LARGE_DATASETS)
    for name, parameters in VARIANTS.items():
        *layers, last = map(str, parameters["hidden_layer_sizes"])
        cells = [*(str(parameters[key]) for key in (
            "batch_size", "max_iter", "learning_rate", "n_estimators")),
            f"{', '.join(layers)} and {last}"]
        assert re.search(" +".join([rf"^    {name}", *map(re.escape, cells)]) + "$", readme,
                         re.MULTILINE)
