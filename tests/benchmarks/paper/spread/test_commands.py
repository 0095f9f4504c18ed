"""The command `spread`: its cells, comparisons, report and errors."""

import shutil
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from benchmarks.__main__ import RESULTS, main
from benchmarks.paper import curves
from benchmarks.paper.cell_file import cell_path, read_cell
from benchmarks.paper.spread import commands
from benchmarks.paper.spread.changes import AUTHORS, CHANGES, LEARNING_RATE, PROTOCOL
from benchmarks.paper.spread.comparison import means_of_five, on_shared_decays, spread
from benchmarks.paper.spread.report import authors, tables
from benchmarks.paper.spread.trials import TASKS, run_trials
from tests.benchmarks.paper.stopping import stopped_in_the_third


def run_quick(folder, *arguments):
    return main(["spread", "--quick", "--out", str(folder), *arguments])


def test_stopped_run_continues_and_loses_one_cell_only(tmp_path, capsys, monkeypatch):
    arguments = "--dataset", "sine", "--change", PROTOCOL, "relu", "float64"
    with monkeypatch.context() as patch:
        patch.setattr(commands, "run_trials", stopped_in_the_third(run_trials))
        assert run_quick(tmp_path, *arguments) == 130
    folder = tmp_path / "spread_quick" / "sine"
    written = {path: path.read_bytes() for path in folder.glob("*.json")}
    assert {path.name for path in written} == {"protocol.json", "relu.json"}
    capsys.readouterr()
    assert run_quick(tmp_path, *arguments) == 0
    out, err = capsys.readouterr()
    assert "2 of 3 cells finished already" in err and "A smoke test" in out
    assert all(path.read_bytes() == content for path, content in written.items())
    assert len(list(folder.glob("*.json"))) == 3
    assert (folder.parent / "changes.png").read_bytes().startswith(b"\x89PNG")
    settings = read_cell(folder / "float64.json")["settings"]
    assert settings["recipe"]["dtype"] == "float64" and settings["change"] == "float64"


