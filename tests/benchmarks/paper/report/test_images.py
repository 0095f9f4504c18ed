"""The section of the image tasks: values, marks, gains, settings that were chosen."""

import json

import numpy as np
import pytest
from scipy import stats

from benchmarks.paper.images.protocol import IMAGE_METRICS, IMAGE_TASKS
from benchmarks.paper.report.departures import departure, protocol_settings
from benchmarks.paper.report.images import images_section
from benchmarks.paper.report.values import Value, published
from benchmarks.paper.report.write import tables
from tests.benchmarks.paper.report.made_up_cells import section, write_made_up_cell

SPREAD = np.array([-1.0, 1.0, -1.0, 1.0, 0.0])
SCRATCH, DIGITS = "**AgeDB (Scratch)**", "**Turned digits (Scratch)**"


def write_image_cell(folder, task, method, values, std=0.01, **recipe):
    """Write a cell with these means; the deviation of the seeds is 0.9 times `std`."""
    scores = {}
    for metric, middle in zip(IMAGE_METRICS, values):
        runs = middle + std * SPREAD
        scores[metric] = {"mean": runs.mean(), "std": runs.std(),
                          "seeds": [{"test": run} for run in runs]}
    write_made_up_cell(folder, "images", task, method, {
        "scores": scores, "chosen": {"learning_rate": 0.1, "weight_decay": 1e-4, "alpha": 10.0},
        "networks": 7}, **recipe)


def test_values_of_agedb_stand_beside_the_paper_s(tmp_path):
    paper = published("table1")
    for method, offset, std in (("MAE", 1.9, 0.01), ("GAR", -3.2, 0.02)):
        values = [paper["agedb_scratch", metric, method] for metric in IMAGE_METRICS]
        write_image_cell(tmp_path, "agedb_scratch", method,
                         [value.mean + offset * value.std for value in values], std)
    lines = images_section(tmp_path)
    row = section(lines, "GAR", SCRATCH)
    # errors are better, correlations and R2 worse, by more than two deviations
    assert row[0:2] == ["GAR", "0.1, 10"] and [cell[-1] for cell in row[2::2]] == list("++!!!")
    assert row[3] == "6.286(0.034)" and row[11] == "0.846(0.002)"
    assert [cell[-1] for cell in section(lines, "MAE", SCRATCH)[2::2]] == [")"] * 5


def test_digits_have_no_values_of_the_paper_and_gains_over_the_best_pointwise_loss(tmp_path):
    means = {"MAE": (2.0, 3.0, 0.98, 0.97, 0.9), "MSE": (2.5, 2.5, 0.97, 0.98, 0.92),
             "ConR": (1.0, 1.0, 0.999, 0.999, 0.99), "GAR": (2.2, 2.0, 0.99, 0.98, 0.93)}
    for method, values in means.items():
        write_image_cell(tmp_path, "digits_scratch", method, values, std=0.1 * values[0] ** -5)
    lines = images_section(tmp_path)
    assert section(lines, "ConR", DIGITS)[2] == "1.000(0.089)"
    assert "paper" not in section(lines, "", DIGITS)
    gains = "\n".join(lines).split("best pointwise")[1]
    rows = {line.split()[0]: line.split() for line in gains.splitlines() if line[:1].isalpha()
            or line.startswith("R2")}
    assert rows["MAE"][1:3] == ["MAE", "-10.00"] and rows["MAE"][-2:] == ["no", "no"]
    assert rows["RMSE"][1:3] == ["MSE", "20.00"] and rows["RMSE"][-2:] == ["yes", "no"]
    assert rows["Pearson"][1:3] == ["MAE", "1.02"] and rows["Pearson"][-2:] == ["yes", "no"]
    gar, mae = (2.2 + 0.1 * 2.2 ** -5 * SPREAD, 2.0 + 0.1 * 2.0 ** -5 * SPREAD)
    assert f"(p {stats.ttest_rel(gar, mae).pvalue:.2f})" in " ".join(rows["MAE"])


def test_method_that_is_lost_is_said_to_be(tmp_path):
    write_image_cell(tmp_path, "digits_scratch", "MAE", (1.0,) * 5)
    lost = {metric: {"mean": None, "std": None, "seeds": [{"test": None}]}
            for metric in IMAGE_METRICS}
    write_made_up_cell(tmp_path, "images", "digits_scratch", "GAR", {
        "scores": lost, "chosen": {"learning_rate": 1.0}, "networks": 1})
    lines = images_section(tmp_path)
    assert section(lines, "GAR", DIGITS) == ["GAR", "1"] + ["lost"] * 5
    assert "best pointwise" not in "\n".join(lines)


def test_section_is_part_of_the_report_if_there_are_cells(tmp_path):
    assert images_section(tmp_path) == [] == tables(tmp_path)
    write_image_cell(tmp_path, "digits_scratch", "MAE", (1.0,) * 5, n_epochs=7)
    assert images_section(tmp_path) == tables(tmp_path)
    assert ("Other settings than the protocol's (n_epochs 7): MAE on Turned digits (Scratch)."
            in tables(tmp_path))


@pytest.mark.parametrize("task", IMAGE_TASKS)
def test_every_setting_of_network_and_encoder_counts(task):
    settings = json.loads(json.dumps(protocol_settings("images", task, "GAR")))
    cell = {"experiment": "images", "task": task, "case": "GAR", "settings": settings}
    assert departure(cell) == ""
    parts = [("", settings["grid"]), ("", settings["recipe"])]
    if "encoder" in settings:
        parts += [("encoder ", settings["encoder"]), ("encoder ", settings["encoder"]["recipe"])]
    for prefix, part in parts:
        for name in set(part) - {"recipe"}:
            setting, part[name] = part[name], "another"
            assert departure(cell) == f"{prefix}{name} another"
            part[name] = setting


def test_published_values_are_of_the_methods_of_the_tasks():
    paper = published("table1")
    for name, task in IMAGE_TASKS.items():
        methods = {method for of, _, method in paper if of == name}
        assert methods == (set(task.methods) if name.startswith("agedb") else set())
    assert paper["agedb_scratch", "R2", "GAR"] == Value(0.846, 0.002)
