"""`python -m sklearn_gar`: compare losses and peers on a table, from the shell."""

import argparse
import json
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from threadpoolctl import threadpool_limits

from sklearn_gar import __version__, _compare
from sklearn_gar.losses import LOSSES

PROGRAM = "python -m sklearn_gar"
DEFAULT_LOSSES = ("gar", "squared_error", "absolute_error", "huber")
RULE = ("Mean (standard deviation) over folds; * best; median seconds to fit and predict.\n"
        "A clear difference lies outside the 95% interval of the difference paired over folds.")
COMPARE = """Cross-validate GARRegressor with several losses, boosted trees and a multi-layer
perceptron on the same folds of a table.  Missing numbers become the median, columns that are not
numbers are one-hot encoded, dates count as days, rows without a target are left out.  Progress
goes to stderr, the result to stdout."""


class InputError(Exception):
    """What was asked for cannot be done; its text is one line for the user."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints read like all other errors of the program."""

    def error(self, message):
        raise InputError(message)


def main(argv=None):
    """Run the program; return its exit code."""
    try:
        parser = build_parser()
        options = parser.parse_args(argv)
        if options.command is None:
            parser.print_help()
            return 0
        return compare(options)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def build_parser():
    parser = _Parser(prog=PROGRAM, description="Gradient Aligned Regression for tables.")
    parser.add_argument("--version", action="version", version=f"sklearn_gar {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    command = commands.add_parser("compare", description=COMPARE,
                                  help="cross-validate losses and peers on a table")
    command.add_argument("file", nargs="?", metavar="FILE", type=Path,
                         help="CSV or Parquet (default: scikit-learn's diabetes data)")
    command.add_argument("--target", metavar="COLUMN", help="column of FILE to predict")
    command.add_argument("--losses", metavar="NAME,...", type=_losses, default=DEFAULT_LOSSES,
                         help="losses to train the network with, gar always among them; of "
                              f"{', '.join(LOSSES)} (default: {','.join(DEFAULT_LOSSES)})")
    command.add_argument("--folds", metavar="N", type=_at_least(2), default=5,
                         help="folds of the cross-validation (default: 5)")
    command.add_argument("--seed", metavar="N", type=_at_least(0, 2 ** 32 - 1), default=0,
                         help="seed of folds and models (default: 0)")
    command.add_argument("--epochs", metavar="N", type=_at_least(1),
                         help="epochs of every network (default: those of the estimators)")
    command.add_argument("--max-rows", metavar="N", type=_at_least(1),
                         help="use at most this many rows, drawn at random (default: all)")
    command.add_argument("--threads", metavar="N", type=_at_least(1), default=1,
                         help="threads of every model (default: 1)")
    command.add_argument("--plot", metavar="PNG", type=Path,
                         help="draw out-of-fold predictions against true targets")
    command.add_argument("--json", metavar="FILE", type=Path,
                         help="write the scores of every fold")
    return parser


def _at_least(lowest, highest=float("inf")):
    def whole_number(text):
        if not text.lstrip("-").isdecimal() or not lowest <= int(text) <= highest:
            upper = "" if highest == float("inf") else f" and at most {highest}"
            raise argparse.ArgumentTypeError(
                f"must be a whole number of at least {lowest}{upper}, got {text!r}")
        return int(text)
    return whole_number


def _losses(text):
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in LOSSES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"must be of {', '.join(LOSSES)}, separated by commas, got {unknown[0]!r}")
    return tuple(dict.fromkeys(["gar", *names]))


