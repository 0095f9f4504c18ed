"""The report's section of the image tasks."""

from pathlib import Path

from scipy import stats

from benchmarks.paper.images.protocol import EXPERIMENT, IMAGE_METRICS, IMAGE_TASKS, SCRATCH
from benchmarks.paper.report.comparison import LOST, MISSING
from benchmarks.paper.report.gains import best_or_tied, gain
from benchmarks.paper.report.pages import notes
from benchmarks.paper.report.values import Value, best, cells, mark, published, value_of
from benchmarks.text import rst_heading, rst_table

HEADING = "Section 4.2, tasks 7 and 8: images"
HOW_TO_READ = """\
Mean and standard deviation over the seeds.  A ResNet18 is trained from scratch, or a linear
GARRegressor on the features of an encoder that RNC trained.  The turned digits are scikit-learn's
scans, each turned by a random angle, and the angle in degrees is to be predicted.  They are not
AgeDB, so there are no values of the paper for them: they compare methods with each other only.
The setting is the one that the grid search chose: learning rate, then the value of the method's
own parameter.  GAR chooses its alpha as well; GAR(alpha=1) has the alpha that the paper takes for
the linear probe.

The smaller tables compare GAR with the best of the pointwise losses: MAE, MSE, Huber and both
Focal losses.  Gains are in per cent of its mean.  The p-value is that of a paired t-test, since
all methods share the initial weights and batches of a seed, or its encoder.  Tied means within
one of GAR's standard deviations."""
POINTWISE = tuple(name for name, method in SCRATCH.items()
                  if name != "GAR" and not method.reads_features)


def images_section(folder: Path) -> list[str]:
    """Paragraphs of the image tasks; none without a cell."""
    found = {key: cell for name, task in IMAGE_TASKS.items()
             for key, cell in cells(folder, EXPERIMENT, [name], list(task.methods)).items()}
    if not found:
        return []
    lines = [rst_heading(HEADING), HOW_TO_READ]
    for name, task in IMAGE_TASKS.items():
        by_method = {method: cell for (of, method), cell in found.items() if of == name}
        if by_method:
            lines += [f"**{task.title}**", scores_table(name, by_method)]
            lines += _gains(by_method)
    return lines + notes(found)


def scores_table(task: str, by_method: dict[str, dict]) -> str:
    """Methods by metrics, with the paper's values where it has some, and chosen settings."""
    paper = {key[1:]: value for key, value in published("table1").items() if key[0] == task}
    header, rows = ["", "setting"], []
    for metric in IMAGE_METRICS:
        header += [metric, "paper"] if paper else [metric]
    for method, cell in by_method.items():
        row = [method, _setting(cell["chosen"])]
        for metric in IMAGE_METRICS:
            ours, theirs = value_of(cell, metric), paper.get((metric, method))
            marked = mark(metric, ours, theirs) if ours and theirs else ""
            row.append(f"{ours or LOST}{marked}")
            row += [str(theirs or MISSING)] if paper else []
        rows.append(row)
    return rst_table(header, rows)


def _setting(chosen):
    """The learning rate, and the value of the method's own parameter if it has one."""
    return ", ".join(f"{value:g}" for name, value in chosen.items() if name != "weight_decay")


def _gains(by_method):
    """GAR beside the best pointwise loss by metric, and whether it is best or tied.

    A GAR whose alpha was not searched does not count.
    """
    rows = []
    for metric in IMAGE_METRICS:
        values = {method: value for method, cell in by_method.items()
                  if method in SCRATCH and (value := value_of(cell, metric))}
        pointwise = {method: values[method] for method in POINTWISE if method in values}
        if "GAR" not in values or not pointwise:
            continue
        other = best(metric, pointwise)
        rows.append([metric, other, _gain(metric, values["GAR"], pointwise[other]),
                     _is_best(metric, {**pointwise, "GAR": values["GAR"]}),
                     _is_best(metric, values)])
    return [rst_table(["metric", "best pointwise", "GAR's gain over it",
                       "GAR best or tied of these", "of all"], rows)] if rows else []


def _gain(metric: str, gar: Value, other: Value) -> str:
    """The gain in per cent, and the p-value of a paired t-test if both have the same seeds."""
    text = f"{gain(metric, gar, other):.2f}"
    if len(gar.folds) != len(other.folds) or len(gar.folds) < 2:
        return text
    return f"{text} (p {stats.ttest_rel(gar.folds, other.folds).pvalue:.2f})"


def _is_best(metric, values):
    return "yes" if best_or_tied(metric, values) else "no"
