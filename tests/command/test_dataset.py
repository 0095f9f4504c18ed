"""Target, row numbers, and tables that cannot be compared on."""

import numpy as np
import pandas as pd
import pytest

from tests.command.conftest import plain_frame


def sorted_noise(n_rows=60):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=n_rows), "y": np.sort(rng.normal(size=n_rows))})


@pytest.mark.parametrize("index", [
    pytest.param(np.arange(60), id="pandas"), pytest.param(np.arange(1, 61), id="R"),
    pytest.param(np.random.default_rng(0).permutation(60), id="shuffled"),
    pytest.param(3 * np.arange(60) + 7, id="filtered"),
    pytest.param(np.arange(60.), id="floats")])
@pytest.mark.parametrize("name", ["", "Unnamed: 0", " "])
def test_row_numbers_without_a_name_are_left_out(name, index, csv, load):
    frame = sorted_noise()
    frame.insert(0, name, index)
    dataset, notes = load(csv(frame))
    assert list(dataset.X) == ["a"]
    assert notes == ["1 column of row numbers left out (rename to keep): 'Unnamed: 0'"]


@pytest.mark.parametrize("name", ["rownames", "Id", "index"])
@pytest.mark.parametrize("start", [0, 1])
def test_row_numbers_with_a_usual_name_are_left_out(name, start, csv, load):
    frame = sorted_noise()
    frame.insert(0, name, np.arange(start, start + 60))
    dataset, notes = load(csv(frame))
    assert list(dataset.X) == ["a"]
    assert notes == [f"1 column of row numbers left out (rename to keep): {name!r}"]
    frame[name] += 5
    dataset, notes = load(csv(frame))
    assert list(dataset.X) == [name, "a"] and notes == []


def test_row_numbers_of_a_file_saved_twice(csv, load):
    again = pd.read_csv(csv(sorted_noise(), index=True))
    dataset, notes = load(csv(again, index=True))
    assert list(dataset.X) == ["a"] and notes[0].startswith("2 columns of row numbers left out")
    thrice = pd.read_csv(csv(again, index=True))
    for index, n_columns in ((False, 2), (True, 3)):
        dataset, notes = load(csv(thrice, index=index))
        assert list(dataset.X) == ["a"] and notes[0].startswith(f"{n_columns} columns of row")


