"""By how much GAR is better, and the p-value of Student's t-test."""

from scipy import stats

from benchmarks.paper.protocol import METRICS, N_FOLDS
from benchmarks.paper.report.values import Value, best
from benchmarks.paper.scores import LOWER_IS_BETTER
from benchmarks.text import rst_table

HEADER = ("metric", "gain over MAE", "paper", "best other", "gain over it", "paper's other",
          "paper", "GAR best or tied")


def gains_table(ours: dict[str, dict[str, Value]], paper: dict[str, dict[str, Value]]
                ) -> str | None:
    """Gains and p-values by metric; None without values of GAR, MAE and another method.

    Parameters
    ----------
    ours, paper : dict
        Values by metric, then by method.
    """
    rows = [(metric, *gains_row(metric, ours[metric], paper[metric])) for metric in METRICS
            if {"GAR", "MAE"} < set(ours[metric])]
    return rst_table(HEADER, rows) if rows else None


def gains_row(metric, ours, paper):
    other, paper_other = (best(metric, {name: value for name, value in values.items()
                                        if name != "GAR"}) for values in (ours, paper))
    return (gain_text(metric, ours["GAR"], ours["MAE"]),
            gain_text(metric, paper["GAR"], paper["MAE"]), other,
            gain_text(metric, ours["GAR"], ours[other]), paper_other,
            gain_text(metric, paper["GAR"], paper[paper_other]),
            "yes" if best_or_tied(metric, ours) else "no")


def best_or_tied(metric: str, values: dict[str, Value]) -> bool:
    """Whether no mean is better than GAR's by more than one of GAR's deviations."""
    gar, leader = values["GAR"], values[best(metric, values)]
    return abs(gar.mean - leader.mean) <= gar.std


def gain(metric: str, gar: Value, other: Value) -> float:
    """In per cent of the other's mean."""
    sign = -1 if metric in LOWER_IS_BETTER else 1
    return 100 * sign * (gar.mean - other.mean) / abs(other.mean)


def p_value(left: Value, right: Value) -> float:
    """Student's t-test with equal variances, two-sided, from means and deviations."""
    n = N_FOLDS
    unbiased = [value.std * (n / (n - 1)) ** 0.5 for value in (left, right)]
    if not any(unbiased):  # the paper prints both as zero
        return float(left.mean == right.mean)
    return stats.ttest_ind_from_stats(left.mean, unbiased[0], n, right.mean, unbiased[1], n).pvalue


def gain_text(metric, gar, other):
    return f"{gain(metric, gar, other):.2f} (p {p_value(gar, other):.2f})"
