"""The report lists every setting that is not that of the protocol."""

import json

import pytest

from benchmarks.paper.report import pages
from benchmarks.paper.report.departures import (
    departure,
    departures,
    protocol_settings,
    seconds_of_whole_grid,
)
from tests.benchmarks.paper.report.made_up_cells import DATA, write_table_cell


def test_departures_from_the_protocol_are_listed(results):
    for method in ("MSE", "GAR"):
        write_table_cell(results, "table7", "concrete", method, batch_size=32, drop_last=False)
    lines = pages.table_section(results, "table7")
    assert ("Other settings than the protocol's (n_epochs 7): MAE on "
            "Concrete Compressive Strength." in lines)
    assert ("Other settings than the protocol's (batch_size 32, drop_last False): MSE, GAR on "
            "Concrete Compressive Strength." in lines)
    assert "the protocol's" not in "\n".join(pages.table_section(results, "table1"))
    assert ("Other settings than the protocol's (n_epochs 20): RNC on 4 hidden layers."
            in pages.curves_section(results, "depth", "figure6"))


def test_cells_on_a_part_of_the_grid_name_the_cost_of_the_whole():
    settings = json.loads(json.dumps(protocol_settings("table1", "concrete", "GAR")))
    settings["grid"].update(weight_decay=[1e-4], alpha=[0.1])
    cell = {"experiment": "table1", "task": "concrete", "case": "GAR", "settings": settings,
            "seconds": 800}
    assert seconds_of_whole_grid(cell) == pytest.approx(9 * 800)
    (line,) = departures({("concrete", "GAR"): cell})
    assert line.endswith(" GAR on Concrete Compressive Strength.  "
                         "The whole grid takes some 2.0 hours of one core.")


@pytest.mark.parametrize("experiment, task, case", [
    ("table1", "superconductivity", "GAR"), ("table6", "concrete", "32"),
    ("table2", "ic50", "ConR"), ("synthetic", "sine_all_rows", "MAE"), ("depth", "8", "GAR")])
def test_every_setting_except_the_data_counts(experiment, task, case):
    settings = json.loads(json.dumps(protocol_settings(experiment, task, case)))
    cell = {"experiment": experiment, "task": task, "case": case, "settings": settings,
            "seconds": 1}
    settings["data"] = DATA
    assert departure(cell) == "" and departures({(task, case): cell}) == []
    parts = [settings, settings["grid"], settings["recipe"]]
    for part in parts:
        for name in set(part) - {"data", "grid", "recipe"}:
            setting, part[name] = part[name], "another"
            assert departure(cell) == f"{name} another"
            del part[name]
            assert departure(cell) == f"{name} none"
            part[name] = setting
