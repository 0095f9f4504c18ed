"""Table 3: statistics of the data, computed from made-up rows and committed of the real ones."""

import json

import numpy as np
import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.paper.cell_file import read_cell
from benchmarks.paper.protocol import TASKS
from benchmarks.paper.report.table3 import read_statistics, table3_section
from benchmarks.result_files import ResultError
from tests.benchmarks.paper.made_up import write_sets
from tests.benchmarks.paper.report.made_up_cells import section


def test_command_counts_rows_and_describes_all_targets(tmp_path, capsys):
    write_sets(tmp_path)
    tasks = ["parkinson_total", "ic50"]
    assert main(["table3", "--dataset", *tasks, "--data-dir", str(tmp_path), "--out",
                 str(tmp_path / "out")]) == 0
    assert sorted(path.stem for path in (tmp_path / "out" / "table3").iterdir()) == sorted(tasks)
    total, ic50 = (read_statistics(tmp_path / "out", task) for task in tasks)
    # 50 rows of 3 features; the total scores are 100 to 149
    assert (total["rows"], total["test_rows"], total["features"], total["targets"]) == (
        50, 10, 3, 1)
    assert (total["smallest"], total["largest"], total["mean"]) == (100, 149, 124.5)
    assert total["deviation"] == pytest.approx(np.arange(50).std())
    with np.load(tmp_path / "ic50.npz") as arrays:
        y = arrays["y"]
    assert ic50["targets"] == 2 and ic50["deviation"] == pytest.approx(y.std())
    assert (ic50["smallest"], ic50["largest"]) == (y.min(), y.max())
    lines = table3_section(tmp_path / "out")
    assert capsys.readouterr().out == "\n\n".join(lines) + "\n"
    # ours and the paper's by turns
    assert section(lines, "IC50")[1:8] == ["50", "429", "4", "966", "2", "15", "10"]
    assert section(lines, "Parkinson (Total)")[1:8] == [
        "50", "5,875", "3", "19", "1", "2", "10"]
    assert TASKS["ic50"].remark in lines[-1] and "Wine" not in "\n".join(lines)


def test_without_results_there_is_no_section_and_damage_is_an_error(tmp_path):
    assert table3_section(tmp_path) == []
    (tmp_path / "table3").mkdir()
    (tmp_path / "table3" / "concrete.json").write_text(json.dumps({"task": "concrete"}))
    with pytest.raises(ResultError, match="concrete.json must be statistics of data.*rows"):
        table3_section(tmp_path)


@pytest.mark.parametrize("task", TASKS)
def test_committed_statistics_are_of_the_rows_of_table_1(task):
    cell = read_cell(RESULTS / "paper" / "table1" / task / "gar.json")
    assert read_statistics(RESULTS / "paper", task)["data"] == cell["settings"]["data"]
