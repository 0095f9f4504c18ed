"""CSV files of every dialect hold the same table as the plain one."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_gar._command.messages import InputError
from tests.command.conftest import CATEGORIES, features, plain_frame


def mixed_frame():
    """Numbers, whole numbers and categories with a letter outside ASCII."""
    frame = plain_frame().round(1)
    frame["größe"] = ["klein", "groß", "mittel"] * 20
    frame["n"] = range(5, 65)
    return frame


def same_table(dataset, frame):
    """The dataset is the frame with target y."""
    expected = frame.drop(columns="y")
    assert list(dataset.X.columns) == list(expected.columns)
    for name in expected:
        assert dataset.X[name].tolist() == expected[name].tolist()
    assert dataset.y.tolist() == frame["y"].tolist()


@pytest.mark.parametrize("kwargs, found", [
    ({"sep": ";"}, "semicolon as separator"),
    ({"sep": ";", "decimal": ","}, "semicolon as separator (else pass --sep), decimal commas"),
    ({"sep": "\t"}, "tab as separator"),
    ({"sep": "\t", "decimal": ","}, "decimal commas"),
    ({"sep": "|"}, "bar as separator"),
    ({"sep": " "}, "space as separator"),
    ({"encoding": "latin-1"}, "encoding cp1252"),
    ({"encoding": "utf-16"}, "encoding utf-16"),
    ({"encoding": "utf-16", "sep": "\t"}, "encoding utf-16"),
    ({"encoding": "utf-8-sig"}, None),
    ({"name": "table.csv.gz"}, None),
    ({"name": "table.csv.zip"}, None),
    ({"name": "table.tsv", "sep": "\t", "encoding": "latin-1"}, "encoding cp1252"),
    ({"quoting": 1}, None),
    ({"lineterminator": "\r\n"}, None),
])
def test_dialects_are_found(kwargs, found, csv, load):
    dataset, notes = load(csv(mixed_frame(), **kwargs))
    same_table(dataset, mixed_frame())
    about_format = [note for note in notes if " read with " in note]
    assert len(about_format) == (found is not None)
    assert found is None or found in about_format[0]


@pytest.mark.parametrize("kwargs, arguments", [
    ({"sep": ";", "decimal": ","}, ["--sep", ";", "--decimal", ","]),
    ({"sep": ":"}, ["--sep", ":"]),
    ({"sep": "\t"}, ["--sep", "tab"]),
    ({"sep": "\t"}, ["--sep", r"\t"]),
    ({"sep": " "}, ["--sep", "space"]),
    ({"encoding": "utf-16-le"}, ["--encoding", "utf-16-le"]),
    ({"encoding": "cp437"}, ["--encoding", "cp437"]),
])
def test_dialects_by_option(kwargs, arguments, csv, load):
    dataset, notes = load(csv(mixed_frame(), **kwargs), *arguments)
    same_table(dataset, mixed_frame())
    assert not any(" read with " in note for note in notes)


@pytest.mark.parametrize("kwargs", [
    {}, {"sep": ";", "decimal": ","}, {"sep": " "}, {"encoding": "latin-1"}])
def test_no_header(kwargs, csv, load):
    path = csv(mixed_frame(), header=False, **kwargs)
    dataset, _ = load(path, "--no-header", "--target", "3")
    frame = mixed_frame().rename(columns=dict(a="0", b="1", c="2", größe="4", n="5"))
    same_table(dataset, frame)


def test_line_for_excel_above_the_names(csv, load, text_file):
    text = Path(csv(plain_frame().round(2), sep=";")).read_text()
    dataset, _ = load(text_file("sep=;\n" + text))
    same_table(dataset, plain_frame().round(2))


def test_decimal_commas_among_whole_numbers(csv, load, text_file):
    frame = plain_frame().round(1).astype(object)
    frame.loc[::3, "a"], frame.loc[::4, "b"] = 2, 3
    text = Path(csv(frame, sep=";")).read_text().replace(".", ",")
    dataset, notes = load(text_file(text))
    same_table(dataset, frame)
    assert len(notes) == 1 and "decimal commas" in notes[0]


def test_separator_inside_of_text_and_names(load, text_file):
    rows = [f'{k};"a, b";{k % 7},5' for k in range(20)]
    dataset, _ = load(text_file("\n".join(['"k, of many";text;y', *rows])))
    assert list(dataset.X.columns) == ["k, of many", "text"]
    assert dataset.y.tolist() == [k % 7 + 0.5 for k in range(20)]


@pytest.mark.parametrize("lines", [
    "# written by hand\n# in 2020\n", "A report,,,\n,,,\n", "x;y\n\n"])
@pytest.mark.parametrize("header", [True, False])
def test_lines_above_the_names(lines, header, csv, load, text_file):
    text = Path(csv(plain_frame(), header=header)).read_text()
    arguments = [] if header else ["--no-header", "--target", "3"]
    dataset, _ = load(text_file(lines + text), "--skip-lines", "2", *arguments)
    np.testing.assert_array_equal(dataset.X, plain_frame()[["a", "b", "c"]])
    np.testing.assert_array_equal(dataset.y, plain_frame()["y"])


def test_one_line_above_the_names(csv, load, text_file):
    path = text_file("# made by me\n" + Path(csv(plain_frame())).read_text())
    dataset, _ = load(path, "--skip-lines", "1")
    same_table(dataset, plain_frame())


def test_lines_above_the_line_for_excel(csv, load, text_file):
    text = Path(csv(plain_frame(), sep=";")).read_text()
    dataset, _ = load(text_file("A report\nsep=;\n" + text), "--skip-lines", "1")
    same_table(dataset, plain_frame())


def test_spaces_and_one_tab(load, text_file):
    rows = [f'{k}.5   {k % 8}   {k % 3 or "?"}\t"model {k % 4}"' for k in range(30)]
    dataset, notes = load(text_file("\n".join(rows)), "--no-header", "--target", "0")
    assert features(dataset) == {"1": [k % 8 for k in range(30)],
                                 "2": [k % 3 or None for k in range(30)],
                                 "3": [f"model {k % 4}" for k in range(30)]}
    assert "space as separator" in notes[0]


@pytest.mark.parametrize("separator", ";|\t")
def test_separator_next_to_a_column_without_values(separator, load, text_file):
    dataset, notes = load(text_file("\n".join(["a,,b,y", *(f",,{k % 5},{k}" for k in range(20))])
                                    .replace(",", separator)))
    assert features(dataset) == {"b": [k % 5 for k in range(20)]}
    path = text_file("\n".join([f"a{separator}y", *(f"{separator}{k}" for k in range(20))]))
    with pytest.raises(InputError, match="no column besides the target"):
        load(path)


def test_blanks_around_names_and_values(load, text_file):
    rows = [f"{k % 5} , x{k % 3} ,{k % 4}, ?,  {k % 7} " for k in range(20)]
    dataset, _ = load(text_file("\n".join([" a , b,gap , c, y ", *rows])))
    assert features(dataset) == {"a": [k % 5 for k in range(20)],
                                 "b": [f"x{k % 3}" for k in range(20)],
                                 "gap": [k % 4 for k in range(20)]}
    assert dataset.y.tolist() == [k % 7 for k in range(20)]


@pytest.mark.parametrize("labels", [
    pytest.param(range(60), id="from 0"), pytest.param(range(1, 61), id="R"),
    pytest.param([f"row {k}" for k in range(60)], id="names"),
    pytest.param(np.arange(60) + 0.5, id="fractions")])
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_rows_longer_than_the_names_begin_with_labels(labels, sep, csv, load):
    frame = plain_frame()
    frame.index = labels
    dataset, notes = load(csv(frame, index=True, index_label=False, sep=sep))
    same_table(dataset, plain_frame())
    assert notes[-1] == ("rows have 1 field more than the first row has names: taken as row "
                         "labels, left out")


def test_two_labels(csv, load):
    frame = plain_frame()
    frame.index = pd.MultiIndex.from_product([range(6), range(10)])
    dataset, notes = load(csv(frame, index=True, index_label=False))
    same_table(dataset, plain_frame())
    assert "rows have 2 fields more" in notes[0]


def test_late_letters_outside_ascii(csv, load):
    frame = plain_frame(500).assign(name=["plain"] * 450 + ["größe"] * 50)
    dataset, notes = load(csv(frame, index=True, index_label=False, encoding="latin-1"))
    assert list(dataset.X["name"]) == list(frame["name"])
    assert "cp1252" in notes[0] and "row labels" in notes[1]
    assert notes[2:] == ["1 column taken as categories: 'name'", CATEGORIES]


def test_one_column_with_a_blank_in_its_name(load, text_file):
    path = text_file("my target\n" + "\n".join(map(str, range(20))))
    with pytest.raises(InputError, match="no column besides the target"):
        load(path, "--target", "my target")


def test_names_that_look_like_data_are_told(csv, load):
    path = csv(plain_frame(), header=["0.5", "1", "-3", "2"])
    _, notes = load(path, "--target", "2")
    assert notes == ["names of columns are numbers; pass --no-header if the first row holds data"]


def test_labels_that_repeat_are_refused(csv, refused):
    frame = plain_frame().set_index(np.arange(60) // 2)
    error = refused(csv(frame, index=True, index_label=False), "--target", "y")
    assert "rows have 1 field more than the first row has names" in error
    assert "name every column" in error


@pytest.mark.parametrize("end_of_names", ["", ","])
def test_separators_at_the_end_of_rows(end_of_names, csv, load, text_file):
    names, *rows = Path(csv()).read_text().splitlines()
    dataset, _ = load(text_file("\n".join([names + end_of_names, *(row + "," for row in rows)])))
    same_table(dataset, plain_frame())


def test_blank_lines_and_missing_last_newline(csv, load, text_file):
    names, *rows = Path(csv()).read_text().splitlines()
    dataset, _ = load(text_file("\n\n" + "\n\n".join([names, *rows])))
    same_table(dataset, plain_frame())


def test_question_marks_are_missing(csv, load):
    frame = plain_frame().astype(object)
    frame.loc[[3, 5], "a"] = frame.loc[7, "y"] = "?"
    dataset, notes = load(csv(frame))
    expected = plain_frame()
    expected.loc[[3, 5], "a"] = np.nan
    np.testing.assert_array_equal(dataset.X, expected.drop(index=7).drop(columns="y"))
    assert notes == ["1 row of 60 without 'y', left out",
                     "2 missing numbers, replaced by the median and marked by an indicator for "
                     "MLPRegressor only: 'a' (2)"]


def test_texts_for_missing_values(csv, load):
    frame = plain_frame().round(1).astype(object)
    frame.loc[3, "a"], frame.loc[4, "b"], frame.loc[5, "c"] = "-", -999, "inf"
    dataset, notes = load(csv(frame), "--missing", "-", "--missing", "-999", "--missing", "inf")
    assert np.isnan(dataset.X.to_numpy()).sum() == 3
    assert np.isnan([dataset.X["a"][3], dataset.X["b"][4], dataset.X["c"][5]]).all()
    assert "3 missing numbers" in notes[0]


@pytest.mark.parametrize("content, message", [
    (b"", "table.csv is empty"),
    (b"\n\n", "table.csv is empty"),
    (b"a,b,y\n", "table.csv has names of columns but no rows"),
    (b"\x89PNG\xff\xfe,\x00", "cannot read .*table.csv as CSV: it is not text"),
    ("a,y\n1,2\n".encode("utf-16-le"), "not text in a known encoding; pass its --encoding"),
    ("a,y\n1,2\n".encode("utf-32"), "not text in a known encoding; pass its --encoding"),
    (b"a,b\n1,2\n1,2,3,4\n", "cannot read .* as CSV: .*line 3, saw 4; .*--sep .*--skip-lines"),
    (b"a,b,y\n1,2,3\n" * 300 + b"1,2,3,4\n", "line 601, saw 4"),
    (b"PAR1\x15\x04", "as CSV: it is a Parquet file: let its name end in .parquet"),
    (b"PK\x03\x04\x14\x00", "as CSV: it is an Excel or zip file: let its name end in .xlsx"),
    (b'{"a": 1}', "as CSV: it is JSON: save"), (b'[{"a": 1}]', "as CSV: it is JSON"),
    (b"%PDF-1.4", "as CSV: it is a PDF"),
    (b"Report,,\n,,\na,b,y\n1,2,3\n", "no column 'y', .*; pass --skip-lines N if there are N"),
    (b"# made by me\nx,y\n1,2\n3,4\n", "no column 'y', .*; pass --skip-lines N if there are N"),
    (b"# made by me\ny,x\n1,2\n3,4\n", "no column 'y', .* or --skip-lines N if there are N"),
    (b"# made, 2020\nx,y\n1,2\n3,4\n", "no column 'y', .*; pass --skip-lines N if there are N"),
    (b"# made by me\nx,y\n1,2\n1,4\n", "it repeats: .* or --skip-lines N if there are N"),
    (b"\x1f\x8b\x08\x00", "as CSV: it is compressed: let its name end in .gz"),
    (b"\xef\xbb\xbf\n<!DOCTYPE html>", "as CSV: it is a web page or XML"),
    (b"0.5,0.5,1.5\n1,2,3\n", "two of '0.5': pass --no-header if the first row holds data"),
    (b"a, a,y\n1,2,3\n", "columns must have different names, got two of 'a': rename one"),
    (b"0.5,1.5,2.5\n1,2,3\n", "no column 'y', .*; pass --no-header if the first row holds data"),
    (b"0,5;1,5\n1;2\n", "no column 'y', .*; pass --no-header if the first row holds data"),
    (b"a:b:y\n1:2:3\n", "the columns are: 'a:b:y'; pass another --sep if"),
])
def test_unreadable_file(content, message, text_file, refused):
    assert re.search(message, refused(text_file(content), "--target", "y"))


@pytest.mark.parametrize("arguments, message", [
    (["--encoding", "utf-9"], "--encoding must name an encoding that Python knows, .*'utf-9'"),
    (["--encoding", "utf-8"], "table.csv is not encoded in utf-8: name another encoding"),
    (["--sep", "ab"], "--sep: must be one character, tab or space, got 'ab'"),
    (["--decimal", "x"], "--decimal: invalid choice: 'x'"),
])
def test_unfit_options(arguments, message, csv, refused):
    path = csv(mixed_frame(), encoding="latin-1")
    assert re.search(message, refused(path, "--target", "y", *arguments))
