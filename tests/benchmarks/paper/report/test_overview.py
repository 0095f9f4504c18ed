"""The overview: counts by hand, the rule of the verdict, a reason for each row that differs."""

import json
import re
import shutil

import pytest

from benchmarks.__main__ import RESULTS
from benchmarks.paper.cell_file import cell_path, write_cell
from benchmarks.paper.gradients.trials import ERRORS
from benchmarks.paper.report import reasons
from benchmarks.paper.report.comparison import Comparison
from benchmarks.paper.report.overview import overview_section, rows
from benchmarks.paper.report.standing import (
    BETTER,
    DIFFERS,
    NOTHING,
    SAME,
    Standing,
    chosen_trials,
    curves_standing,
    searches_standing,
    table_standing,
    times_standing,
    trials_value,
)
from benchmarks.paper.report.values import Value
from benchmarks.paper.report.write import first_page
from benchmarks.result_files import write_result
from tests.benchmarks.paper.report.made_up_cells import (
    CONDITIONS,
    write_curve_cell,
    write_table_cell,
)

README = RESULTS.parent / "paper" / "README.rst"
LINES = 30  # of a screen


@pytest.mark.parametrize("marks, own, leads, paper_leads, expected", [
    ("." * 10, ".", 4, 4, SAME),
    # one of ten may be worse, not two
    ("." * 9 + "!", ".", 4, 4, SAME),
    ("." * 8 + "!!", ".", 4, 4, DIFFERS),
    # values of other methods that are better do not matter
    ("+" * 10, "..", 4, 4, SAME),
    ("+" * 10, "+.", 4, 4, SAME),
    ("+" * 10, "++.", 4, 4, BETTER),
    ("." * 9 + "!", "++", 4, 4, SAME),
    # best or tied in more scores, or in fewer
    ("..", ".", 4, 3, BETTER),
    (".........!", ".", 4, 3, SAME),
    ("++", "+", 3, 4, DIFFERS),
    # nothing to compare but the scores, or no scores in the paper
    ("", "", 2, 2, SAME),
    ("", "", 4, None, NOTHING),
    ("....", ".", 0, None, SAME),
])
def test_verdict_follows_the_rule(marks, own, leads, paper_leads, expected):
    marks, own = (tuple(mark.strip(".") for mark in side) for side in (marks, own))
    assert Standing(marks, own, 4, leads, paper_leads).verdict() == expected


def table(ours, paper):
    """A table of one score, MAE on concrete, with means of rows and deviations of 0.1."""
    ours, paper = ({("concrete", "MAE", row): Value(mean, 0.1) for row, mean in side.items()}
                   for side in (ours, paper))
    rows = sorted({row for _, _, row in paper})
    return Comparison("table1", rows, ours, paper, {("concrete", row): {} for *_, row in ours},
                      set())


def test_counts_of_a_table():
    made = table({"MAE": 1.0, "MSE": 2.3, "RNC": 0.5, "GAR": 0.95},
                 {"MAE": 1.1, "MSE": 2.0, "RNC": 0.9, "GAR": 0.8})
    # MSE is worse by three deviations, RNC better by four, and GAR no longer best
    found = table_standing(made, ["concrete"])
    assert sorted(found.marks) == ["", "", "!", "+"] and found.own_marks == ("",)
    assert (found.n_good, found.n_scores, found.leads, found.paper_leads) == (3, 1, 0, 1)
    assert table_standing(made, ["ic50"]) is None
    # without RNC here, the paper's RNC does not count either
    paper = {"MAE": 1.1, "RNC": 0.5, "GAR": 0.8}
    assert table_standing(table({"MAE": 1.0, "GAR": 0.95}, paper), ["concrete"]).paper_leads == 1
    assert table_standing(table({"MAE": 1.0, "RNC": 0.5, "GAR": 0.95}, paper),
                          ["concrete"]).paper_leads == 0
    # GAR alone is compared with nothing
    assert table_standing(table({"GAR": 0.8}, paper), ["concrete"]).n_scores == 0


def by_title(folder):
    return {row.title: row for row in rows(folder)}


