"""The table to compare models on: features and target."""

import difflib
import re
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_diabetes

from sklearn_gar._command.columns import MAX_CHARACTERS_QUOTED, print_column_notes, read_columns
from sklearn_gar._command.files import has_value, keep_rows, looks_like_data, read_file
from sklearn_gar._command.messages import InputError, count, print_note, quote_names
from sklearn_gar._command.reading import DATE, DURATION, NUMBER_IN_TEXT
from sklearn_gar._command.text_dates import DAY_FIRST
from sklearn_gar._command.text_numbers import DECIMAL_COMMA, DECIMAL_POINT

UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)*$")
ROW_NUMBER_NAMES = {"id", "index", "row", "rowid", "row_id", "rownames", "row.names", "rowname",
                    "no", "nr", "obs", "#"}
# rows that may hold the names, below lines of another kind
N_ROWS_SEARCHED = 20
DECIMALS = {".": DECIMAL_POINT, ",": DECIMAL_COMMA, None: None}


@dataclass
class Dataset:
    """Features (n, d) and targets (n,).

    The features are a data frame of floats and categories, or an array of floats.
    """

    X: object
    y: np.ndarray

    @property
    def categorical(self):
        """Positions of the features that are categories."""
        dtypes = getattr(self.X, "dtypes", ())  # an array has none
        return [position for position, dtype in enumerate(dtypes) if dtype == "category"]

    def rows(self, index):
        """The dataset of the rows at `index`."""
        X = self.X.iloc[index] if hasattr(self.X, "iloc") else self.X[index]
        return Dataset(X, self.y[index])


def load_dataset(options):
    """The table that the options ask for, with a note about all that was done to it."""
    if options.file is None:
        for name in ("target", "drop"):
            if getattr(options, name):
                raise InputError(f"--{name} needs a FILE to take the column from")
        dataset = Dataset(*load_diabetes(return_X_y=True))
    else:
        frame, decimal = read_file(options)
        dataset = build_dataset(frame, decimal, options)
    if options.max_rows is not None and options.max_rows < len(dataset.y):
        rng = np.random.default_rng(options.seed)
        index = np.sort(rng.choice(len(dataset.y), options.max_rows, replace=False))
        print_note(f"{options.max_rows} of {len(dataset.y)} rows drawn at random")
        dataset = dataset.rows(index)
    return dataset


def build_dataset(frame, decimal, options):
    """The frame as features and target."""
    target = _find_column(frame, options.target, "--target", options)
    dropped = [_find_column(frame, name, "--drop", options) for name in options.drop]
    if target in dropped:
        raise InputError(f"--target and --drop must differ, both name {target!r}")
    frame = frame.drop(columns=dropped)
    known = has_value(frame[target]).to_numpy()
    if known.any() and not known.all():
        print_note(f"{count((~known).sum(), 'row')} of {len(known)} without {target!r}, left out")
        frame = keep_rows(frame, known, decimal, options)
    frame = _without_row_numbers(frame, target, np.flatnonzero(known))
    conventions = {NUMBER_IN_TEXT: DECIMALS[decimal],
                   DATE: DAY_FIRST if options.day_first else None}
    columns = read_columns(frame, conventions)
    y = _target_values(columns[target], target)
    print_column_notes(columns)
    del columns[target]
    features = {name: column for name, column in columns.items() if not column.is_left_out}
    if not features:
        raise InputError(f"{options.file} has no column besides the target that models can use")
    X = type(frame)({name: column.values for name, column in features.items()})
    X = X.astype({name: "category" for name, column in features.items() if not column.is_numeric})
    return Dataset(X, y)


def _find_column(frame, name, option, options):
    """The column of this name; blanks around it do not count."""
    listed = quote_names(frame.columns)
    if name is None:
        raise InputError(f"{option} must name a column, one of: {listed}")
    for candidate in (name, name.strip()):
        if candidate in frame.columns:
            return candidate
    hint = _hint(frame, name, options)
    raise InputError(f"{option}: no column {name!r}, the columns are: {listed}{hint}")


def _hint(frame, name, options):
    """What may be wrong where there is no column of this name."""
    if options.no_header:
        return "; without a header the columns are numbered from 0"
    is_below = (frame.head(N_ROWS_SEARCHED).astype(str) == name).any(axis=None)
    if looks_like_data(frame.columns) and not is_below:
        return "; pass --no-header if the first row holds data"
    n_unnamed = sum(UNNAMED.match(candidate) is not None for candidate in frame.columns)
    if is_below or n_unnamed > 1:
        return "; pass --skip-lines N if there are N lines above the names"
    if frame.shape[1] == 1:
        return ("; pass another --sep if these are several names, or --skip-lines N if there are "
                "N lines above the names")
    names = {candidate.lower(): candidate for candidate in frame.columns}
    close = difflib.get_close_matches(name.lower(), names, n=1)
    return f"; did you mean {names[close[0]]!r}?" if close else ""


def _without_row_numbers(frame, target, positions):
    """The frame without the numbers of rows that stand in its first columns.

    Data frames are often saved with their index.  If the rows are sorted by the target, the index
    gives the target away.  So the first columns are left out if they have no name and hold
    distinct whole numbers, or if they have a name such as 'id' and count the rows from 0 or 1:
    those of the frame, or those of the file, in which they stood at `positions`.
    """
    left_out, counting, is_leading = [], [], True
    for name in frame.columns:
        is_unnamed, numbers = UNNAMED.match(name) is not None, _whole_numbers(frame[name])
        is_leading = is_leading and (is_unnamed or name.lower() in ROW_NUMBER_NAMES)
        if name == target or numbers is None:
            continue
        counts_rows = any(np.array_equal(numbers, first + rows) for first in (0, 1)
                          for rows in (positions, np.arange(len(frame))))
        is_index = is_unnamed and len(np.unique(numbers)) == len(numbers)
        if is_leading and (is_index or counts_rows):
            left_out.append(name)
        elif counts_rows:
            counting.append(name)
    if left_out:
        print_note(f"{count(len(left_out), 'column')} of row numbers left out (rename to keep): "
                   f"{quote_names(left_out)}")
    if counting:
        print_note(f"{count(len(counting), 'column')} counting the rows kept as a feature (else "
                   f"pass --drop): {quote_names(counting)}")
    return frame.drop(columns=left_out)


def _whole_numbers(column):
    """The column as an array if it holds whole numbers only, else None."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype
    if not is_numeric_dtype(column) or is_bool_dtype(column) or column.isna().any():
        return None
    numbers = column.to_numpy(np.float64)
    is_whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    return numbers if is_whole.all() else None


def _target_values(column, name):
    """Targets as floats, NaN where missing."""
    if column.kind == "empty":
        raise InputError(f"the target is missing in every row, column {name!r}; name another "
                         "column with --target")
    if column.kind in ("number", NUMBER_IN_TEXT):
        return column.values
    values = [value for value in column.values if value == value]
    if column.kind in (DATE, DURATION):
        raise InputError(f"the target must be numbers, column {name!r} holds dates or times: "
                         "replace them by a number, such as the days since the first of them")
    found, remedy = repr(values[0][:MAX_CHARACTERS_QUOTED]), "name another column with --target"
    if column.unfit is not None:
        found = repr(column.unfit[:MAX_CHARACTERS_QUOTED])
        remedy = f"correct it, or pass --missing {found} if it means missing"
    raise InputError(f"the target must be numbers, column {name!r} holds {found}: {remedy}")
