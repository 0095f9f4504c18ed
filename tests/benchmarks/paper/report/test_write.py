"""The report as files."""

import re
import sys

import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.paper.report.write import tables
from benchmarks.result_files import ResultError


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
    assert main(["report", "--out", str(results), "--to", str(results / "other")]) == 0
    assert {path.name: path.read_bytes() for path in (results / "other").iterdir()} == first


def test_report_without_results_or_matplotlib_is_an_error(tmp_path, capsys, monkeypatch):
    assert main(["report", "--out", str(tmp_path)]) == 2
    assert "no results to report: no finished cells in" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "benchmarks.paper.report.figures", raising=False)
    with pytest.raises(ResultError, match="needs matplotlib"):
        import_and_write(tmp_path)


def import_and_write(folder):
    from benchmarks.paper.report.write import write_report
    return write_report(folder, folder / "report")


def test_committed_page_has_the_tables_of_the_committed_results():
    committed = (RESULTS / "paper" / "report" / "README.rst").read_text(encoding="utf-8")
    assert "\n\n".join(tables(RESULTS / "paper")) in committed