def test_rows_of_made_up_results(results):
    found = by_title(results)
    # MAE within two deviations in all four scores; MSE and GAR are worse in two each.  GAR's
    # errors are low and its correlations too
    concrete = found["Table 1, Concrete Compressive Strength"].cells(False)
    assert concrete[1:6] == ["8 of 12", "4", "2 of 4", "4", DIFFERS]
    assert found["Table 1"].cells(False)[1:5] == concrete[1:5]  # IC50 does not count
    assert found["Table 1, IC50"].cells(False)[1:6] == ["-", "-", "-", "-", "other rows"]
    # the made-up alphas are 10 1 10 10 10, the paper's of MAE 10 10 10 10 10
    assert found["Table 4"].cells(False)[1:3] == ["19 of 20", "0"]
    assert found["Table 6"].cells(False)[1:6] == ["4 of 4", "0", "-", "-", SAME]
    # 0.1 seconds in the loop, the paper has 0.086(0.012)
    assert found["Table 2"].cells(False)[1:6] == ["1 of 1", "0", "-", "-", "another machine"]
    assert found["Figures 7 to 11"].verdict == found["Figure 12"].verdict == "drawn"
    for title in ("Table 1, AgeDB (Scratch)", "Figures 4 and 5", "Theorem 4, Corollary 5"):
        assert found[title].cells(False)[1:6] == ["-", "-", "-", "-", "no results"]
    assert reasons.NO_IMAGES in found["Table 1, AgeDB (Scratch)"].cells(False)
    # the committed reasons are not those of other results
    assert concrete[6] == found["Table 4"].cells(False)[6] == ""
    text = "\n".join(overview_section(results))
    assert not any(note.text in text for note in reasons.REASONS.values())
    assert "2 of 16 cells of these tables and figures have other settings" in "\n".join(
        overview_section(results))


def test_times_are_better_if_lower(results):
    path = cell_path(results, "table2", "concrete", "GAR")
    for mean, expected in ((0.0615, "+"), (0.0625, ""), (0.110, ""), (0.111, "!")):
        cell = json.loads(path.read_text())
        cell["loop"]["all"]["mean"] = mean
        write_cell(path, cell)
        assert times_standing(results).marks == (expected,)


def test_correlations_are_compared_by_the_deviation_of_our_trials(tmp_path):
    # the paper's correlations on the sine are 0.700 (GAR), 0.566 (MAE) and 0.589 (MSE)
    trials = {"GAR": [0.58, 0.62], "MAE": [0.46, 0.5], "MSE": [0.7, 0.74]}
    for method, pearson in trials.items():
        write_curve_cell(tmp_path, "synthetic", "sine", method, 629, pearson=pearson)
        write_curve_cell(tmp_path, "synthetic", "sine_all_rows", method, 660, pearson=[0.1])
    found = curves_standing(tmp_path, "synthetic", "figures1_to_3")
    # deviations are 0.02: GAR is 5 below, MAE 4.3 below, MSE 6.6 above
    assert (found.marks, found.own_marks) == (("!", "+", "!"), ("!",))
    assert (found.n_scores, found.leads, found.paper_leads) == (1, 0, 1)
    assert trials_value([0.5, None]) == Value(0.25, 0.25)
    cell = json.loads(cell_path(tmp_path, "synthetic", "sine", "GAR").read_text())
    assert chosen_trials(cell) == trials["GAR"]


def test_leads_of_symbolic_regression():
    pearson = {("a", "GAR"): [0.4, 0.6], ("a", "MAE"): [0.55, 0.55],  # tied
               ("b", "GAR"): [0.5, 0.5], ("b", "MAE"): [0.6, 0.6]}
    found = searches_standing({key: {"found": [{"pearson": one} for one in of_cell]}
                               for key, of_cell in pearson.items()})
    assert (found.n_scores, found.leads, found.paper_leads) == (2, 1, None)
    assert searches_standing({}) is None


def test_committed_rows_that_differ_have_a_reason_and_no_reason_is_left_over():
    found = by_title(RESULTS / "paper")
    assert {title for title, row in found.items() if row.verdict == DIFFERS} == set(
        reasons.REASONS)
    notes = {**reasons.NOTES, **reasons.NOTES_OF_COMMITTED}
    assert set(notes) | set(reasons.OTHER_VERDICTS) <= set(found)
    assert not set(reasons.OTHER_VERDICTS) & set(reasons.REASONS)
    assert not set(notes) & set(reasons.REASONS)
    lines = [line for title in found for line in found[title].cells(True) if line]
    assert max(map(len, lines)) < 70 and len(found) <= LINES - 4  # rules and header


