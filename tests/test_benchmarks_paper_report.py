"""The report of the paper's benchmarks says what the result files say."""

import json
import re
import sys

import numpy as np
import pytest
from scipy import stats

from benchmarks.__main__ import main
from benchmarks.paper import result_file
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    EXPERIMENTS,
    METRICS,
    TASKS,
)
from benchmarks.paper.report import gains, pages, times, values
from benchmarks.paper.report.comparison import Comparison, mean_ranks
from benchmarks.paper.report.departures import departure, departures, protocol_settings
from benchmarks.paper.report.values import Value, mark, published
from benchmarks.speed.result_file import ResultError

CONDITIONS = {"seconds": 12.0, "threads": 1, "versions": {"torch": "2"},
              "machine": {"cpu": "a cpu", "cores": 2}, "date": "2026-01-02T00:00:00+00:00"}
DATA = {"source": "made.npz", "split": "the paper's"}
CONCRETE = "**Concrete Compressive Strength**"


def write(folder, experiment, task, case, found, **recipe):
    settings = protocol_settings(experiment, task, case)
    settings = {**settings, "data": DATA, "recipe": {**settings["recipe"], **recipe}}
    cell = {"experiment": experiment, "task": task, "case": case, "settings": settings, **found,
            **CONDITIONS}
    result_file.write(result_file.cell_path(folder, experiment, task, case), cell)


def write_cell(folder, experiment, task, case, offset=0.0, **recipe):
    """A cell whose folds lie around the paper's mean, moved by so many of its deviations."""
    of = EXPERIMENTS[experiment].cases[case]
    paper = {} if experiment == "sensitivity" else published(experiment)
    scores = {}
    for metric in METRICS:
        middle = paper.get((task, metric, case), Value(0.5, 0.1))
        folds = middle.mean + middle.std * (offset + np.array([-1.0, 1.0, -1.0, 1.0, 0.0]))
        scores[metric] = {"mean": folds.mean(), "std": folds.std(), "folds": [
            {"test": fold, "alpha": alpha} for fold, alpha in zip(folds, (10, 1, 10, 10, 10))]}
    found = {"scores": scores, "networks": 135}
    if of.keeps_curves:
        found["curves"] = {"mean": [[1.0, 2.0]] * 5, "deviation": [[1.0, None]] * 5,
                           "truth": {"mean": 2.0, "deviation": 1.0}}
    write(folder, experiment, task, case, found, **recipe)


def write_curve(folder, experiment, task, case, n_points, **recipe):
    write(folder, experiment, task, case, {
        "pearson_mean": 0.5, "pearson_max": 0.625, "pearson_mean_of_own_choices": 0.55,
        "predictions": {"mean": [0.0] * n_points, "deviation": [0.1] * n_points}}, **recipe)


@pytest.fixture
def results(tmp_path):
    """Cells of everything: some as in the paper, some not."""
    for method, offset in (("MAE", 1.9), ("MSE", 2.2), ("GAR", -2.2)):
        write_cell(tmp_path, "table1", "concrete", method, offset)
    write_cell(tmp_path, "table1", "ic50", "MAE", 9.0)
    for variant in EXPERIMENTS["table5"].cases:
        write_cell(tmp_path, "table5", "concrete", variant)
    write_cell(tmp_path, "table6", "concrete", "64")
    write_cell(tmp_path, "table7", "concrete", "MAE", n_epochs=7)
    write_cell(tmp_path, "sensitivity", "wine_quality", "0.25")
    write_curve(tmp_path, "synthetic", "sine", "GAR", 629)
    write_curve(tmp_path, "depth", "4", "RNC", 629, n_epochs=20)
    second = {"mean": 0.1, "std": 0.01}
    write(tmp_path, "table2", "concrete", "GAR", {
        "stack": {"networks": 27, "all": {"mean": 1e-3, "std": 2e-4}, "loss": second},
        "loop": {"networks": 3, "all": second, "loss": second}, "networks_in_cell": 135})
    return tmp_path


def section(lines, start, title=""):
    """Cells of the first table row after a title that begins so."""
    text = "\n".join(lines).split(title or lines[0])[1]
    rows = [line for line in text.splitlines() if line.startswith(start + "  ")]
    return re.split(r"  +", rows[0])


@pytest.mark.parametrize("metric, ours, expected", [
    ("MAE", 1.2, ""), ("MAE", 0.8, ""), ("MAE", 1.2004, ""), ("MAE", 1.201, "!"),
    ("MAE", 0.799, "+"), ("Pearson", 0.799, "!"), ("Spearman", 1.201, "+"),
])
def test_marks(metric, ours, expected):
    assert mark(metric, Value(ours, 5.0), Value(1.0, 0.1)) == expected


