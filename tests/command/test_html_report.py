"""The report: one page that opens without a network, with what the command prints and more."""

import contextlib
import dataclasses
import io
import re
import shlex
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor

from sklearn_gar import GARRegressor, __version__
from sklearn_gar._command import html_report
from sklearn_gar._command.comparison import GAR, TREES, Result
from sklearn_gar._command.html_report import build_page, write_report
from sklearn_gar._command.plot import (
    MAX_INTERVALS,
    draw_intervals,
    draw_predictions,
    draw_residuals,
    new_figure,
)
from sklearn_gar._command.program import main
from tests.command.conftest import QUICK, read_scores

TARGET = "price <i>\N{EURO SIGN}</i> & 'more' \"yet\""
NAMES = ["x</p><script>alert(1)</script>", "Stra\N{LATIN SMALL LETTER SHARP S}e", "gap"]


class Page(HTMLParser):
    """Tags, links and texts of a page, and the cells of its tables."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.rows = [], [], [], []
        self.in_cell = False
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self.in_cell = False

    def handle_data(self, data):
        self.words.append(data)
        if self.in_cell:
            self.rows[-1][-1] += data


def strange_frame(n_rows=60):
    rng = np.random.default_rng(0)
    columns = [rng.normal(size=n_rows), rng.choice(["<b>bold</b>", "plain"], n_rows),
               np.where(np.arange(n_rows) % 7, rng.normal(size=n_rows), np.nan)]
    return pd.DataFrame({**dict(zip(NAMES, columns)), TARGET: 100 * columns[0] + 1e4})


def run(arguments):
    """Exit code and output of the command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return code, out.getvalue(), err.getvalue()


