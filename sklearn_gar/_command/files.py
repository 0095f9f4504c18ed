"""The user's file as a data frame."""

import warnings
from functools import partial

from sklearn_gar._command.csv_files import MISSING, read_csv_file
from sklearn_gar._command.messages import InputError, one_line, print_note

PARQUET = (".parquet", ".pq")
EXCEL = {".xlsx": "openpyxl", ".xlsm": "openpyxl", ".xls": "xlrd", ".ods": "odfpy"}
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst", ".tar")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
N_BYTES_CHECKED = 4096
# how other files begin
OTHER_FORMATS = {b"PAR1": "a Parquet file: let its name end in .parquet",
                 b"PK\x03\x04": "an Excel or zip file: let its name end in .xlsx or .zip",
                 b"\xd0\xcf\x11\xe0": "an Excel file: let its name end in .xls",
                 b"\x1f\x8b": "compressed: let its name end in .gz",
                 b"%PDF": "a PDF: copy the table into a CSV file",
                 b"{": "JSON: save the table as CSV",
                 b"[": "JSON: save the table as CSV",
                 **dict.fromkeys((b"<!", b"<?", b"<html", b"<HTML", b"<table"),
                                 "a web page or XML: download or save the table itself as CSV")}
CSV_OPTIONS = {"sep": "--sep", "encoding": "--encoding", "decimal": "--decimal",
               "skip_lines": "--skip-lines", "no_header": "--no-header", "missing": "--missing"}
OPTIONS_OF_KIND = {"CSV": set(CSV_OPTIONS), "Parquet": set(),
                   "Excel": {"decimal", "skip_lines", "no_header", "missing"}}


def read_file(options):
    """The file as a data frame with distinct names of columns, and its decimal mark or None."""
    path = options.file
    try:
        if path.is_dir():
            raise InputError(f"FILE must be a file, got the folder {path}")
        if not path.is_file():
            raise InputError(f"no such file: {path}")
    except OSError as error:  # a folder without permission, or a name that is too long
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    try:
        import pandas  # noqa: F401
    except ImportError:
        raise InputError("reading FILE needs pandas: pip install pandas") from None
    kind = _kind(path)
    _check_options(kind, options)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame, decimal = READERS[kind](path, options)
    except InputError:
        raise
    except Exception as error:
        # whatever a reader raises on a foreign file, it means that the file cannot be read
        raise InputError(f"cannot read {path} as {kind}: {one_line(error)}") from None
    frame.columns = _column_names(frame)
    _check_names(frame, options)
    if len(frame) == 0:
        raise InputError(f"{path} has names of columns but no rows")
    if not options.no_header and looks_like_data(frame.columns):
        print_note("names of columns are numbers; pass --no-header if the first row holds data")
    return frame, decimal


def keep_rows(frame, kept, decimal, options):
    """Some rows of the file, with the types that columns have in a file without the others."""
    frame = frame[kept].reset_index(drop=True)
    if _kind(options.file) == "Parquet":  # whose types are written in the file
        return frame
    from pandas.api.types import infer_dtype
    frame = frame.infer_objects()
    return frame.assign(**{name: _parse_texts(frame[name], decimal) for name in frame.columns
                           if infer_dtype(frame[name], skipna=True) == "string"})


def has_value(column):
    """Whether the rows of a column hold more than blanks."""
    return column.notna() & (column.astype(str).str.strip() != "")


def _parse_texts(column, decimal):
    """Texts as numbers or truth values where all of them are, as pandas reads a file."""
    from pandas import to_numeric
    texts = column.str.strip()
    truths = texts.str.lower().map({"true": True, "false": False})
    if truths.notna().sum() == texts.notna().sum():
        return truths
    if decimal == ",":
        texts = texts.str.translate(str.maketrans(".,", ",."))
    try:
        return to_numeric(texts)
    except (TypeError, ValueError):
        return column


def _kind(path):
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return "Parquet"
    return "Excel" if suffix in EXCEL else "CSV"


def _check_text(path, encoding):
    """The file is text, neither another format nor in an encoding that nothing shows."""
    if path.suffix.lower() in COMPRESSED:
        return
    with path.open("rb") as file:
        start = file.read(N_BYTES_CHECKED)
    for signature, remedy in OTHER_FORMATS.items():
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(signature):
            raise InputError(f"cannot read {path} as CSV: it is {remedy}")
    # text of one byte a letter has no zero bytes
    is_utf_16 = start.startswith(UTF_16) and start[2:4] != b"\0\0"
    if b"\0" in start and not is_utf_16 and encoding is None:
        raise InputError(f"cannot read {path} as CSV: it is not text in a known encoding; pass "
                         "its --encoding (perhaps utf-16-le), or save the table as CSV")


def _check_options(kind, options):
    for name, option in CSV_OPTIONS.items():
        if getattr(options, name) and name not in OPTIONS_OF_KIND[kind]:
            raise InputError(f"{option} is for CSV files, got the {kind} file {options.file}")


def _read_csv(path, options):
    _check_text(path, options.encoding)
    return read_csv_file(path, options)


def _read_parquet(path, options):
    import pandas
    try:
        return pandas.read_parquet(path), None
    except ImportError:
        raise InputError("reading Parquet needs pyarrow: pip install pyarrow") from None


def _read_excel(path, options):
    """The first sheet."""
    import pandas
    try:
        book = pandas.ExcelFile(path)
    except ImportError:
        package = EXCEL[path.suffix.lower()]
        raise InputError(f"reading {path.suffix} needs {package}: pip install {package}, or save "
                         "the sheet as CSV") from None
    with book:
        sheets = book.sheet_names
        if len(sheets) > 1:
            print_note(f"sheet {sheets[0]!r} read, the first of {len(sheets)}")
        parse = partial(book.parse, 0, skiprows=options.skip_lines,
                        na_values=[*MISSING, *options.missing])
        if options.no_header:
            return parse(header=None), options.decimal
        frame = parse()
        if frame.shape[1] == 0:
            raise InputError(f"{path} is empty")
        frame.columns = parse(header=None, nrows=1, dtype=object).iloc[0].fillna("")
        return frame, options.decimal


READERS = {"CSV": _read_csv, "Parquet": _read_parquet, "Excel": _read_excel}


def _column_names(frame):
    """Names as text without blanks around them; like pandas, 'Unnamed: 3' where there is none."""
    names = [str(name).strip() for name in frame.columns]
    for position, name in enumerate(names):
        if name == "":
            unnamed = f"Unnamed: {position}"
            # a file that was saved twice with its index has this very name
            while unnamed in names:
                unnamed += ".1"
            names[position] = unnamed
    return names


def _check_names(frame, options):
    """Names must be distinct."""
    if frame.columns.is_unique:
        return
    repeated = frame.columns[frame.columns.duplicated()][0]
    remedy = "rename one of them"
    if not options.no_header and looks_like_data(frame.columns):
        remedy = "pass --no-header if the first row holds data"
    raise InputError(f"columns must have different names, got two of {repeated!r}: {remedy}")


def looks_like_data(names):
    """Whether at least half of the names are numbers, so that the first row may hold data."""
    from pandas import Series, to_numeric
    names = Series(names, dtype=object).str.replace(",", ".")
    return to_numeric(names, errors="coerce").notna().mean() >= 0.5