def test_values_stand_beside_the_paper_s(results):
    lines = pages.table_section(results, "table1")
    ours = Comparison.of("table1", ["MAE"], values.cells(
        results, "table1", ["concrete"], ["MAE"])).ours["concrete", "MAE", "MAE"]
    assert section(lines, "MAE", CONCRETE)[1:3] == [str(ours), "4.976(0.071)"]
    # better is lower in the errors, higher in the correlations
    assert [cell[-1] for cell in section(lines, "MSE", CONCRETE)[1::2]] == ["!", "!", "+", "+"]
    assert [cell[-1] for cell in section(lines, "GAR", CONCRETE)[1::2]] == ["+", "+", "!", "!"]
    assert section(lines, "ConR", CONCRETE)[1:3] == ["-", "5.016(0.131)"]
    text = "\n".join(lines)
    assert "8 of 12 values (67%) are within" in text and "4 of them better by more" in text
    assert f"({TASKS['ic50'].remark})" in text
    assert "made.npz, split the paper's" in text and "2026-01-02, torch 2; a cpu, 2 cores" in text


def test_gains_are_those_of_a_t_test_on_the_folds():
    rng = np.random.default_rng(0)
    left, right = rng.normal(1, 0.1, 5), rng.normal(1.1, 0.1, 5)
    made = [Value(folds.mean(), folds.std(), tuple(folds)) for folds in (left, right)]
    assert gains.p_value(*made) == pytest.approx(stats.ttest_ind(left, right).pvalue)
    assert gains.gain("MAE", *made) == pytest.approx(100 * (1 - left.mean() / right.mean()))
    assert gains.gain("Pearson", *made) == pytest.approx(100 * (left.mean() / right.mean() - 1))
    assert gains.p_value(Value(0.9, 0.0), Value(0.9, 0.0)) == 1
    assert gains.p_value(Value(0.9, 0.0), Value(0.8, 0.0)) == 0


@pytest.mark.parametrize("metric, other, gain, p", [
    ("MAE", "Huber", 2.02, 0.48), ("RMSE", "Huber", 1.69, 0.45)])
def test_paper_s_own_gains_are_found(metric, other, gain, p):
    paper = published("table1")
    gar, best = paper["concrete", metric, "GAR"], paper["concrete", metric, other]
    assert gains.gain(metric, gar, best) == pytest.approx(gain, abs=0.01)
    assert gains.p_value(gar, best) == pytest.approx(p, abs=0.01)


def test_best_or_tied():
    made = {"GAR": Value(0.90, 0.01), "RNC": Value(0.905, 0.0), "MAE": Value(0.8, 0.0)}
    assert gains.best_or_tied("Pearson", made)
    assert not gains.best_or_tied("Pearson", {**made, "RNC": Value(0.92, 0.02)})
    assert not gains.best_or_tied("MAE", made)
    assert gains.best_or_tied("MAE", {**made, "MAE": Value(0.95, 0.0)})


def test_paper_s_own_ranks_are_found(results):
    table = pages.comparison(results, "table5")
    found = mean_ranks(table, table.paper, table.rows)
    printed = {line["variant"]: float(line["mean"]) for line in values.published_lines("table5")
               if line["dataset"] == "all"}
    assert found == pytest.approx(printed, abs=0.25)  # of values before they were rounded
    cells = [section(pages.table_section(results, name), "GAR", CONCRETE)
             for name in ("table1", "table5")]
    assert cells[0] == cells[1]


def test_alphas_of_the_paper_s_table_4(results):
    cells = section(pages.alphas_section(results), "Concrete Compressive Strength  RMSE")
    assert cells[2:] == ["10 1 10 10 10", "8.2(3.6)", "10 1 10 10 10", "8.2(3.6)"]


def test_departures_from_the_protocol_are_told(results):
    for method in ("MSE", "GAR"):
        write_cell(results, "table7", "concrete", method, batch_size=32, drop_last=False)
    lines = pages.table_section(results, "table7")
    assert ("Not the protocol's settings, but n_epochs 7: MAE on Concrete Compressive Strength."
            in lines)
    assert ("Not the protocol's settings, but batch_size 32, drop_last False: MSE, GAR on "
            "Concrete Compressive Strength." in lines)
    assert "Not the protocol" not in "\n".join(pages.table_section(results, "table1"))
    assert ("Not the protocol's settings, but n_epochs 20: RNC on 4 hidden layers."
            in pages.curves_section(results, "depth", "figure6"))


@pytest.mark.parametrize("experiment, task, case", [
    ("table1", "superconductivity", "GAR"), ("table6", "concrete", "32"),
    ("table2", "ic50", "ConR"), ("synthetic", "sine_all_rows", "MAE"), ("depth", "8", "GAR")])
