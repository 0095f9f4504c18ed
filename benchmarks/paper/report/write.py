"""The report as files: a page of tables, and its figures."""

from pathlib import Path

from benchmarks.paper.protocol import EXPERIMENTS
from benchmarks.paper.report.images import images_section
from benchmarks.paper.report.other_sections import (
    gradients_section,
    rivals_section,
    spread_section,
    symbolic_section,
)
from benchmarks.paper.report.overview import overview_section
from benchmarks.paper.report.pages import (
    HOW_TO_READ,
    alphas_section,
    boxes_section,
    curves_section,
    table_section,
)
from benchmarks.paper.report.table3 import table3_section
from benchmarks.paper.report.times import times_section
from benchmarks.result_files import ResultError, write_atomically
from benchmarks.text import rst_heading

TITLE = "The paper, reproduced"
HOW_TO_READ_TITLE = "How to read the tables"


def write_report(results: Path, folder: Path) -> list[Path]:
    """Write the page and the figures of everything that there are results of.

    Parameters
    ----------
    results : Path
        Folder of the result files.
    folder : Path
        Where ``README.rst`` and the PNG files go.

    Returns
    -------
    list of Path
        The files.
    """
    try:
        from benchmarks.paper.report.figures import figures, write_png
    except ImportError as error:  # matplotlib is an extra
        raise ResultError(f"the report needs matplotlib, pip install matplotlib: {error}"
                          ) from None
    sections = tables(results)
    if not sections and not table3_section(results):
        raise ResultError(f"no results to report: no finished cells in {results}")
    drawn = list(figures(results))
    images = [f".. image:: {name}.png\n   :alt: {name.replace('_', ' ').capitalize()}"
              for name, _ in drawn]
    page = [rst_heading(TITLE, "="), *first_page(results), rst_heading(HOW_TO_READ_TITLE),
            HOW_TO_READ, *sections]
    if images:
        page += [rst_heading("Figures"), *images]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "README.rst", "\n\n".join(page) + "\n")
        for name, figure in drawn:
            write_png(folder / f"{name}.png", figure)
    except OSError as error:
        raise ResultError(f"cannot write the report: {error}") from None
    return [folder / "README.rst", *(folder / f"{name}.png" for name, _ in drawn)]


def first_page(results: Path) -> list[str]:
    """The overview, and the statistics of the data."""
    return [*overview_section(results), *table3_section(results)]


def tables(results: Path) -> list[str]:
    """Paragraphs of all tables, in the order of the paper."""
    paragraphs = [*table_section(results, "table1"), *times_section(results),
                  *alphas_section(results)]
    for name in EXPERIMENTS:
        if name.startswith("table") and name != "table1":
            paragraphs += table_section(results, name)
    paragraphs += rivals_section(results)
    paragraphs += images_section(results)
    paragraphs += curves_section(results, "synthetic", "figures1_to_3")
    paragraphs += spread_section(results)
    paragraphs += symbolic_section(results)
    paragraphs += curves_section(results, "depth", "figure6")
    return [*paragraphs, *boxes_section(results), *gradients_section(results)]
