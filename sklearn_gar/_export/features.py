"""Nodes that encode and scale features, as :mod:`sklearn_gar._input` does."""

from typing import NamedTuple

import numpy as np

from sklearn_gar._export.graph import Graph, Value
from sklearn_gar._input.encoding import Encoding
from sklearn_gar._input.scaling import Scaling
from sklearn_gar._input.tails import LARGEST_FEATURE, TAIL


class Encoded(NamedTuple):
    """Numbers (n, d), and codes (n, c) of levels that have learned vectors, or None."""

    numbers: Value
    codes: Value | None


def encoded(graph: Graph, X: Value, encoding: Encoding) -> Encoded:
    """Numeric features, indicators of missing ones and values of levels; and codes."""
    if not encoding.categories and not len(encoding.gaps):
        return Encoded(X, None)
    parts, codes = [], []
    if len(encoding.numeric):
        parts.append(X.columns(encoding.numeric))
    if len(encoding.gaps):
        parts.append(X.columns(encoding.gaps).is_nan().astype(X.dtype))
    for category in encoding.categories:
        row = _row_of_level(graph, X.columns(category.column), len(category.rank) - 1)
        parts.append(_looked_up(graph, category.values[category.rank], row))
        if category.n_codes > 1:
            code = category.code[category.rank].astype(np.int64)[:, None]
            codes.append(_looked_up(graph, code, row))
    return Encoded(graph.concatenate(parts, axis=1),
                   graph.concatenate(codes, axis=1) if codes else None)


def _row_of_level(graph, code, n_levels):
    """Row (n,) of each level in a table; the last is for levels that are not known."""
    is_known = (code >= 0) & (graph.constant(np.array(n_levels, code.dtype)) > code)
    return graph.where(is_known, code, n_levels).astype(np.int64)


def _looked_up(graph, table, row):
    return graph.node("Gather", graph.constant(table), row, dtype=table.dtype, axis=0)


def scaled(graph: Graph, X: Value, scaling: Scaling) -> Value:
    """Numbers (n, d) as the networks take them."""
    missing, z = X.is_nan(), X
    if scaling.scales_features:
        z = z.ldexp(-scaling.feature_units.exponent)
        if scaling.shortens_tails:
            z = _shortened(graph, z, scaling.tails)
        z = z - scaling.feature_units.mean.astype(X.dtype)
        z = z / scaling.feature_units.scale.astype(X.dtype)
    z = _clipped(z)
    return graph.where(missing, scaling.missing.astype(X.dtype), z)


def _shortened(graph, X, tails):
    z = _clipped((X - tails.median) / tails.spread)
    size, sign = graph.node("Abs", z), graph.node("Sign", z)
    logarithm = graph.node("Log", size.maximum(TAIL) / TAIL)
    return graph.where(size > TAIL, sign * (logarithm + 1) * TAIL, z)


def _clipped(z):
    return z.maximum(-LARGEST_FEATURE).minimum(LARGEST_FEATURE)


def unscaled(graph: Graph, y: Value, scaling: Scaling) -> Value:
    """Predictions (n, k) in the units of the targets, float64; constants are known."""
    y = y.astype(np.float64)
    if scaling.scales_target:
        y = y * scaling.target_units.scale + scaling.target_units.mean
        y = y.ldexp(scaling.target_units.exponent)
    is_constant = ~np.isnan(scaling.constant_targets)
    if not is_constant.any():
        return y
    return graph.where(graph.constant(is_constant), np.nan_to_num(scaling.constant_targets), y)