@pytest.mark.parametrize("arguments, message", [
    (["--dataset", "cosine"], "invalid choice: 'cosine' (choose from"),
    (["--change", "tan"], "invalid choice: 'tan' (choose from"),
    (["--report"], "no results to report in "),
])
def test_errors_are_one_line(arguments, message, tmp_path, capsys):
    assert main(["spread", "--out", str(tmp_path / "out"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
    for option, names in (("--dataset", TASKS), ("--change", CHANGES)):
        assert option not in arguments or all(name in err for name in names)
    assert not (tmp_path / "out").exists()


def made_up_cell(decays, n_seeds=7, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return {"candidates": [{
        "weight_decay": decay, "pearson": (shift + rng.uniform(0.6, 0.8, n_seeds)).tolist(),
        "mae_test": rng.uniform(0.3, 0.4, n_seeds).tolist()} for decay in decays]}


def test_spread_equals_the_paired_test_of_scipy_on_shared_decays():
    protocol, change = made_up_cell((1e-3, 1e-4, 0.0)), made_up_cell((1e-4, 0.0, 1.0), shift=0.2,
                                                                     seed=1)
    change["candidates"][0]["pearson"][2] = None  # diverged, counts as 0
    found = spread(*on_shared_decays([change, protocol]))
    ours = np.array([one["pearson"] for one in change["candidates"][:2]], dtype=float)
    ours[0, 2] = 0.0
    theirs = np.array([one["pearson"] for one in protocol["candidates"][1:]])
    test = stats.ttest_rel(ours.mean(0), theirs.mean(0))
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.mean == pytest.approx(ours.mean())
    assert found.difference == pytest.approx(ours.mean() - theirs.mean())
    assert found.standard_error == pytest.approx(ours.mean(0).std(ddof=1) / np.sqrt(7))
    assert found.deviation ** 2 == pytest.approx(
        np.mean([np.var(row, ddof=1) for row in ours]))
    assert found.agreement == pytest.approx(
        np.mean([stats.pearsonr(*pair).statistic for pair in zip(ours, theirs)]))
    assert np.isnan(spread(protocol, protocol).p_value)


def test_means_of_five_equal_those_of_a_loop():
    cell = made_up_cell((1e-3, 0.0))
    cell["candidates"][0]["mae_test"][6] = None  # diverged, so never chosen
    expected = []
    for seeds in combinations(range(7), 5):
        of_decay = {}
        for one in cell["candidates"]:
            errors = [one["mae_test"][seed] for seed in seeds]
            if None not in errors:
                of_decay[np.mean(errors)] = np.mean([one["pearson"][seed] for seed in seeds])
        expected.append(of_decay[min(of_decay)])
    np.testing.assert_allclose(means_of_five(cell), expected)
    assert len(expected) == 21


def test_committed_trials_are_those_of_the_synthetic_experiment():
    """Networks of the paper's seeds are the same in both, up to rounding in training."""
    for task in TASKS:
        cells = [read_cell(cell_path(RESULTS / "paper", *name))
                 for name in (("synthetic", task, "GAR"), ("spread", task, PROTOCOL))]
        theirs, ours = ({one["weight_decay"]: one["pearson"] for one in cell["candidates"]
                         if one["learning_rate"] == LEARNING_RATE} for cell in cells)
        assert {decay: pearson[:5] for decay, pearson in ours.items()} == theirs


def test_committed_tables_are_in_the_readme(tmp_path, capsys):
    shutil.copytree(RESULTS / "paper" / "spread", tmp_path / "spread")
    assert main(["spread", "--report", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "left out" not in err
    readme = (RESULTS.parent / "paper" / "README.rst").read_text(encoding="utf-8")
    tables = [block for block in out.split("\n\n") if block.startswith("====")]
    assert len(tables) == 3 and all(table in readme for table in tables)
    assert len(list((RESULTS / "paper" / "spread").rglob("*.json"))) == len(TASKS) * len(CHANGES)


def test_all_rows_of_a_curve_have_the_same_weight_decays():
    results = {("sine", PROTOCOL): made_up_cell((1e-3, 1e-4)), ("sine", "relu"): made_up_cell(
        (1e-4,), seed=1), ("sine", "tanh"): made_up_cell((1e-4, 1e-3), seed=2)}
    protocol, relu, tanh = tables(results)[1].splitlines()[3:-1]
    for row, name, place in ((protocol, PROTOCOL, 1), (relu, "relu", 0), (tanh, "tanh", 0)):
        pearson = results["sine", name]["candidates"][place]["pearson"]
        assert f"{np.mean(pearson):.3f} +- {stats.sem(pearson):.3f}" in row
        n_good = sum(np.mean(five) >= authors()["sine"] for five in combinations(pearson, 5))
        assert row.endswith(f" {100 * n_good / 21:.0f}%")


def test_authors_trials_stand_beside_the_same_seeds():
    cell = made_up_cell((0.0,))
    *_, table = tables({("sine", AUTHORS): cell})
    theirs, ours = (line.split() for line in table.splitlines()[3:-1])
    pearson = cell["candidates"][0]["pearson"][:5]
    assert ours[3:8] == [f"{value:.3f}" for value in pearson]
    trials = [float(value) for value in theirs[3:8]]
    assert theirs[8] == f"{authors()['sine']:.3f}"
    assert max(trials) == 0.741  # as in the file of Figures 1 to 3
    assert float(ours[9]) == pytest.approx(np.mean(pearson) - np.mean(trials), abs=1e-3)
    assert float(ours[10]) == pytest.approx(stats.ttest_rel(pearson, trials).pvalue, abs=2e-3)


def test_curves_are_loaded_once(tmp_path, monkeypatch):
    calls, load = [], curves.load
    monkeypatch.setattr(curves, "load", lambda *given: calls.append(given) or load(*given))
    assert run_quick(tmp_path, "--dataset", "sine", "--change", PROTOCOL, "relu") == 0
    assert len(calls) == 1