def compare(options):
    """Check everything, train, print; return the exit code."""
    check_outputs(options)
    table = load_table(options)
    n_rows, needed = len(table.y), options.folds * _compare.MIN_ROWS_IN_FOLD
    if n_rows < needed:
        raise InputError(f"{options.folds} folds need at least {needed} rows, "
                         f"{_compare.MIN_ROWS_IN_FOLD} a fold, got {n_rows}")
    models = _compare.build_models(options.losses, table, options.seed, options.epochs)
    with threadpool_limits(options.threads):
        results = _compare.cross_validate(models, table, options.folds, options.seed, tell)
    source = "scikit-learn's diabetes data" if options.file is None else options.file.name
    print(f"{source}: {n_rows} rows, {table.X.shape[1]} features, {options.folds} folds, "
          f"seed {options.seed}", *_compare.format_table(results), RULE,
          _compare.verdict(results), sep="\n")
    write_outputs(options, table, results)
    return 1 if all(result.failure for result in results.values()) else 0


def tell(line):
    print(line, file=sys.stderr, flush=True)


def check_outputs(options):
    """The files to write can be, as far as one can know before training."""
    for option, path in (("--plot", options.plot), ("--json", options.json)):
        if path is None:
            continue
        if not path.parent.is_dir():
            raise InputError(f"{option}: no such folder: {path.parent}")
        if path.is_dir():
            raise InputError(f"{option} must be a file, got the folder {path}")
    if options.plot is not None:
        formats = _figure().canvas.get_supported_filetypes()
        if options.plot.suffix[1:].lower() not in formats:
            raise InputError(f"--plot must end in one of {', '.join(sorted(formats))}, got "
                             f"{options.plot.name}")


def _figure(**kwargs):
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("--plot needs matplotlib: pip install matplotlib") from None
    return Figure(**kwargs)


def load_table(options):
    """The table asked for, with a note on stderr about all that was done to it."""
    if options.file is None:
        if options.target is not None:
            raise InputError("--target needs a FILE to take the column from")
        table = _compare.Table(*load_diabetes(return_X_y=True))
    else:
        table = table_of(read_frame(options.file), options)
    if options.max_rows is not None and options.max_rows < len(table.y):
        rng = np.random.default_rng(options.seed)
        kept = np.sort(rng.choice(len(table.y), options.max_rows, replace=False))
        tell(f"note: {options.max_rows} of {len(table.y)} rows drawn at random")
        table = table.rows(kept)
    if np.ptp(table.y) == 0:
        raise InputError(f"the target is {table.y[0]:g} in every row: nothing to predict")
    return table


def read_frame(path):
    """The file as a data frame with columns named by strings."""
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    try:
        import pandas
    except ImportError:
        raise InputError("reading FILE needs pandas: pip install pandas") from None
    parquet = path.suffix.lower() in (".parquet", ".pq")
    kind = "Parquet" if parquet else "CSV"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pandas.read_parquet(path) if parquet else _read_csv(path)
    except ImportError:
        raise InputError("reading Parquet needs pyarrow: pip install pyarrow") from None
    except Exception as error:
        # whatever a reader raises on a foreign file, it means that it is not readable
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"cannot read {path} as {kind}: {reason}") from None
    frame.columns = [str(column) for column in frame.columns]
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"columns must have different names, got two of {repeated!r}")
    return frame


def _read_csv(path):
    """Fields between commas, else semicolons or tabs; without a column that counts rows.

    A question mark is a missing value.
    """
    from pandas import read_csv
    from pandas.errors import ParserError

    def read(**how):
        return read_csv(path, low_memory=False, na_values=["?", " ?"], **how)

    frame, failure = None, None
    try:
        frame = read()
    except ParserError as error:  # of rows with other numbers of commas, decimal ones perhaps
        failure = error
    for separator in ";\t":
        if frame is None or frame.shape[1] == 1 and separator in str(frame.columns[0]):
            with suppress(ParserError):
                found = max((read(sep=separator, decimal=decimal) for decimal in ".,"),
                            key=lambda frame: len(frame.select_dtypes("number").columns))
                frame = found if found.shape[1] > 1 else frame
    if frame is None:
        raise failure
    first = frame.columns[0]
    if first == "Unnamed: 0" and np.array_equal(frame[first], np.arange(len(frame))):
        tell("note: the first column has no name and counts the rows, left out")
        frame = frame.drop(columns=first)
    return frame


