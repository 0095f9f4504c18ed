"""What columns count as, and the one line about each kind."""

import numpy as np
import pandas as pd
import pytest

from sklearn_gar._command.columns import MAX_DISTINCT
from tests.command.conftest import CATEGORIES, features, plain_frame


def with_columns(**columns):
    return plain_frame()[["y"]].assign(**columns)


NUMBERS = np.random.default_rng(1).integers(1, 9000, 60)


@pytest.mark.parametrize("write, unit", [
    (lambda number: f"{number + 1000:,}", None), (lambda number: f"${number / 100:.2f}", "$"),
    (lambda number: f"{number} %", "%"), (lambda number: f"{number} kg", "kg")])
def test_numbers_with_a_sign_are_numbers(write, unit, csv, load):
    dataset, notes = load(csv(with_columns(a=[write(number) for number in NUMBERS])))
    correlation = np.corrcoef(dataset.X["a"], NUMBERS)[0, 1]
    assert correlation == pytest.approx(1, abs=1e-12)
    assert notes == ["1 column read as numbers, without thousands separators and units: 'a'"
                     + {None: " (decimal point, else pass --decimal ,)"}.get(
                         unit, f" ({unit})")]


def test_columns_of_a_file_share_the_decimal_mark(csv, load):
    frame = with_columns(a=[f"{number},125" for number in NUMBERS],
                         b=[f"{number},5 kg" for number in NUMBERS])
    dataset, notes = load(csv(frame))
    assert dataset.X["a"].tolist() == (NUMBERS + 0.125).tolist()
    assert dataset.X["b"].tolist() == (NUMBERS + 0.5).tolist()
    assert notes[0].endswith(": 'a', 'b' (kg)")
    dataset, _ = load(csv(frame[["a", "y"]]), "--decimal", ",")
    assert dataset.X["a"].tolist() == (NUMBERS + 0.125).tolist()


def test_decimal_commas_of_the_file_hold_for_text(csv, load):
    frame = plain_frame()[["a", "y"]].assign(b=[f"{k % 9 + 1}.{k}" for k in range(100, 160)])
    dataset, notes = load(csv(frame, sep=";", decimal=","))
    assert dataset.X["b"].tolist() == [(k % 9 + 1) * 1000 + k for k in range(100, 160)]
    assert "decimal commas" in notes[0] and notes[1].endswith(": 'b'")


def test_columns_of_a_file_share_the_order_of_day_and_month(csv, load):
    rng = np.random.default_rng(0)
    days = pd.to_datetime([f"2020-{m}-{d}" for m, d in rng.integers(1, 12, (60, 2))])
    ambiguous = with_columns(a=days.strftime("%d/%m/%Y"))
    decided = ambiguous.assign(b=pd.date_range("2020-01-01", periods=60).strftime("%d/%m/%Y"))
    day_first = (days - pd.Timestamp(0)).days.tolist()
    dataset, notes = load(csv(ambiguous))
    assert dataset.X["a"].tolist() != day_first
    assert notes == ["1 column read as dates, in days since 1970: 'a' (month first, else pass "
                     "--day-first)"]
    dataset, notes = load(csv(ambiguous), "--day-first")
    assert dataset.X["a"].tolist() == day_first
    assert notes == ["1 column read as dates, in days since 1970: 'a' (day first)"]
    dataset, notes = load(csv(decided))
    assert dataset.X["a"].tolist() == day_first
    assert notes[0].endswith("'a' (day first), 'b' (day first)")


def test_text_that_differs_in_nearly_all_rows_is_left_out(csv, load):
    n_distinct = int(60 * MAX_DISTINCT)
    some = [f"name {k}" for k in range(n_distinct)] + ["name 0"] * (60 - n_distinct)
    nearly_all = [*some[:n_distinct], "one more", *some[n_distinct + 1:]]
    frame = with_columns(a=some, b=nearly_all, c=[f"id-{k}" for k in range(60)])
    dataset, notes = load(csv(frame))
    assert list(dataset.X) == ["a"]
    assert notes[1] == ("2 columns left out, because (nearly) every row has a different text: "
                        "'b' (such as 'name 0'), 'c' (such as 'id-0')")


