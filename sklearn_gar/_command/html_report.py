"""The report: the comparison on one page, which opens without a network."""

import hashlib
import platform
import shlex
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata, resources

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from sklearn_gar import __version__
from sklearn_gar._command.arguments import PROGRAM
from sklearn_gar._command.markup import INK, document, element, section, svg, table
from sklearn_gar._command.messages import format_number
from sklearn_gar._command.plot import (
    MAX_INTERVALS,
    draw_intervals,
    draw_predictions,
    draw_residuals,
    labels_to_draw,
    new_figure,
    panel_title,
)
from sklearn_gar._command.report import RULE, table_columns
from sklearn_gar._command.verdict import verdict

# share of the test rows that prediction intervals are to hold
COVERAGE = 0.9
PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "skorch", "pandas")
STYLE = {"text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK,
         "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False,
         "axes.labelsize": 11, "xtick.labelsize": 10, "ytick.labelsize": 10,
         "legend.fontsize": 10}
# room around the outermost points of a figure, as a share of the range
MARGIN = 0.05


@dataclass
class Report:
    """What the page tells."""

    source: str
    summary: str
    y: np.ndarray
    models: dict
    results: dict
    notes: list
    options: object
    arguments: list


def write_report(path, report):
    """Write the page."""
    page = build_page(report)
    # names of files may hold what is no Unicode
    path.write_text(page, encoding="utf-8", errors="backslashreplace")


def build_page(report):
    """The text of the page."""
    style = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    target = report.options.target
    about = report.summary if target is None else f"target {target}, {report.summary}"
    parts = [
        element("header", element("h1", report.source), element("p", about)),
        section("What GAR brought", element("p", verdict(report.results), class_="verdict")),
        _scores(report.results),
        *_predictions(report),
        *_intervals(report),
        _notes(report.notes),
        _models(report.models),
        _reproduction(report),
    ]
    return document(f"{report.source}: comparison by sklearn_gar", style, *parts)


def _scores(results):
    """The table that the command prints."""
    names, *rows = zip(*table_columns(results))
    rows = [[label, *map(_score, cells)] for label, *cells in rows]
    rows += [[label, result.failure] for label, result in results.items()
             if result.failure is not None]
    return section("Scores", table(names, rows, "numbers"),
                   *(element("p", line, class_="small") for line in RULE.splitlines()))


def _score(cell):
    return element("strong", cell) if cell.endswith("*") else cell


def _predictions(report):
    """Predictions and residuals of the models that the plot shows too, on equal scales."""
    labels = labels_to_draw(report.results)
    if not labels:
        return []
    y, results = report.y, {label: report.results[label] for label in labels}
    predictions = np.concatenate([result.prediction for result in results.values()])
    residuals = np.concatenate([y - result.prediction for result in results.values()])
    return [
        section("Predicted against true",
                element("p", "Each point is a row, predicted by a model that was not trained on "
                             "it. On the line, predictions are exact.", class_="small"),
                _panels(y, results, draw_predictions, _limits(y), _limits(predictions))),
        section("Residuals",
                element("p", "A slope or a bend is a mistake that could be learned. A funnel "
                             "says that some rows are harder to predict than others.",
                        class_="small"),
                _panels(y, results, draw_residuals, _limits(predictions), _limits(residuals))),
    ]


def _limits(values):
    room = MARGIN * (np.ptp(values) or abs(values[0]) or 1)  # values may be equal
    return values.min() - room, values.max() + room


def _panels(y, results, draw, xlim, ylim):
    """A figure for each model, side by side where there is room."""
    figures = []
    for label, result in results.items():
        model, scores = panel_title(label, result).split("\n")
        caption = element("figcaption", element("strong", model), element("br"), scores)
        drawing = _drawing(label, (4, 3.6), draw, y, result, xlim=xlim, ylim=ylim)
        figures.append(element("figure", caption, drawing))
    return element("div", *figures, class_="panels")


def _drawing(label, size, draw, y, result, **limits):
    """What `draw` draws of a result, in the colors of the page."""
    from matplotlib import style
    with style.context(["default", STYLE]):  # not the user's style
        figure = new_figure("--report", layout="constrained", figsize=size)
        panel = figure.subplots()
        draw(panel, y, result)
        panel.set(**limits)
        description = f"{label}: {panel.get_ylabel()} against {panel.get_xlabel()}"
        return svg(figure, description, f"{draw.__name__} {label}")


def _intervals(report):
    """How often prediction intervals hold the target, and how wide they are."""
    asked = {label: result for label, result in report.results.items()
             if result.failure is None and result.intervals is not None}
    if not asked:
        return []
    rows = [[label, *_interval_cells(report.y, result)] for label, result in asked.items()]
    names = ["model", "true targets inside", "mean width", "median width",
             "mean width / deviation of the target"]
    children = [
        element("p", f"Intervals for {COVERAGE:.0%} of new rows, on rows that the model was not "
                     "trained on. Where several models hold as many targets, the narrower "
                     "intervals say more.", class_="small"),
        table(names, rows, "numbers")]
    label = next((label for label, result in asked.items()
                  if result.interval_failure is None), None)
    if label is not None:
        drawing = _drawing(label, (12.5, 4.5), draw_intervals, report.y, asked[label])
        few = ("" if len(report.y) <= MAX_INTERVALS
               else f", {MAX_INTERVALS} rows of {len(report.y)}")
        caption = element("figcaption", element("strong", label), few)
        children.append(element("figure", caption, element("div", drawing, class_="scroll wide",
                                                           tabindex="0")))
    return [section("Prediction intervals", *children)]


def _interval_cells(y, result):
    if result.interval_failure is not None:
        return [result.interval_failure]
    lower, upper = result.intervals.T
    inside, width = np.mean((lower <= y) & (y <= upper)), upper - lower
    return [f"{inside:.1%}", *map(format_number, (width.mean(), np.median(width),
                                                  width.mean() / y.std()))]


def _notes(notes):
    if not notes:
        return section("Notes on the columns",
                       element("p", "All columns are numbers without gaps, used as they are."))
    return section("Notes on the columns",
                   element("ul", *(element("li", note) for note in notes)))


def _models(models):
    rows = [[label, element("code", _describe(model))] for label, model in models.items()]
    return section("Models", table(["model", "what it is"], rows),
                   element("p", "Parameters that are not named have their defaults.",
                           class_="small"))


def _describe(model):
    """The model in words, without the columns that its encoder was given."""
    if isinstance(model, TransformedTargetRegressor):
        scaler = type(model.transformer).__name__
        return f"{_describe(model.regressor)}, targets scaled by {scaler}"
    if isinstance(model, Pipeline):
        steps = [type(step).__name__ for _, step in model.steps[:-1]]
        return " \N{RIGHTWARDS ARROW} ".join([*steps, _describe(model[-1])])
    return " ".join(repr(model).split())


def _reproduction(report):
    """The command, the file and the versions."""
    command = shlex.join([*PROGRAM.split(), *report.arguments])
    rows = [["sklearn_gar", __version__], *([name, metadata.version(name)] for name in PACKAGES
                                            if _is_installed(name)),
            ["Python", platform.python_version()], ["machine", platform.platform()],
            ["threads", str(report.options.threads)],
            ["made", f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"]]
    if report.options.file is not None:
        rows.append(["SHA-256 of the file", element("code", _sha256(report.options.file))])
    return section("How to reproduce", element("pre", element("code", command)),
                   element("p", "On one machine with the same versions, the scores are the same.",
                           class_="small"), table(["what", "value"], rows))


def _is_installed(name):
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
