"""Whether GAR helped on the table, in one sentence."""

import numpy as np
from scipy.stats import t as student

from sklearn_gar._command.comparison import GAR, LOWER_IS_BETTER, TREES
from sklearn_gar._command.messages import format_number

VERDICT_METRICS = ("Pearson", "RMSE")
WORDS = {1: "clearly better", 0: "no clear difference", -1: "clearly worse"}


def verdict(results):
    """One sentence: whether GAR helped against other losses, and against trees."""
    gar = results[GAR]
    if gar.failure is not None:
        return f"GAR did not help on this table: its training {gar.failure}."
    others = other_losses(results)
    if others:
        signs, words = _compare_with_best(gar, others)
        sentence = (f"GAR {_summary(signs)} on this table: against the best other loss of the "
                    f"same network, {words}")
    else:
        sentence = "Name another loss with --losses to learn whether GAR helped on this table"
    if results[TREES].failure is None:
        _, words = _compare_with_best(gar, {TREES: results[TREES]})
        sentence += f"; against boosted trees, {words}"
    return sentence + "."


def other_losses(results):
    """Results of the same network trained with other losses, without those that failed."""
    return {label: result for label, result in results.items()
            if label.startswith("GARRegressor") and label != GAR and result.failure is None}


def clear_difference(scores, other_scores):
    """Whether paired scores of folds differ: 1 if `scores` are higher, -1 if lower, else 0.

    A difference is clear when it lies outside the 95% interval of a paired t test, its
    variance corrected for the rows that training sets share [1]_.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003.
    """
    difference = np.subtract(scores, other_scores)
    folds = len(difference)
    error = difference.std(ddof=1) * np.sqrt(1 / folds + 1 / (folds - 1))
    if abs(difference.mean()) <= student.ppf(0.975, folds - 1) * error:
        return 0
    return int(np.sign(difference.mean()))


def _compare_with_best(gar, others):
    """Sign of each metric of the verdict, 1 where GAR beats the best of the others, and words."""
    signs, parts = [], []
    for metric in VERDICT_METRICS:
        sense = -1 if metric in LOWER_IS_BETTER else 1
        best = max(others.values(), key=lambda result: sense * result.mean(metric))
        sign = sense * clear_difference(gar.scores[metric], best.scores[metric])
        signs.append(sign)
        parts.append(f"{metric} is {format_number(gar.mean(metric))} instead of "
                     f"{format_number(best.mean(metric))} ({WORDS[sign]})")
    return signs, " and ".join(parts)


def _summary(signs):
    if 1 in signs and -1 in signs:
        return "helped in one way and hurt in another"
    if 1 in signs:
        return "helped"
    return "hurt" if -1 in signs else "made no clear difference"