def test_every_setting_but_the_rows_counts(experiment, task, case):
    settings = json.loads(json.dumps(protocol_settings(experiment, task, case)))
    cell = {"experiment": experiment, "task": task, "case": case, "settings": settings}
    settings["data"] = DATA
    assert departure(cell) == "" and departures({(task, case): cell}) == []
    parts = [settings, settings["grid"], settings["recipe"]]
    for part in parts:
        for name in set(part) - {"data", "grid", "recipe"}:
            kept, part[name] = part[name], "another"
            assert departure(cell) == f"{name} another"
            del part[name]
            assert departure(cell) == f"{name} none"
            part[name] = kept


def test_curves_beside_the_paper_s(results):
    lines = pages.curves_section(results, "depth", "figure6")
    assert section(lines, "4 ")[1:] == ["RNC", "0.500", "0.625", "0.550", "0.325", "-"]
    lines = pages.curves_section(results, "synthetic", "figures1_to_3")
    assert section(lines, "sine")[1:] == ["GAR", "0.500", "0.625", "0.550", "0.700", "0.741"]


def test_times_are_scaled_to_the_cell(results):
    row = section(times.times_section(results), "GAR")
    # 0.1 s an epoch, 100 epochs, 135 networks, against a cell of 12 s
    assert row[1] == "1(0.2)" and row[5] == "86(12)" and row[7:] == ["22 min", "12 s", "112"]


def test_report_is_written_and_repeatable(results, capsys):
    assert main(["report", "--out", str(results)]) == 0
    folder = results / "report"
    assert capsys.readouterr().out.split() == [str(folder / "README.rst"), *(
        str(folder / f"{name}.png") for name in
        ("figures_1_to_3_sine", "figure_6", "figure_8", "figure_12"))]
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    page = first["README.rst"].decode()
    images = re.findall(r"^\.\. image:: (\S+)$", page, re.MULTILINE)
    assert sorted([*images, "README.rst"]) == sorted(first)
    assert all(first[name].startswith(b"\x89PNG") for name in images)
    titles = re.findall(r"^(Table \d|Figures? \d+).*\n-", page, re.MULTILINE)
    assert titles == ["Table 1", "Table 2", "Table 4", "Table 5", "Table 6", "Table 7",
                      "Figures 1", "Figure 6", "Figures 7"]
    assert main(["report", "--out", str(results), "--report", str(results / "other")]) == 0
    assert {path.name: path.read_bytes() for path in (results / "other").iterdir()} == first


def test_fold_without_a_score_has_no_value(results):
    path = result_file.cell_path(results, "table1", "concrete", "MAE")
    cell = json.loads(path.read_text())
    cell["scores"]["MAE"]["mean"] = None
    result_file.write(path, cell)
    lines = pages.table_section(results, "table1")
    assert section(lines, "MAE", CONCRETE)[1] == "lost!"
    assert "7 of 12 values (58%) are within" in "\n".join(lines)  # 8 with it
    path = result_file.cell_path(results, "table1", "concrete", "GAR")
    cell = json.loads(path.read_text())
    cell["scores"]["RMSE"]["folds"][1]["test"] = None
    result_file.write(path, cell)
    cells = section(pages.alphas_section(results), "Concrete Compressive Strength  RMSE")
    assert cells[2:4] == ["10 nan 10 10 10", "nan(nan)"]


def test_a_cell_in_another_s_place_is_told(results):
    path = result_file.cell_path(results, "table1", "concrete", "MAE")
    path.write_bytes(result_file.cell_path(results, "table1", "concrete", "GAR").read_bytes())
    with pytest.raises(ResultError, match="mae.json must be the cell MAE of table1 on concrete, "
                                          "got GAR"):
        pages.table_section(results, "table1")


def test_nothing_to_report_is_told(tmp_path, capsys, monkeypatch):
    assert main(["report", "--out", str(tmp_path)]) == 2
    assert "no results to report: no finished cells in" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "benchmarks.paper.report.figures", raising=False)
    with pytest.raises(ResultError, match="needs matplotlib"):
        pages_of(tmp_path)


def pages_of(folder):
    from benchmarks.paper.report.write import write_report
    return write_report(folder, folder / "report")


def test_published_tables_have_every_row():
    for name, experiment in EXPERIMENTS.items():
        if name.startswith("table"):
            known = {(task, row) for task, _, row in published(name)}
            assert {(task, case) for task in experiment.tasks
                    for case in experiment.cases} <= known
    for name, source in (("synthetic", "figures1_to_3"), ("depth", "figure6")):
        known = [tuple(line.values())[:2] for line in values.published_lines(source)]
        assert known == [(task, case) for task in CURVE_EXPERIMENTS[name].tasks
                         for case in CURVE_EXPERIMENTS[name].cases if task != "sine_all_rows"]
