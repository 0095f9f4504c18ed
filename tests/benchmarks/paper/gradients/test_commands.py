"""The command `gradients`: its cells, report and errors."""

import json
import shutil
import sys

import numpy as np
import pytest
from scipy import stats

from benchmarks.__main__ import RESULTS, main
from benchmarks.paper.gradients import commands
from benchmarks.paper.gradients.comparison import compare
from benchmarks.paper.gradients.functions import FUNCTIONS
from benchmarks.paper.gradients.report import tables
from benchmarks.paper.gradients.trials import (
    ERRORS,
    LEARNING_RATES,
    LOSSES,
    NOISES,
    run_trials,
)
from tests.benchmarks.paper.stopping import stopped_in_the_third


def run_quick(folder, *arguments):
    return main(["gradients", "--quick", "--out", str(folder), *arguments])


def test_stopped_run_continues_and_loses_one_cell_only(tmp_path, capsys, monkeypatch):
    arguments = "--noise", "none", "varying", "--loss", "GAR", "MSE"
    with monkeypatch.context() as patch:
        patch.setattr(commands, "run_trials", stopped_in_the_third(run_trials))
        assert run_quick(tmp_path, *arguments) == 130
    folder = tmp_path / "gradients_quick"
    written = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert {path.relative_to(folder).as_posix() for path in written} == {
        "sine_none/gar.json", "sine_none/mse.json"}
    assert capsys.readouterr().err.endswith("run the same command again to continue\n")
    assert run_quick(tmp_path, *arguments) == 0
    out, err = capsys.readouterr()
    assert "2 of 4 cells finished already" in err and "A smoke test" in out
    assert all(path.read_bytes() == content for path, content in written.items())
    assert len(list(folder.rglob("*.json"))) == 4
    assert (folder / "errors.png").read_bytes().startswith(b"\x89PNG")


def test_results_of_other_settings_are_not_reported(tmp_path, capsys):
    assert run_quick(tmp_path, "--noise", "none", "--loss", "GAR", "MSE") == 0
    path = tmp_path / "gradients_quick" / "sine_none" / "mse.json"
    cell = json.loads(path.read_text())
    cell["settings"]["rows"] = 3
    path.write_text(json.dumps(cell))
    capsys.readouterr()
    assert run_quick(tmp_path, "--noise", "none", "--report") == 0
    out, err = capsys.readouterr()
    assert f"{path} is left out, its settings are not the present ones" in err
    assert "MSE" not in out and "GAR" in out


@pytest.mark.parametrize("arguments, message", [
    (["--function", "cosine"], "invalid choice: 'cosine' (choose from"),
    (["--noise", "loud"], "invalid choice: 'loud' (choose from"),
    (["--loss", "R2"], "invalid choice: 'R2' (choose from"),
    (["--report"], "no results to report in "),
])
def test_errors_are_one_line(arguments, message, tmp_path, capsys):
    assert main(["gradients", "--out", str(tmp_path / "out"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
    for option, names in (("--function", FUNCTIONS), ("--noise", NOISES), ("--loss", LOSSES)):
        assert option not in arguments or all(name in err for name in names)
    assert not (tmp_path / "out").exists()


def made_up_results(n_seeds=6):
    """Errors of two functions: GAR has half of MSE's on one, about the same on the other."""
    rng = np.random.default_rng(0)
    results = {}
    for name, factor in (("sine", 0.5), ("waves", 1.0)):
        for loss, mean in (("GAR", factor), ("MSE", 1.0)):
            errors = {error: (mean * rng.uniform(0.9, 1.1, n_seeds)).tolist() for error in ERRORS}
            rates = {str(rate): {"gradient": [factor + rate, factor]} for rate in LEARNING_RATES}
            rates[str(LEARNING_RATES[0])]["gradient"][1] = None  # diverged
            results[f"{name}_none", loss] = {
                "errors": errors, "all_rates": rates, "seconds": 30.0, "threads": 1,
                "date": "2026-01-01T00:00:00", "versions": {"python": "3"},
                "machine": {"cpu": "one", "cores": 1}}
    return results


def test_comparison_equals_the_paired_test_of_scipy():
    results, tasks = made_up_results(), ["sine_none", "waves_none"]
    found = compare(results, tasks, "GAR", "MSE", "gradient")
    pairs = [[results[task, loss]["errors"]["gradient"] for loss in ("GAR", "MSE")]
             for task in tasks]
    p_values = [stats.ttest_rel(*np.log(pair)).pvalue for pair in pairs]
    assert p_values[0] < 0.05 < p_values[1]
    assert (found.n_better, found.n_worse, found.n_tasks) == (1, 0, 2)
    assert found.ratio == pytest.approx(
        stats.gmean(np.concatenate([np.divide(*pair) for pair in pairs])))
    results["waves_none", "MSE"]["errors"]["gradient"][0] = None  # diverged
    assert compare(results, tasks, "GAR", "MSE", "gradient").n_tasks == 1
    assert compare(results, tasks, "GAR", "MAE", "gradient") is None


def test_tables_equal_those_made_by_hand():
    results = made_up_results()
    means = {key: np.mean(result["errors"]["gradient"]) for key, result in results.items()}
    overall, paired, rates, gradients, _ = (
        [line.split() for line in table.splitlines()] for table in tables(results))
    assert overall[4] == ["none", "gradient", *(
        f"{(means['sine_none', loss] * means['waves_none', loss]) ** 0.5:.3f}"
        for loss in ("GAR", "MSE"))]
    assert paired[4][:3] == ["none", "gradient", "GAR"] and paired[4][4:] == ["(1,", "0)"]
    assert gradients[3] == ["none", "sine", "1", *(
        f"{means['sine_none', loss]:.3f}" for loss in ("GAR", "MSE"))]
    assert len(gradients) == 6
    assert rates[3] == ["none", str(LEARNING_RATES[0]), "inf", "inf"]
    middle = LEARNING_RATES[1] / 2
    mean = np.sqrt((0.5 + middle) * (1 + middle))
    assert rates[4] == ["none", str(LEARNING_RATES[1]), f"{mean:.3f}", f"{mean:.3f}"]


def test_without_matplotlib_there_is_a_note(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert run_quick(tmp_path, "--noise", "none", "--loss", "GAR") == 0
    assert "note: no figure" in capsys.readouterr().err


def test_committed_tables_are_in_the_readme(tmp_path, capsys):
    folder = shutil.copytree(RESULTS / "paper" / "gradients", tmp_path / "gradients")
    assert main(["gradients", "--report", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "left out" not in err
    readme = (RESULTS.parent / "paper" / "README.rst").read_text(encoding="utf-8")
    blocks = [block for block in out.split("\n\n") if block.startswith("====")]
    assert len(blocks) == 5 and all(table in readme for table in blocks[:3])
    assert len(list(folder.rglob("*.json"))) == len(FUNCTIONS) * len(NOISES) * len(LOSSES)
