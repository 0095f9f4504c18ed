"""CSV files of any encoding, separator and decimal mark, read by pandas.

`pandas.read_csv(sep=None)` looks at the first line alone and takes any character that is frequent
there, letters included.  So the separators in use are tried on the first rows instead.
"""

import re
import warnings
from functools import partial

from sklearn_gar._command.messages import InputError, count, one_line, print_note

# every file is valid latin-1; UTF-16 is recognised by its first two bytes
ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1")
SEPARATORS = (",", ";", "\t", "|")
SPACE = r"\s+"
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", SPACE: "space"}
MISSING = ("?",)
# rows that show which separator fits
N_ROWS_TRIED = 200


def read_csv_file(path, options):
    """The file as a data frame with the names of its first row, and its decimal mark.

    The decimal mark is None if the file does not show it.
    """
    encodings = [options.encoding] if options.encoding else ENCODINGS
    for encoding in encodings:
        try:
            return _read_encoded(path, encoding, options)
        except UnicodeError:
            continue
        except LookupError:
            raise InputError(f"--encoding must name an encoding that Python knows, such as "
                             f"utf-8, cp1252 or utf-16, got {encoding!r}") from None
    raise InputError(f"{path} is not encoded in {options.encoding}: name another encoding, or "
                     "leave out --encoding")


def _read_encoded(path, encoding, options):
    """`read_csv_file` for one encoding; UnicodeError if it is another one."""
    import pandas
    from pandas.errors import EmptyDataError, ParserError

    read = partial(pandas.read_csv, path, encoding=encoding, low_memory=False,
                   float_precision="round_trip", skipinitialspace=True,
                   na_values=[*MISSING, *options.missing],
                   header=None if options.no_header else 0, skiprows=options.skip_lines)
    try:
        read, separator = _with_separator(read, options)
        n_labels = _count_row_labels(read)
        read_rows = partial(_read_rows, read, n_labels)
        frame, decimal = _with_decimal(read_rows, separator, options.decimal)
        if not options.no_header:
            frame.columns = read(header=None, nrows=1, dtype=str, na_filter=False).iloc[0]
    except EmptyDataError:
        raise InputError(f"{path} is empty") from None
    except ParserError as error:
        reason = re.sub("Error tokenizing data. C error: ", "", one_line(error)).rstrip(".")
        raise InputError(f"cannot read {path} as CSV: {reason}; correct the file, or pass "
                         "--sep for its separator or --skip-lines for lines above the names"
                         ) from None
    _note_format(path, encoding, separator, decimal, options)
    if n_labels:
        print_note(f"rows have {count(n_labels, 'field')} more than the first row has names: "
                   "taken as row labels, left out")
    return frame, decimal


def _with_separator(read, options):
    """`read` with its separator, and the latter."""
    if options.sep is None and not options.no_header:
        first = read(sep=",", nrows=0, on_bad_lines="skip").columns[0]
        if first.startswith("sep="):  # a line for Excel, above the names
            separator = first[len("sep="):] or ","
            return partial(read, sep=separator, skiprows=options.skip_lines + 1), separator
    separator = options.sep or _find_separator(read)
    return partial(read, sep=separator), separator


def _find_separator(read):
    """The separator of the first rows.

    It makes the largest share of the columns that hold a value numeric, and then most columns.
    Spaces count only where the best other separator makes a single column, or no numeric one.
    """
    from pandas.errors import ParserError

    scores, failure = {}, None
    for separator in (*SEPARATORS, SPACE):
        try:
            scores[separator] = _score(read, separator)
        except ParserError as error:  # rows of different lengths
            failure = failure or error
    numeric_share, n_columns, _ = scores.pop(SPACE, (0, 0, 0))
    found = max(scores, key=scores.get, default=None)
    if found is not None and scores[found][-1] > 1:
        return SPACE if scores[found][0] == 0 and numeric_share > 0.5 else found
    if failure is not None:
        raise failure
    return SPACE if n_columns > 1 else ","


def _score(read, separator):
    """How well the separator fits: share of numeric columns, columns with a value, columns."""
    marks = [mark for mark in ".," if mark != separator]
    heads = [read(sep=separator, decimal=mark, nrows=N_ROWS_TRIED) for mark in marks]
    n_columns = heads[0].notna().any().sum()
    if n_columns < 2:
        return 0, n_columns, heads[0].shape[1]
    return (max(_n_numeric(head.dropna(axis=1, how="all")) for head in heads) / n_columns,
            n_columns, heads[0].shape[1])


def _n_numeric(frame):
    return frame.select_dtypes("number").shape[1]


def _count_row_labels(read):
    """Number of fields at the beginning of rows for which the first row has no name.

    R writes tables in this way.  A separator at the end of every row makes no field.
    """
    from pandas.errors import ParserWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(index_col=False, nrows=1)
    if any(issubclass(warning.category, ParserWarning) for warning in caught):
        return read(nrows=1).index.nlevels
    return 0


def _read_rows(read, n_labels, **kwargs):
    """The frame without its row labels, which must be distinct."""
    if n_labels == 0:
        return read(index_col=False, **kwargs)
    frame = read(**kwargs)
    if not frame.index.is_unique:
        raise InputError(f"rows have {count(n_labels, 'field')} more than the first row has "
                         "names, and the first field is no row label, because it repeats: name "
                         "every column in the first row, or pass --no-header, or --skip-lines N "
                         "if there are N lines above the names")
    return frame.reset_index(drop=True)


def _with_decimal(read, separator, decimal):
    """The frame and its decimal mark: the one asked for, else a comma if it fits more columns."""
    if decimal is not None:
        return read(decimal=decimal), decimal
    frame = read()
    if separator == "," or _n_numeric(frame) == frame.shape[1]:
        return frame, None
    with_commas = read(decimal=",")
    if _n_numeric(with_commas) > _n_numeric(frame):
        return with_commas, ","
    return frame, None


def _note_format(path, encoding, separator, decimal, options):
    """Say how the file was read, where that is neither usual nor asked for."""
    found = []
    if options.sep is None and separator != ",":
        name = SEPARATOR_NAMES.get(separator, repr(separator))
        found.append(f"{name} as separator (else pass --sep)")
    if options.decimal is None and decimal == ",":
        found.append("decimal commas (else pass --decimal)")
    if options.encoding is None and encoding != "utf-8":
        found.append(f"encoding {encoding} (else pass --encoding)")
    if found:
        print_note(f"{path.name} read with {', '.join(found)}")