def table_of(frame, options):
    """The frame as features and target."""
    y = _target(frame, options.target)
    known = ~np.isnan(y)
    if not known.any():
        raise InputError(f"the target is missing in every row, column {options.target!r}")
    if not known.all():
        tell(f"note: {(~known).sum()} of {len(y)} rows have no {options.target!r}, left out")
    features = frame.loc[known].drop(columns=options.target)
    if features.shape[1] == 0:
        raise InputError(f"{options.file} has no column besides the target")
    features, categorical = _features(features)
    return _compare.Table(features, y[known], categorical)


def _target(frame, name):
    """Column `name` as floats, NaN where missing."""
    columns = ", ".join(frame.columns)
    if name is None:
        raise InputError(f"--target must name the column to predict, one of: {columns}")
    if name not in frame.columns:
        raise InputError(f"no column {name!r} to predict, the columns are: {columns}")
    numbers = _numbers(frame[name])
    if numbers is None:
        example, share = _no_number(frame[name])
        raise InputError(f"the target must be numbers, column {name!r} holds "
                         + (repr(example) if share else "numbers as text"))
    return numbers


def _features(frame):
    """The frame with numbers as floats and categories as strings, and where the latter are."""
    columns, categorical, n_missing = {}, [], 0
    for position, name in enumerate(frame.columns):
        columns[name] = _numbers(frame[name])
        if columns[name] is None:
            categorical.append(position)
            example, share = _no_number(frame[name])
            if 0 < share < 0.5:
                tell(f"note: column {name!r} counts as categories, for it holds {example!r}; "
                     "most of its values are numbers")
            column = frame[name].astype(object)
            columns[name] = column.where(column.notna(), "(missing)").astype(str).to_numpy(object)
        else:
            n_missing += np.isnan(columns[name]).sum()
    if n_missing:
        tell(f"note: {n_missing} missing numbers become the median of their column")
    if categorical:
        tell(f"note: one-hot encoded, at most {_compare.MAX_CATEGORIES} categories each: "
             f"{', '.join(frame.columns[categorical])}")
    return type(frame)(columns), categorical


def _no_number(column):
    """The first value that is no number, and the share of such values."""
    from pandas import to_numeric

    values = column.dropna().astype(str)
    odd = values[to_numeric(values, errors="coerce").isna()]
    return next(iter(odd), "nothing"), len(odd) / max(1, len(values))


def _numbers(column):
    """The column as floats, dates as days; None if it is no numbers."""
    from pandas import Timedelta, Timestamp, to_datetime
    from pandas.api.types import infer_dtype

    kind = infer_dtype(column, skipna=True)
    if kind in ("date", "datetime", "datetime64"):
        column = (to_datetime(column, utc=True) - Timestamp(0, tz="UTC")) / Timedelta(days=1)
    elif kind not in ("boolean", "decimal", "empty", "floating", "integer",
                      "mixed-integer-float"):
        return None
    numbers = column.to_numpy(np.float64, na_value=np.nan)
    if np.isinf(numbers).any():
        raise InputError(f"columns must be finite, {column.name!r} holds infinity")
    return numbers


def write_outputs(options, table, results):
    """The plot and the scores, where wanted."""
    try:
        if options.plot is not None:
            figure = _figure(layout="constrained")
            _compare.draw(figure, table.y, results)
            figure.savefig(options.plot)
        if options.json is not None:
            scores = {label: {"failure": result.failure, "seconds": result.seconds,
                              **result.scores} for label, result in results.items()}
            settings = {name: getattr(options, name) for name in
                        ("target", "losses", "folds", "seed", "epochs", "max_rows")}
            text = json.dumps({"settings": settings, "scores": scores}, indent=1)
            options.json.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write: {error}") from None


if __name__ == "__main__":
    # a file's name or an error's text may hold what the terminal cannot show
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