@dataclasses.dataclass
class Done:
    arguments: list
    out: str
    err: str
    text: str
    page: Page


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A comparison of a table whose names are markup."""
    folder = tmp_path_factory.mktemp("report")
    path, report = folder / "a & <b>.csv", folder / "out.html"
    strange_frame().to_csv(path, index=False)
    arguments = ["compare", str(path), "--target", TARGET, "--folds", "3", "--seed", "4", *QUICK,
                 "--report", str(report)]
    code, out, err = run(arguments)
    assert code == 0, err
    text = report.read_text(encoding="utf-8")
    return Done(arguments, out, err, text, Page(text))


def test_nothing_is_loaded_from_elsewhere(done):
    links = [value for _, name, value in done.page.attributes
             if name in ("src", "href", "xlink:href", "data", "action")]
    assert links and all(link.startswith(("#", "data:image/png")) for link in links)
    assert not {"script", "link", "iframe", "object", "img"} & set(done.page.tags)
    assert not any(name.startswith("on") for _, name, _ in done.page.attributes)
    outside = re.findall(r"url\((?!#)|@import|@font-face", done.text)
    assert outside == []
    policy = [value for _, name, value in done.page.attributes if name == "content"][0]
    assert policy.startswith("default-src 'none';") and "script" not in policy


def test_text_of_the_file_is_text(done):
    assert {"b", "i", "script"}.isdisjoint(done.page.tags)
    for name in ("a & <b>.csv", TARGET):
        assert name in done.page.text
    assert done.text.count("<title>") == 1
    assert "a &amp; &lt;b&gt;.csv" in done.text


def test_scores_and_verdict_are_those_that_are_printed(done):
    printed = [[label, *cells.values()] for label, cells in read_scores(done.out).items()]
    assert len(printed) == 4
    assert done.page.rows[1:5] == printed
    assert done.out.splitlines()[-1] in done.page.text
    assert "60 rows, 3 features, 3 folds, seed 4" in done.page.text


def test_notes_are_those_that_are_printed(done):
    notes = [line.removeprefix("note: ") for line in done.err.splitlines()
             if line.startswith("note: ")]
    assert len(notes) == 3
    assert all(note in done.page.text for note in notes)


def test_command_can_be_repeated(done):
    command = next(word for word in done.page.words if word.startswith("python -m"))
    assert shlex.split(command) == ["python", "-m", "sklearn_gar", *done.arguments]
    rows = {row[0]: row[1] for row in done.page.rows if len(row) == 2}
    assert rows["sklearn_gar"] == __version__
    assert rows["numpy"] == np.__version__
    assert rows["GARRegressor(loss=squared_error)"] == (
        "GARRegressor(loss='squared_error', max_iter=3, random_state=4)")


def test_coverage_and_width_of_intervals(done):
    frame = strange_frame()
    X, y = frame[NAMES].astype({NAMES[1]: "category"}), frame[TARGET].to_numpy()
    inside, widths = [], []
    for train, test in KFold(3, shuffle=True, random_state=4).split(y):
        model = GARRegressor(max_iter=3, random_state=4).fit(X.iloc[train], y[train])
        lower, upper = model.predict_interval(X.iloc[test], 0.9).T
        inside += [low <= true <= high for low, true, high in zip(lower, y[test], upper)]
        widths += list(upper - lower)
    rows = [row for row in done.page.rows if row[0] == GAR and len(row) == 5]
    (_, share, mean, median, relative), = rows
    assert share == f"{100 * np.mean(inside):.1f}%"
    assert float(mean) == pytest.approx(np.mean(widths), rel=2e-3)
    assert float(median) == pytest.approx(np.median(widths), rel=2e-3)
    assert float(relative) == pytest.approx(np.mean(widths) / np.std(y), rel=2e-3)
    assert not any(row[0].startswith(("Hist", "MLP")) and len(row) == 5
                   for row in done.page.rows)


def test_figures(done):
    figures = [value for tag, name, value in done.page.attributes
               if tag == "svg" and name == "aria-label"]
    labels = [GAR, "GARRegressor(loss=squared_error)", TREES]
    assert figures == [*(f"{label}: predicted against true" for label in labels),
                       *(f"{label}: true \N{MINUS SIGN} predicted against predicted"
                         for label in labels),
                       f"{GAR}: target against rows in the order of their predictions"]
    identifiers = [value for _, name, value in done.page.attributes if name == "id"]
    assert identifiers and len(identifiers) == len(set(identifiers))
    # lines and text have the color of the page, dark or light
    assert "currentColor" in done.text and "#000000" not in done.text


def result_of(y, prediction, half_width=1.0):
    return Result({}, [], prediction, intervals=np.c_[prediction - half_width,
                                                      prediction + half_width])


def draw(function, y, result):
    panel = new_figure(layout="constrained").subplots()
    function(panel, y, result)
    return panel


def test_points_are_predictions_and_residuals():
    rng = np.random.default_rng(0)
    y, prediction = rng.normal(size=(2, 30))
    points = draw(draw_predictions, y, result_of(y, prediction)).collections[0].get_offsets()
    assert_allclose(points, np.c_[y, prediction])
    points = draw(draw_residuals, y, result_of(y, prediction)).collections[0].get_offsets()
    assert_allclose(points, np.c_[prediction, y - prediction])


@pytest.mark.parametrize("n_rows", [30, MAX_INTERVALS + 57])
def test_intervals_are_drawn_in_the_order_of_predictions(n_rows):
    rng = np.random.default_rng(0)
    prediction = rng.permutation(n_rows).astype(float)
    y = prediction + rng.choice([0.5, 2.0], n_rows)
    bars, inside, outside = draw(draw_intervals, y, result_of(y, prediction)).collections
    segments = np.array(bars.get_segments())[:, :, 1]
    assert len(segments) == min(n_rows, MAX_INTERVALS)
    middle = segments.mean(1)
    assert (np.diff(middle) > 0).all() and middle[0] == 0 and middle[-1] == n_rows - 1
    assert_allclose(segments[:, 1] - segments[:, 0], 2)
    for points, gap in ((inside, 0.5), (outside, 2.0)):
        place, true = points.get_offsets().T
        assert_allclose(true - middle[place.astype(int)], gap)
    assert len(inside.get_offsets()) + len(outside.get_offsets()) == len(segments)


def test_many_rows_are_drawn_as_an_image():
    y = np.linspace(0, 1, 3000)
    drawing = html_report._drawing(GAR, (4, 4), draw_predictions, y, result_of(y, y))
    tags = [node.tag for node in drawing.iter()]
    assert "image" in tags and tags.count("use") < 100


def test_own_style_of_matplotlib_does_not_count(csv, tmp_path):
    import matplotlib
    with matplotlib.rc_context({"axes.facecolor": "#abcdef", "text.usetex": True}):
        code, page = report_of(csv, tmp_path)
    assert code == 0 and page.tags.count("svg") == 7
    assert "abcdef" not in str(page.attributes)


def test_models_that_predict_one_value(csv, tmp_path, monkeypatch):
    for model in (GARRegressor, HistGradientBoostingRegressor):
        monkeypatch.setattr(model, "predict", lambda self, X: np.zeros(len(X)))
    code, page = report_of(csv, tmp_path)
    assert code == 0 and page.tags.count("svg") == 7


def fail(*args, **kwargs):
    raise ValueError("training diverged: <b>high</b> learning rate")


def report_of(csv, tmp_path):
    code, _, _ = run(["compare", csv(), "--target", "y", "--folds", "2", *QUICK, "--report",
                      str(tmp_path / "out.htm")])
    return code, Page((tmp_path / "out.htm").read_text(encoding="utf-8"))


def test_failed_models(csv, tmp_path, monkeypatch):
    monkeypatch.setattr(MLPRegressor, "fit", fail)
    monkeypatch.setattr(GARRegressor, "predict_interval", fail)
    code, page = report_of(csv, tmp_path)
    assert code == 0
    failed = "training diverged: <b>high</b> learning rate"
    assert ["MLPRegressor", f"failed in fold 1: {failed}"] in page.rows
    assert [GAR, failed] in page.rows
    assert page.tags.count("svg") == 6
    assert "All columns are numbers without gaps" in page.text


def test_all_models_fail(csv, tmp_path, monkeypatch):
    for model in (MLPRegressor, GARRegressor, HistGradientBoostingRegressor):
        monkeypatch.setattr(model, "fit", fail)
    code, page = report_of(csv, tmp_path)
    assert code == 1
    assert "svg" not in page.tags and "GAR did not help on this table" in page.text


def test_without_a_file_and_without_a_report(tmp_path, monkeypatch):
    quick = ["compare", "--max-rows", "40", "--epochs", "1", "--losses", "gar", "--folds", "2"]
    code, out, _ = run([*quick, "--report", str(tmp_path / "out.html")])
    page = Page((tmp_path / "out.html").read_text(encoding="utf-8"))
    assert code == 0 and "scikit-learn's diabetes data" in page.text
    assert "SHA-256" not in page.text
    asked = []
    monkeypatch.setattr(GARRegressor, "predict_interval", lambda *args: asked.append(args))
    code, again, _ = run(quick)
    assert asked == [] and code == 0
    assert len(again.splitlines()) == len(out.splitlines())


def test_names_that_are_no_unicode(done, tmp_path):
    path = Path(done.arguments[1])
    options = dataclasses.make_dataclass("Options", ["target", "file", "threads"])("y", path, 1)
    failed = Result({}, [], np.ones(2), failure="failed in fold 1")
    report = html_report.Report("\udcff.csv", "", np.ones(2), {}, {GAR: failed, TREES: failed}, [],
                                options, ["\udcff.csv"])
    assert "\udcff" in build_page(report)
    write_report(tmp_path / "out.html", report)
    assert "\\udcff.csv" in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--report", "--plot"])
def test_matplotlib_is_needed(option, refused, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert refused(option, str(tmp_path / "out.html")) == (
        f"{option} needs matplotlib: pip install matplotlib")


@pytest.mark.parametrize("option", ["--report", "--json"])
def test_no_permission(option, refused, tmp_path, monkeypatch):
    # whoever runs the tests may write everywhere
    def denied(path, mode):
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "open", denied)
    assert refused(option, str(tmp_path / "out.html")) == (
        f"{option}: cannot write {tmp_path}/out.html: Permission denied; name another file")
