"""The command `files`."""

from pathlib import Path

from sklearn.datasets import load_diabetes

from benchmarks import environment
from benchmarks.files.formats import FORMATS, REGRESSORS, measure, regressor
from benchmarks.models import fit_without_warning, synthetic_table
from benchmarks.options import add_out, add_quick
from benchmarks.progress import print_progress
from benchmarks.result_files import prepare_folder, write_result
from benchmarks.text import rst_table

TABLES = {"diabetes": lambda: load_diabetes(return_X_y=True),
          "made": lambda: synthetic_table(10_000, 20)}
REPETITIONS = 20
FILES = """Fit regressors, write them to files, and read these.  See benchmarks/README.rst."""


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where the result goes by default."""
    command = commands.add_parser("files", help="sizes of model files, and times to read them",
                                  description=FILES)
    add_out(command, folder)
    add_quick(command, "one table and one repetition")
    command.set_defaults(run=measure_files)


def measure_files(options) -> int:
    """Fit, measure, write the file, print the table."""
    tables, repetitions = TABLES, REPETITIONS
    if options.quick:
        tables, repetitions = {"diabetes": TABLES["diabetes"]}, 1
    prepare_folder(options.out)
    with environment.limited_threads(1, all_libraries=True):
        records = [record for name, load in tables.items()
                   for record in _records(name, *load(), options.quick, repetitions)]
    write_result(options.out / ("files_quick.json" if options.quick else "files.json"), {
        "records": records, "repetitions": repetitions, "versions": environment.versions(),
        "machine": environment.machine(), "date": environment.timestamp(),
    })
    print(table(records))
    return 0


def _records(table, X, y, quick, repetitions):
    for name in REGRESSORS:
        try:
            model = regressor(name, quick)
        except ImportError as error:
            print_progress(f"{name} is left out: {error}")
            continue
        print_progress(f"{table}: {name} ...")
        fit_without_warning(model, X, y)
        yield {"table": table, "regressor": name, "formats": measure(model, repetitions)}


def table(records: list[dict]) -> str:
    """Kilobytes and milliseconds of each regressor and format."""
    header = ["data set", "regressor", *(f"{name}, {unit}" for name in FORMATS
                                         for unit in ("kB", "ms"))]
    return rst_table(header, [
        [record["table"], record["regressor"],
         *(cell for name in FORMATS for cell in _cells(record["formats"][name]))]
        for record in records])


def _cells(result):
    if result is None:
        return "--", "--"
    return f"{result['bytes'] / 1000:.0f}", f"{1000 * result['seconds']:.1f}"