def test_other_columns_are_kept(csv, load):
    frame = sorted_noise()
    frame.insert(0, "", np.arange(60) // 2)
    frame.insert(2, " ", np.arange(60) + 5)
    frame["step"] = np.arange(1, 61)
    dataset, notes = load(csv(frame))
    assert list(dataset.X) == ["Unnamed: 0", "a", "Unnamed: 2", "step"]
    assert notes == ["1 column counting the rows kept as a feature (else pass --drop): 'step'"]
    dataset, notes = load(csv(frame), "--drop", "step", "--drop", "Unnamed: 2")
    assert list(dataset.X) == ["Unnamed: 0", "a"] and notes == []


def test_row_numbers_may_be_the_target(csv, load):
    dataset, _ = load(csv(sorted_noise(), index=True), "--target", "Unnamed: 0")
    assert dataset.y.tolist() == list(range(60)) and list(dataset.X) == ["a", "y"]


@pytest.mark.parametrize("name", ["y", " y", "y "])
def test_blanks_around_the_name_of_the_target(name, csv, load):
    frame = plain_frame().rename(columns={"y": name, "a": " a "})
    for target in ("y", " y "):
        dataset, _ = load(csv(frame), "--target", target)
        assert list(dataset.X) == ["a", "b", "c"]


def test_target_with_unit(csv, load):
    frame = plain_frame()
    frame["y"] = [f"{value:.3f} EUR" for value in frame["y"]]
    dataset, notes = load(csv(frame))
    np.testing.assert_allclose(dataset.y, plain_frame()["y"], atol=6e-4)
    assert notes == ["1 column read as numbers, without thousands separators and units: 'y' (EUR)"]


def test_rows_without_target_are_left_out(csv, load):
    frame = plain_frame()
    frame.loc[[3, 5], "y"] = np.nan
    frame.loc[[3, 8], "a"] = np.nan
    dataset, notes = load(csv(frame))
    np.testing.assert_array_equal(dataset.X, frame.drop(index=[3, 5]).drop(columns="y"))
    assert notes == ["2 rows of 60 without 'y', left out",
                     "1 missing number, replaced by the median and marked by an indicator for "
                     "MLPRegressor only: 'a' (1)"]


def footed(frame, **footer):
    """The frame with a last row that has no target, such as one of totals."""
    return pd.concat([frame.astype(object), pd.DataFrame([footer])], ignore_index=True)


FOOTED = plain_frame().assign(flag=[True, False] * 30, kind=["u", "v", None] * 20,
                              price=[f"${k}" for k in range(60)],
                              day=pd.date_range("2020", periods=60).strftime("%d/%m/%Y"))


@pytest.mark.parametrize("column", FOOTED.columns.drop("y"))
def test_rows_without_target_do_not_decide_the_type_of_a_column(column, csv, load):
    expected, expected_notes = load(csv(FOOTED))
    dataset, notes = load(csv(footed(FOOTED, **{column: "Total"})))
    pd.testing.assert_frame_equal(dataset.X, expected.X)
    np.testing.assert_array_equal(dataset.y, expected.y)
    assert notes == ["1 row of 61 without 'y', left out", *expected_notes]


def test_decimal_commas_above_a_footer(csv, load):
    expected, _ = load(csv(plain_frame(), sep=";", decimal=","))
    footer = footed(plain_frame(), b="Sum").map(lambda value: str(value).replace(".", ","))
    footer.loc[60] = ["", "Sum", "", ""]
    dataset, _ = load(csv(footer, sep=";"))
    pd.testing.assert_frame_equal(dataset.X, expected.X)


def test_units_below_the_names(csv, load):
    frame = plain_frame()
    units = pd.DataFrame([{"a": "kg", "b": "m", "c": "s", "y": " "}])
    dataset, notes = load(csv(pd.concat([units, frame.astype(object)])))
    np.testing.assert_array_equal(dataset.X, frame[["a", "b", "c"]])
    assert notes == ["1 row of 61 without 'y', left out"]


def test_cells_of_rows_without_target_may_be_infinite(csv, load):
    dataset, _ = load(csv(footed(plain_frame(), a=np.inf)))
    np.testing.assert_array_equal(dataset.X, plain_frame()[["a", "b", "c"]])


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("lines", [[60], [0, 7, 8], [59]])
def test_row_numbers_beside_rows_without_target(lines, start, csv, load):
    rows = sorted_noise(61)
    rows.insert(0, "id", np.arange(start, start + 61))
    rows.loc[lines, "y"] = np.nan
    footers = rows.astype(object)
    footers.loc[lines, "id"] = "Total"
    between = rows.dropna().assign(id=np.arange(start, start + 61 - len(lines)))
    for frame in (rows, footers, footed(between, id="Total")):
        dataset, notes = load(csv(frame))
        assert list(dataset.X) == ["a"]
        assert notes[-1] == "1 column of row numbers left out (rename to keep): 'id'"


def with_column(column, values):
    return plain_frame().assign(**{column: values})


@pytest.mark.parametrize("frame, arguments, message", [
    (None, [], "--target must name a column, one of: 'a', 'b', 'c', 'y'"),
    (None, ["--target", "z"], "--target: no column 'z', the columns are: 'a', 'b', 'c', 'y'"),
    (None, ["--target", "Y"], "the columns are: 'a', 'b', 'c', 'y'; did you mean 'y'?"),
    (with_column("price", 1), ["--target", "prize"], "; did you mean 'price'?"),
    (None, ["--target", "y", "--drop", "d"], "--drop: no column 'd', the columns are: 'a',"),
    (None, ["--target", "a", "--no-header"],
     "'0', '1', '2', '3'; without a header the columns are numbered from 0"),
    (None, ["--target", "y", "--drop", "y"], "--target and --drop must differ, both name 'y'"),
    (with_column("y", "high"), ["--target", "y"],
     "must be numbers, column 'y' holds 'high': name another column"),
    (with_column("y", [*"12?-", *map(str, range(56))]), ["--target", "y"],
     "must be numbers, column 'y' holds '-': correct it, or pass --missing '-'"),
    (with_column("y", ["n/k", "-", *range(58)]), ["--target", "y"],
     "must be numbers, column 'y' holds 'n/k': correct it, or pass --missing 'n/k'"),
    (with_column("y", [f"name {k}" for k in range(60)]), ["--target", "y"],
     "must be numbers, column 'y' holds 'name 0'"),
    (with_column("y", pd.date_range("2020", periods=60)), ["--target", "y"],
     "must be numbers, column 'y' holds dates or times: replace them"),
    (with_column("y", "12:30"), ["--target", "y"],
     "must be numbers, column 'y' holds dates or times: replace them"),
    (with_column("y", np.nan), ["--target", "y"], "missing in every row, column 'y'"),
    (with_column("y", np.inf), ["--target", "y"],
     "must be finite, 'y' holds infinity in 60 rows: replace it by a missing value"),
    (with_column("b", [-np.inf, *range(59)]), ["--target", "y"],
     "must be finite, 'b' holds infinity in 1 row: "),
    (with_column("y", 3), ["--target", "y"],
     "the target is 3 in every row, so there is nothing to predict: name another column"),
    (plain_frame()[["y"]], ["--target", "y"], "no column besides the target that models can use"),
    (plain_frame()[["y"]].assign(a=[f"id {k}" for k in range(60)]), ["--target", "y"],
     "no column besides the target that models can use"),
    (plain_frame(14), ["--target", "y"],
     "5 folds need at least 15 rows, 3 a fold, got 14: pass --folds 4"),
    (plain_frame(1), ["--target", "y"], "5 folds need at least 15 rows, 3 a fold, got 1: use"),
    (plain_frame(0), ["--target", "y"], "has names of columns but no rows"),
    (None, ["--target", "y", "--folds", "30"], "30 folds need at least 90 rows"),
    (None, ["--target", "y", "--max-rows", "10"], "5 folds need at least 15 rows"),
])
def test_unfit_table(frame, arguments, message, csv, refused):
    assert message in refused(csv(frame), *arguments)


def test_columns_must_have_different_names(csv, refused):
    frame = plain_frame().rename(columns={"b": "a"})
    assert "different names, got two of 'a': rename" in refused(csv(frame), "--target", "y")
