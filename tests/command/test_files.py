"""Parquet and Excel files, and packages that are not there."""

import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.command.conftest import CATEGORIES, features, plain_frame


def test_parquet_of_all_kinds(tmp_path, load):
    frame = plain_frame()
    frame["date"] = pd.date_range("2020-01-01", periods=60, freq="12h")
    frame["day"] = [date(1970, 1, 2)] * 60
    frame["time"] = pd.to_timedelta(np.arange(60), "h")
    frame["flag"] = pd.array([True, None, False] * 20, dtype="boolean")
    frame["kind"] = pd.Categorical(["x", "y", None] * 20)
    frame["code"] = pd.Categorical(["1", "2"] * 30)
    frame["name"] = [f"row {i}" for i in range(60)]
    frame.loc[4, "a"] = np.nan
    frame.loc[[1, 2], "y"] = np.nan
    frame.to_parquet(tmp_path / "table.parquet")
    dataset, notes = load(str(tmp_path / "table.parquet"))
    known = np.delete(np.arange(60), [1, 2])
    seen = features(dataset)
    assert seen["date"] == (18262 + known / 2).tolist()
    assert seen["day"] == [1] * 58
    np.testing.assert_allclose(seen["time"], known / 24)
    assert seen["flag"] == np.array([1, None, 0] * 20)[known].tolist()
    assert seen["kind"] == np.array(["x", "y", None] * 20)[known].tolist()
    assert seen["code"] == np.array(["1", "2"] * 30)[known].tolist()
    assert list(seen) == ["a", "b", "c", "date", "day", "time", "flag", "kind", "code"]
    assert dataset.categorical == [7, 8]
    assert notes == [
        "2 rows of 60 without 'y', left out",
        "2 columns read as dates, in days since 1970: 'date', 'day'",
        "1 column read as times or durations, in days: 'time'",
        "2 columns taken as categories: 'kind', 'code'",
        "1 column left out, because (nearly) every row has a different text: 'name' (such as "
        "'row 0')",
        CATEGORIES,
        # the flag lacks 20 values, one of them in a row that is left out
        "20 missing numbers, replaced by the median and marked by an indicator for MLPRegressor "
        "only: 'a' (1), 'flag' (19)"]


def test_dates_in_csv_count_as_in_parquet(csv, tmp_path, load):
    frame = plain_frame().assign(when=pd.date_range("2020-01-01", periods=60, freq="37h"))
    frame = frame.sample(frac=1, random_state=0, ignore_index=True)
    frame.to_parquet(tmp_path / "table.parquet")
    from_parquet, _ = load(str(tmp_path / "table.parquet"))
    from_csv, notes = load(csv(frame))
    pd.testing.assert_frame_equal(from_csv.X, from_parquet.X)
    assert notes == ["1 column read as dates, in days since 1970: 'when'"]


def test_dates_of_eight_digits_are_told(csv, load):
    days = pd.date_range("2019-12-01", periods=60)
    frame = plain_frame().assign(when=days.strftime("%Y%m%d"))
    frame.loc[3, "when"] = None
    dataset, notes = load(csv(frame))
    assert dataset.X["when"].drop(index=3).tolist() == [18231 + k for k in range(60) if k != 3]
    assert notes[0] == "1 column read as dates, in days since 1970: 'when' (year first)"


def test_numbers_as_text_are_told(tmp_path, load):
    frame = plain_frame()
    frame[["a", "y"]].astype(str).assign(b=frame["b"]).to_parquet(tmp_path / "table.parquet")
    dataset, notes = load(str(tmp_path / "table.parquet"))
    assert dataset.X["a"].tolist() == frame["a"].tolist()
    assert dataset.y.tolist() == frame["y"].tolist()
    assert notes == ["2 columns read as numbers, without thousands separators and units: 'a', 'y'"]


def test_names_of_columns_may_be_numbers(tmp_path, load):
    frame = pd.DataFrame(plain_frame().to_numpy(), columns=[2019, 2020, 2021, "y"])
    frame.columns = frame.columns.astype(object)
    frame.rename(columns=str).to_parquet(tmp_path / "table.pq")
    dataset, _ = load(str(tmp_path / "table.pq"))
    assert list(dataset.X.columns) == ["2019", "2020", "2021"]


class Workbook:
    """What pandas gives for an Excel file of two sheets, without a package that reads them."""

    sheet_names = ["first", "second"]

    def __init__(self, path):
        self.rows = [[None, "a", " y "], *([k, k % 7 if k % 7 else "?", k % 5] for k in range(30))]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def parse(self, sheet, header=0, skiprows=0, nrows=None, na_values=(), dtype=None):
        assert sheet == skiprows == 0
        rows = self.rows if header is None else self.rows[1:]
        frame = pd.DataFrame(rows[:nrows])
        if header == 0:
            frame.columns = ["Unnamed: 0", "a", " y "]
        return frame.mask(frame.isin(list(na_values))).infer_objects()


