"""The loss that the README gives users of PySR, translated from Julia line by line."""

import textwrap

import numpy as np
import pytest

from benchmarks.__main__ import RESULTS
from sklearn_gar.metrics import gar_loss

JULIA_AND_PYTHON = (
    ("function gar(tree, dataset::Dataset{T,L}, options)::L where {T,L}", "def gar(f, y, n):"),
    ("    f, complete = eval_tree_array(tree, dataset.X, options)", ""),
    ("    complete || return L(Inf)", "    if not np.isfinite(f).all(): return np.inf"),
    ("    y, n, alpha = dataset.y, dataset.n, L(0.5)", "    alpha = 0.5"),
    ("    centred(v) = v .- sum(v) / n", "    centred = lambda v: v - v.sum() / n"),
    ("    d = f .- y", "    d = f - y"),
    ("    cd, cf, cy = centred(d), centred(f), centred(y)",
     "    cd, cf, cy = centred(d), centred(f), centred(y)"),
    ("    scale = sqrt(sum(abs2, cf) * sum(abs2, cy))",
     "    scale = np.sqrt((cf ** 2).sum() * (cy ** 2).sum())"),
    ("    shape = scale > 0 ? 1 - sum(cf .* cy) / scale : one(L)",
     "    shape = 1 - (cf * cy).sum() / scale if scale > 0 else 1.0"),
    ("    terms = (sum(abs, d) / n, sum(abs2, cd) / n, shape)",
     "    terms = np.array([np.abs(d).sum() / n, (cd ** 2).sum() / n, shape])"),
    ("    return (sum(max.(terms, eps(L)) .^ (1 / alpha)) / 3)^alpha",
     "    return (np.sum(np.maximum(terms, np.finfo(float).eps) ** (1 / alpha)) / 3) ** alpha"),
    ("end", ""),
)


def translated():
    names = {"np": np}
    exec("\n".join(python for _, python in JULIA_AND_PYTHON), names)
    return names["gar"]


def test_readme_has_the_lines_that_are_translated():
    readme = (RESULTS.parent / "paper" / "README.rst").read_text(encoding="utf-8")
    julia = "\n".join(line for line, _ in JULIA_AND_PYTHON)
    assert textwrap.indent(julia, " " * 4) in readme


@pytest.mark.parametrize("noise", [1e-3, 1.0, 1e3])
def test_its_logarithm_is_the_loss(noise):
    rng = np.random.default_rng(0)
    y = rng.normal(size=50)
    f = y + noise * rng.normal(size=50)
    assert np.log(translated()(f, y, 50)) == pytest.approx(gar_loss(y, f, alpha=0.5), abs=1e-8)


def test_constant_and_infinite_formulas_have_a_loss():
    y = np.random.default_rng(0).normal(size=50)
    constant = np.full(50, 0.25)
    assert np.log(translated()(constant, y, 50)) == pytest.approx(
        gar_loss(y, constant, alpha=0.5))
    assert translated()(np.full(50, np.inf), y, 50) == np.inf
    assert 0 < translated()(y, y, 50) < translated()(y + 1e-6, y, 50)
