"""The papers' definitions of the losses over features, in plain loops over rows.

All take features v (n, h), targets y (n, k) and whole numbers of copies of each row, counts
(n,), which stand for weights; copies of one row are not contrasted with each other.
"""

import numpy as np
import torch


def absolute_error(f, y, counts):
    return np.mean([np.repeat(np.abs(f - y)[:, k], counts).mean() for k in range(y.shape[1])])


def _copies(counts):
    """The row that each copy is of."""
    return np.repeat(np.arange(len(counts)), counts)


def distance(a, b):
    return np.sqrt(sum((x - z) ** 2 for x, z in zip(a, b)))


def rnc(v, y, counts, temperature):
    """Equations 1 and 2 of Rank-N-Contrast, pair by pair.

    Weights are in units of their mean, so sums over copies are those of the paper over their
    mean number.
    """
    copies, mean = _copies(counts), np.mean(counts)
    value = 0.0
    for i in copies:
        others = [k for k in copies if k != i]
        for j in others:
            total = sum(np.exp(-distance(v[i], v[k]) / temperature) for k in others
                        if distance(y[i], y[k]) >= distance(y[i], y[j])) / mean
            part = np.exp(-distance(v[i], v[j]) / temperature)
            value += -np.log(part / total) / len(others) / len(copies)
    return value


def conr(v, f, y, counts, window, temperature):
    """Equation 1 of ConR, anchor by anchor, with one view of each row."""
    copies, mean = _copies(counts), np.mean(counts)
    z = v / np.linalg.norm(v, axis=1, keepdims=True)
    value = 0.0
    for j in copies:
        positives, negatives = [], []
        for i in copies:
            if i != j and distance(y[i], y[j]) <= window:
                positives.append(np.exp(z[j] @ z[i] / temperature))
            elif i != j and distance(f[i], f[j]) <= window:
                push = np.exp(0.01 * distance(y[i], y[j]))
                negatives.append(push * np.exp(z[j] @ z[i] / temperature))
        if positives and negatives:
            total = sum(positives) + sum(negatives)
            n_positives = len(positives) / mean
            value += -np.log(sum(part / total for part in positives) / n_positives) / len(copies)
    return value


def conr_in_logarithms(z, f, y, window=1.0, temperature=0.07):
    """ConR by logarithms of sums, for logarithms beyond what exponentials hold."""
    values = []
    for z, f, y in zip(z, f, y):
        total = 0.0
        for j in range(len(z)):
            others = [i for i in range(len(z)) if i != j]
            cosine = [float(z[j] @ z[i]) / temperature for i in range(len(z))]
            gap = [float((y[i] - y[j]).norm()) for i in range(len(z))]
            positives = [cosine[i] for i in others if gap[i] <= window]
            negatives = [cosine[i] + 0.01 * gap[i] for i in others
                         if gap[i] > window and (f[i] - f[j]).norm() <= window]
            if positives and negatives:
                total += (np.logaddexp.reduce(positives + negatives)
                          - np.logaddexp.reduce(positives) + np.log(len(positives)))
        values.append(total / len(z))
    return torch.tensor(values, dtype=torch.float64)


def ranks(similarities):
    """From 1 / M for the largest to 1; equal ones in their order."""
    out = np.empty(len(similarities))
    out[np.argsort(-np.asarray(similarities), kind="stable")] = np.arange(1, len(out) + 1)
    return out / len(out)


def ranksim(v, y, counts, gamma, interpolation):
    """Value of RankSim, times gamma, and its gradient in v, row by row.

    The gradient of the ranks of one row of cosines is that of a blackbox solver,
    -(rk(a) - rk(a + lambda g)) / lambda; that of a cosine in the features is by the quotient
    rule.
    """
    chosen = []
    for label in sorted({tuple(y[i]) for i in range(len(y)) if counts[i]}):
        chosen.append(next(i for i in range(len(y)) if counts[i] and tuple(y[i]) == label))
    m = len(chosen)
    value, gradient = 0.0, np.zeros_like(v)
    for i in chosen:
        by_label = ranks([-distance(y[i], y[j]) for j in chosen])
        cosines = np.array([v[i] @ v[j] / np.linalg.norm(v[i]) / np.linalg.norm(v[j])
                            for j in chosen])
        by_feature = ranks(cosines)
        value += gamma * np.mean((by_label - by_feature) ** 2)
        g = gamma * 2 / m * (by_feature - by_label)
        slopes = -(by_feature - ranks(cosines + interpolation * g)) / interpolation
        for j, slope, cosine in zip(chosen, slopes, cosines):
            ni, nj = np.linalg.norm(v[i]), np.linalg.norm(v[j])
            gradient[i] += slope * (v[j] / (ni * nj) - cosine * v[i] / ni**2)
            gradient[j] += slope * (v[i] / (ni * nj) - cosine * v[j] / nj**2)
    return value, gradient
