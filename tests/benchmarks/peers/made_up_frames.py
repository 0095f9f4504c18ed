"""Frames with categories and missing values."""

import numpy as np
import pandas as pd

LEVELS = tuple("abcdef")


def mixed_table(n_rows=120, levels=LEVELS, seed=0):
    """A frame with columns of every kind, and a target that depends on numbers and levels."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(len(levels), size=n_rows)
    frame = pd.DataFrame({
        "number": rng.normal(size=n_rows), "count": rng.integers(9, size=n_rows),
        "text": pd.Categorical.from_codes(codes, list(levels)),
        "flag": pd.Categorical(rng.random(n_rows) < 0.5),
        "code": pd.Categorical(rng.integers(300, size=n_rows)),
        "empty": pd.Categorical([None] * n_rows)})
    y = frame["number"].to_numpy() + codes + 0.1 * rng.normal(size=n_rows)
    frame.loc[rng.random(n_rows) < 0.2, "number"] = np.nan
    frame.loc[rng.random(n_rows) < 0.2, "text"] = None
    return frame, y