def test_excel(text_file, load, monkeypatch):
    monkeypatch.setattr(pd, "ExcelFile", Workbook)
    dataset, notes = load(text_file(b"", "table.xlsx"))
    assert features(dataset) == {"a": [k % 7 or None for k in range(30)]}
    assert dataset.y.tolist() == [k % 5 for k in range(30)]
    assert notes[0] == "sheet 'first' read, the first of 2"
    assert "of row numbers left out" in notes[1] and "5 missing numbers" in notes[2]


def test_excel_file(tmp_path, load):
    pytest.importorskip("openpyxl")
    frame = plain_frame().assign(when=pd.date_range("2020-01-01", periods=60))
    frame.to_excel(tmp_path / "table.xlsx")
    dataset, notes = load(str(tmp_path / "table.xlsx"))
    assert dataset.X["when"].tolist() == [18262 + k for k in range(60)]
    # Excel holds 16 digits
    np.testing.assert_allclose(dataset.X[["a", "b", "c"]], frame[["a", "b", "c"]], rtol=1e-14)
    assert "of row numbers left out" in notes[0] and "dates" in notes[1]


@pytest.mark.parametrize("name", ["table.xlsx", "table.parquet"])
def test_a_row_of_totals_below_the_table(name, tmp_path, load):
    pytest.importorskip("openpyxl" if name.endswith("xlsx") else "pyarrow")
    frame = plain_frame().assign(code=["01x", "2"] * 30, gone=pd.NaT)
    footer = pd.DataFrame([{"code": "Total", "b": 5.5}])
    if name.endswith("xlsx"):  # a column of Parquet has one type
        footer["a"], footer["gone"] = "Sum", "checked"
    for path, table in ((tmp_path / f"whole {name}", frame),
                        (tmp_path / name, pd.concat([frame.astype(object), footer]))):
        if name.endswith("xlsx"):
            table.to_excel(path, index=False)
        else:
            table.infer_objects().to_parquet(path, index=False)
    expected, expected_notes = load(str(tmp_path / f"whole {name}"))
    dataset, notes = load(str(tmp_path / name))
    pd.testing.assert_frame_equal(dataset.X, expected.X)
    assert notes == ["1 row of 61 without 'y', left out", *expected_notes]


@pytest.mark.parametrize("suffix, package", [
    (".xlsx", "openpyxl"), (".xlsm", "openpyxl"), (".xls", "xlrd"), (".ods", "odfpy")])
def test_excel_without_its_package(suffix, package, text_file, refused, monkeypatch):
    def fail(path):
        raise ImportError("Missing optional dependency")
    monkeypatch.setattr(pd, "ExcelFile", fail)
    error = refused(text_file(b"", "table" + suffix), "--target", "y")
    assert error == (f"reading {suffix} needs {package}: pip install {package}, or save the sheet "
                     "as CSV")


@pytest.mark.parametrize("module, remedy", [
    ("pandas", "reading FILE needs pandas: pip install pandas"),
    ("pyarrow", "reading Parquet needs pyarrow: pip install pyarrow"),
    ("matplotlib.figure", "--plot needs matplotlib: pip install matplotlib"),
])
def test_absent_package(module, remedy, tmp_path, refused, monkeypatch):
    path = tmp_path / "table.parquet"
    plain_frame().to_parquet(path)
    if module == "pyarrow":
        def read_parquet(path):
            raise ImportError("Unable to find a usable engine")
        monkeypatch.setattr(pd, "read_parquet", read_parquet)
    else:
        monkeypatch.setitem(sys.modules, module, None)
    assert remedy in refused(str(path), "--target", "y", "--plot", "plot.png")


def test_unreadable_parquet(text_file, refused):
    error = refused(text_file("a,b\n1,2\n", "table.parquet"), "--target", "y")
    assert "cannot read" in error and "table.parquet as Parquet: " in error


@pytest.mark.parametrize("option", [["--sep", ";"], ["--encoding", "utf-8"], ["--no-header"],
                                    ["--missing", "-"], ["--decimal", ","]])
def test_options_for_csv_with_parquet(option, tmp_path, refused):
    plain_frame().to_parquet(tmp_path / "table.parquet")
    error = refused(str(tmp_path / "table.parquet"), "--target", "y", *option)
    assert error.startswith(f"{option[0]} is for CSV files, got the Parquet file ")