REMEDY = "correct the others, or pass --missing TEXT for those that mean missing"


def test_numbers_with_a_slip_are_told(csv, load):
    frame = plain_frame().round(0).astype(object)
    frame.loc[4, "b"] = "1.2.3"
    frame["c"] = [f"{number % 30} kg" for number in NUMBERS[:59]] + ["5 g"]
    frame["d"] = [f"2020-01-{k % 28 + 1:02}" for k in range(59)] + ["unknown"]
    frame["y"] = NUMBERS
    dataset, notes = load(csv(frame))
    assert dataset.categorical == [1, 2, 3]
    assert notes == ["3 columns taken as categories, though most values are numbers or dates; "
                     f"{REMEDY}: 'b' (not '1.2.3'), 'c' (not '5 g'), 'd' (not 'unknown')",
                     CATEGORIES]
    dataset, notes = load(csv(frame), "--missing", "1.2.3", "--missing", "5 g", "--missing",
                          "unknown")
    assert dataset.categorical == []
    assert np.isnan(dataset.X.to_numpy()).sum() == 3


def test_different_numbers_with_a_slip_are_left_out_and_told(csv, load):
    frame = plain_frame().astype(object)
    frame.loc[4, "b"] = "0.98-"
    frame.loc[[3, 5, 7, 9, 11], "c"] = ["-", "n/k", "see p. 3", "-", "error"]
    dataset, notes = load(csv(frame))
    assert list(dataset.X) == ["a"]
    assert notes == ["2 columns left out, because (nearly) every row has a different text, though "
                     f"most values are numbers or dates; {REMEDY}: 'b' (not '0.98-'), "
                     "'c' (not '-', 'n/k', 'see p. 3' and 1 more)"]
    texts = ("0.98-", "-", "n/k", "see p. 3", "error")
    dataset, _ = load(csv(frame), *(f"--missing={text}" for text in texts))
    assert list(dataset.X) == ["a", "b", "c"] and dataset.categorical == []


def test_categories_and_gaps(csv, load):
    frame = with_columns(kind=["x", "y ", None] * 20, flag=[True, False] * 30,
                         sparse=[None] * 57 + ["p", "q", "r"], void=None, code=["01x", "1x"] * 30)
    dataset, notes = load(csv(frame))
    assert features(dataset) == {"kind": ["x", "y", None] * 20, "flag": [1, 0] * 30,
                                 "sparse": [None] * 57 + ["p", "q", "r"],
                                 "code": ["01x", "1x"] * 30}
    assert dataset.X.dtypes.astype(str).to_dict() == {"kind": "category", "flag": "float64",
                                                      "sparse": "category", "code": "category"}
    assert notes == ["3 columns taken as categories: 'kind', 'sparse', 'code'",
                     "1 column left out, because no row has a value: 'void'", CATEGORIES]


def test_missing_values_of_text_columns_stay_missing(csv, load):
    frame = with_columns(price=["$5", None, "$7"] * 20, when=["2020-01-01", None] * 30)
    dataset, notes = load(csv(frame))
    assert features(dataset) == {"price": [5, None, 7] * 20, "when": [18262, None] * 30}
    assert notes[-1] == ("50 missing numbers, replaced by the median and marked by an indicator "
                         "for MLPRegressor only: 'price' (20), 'when' (30)")


def test_long_lists_are_shortened(csv, load):
    frame = with_columns(**{f"c{k}": ["x", "z"] * 30 for k in range(40)})
    _, notes = load(csv(frame))
    assert notes == ["40 columns taken as categories: 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', "
                     "'c7' and 32 more", CATEGORIES]


def test_plain_numbers_need_no_note(csv, load):
    dataset, notes = load(csv(plain_frame()))
    assert notes == []
    np.testing.assert_array_equal(dataset.X, plain_frame()[["a", "b", "c"]])
