"""Results of all experiments."""

import pytest

from benchmarks.paper.protocol import EXPERIMENTS
from tests.benchmarks.paper.report.made_up_cells import (
    write_curve_cell,
    write_made_up_cell,
    write_table_cell,
)


@pytest.fixture
def results(tmp_path):
    """Cells of all experiments, some with the results of the paper, some with others."""
    for method, offset in (("MAE", 1.9), ("MSE", 2.2), ("GAR", -2.2)):
        write_table_cell(tmp_path, "table1", "concrete", method, offset)
    write_table_cell(tmp_path, "table1", "ic50", "MAE", 9.0)
    for variant in EXPERIMENTS["table5"].cases:
        write_table_cell(tmp_path, "table5", "concrete", variant)
    write_table_cell(tmp_path, "table6", "concrete", "64")
    write_table_cell(tmp_path, "table7", "concrete", "MAE", n_epochs=7)
    write_table_cell(tmp_path, "sensitivity", "wine_quality", "0.25")
    write_curve_cell(tmp_path, "synthetic", "sine", "GAR", 629)
    write_curve_cell(tmp_path, "depth", "4", "RNC", 629, n_epochs=20)
    second = {"mean": 0.1, "std": 0.01}
    write_made_up_cell(tmp_path, "table2", "concrete", "GAR", {
        "stack": {"networks": 27, "all": {"mean": 1e-3, "std": 2e-4}, "loss": second},
        "loop": {"networks": 3, "all": second, "loss": second}, "networks_in_cell": 135})
    return tmp_path
