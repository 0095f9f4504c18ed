"""Numbers of the report against calculations by hand, and the figure."""

import re
import struct

import numpy as np
import pytest

from benchmarks.peers.contenders import GAR
from benchmarks.peers.large.medians import growth_exponent, row_of
from benchmarks.peers.large.plot import draw
from benchmarks.peers.large.report import report, rows_of
from benchmarks.peers.large.tables import LARGE_DATASETS
from tests.benchmarks.peers.large.made_up import failed, put, trial

TABLES = list(LARGE_DATASETS.values())


@pytest.fixture
def files(tmp_path):
    """Three splits of two contenders on two sizes; one split failed, one has no partner."""
    contents = {
        ("made_10000", GAR): {0: trial(1.0, 0.3, 10_000), 1: trial(5.0, 0.1, 10_000),
                              2: trial(3.0, 0.4, 10_000)},
        ("made_10000", "CatBoost"): {0: trial(4.0, 0.5, 10_000), 1: trial(2.0, 0.6, 10_000),
                                     2: failed("RuntimeError: no")},
        ("made_100000", GAR): {0: trial(300.0, 0.1, 100_000)},
        ("made_100000", "CatBoost"): {0: trial(30.0, 0.2, 100_000, None)},
        ("kin40k", "LightGBM"): {0: trial(7.0, 0.9, 32_000)},
    }
    return {key: put(tmp_path, 2, *key, trials) for key, trials in contents.items()}


def cells_of(text):
    return [re.split(r"  +", line.strip()) for line in text.splitlines()]


def test_medians_are_over_the_splits_that_both_have(files):
    row = row_of(files, "made_10000", GAR)
    assert (row.n_rows, row.n_splits) == (10_000, 2)
    assert row.medians == pytest.approx({
        "fit_seconds": 3, "fit_processor_seconds": 6, "predict_seconds": 0.3, "peak_bytes": 3e6,
        "RMSE": 0.2, "MAE": 0.1})
    assert row.ratios["fit_seconds"] == pytest.approx(3 / 3)  # of (4 + 2) / 2
    assert row.ratios["RMSE"] == pytest.approx(0.2 / 0.55)
    assert row_of(files, "made_10000", "LightGBM") is None


def test_without_the_reference_there_are_no_ratios(files):
    row = row_of(files, "kin40k", "LightGBM")
    assert row.medians["fit_seconds"] == 7 and np.isnan(list(row.ratios.values())).all()


def test_failures_alone_have_no_row(tmp_path):
    files = {("kin40k", GAR): put(tmp_path, 2, "kin40k", GAR, {0: failed("E: no")})}
    assert row_of(files, "kin40k", GAR) is None
    text = report({2: files}, TABLES)
    assert f"{GAR} on kin40k, split 0: E: no" in text and "=====" not in text


def test_exponent_is_the_slope_of_the_logarithms():
    n_rows = np.array([10, 100, 1000, 5000])
    assert growth_exponent(zip(n_rows, 3 * n_rows ** 0.7)) == pytest.approx(0.7)
    seconds = np.array([1.0, 8.0, 30.0, 400.0])
    expected = np.polyfit(np.log(n_rows), np.log(seconds), 1)[0]
    assert growth_exponent(zip(n_rows, seconds)) == pytest.approx(expected)
    assert np.isnan(growth_exponent([(10, 2.0)])) and np.isnan(growth_exponent([]))


def test_report_has_a_table_for_each_data_set(files):
    lines = cells_of(report({2: files}, TABLES))
    assert [GAR, "2", "3", "1", "6", "0.3", "0.2", "0.364", "0.1", "3"] in lines
    assert ["CatBoost", "2", "3", "1", "6", "0.3", "0.55", "1", "0.275", "3"] in lines
    assert [GAR, "1", "300", "10", "600", "30", "0.1", "0.5", "0.05", "3"] in lines
    assert ["CatBoost", "1", "30", "1", "60", "3", "0.2", "1", "0.1", "-"] in lines
    assert ["LightGBM", "1", "7", "-", "14", "0.7", "0.9", "-", "0.45", "3"] in lines


def test_report_has_the_growth_and_the_conditions(files):
    text = report({2: files}, TABLES)
    # the times grow from 3 to 300, and from 3 to 30, over one power of ten
    assert [GAR, "2.00", "10,000", "100,000"] in cells_of(text)
    assert ["CatBoost", "1.00", "10,000", "100,000"] in cells_of(text)
    assert "CatBoost on made_10000, split 2: RuntimeError: no" in text
    assert "2026-01-02, 2 threads, torch 2; c, 2 cores; extra 7." in text


def test_report_says_what_a_second_thread_brings(files, tmp_path):
    one = {("made_10000", GAR): put(tmp_path, 1, "made_10000", GAR, {0: trial(6.0, 0.3, 10_000)})}
    text = report({1: one, 2: files}, TABLES)
    assert text.index("1 thread\n--------") < text.index("2 threads\n---------")
    table = text[text.index("Time of a fit with 2 threads over the time with 1:"):]
    assert ["made_10000", "0.5"] in cells_of(table)
    assert "over the time with" not in report({2: files}, TABLES)


def test_figure_has_a_panel_for_each_data_set(files, tmp_path):
    pytest.importorskip("matplotlib", reason="draws a figure")
    path = tmp_path / "figure.png"
    sizes = []
    for tables in (TABLES[:1], TABLES):
        draw(rows_of(files), tables, path)
        sizes.append(struct.unpack(">II", path.read_bytes()[16:24]))
    assert sizes[1] == (3 * sizes[0][0], sizes[0][1])