def test_references_lead_to_sections_of_the_readme():
    text = README.read_text(encoding="utf-8").splitlines()
    headings = {title for title, rule in zip(text, text[1:]) if set(rule) == {"-"}}
    notes = [*reasons.REASONS.values(), *reasons.NOTES.values(),
             *reasons.NOTES_OF_COMMITTED.values()]
    assert set(reasons.SECTIONS) <= headings
    assert {note.section for note in notes} <= {*reasons.SECTIONS, ""}
    assert reasons.COMMITTED == RESULTS / "paper" and reasons.README == README
    page = "\n".join(overview_section(RESULTS / "paper"))
    links = dict(re.findall(r"^\.\. _(.+?): (\S+)$", page, re.MULTILINE))
    assert set(re.findall(r"`([^`]+)`_", page)) <= set(links)
    anchors = {title.lower().replace(" ", "-") for title in headings}
    for link in links.values():
        path, _, anchor = link.partition("#")
        assert (RESULTS / "paper" / "report" / path).resolve() == README and anchor in anchors


def test_counts_of_the_data_are_compared_with_table_3(tmp_path):
    for task, numbers in {"concrete": (1030, 8), "wine_quality": (6497, 11),
                          "ic50": (1, 1)}.items():
        names = "test_rows", "targets", "mean", "deviation", "smallest", "largest"
        write_result(tmp_path / "table3" / f"{task}.json", {
            "task": task, "data": {}, **dict.fromkeys(names, 1),
            **dict(zip(("rows", "features"), numbers))})
    # the paper has 4,898 wines; IC50 does not count
    assert by_title(tmp_path)["Table 3"].cells(False)[1:6] == ["3 of 4", "0", "-", "-", DIFFERS]


def test_committed_page_begins_with_the_overview_of_the_committed_results():
    committed = (RESULTS / "paper" / "report" / "README.rst").read_text(encoding="utf-8")
    assert "\n\n".join(first_page(RESULTS / "paper")) in committed


def test_image_task_with_cells_is_compared(tmp_path):
    """With the images, the row has a verdict of its own and counts in Table 1."""
    from tests.benchmarks.paper.report.test_images import write_image_cell
    paper = {"GAR": (6.357, 8.5, 0.8, 0.8, 0.8)}
    for method, means in {**paper, "MAE": (9.0, 12.0, 0.1, 0.1, 0.1)}.items():
        write_image_cell(tmp_path, "agedb_scratch", method, means)
    found = by_title(tmp_path)
    row = found["Table 1, AgeDB (Scratch)"]
    assert row.standing.n_scores == 4 and row.standing.leads == 4
    assert row.cells(False)[1].endswith(" of 8")
    assert found["Table 1"].cells(False)[1:5] == row.cells(False)[1:5]


def test_a_section_leads_to_the_reports_of_derivatives_and_formulas(tmp_path):
    from benchmarks.paper.report.other_sections import gradients_section, symbolic_section
    for section, name, task in ((gradients_section, "gradients", "sine_none"),
                                (symbolic_section, "symbolic", "sine_trigonometry")):
        assert section(tmp_path) == []
        path = cell_path(tmp_path, name, task, "GAR")
        path.parent.mkdir(parents=True)
        shutil.copy(cell_path(RESULTS / "paper", name, task, "GAR"), path)
        text = "\n".join(section(tmp_path))
        assert f"<../{name}>" in text and f"python -m benchmarks {name} --report" in text
        assert "results of the 1 cell" in text


def test_row_of_derivatives_counts_functions(tmp_path):
    # eight seeds: GAR(10) is lower in one function, higher in another, equal in a third
    errors = {"sine_none": (0.1, 0.2), "waves_none": (0.3, 0.2), "bumps_none": (0.2, 0.2)}
    noise = [1.0, 1.01, 0.99, 1.02, 0.98, 1.03, 0.97, 1.0]
    for task, of_losses in errors.items():
        for loss, error, shift in zip(("GAR(10)", "MSE"), of_losses, (0, 1)):
            seeds = [error * factor for factor in noise[shift:] + noise[:shift]]
            write_cell(cell_path(tmp_path, "gradients", task, loss),
                       {"experiment": "gradients", "task": task, "case": loss,
                        "settings": {"grid": {"learning_rate": [0.01]}, "recipe": {"n_epochs": 2}},
                        "errors": dict.fromkeys(ERRORS, seeds), "all_rates": {}, **CONDITIONS})
    row = by_title(tmp_path)["Theorem 4, Corollary 5"]
    assert row.verdict == NOTHING
    assert row.note.text == "gradients of GAR(10) better than of MSE in 1 of 3, worse in 1"
    write_table_cell(tmp_path, "table1", "concrete", "GAR")
    assert by_title(tmp_path)["Theorem 4, Corollary 5"].note == row.note
