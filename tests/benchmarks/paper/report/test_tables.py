"""The tables of the report are those of the result files, beside the paper's."""

import json

import numpy as np
import pytest
from scipy import stats

from benchmarks.paper.cell_file import cell_path, write_cell
from benchmarks.paper.protocol import CURVE_EXPERIMENTS, EXPERIMENTS, TASKS
from benchmarks.paper.report import gains, pages, times, values
from benchmarks.paper.report.comparison import Comparison, mean_ranks
from benchmarks.paper.report.values import Value, mark, published
from benchmarks.result_files import ResultError
from tests.benchmarks.paper.report.made_up_cells import CONCRETE, section, write_table_cell


@pytest.mark.parametrize("metric, ours, expected", [
    ("MAE", 1.2, ""), ("MAE", 0.8, ""), ("MAE", 1.2004, ""), ("MAE", 1.201, "!"),
    ("MAE", 0.799, "+"), ("Pearson", 0.799, "!"), ("Spearman", 1.201, "+"),
])
def test_marks_follow_two_deviations_of_the_paper(metric, ours, expected):
    assert mark(metric, Value(ours, 5.0), Value(1.0, 0.1)) == expected


def test_values_stand_beside_the_paper_s(results):
    lines = pages.table_section(results, "table1")
    ours = Comparison.from_cells("table1", ["MAE"], values.cells(
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
def test_gains_of_the_paper_s_values_are_those_it_prints(metric, other, gain, p):
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


def test_ranks_of_the_paper_s_values_are_those_it_prints(results):
    table = pages.comparison(results, "table5")
    ranks = mean_ranks(table, table.paper, table.rows)
    printed = {line["variant"]: float(line["mean"]) for line in values.published_lines("table5")
               if line["dataset"] == "all"}
    assert ranks == pytest.approx(printed, abs=0.25)  # the paper's are of unrounded values
    cells = [section(pages.table_section(results, name), "GAR", CONCRETE)
             for name in ("table1", "table5")]
    assert cells[0] == cells[1]


def test_alphas_stand_beside_table_4_of_the_paper(results):
    cells = section(pages.alphas_section(results), "Concrete Compressive Strength  RMSE")
    assert cells[2:] == ["10 1 10 10 10", "8.2(3.6)", "10 1 10 10 10", "8.2(3.6)"]


def test_correlations_of_curves_stand_beside_the_paper_s(results):
    lines = pages.curves_section(results, "depth", "figure6")
    assert section(lines, "4 ")[1:] == ["RNC", "0.500", "0.625", "0.550", "0.325", "-"]
    lines = pages.curves_section(results, "synthetic", "figures1_to_3")
    assert section(lines, "sine")[1:] == ["GAR", "0.500", "0.625", "0.550", "0.700", "0.741"]


def test_times_are_scaled_to_the_cell(results):
    row = section(times.times_section(results), "GAR")
    # 0.1 s an epoch, 100 epochs, 135 networks, against a cell of 12 s
    assert row[1] == "1(0.2)" and row[5] == "86(12)" and row[7:] == ["22 min", "12 s", "112"]


def test_the_time_of_a_cell_of_a_gpu_is_not_compared(results):
    path = cell_path(results, "table1", "concrete", "GAR")
    write_cell(path, {**json.loads(path.read_text()), "device": "cuda"})
    assert section(times.times_section(results), "GAR")[7:] == ["22 min", "-", "-"]


def test_cell_with_a_fold_without_score_has_no_value(results):
    path = cell_path(results, "table1", "concrete", "MAE")
    cell = json.loads(path.read_text())
    cell["scores"]["MAE"]["mean"] = None
    write_cell(path, cell)
    lines = pages.table_section(results, "table1")
    assert section(lines, "MAE", CONCRETE)[1] == "lost!"
    assert "7 of 12 values (58%) are within" in "\n".join(lines)  # 8 with it
    path = cell_path(results, "table1", "concrete", "GAR")
    cell = json.loads(path.read_text())
    cell["scores"]["RMSE"]["folds"][1]["test"] = None
    write_cell(path, cell)
    cells = section(pages.alphas_section(results), "Concrete Compressive Strength  RMSE")
    assert cells[2:4] == ["10 nan 10 10 10", "nan(nan)"]


def test_a_file_with_another_cell_is_an_error(results):
    path = cell_path(results, "table1", "concrete", "MAE")
    path.write_bytes(cell_path(results, "table1", "concrete", "GAR").read_bytes())
    with pytest.raises(ResultError, match="mae.json must be the cell MAE of table1 on concrete, "
                                          "got GAR"):
        pages.table_section(results, "table1")


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


def test_counts_of_one_are_in_the_singular(tmp_path):
    write_table_cell(tmp_path, "table1", "concrete", "MAE", 9.0)
    path = cell_path(tmp_path, "table1", "concrete", "MAE")
    cell = json.loads(path.read_text())
    for metric in ("Pearson", "Spearman", "RMSE"):
        paper = values.published("table1")["concrete", metric, "MAE"]
        cell["scores"][metric]["mean"] = paper.mean
    write_cell(path, cell)
    text = "\n".join(pages.table_section(tmp_path, "table1"))
    assert "3 of 4 values (75%) are within " in text and "; 1 is worse." in text
    assert "\n1 cell in 0.2 minutes; " in text
