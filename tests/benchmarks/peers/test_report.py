"""Reports of comparisons: tables, notes and the figure."""

import re
import struct

import numpy as np
import pytest
from scipy import stats

from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.peers.contenders import GAR
from benchmarks.peers.plot import draw
from benchmarks.peers.report import ablation_report, peers_report
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.peers.variants import SQUARED_ERROR, VARIANTS
from benchmarks.result_files import ResultError
from tests.benchmarks.peers.made_up_files import files_of


def test_report_of_peers_has_ranks_scores_and_notes(tmp_path):
    names = (GAR, "CatBoost", "TabM_D")
    files = files_of(tmp_path, {
        ("energy", GAR): {0: (1.0, 0.9)}, ("energy", "CatBoost"): {0: (2.0, 0.95)},
        ("energy", "TabM_D"): {0: "RuntimeError: no"},
        ("ic50", GAR): {0: (3.0, 0.5)}, ("ic50", "CatBoost"): {0: (2.0, 0.4)}})
    text = peers_report(Scoreboard.from_files(files, ["energy", "ic50"], names), files,
                        NUMERIC_DATASETS)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    assert "Mean rank of 2 on 2 data sets, over 4 scores" in text
    assert "Mean rank of 3 on 1 data set, over 4 scores" in text
    assert ["CatBoost", "1.50", "1.50", "1.50", "1.50", "1.50", "1 of 2", "20", "0.1"] in lines
    assert ["energy", "**1**", "2", "failed"] in lines  # RMSE
    assert ["energy", "0.9000", "**0.9500**", "failed"] in lines
    assert ["ic50", "30", "20", "-"] in lines  # seconds
    assert "TabM_D on energy, split 0: RuntimeError: no" in text
    assert "Split 0: energy, ic50." in text and "ic50: the first of 15 drugs" in text
    assert "2026-01-02, 1 thread, torch 2; c, 2 cores; extra 7." in text


def test_report_of_peers_has_paired_tests_against_each_of_them(tmp_path):
    errors = {"energy": {0: (2.0, 3.0), 1: (4.0, 2.0)}, "ic50": {0: (1.0, 8.0)},
              "sml": {0: (1.0, 2.0)}}
    files = files_of(tmp_path, {
        (one, name): {split: (pair[place], 1 - pair[place] / 10) for split, pair in pairs.items()}
        for one, pairs in errors.items() for place, name in enumerate((GAR, "CatBoost"))}
        | {("sml", "RealMLP_TD"): {0: (0.5, 0.95)}})
    names = (GAR, "CatBoost", "RealMLP_TD")
    text = peers_report(Scoreboard.from_files(files, list(errors), names), files,
                        NUMERIC_DATASETS)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    means = [np.mean(np.log([2 / 3, 4 / 2])), np.log(1 / 8), np.log(1 / 2)]
    cells = [f"{np.exp(np.mean(means)):.3f}", f"{stats.wilcoxon(means).pvalue:.2g}"]
    assert ["CatBoost", "3 of 4 (75%)", *4 * cells] in lines
    assert ["RealMLP_TD", "0 of 1 (0%)", *4 * ["2.000", "1"]] in lines


def test_report_without_the_defaults_has_no_paired_tests(tmp_path):
    files = files_of(tmp_path, {("energy", "CatBoost"): {0: (1.0, 0.5)},
                                ("energy", "Ridge"): {0: (2.0, 0.4)}})
    board = Scoreboard.from_files(files, ["energy"], ("CatBoost", "Ridge"))
    assert "Wilcoxon" not in peers_report(board, files, NUMERIC_DATASETS)


def test_report_of_the_ablation_has_losses_ingredients_and_test(tmp_path):
    files = files_of(tmp_path, {
        (one, name): {0: (error, 1 - error / 10)} for one in ("energy", "sml")
        for name, error in ((GAR, 1.0), (SQUARED_ERROR, 2.0), ("no_embedding", 3.0))})
    board = Scoreboard.from_files(files, ["energy", "sml"], list(VARIANTS))
    text = ablation_report(board, files, NUMERIC_DATASETS)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    losses, ingredients = text.split("Ingredients taken away.")
    assert "Mean rank of 2 on 2 data sets" in losses and "no_embedding" not in losses
    assert "squared_error  2.00" not in ingredients
    p_value = f"{stats.wilcoxon(np.log([0.5, 0.5])).pvalue:.2g}"
    for score in ("RMSE", "MAE", "1 - Pearson", "1 - Spearman"):
        assert [score, "0.5000", "2 of 2", p_value, p_value] in lines
    assert [SQUARED_ERROR, "2", "2"] in lines and [GAR, "**1**", "**1**"] in lines


def test_figure_has_a_panel_for_each_ranking(tmp_path):
    files = files_of(tmp_path, {
        ("one", "a"): {0: (1.0, 0.9)}, ("one", "b"): {0: (2.0, 0.8)},
        ("two", "a"): {0: (1.0, 0.9)}, ("two", "c"): {0: (2.0, 0.8)}, ("two", "b"): {0: "E: no"}})
    widths = []
    for names in ("ab", "abc"):
        draw(Scoreboard.from_files(files, ["one", "two"], names), tmp_path / "figure.png")
        widths.append(struct.unpack(">I", (tmp_path / "figure.png").read_bytes()[16:20])[0])
    assert widths[1] == 2 * widths[0]
    with pytest.raises(ResultError, match="cannot write .*nowhere"):
        draw(Scoreboard.from_files(files, ["one"], "ab"), tmp_path / "nowhere" / "figure.png")
