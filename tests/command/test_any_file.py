"""Whatever the file holds: a table that the models can take, or an error of one line."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_gar._command.arguments import build_parser
from sklearn_gar._command.dataset import load_dataset
from sklearn_gar._command.messages import InputError
from sklearn_gar._command.preprocessing import build_indicator_encoder, build_level_encoder

VALUES = ["1", "-2.5", "1e5", "1e400", "1,234", "12,5", "1.234,56", "$5", "5 kg", "6 kg", "12 %",
          "(5)", "0x10", "007", "999999999999999999999", "１２", "∞", "2020", "2020-01-02",
          "01/02/2020", "13/02/2020", "1.2.2020", "Jan 5, 2020", "Jan 2020", "0000-00-00",
          "9999-12-31", "2020-01-01T00:00:00Z", "12:30", "24:00", "1:30 PM", "1 days 00:00:00",
          "a", "x y", "é", '"q"', '"', "", "NA", "?", "-", "inf", "nan", "True", "False", "\0"]
NAMES = ["a", "b", " c ", "", "1.5", "Unnamed: 0", "y"]


@st.composite
def files(draw):
    """The bytes of a table with a few kinds of values in each column."""
    n_columns, n_rows = draw(st.integers(0, 4)), draw(st.integers(0, 20))
    separator = draw(st.sampled_from([",", ";", "\t", "|", " "]))
    columns = [draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=4))
               for _ in range(n_columns)]
    labels = draw(st.sampled_from(["", separator, "{}" + separator]))
    lines = [separator.join([*(draw(st.sampled_from(NAMES)) for _ in columns), "y"])]
    for row in range(n_rows):
        values = [draw(st.sampled_from(column)) for column in columns]
        target = draw(st.sampled_from([str(row * 7 % 10)] * 4 + [""]))
        lines.append(labels.format(row) + separator.join([*values, target]))
    return "\n".join(lines).encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-16-le"])))


def load_or_refuse(path, content, arguments=()):
    path.write_bytes(content)
    options = build_parser().parse_args(["compare", str(path), "--target", "y", *arguments])
    try:
        dataset = load_dataset(options)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert np.isfinite(dataset.y).all()
    assert set(dataset.X.dtypes.astype(str)) <= {"float64", "category"}
    train = dataset.X[::2]
    assert np.isfinite(build_indicator_encoder(dataset).fit(train).transform(dataset.X)).all()
    codes = build_level_encoder(dataset).fit(train).transform(dataset.X)
    assert codes.shape == dataset.X.shape and not np.isinf(codes).any()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("any") / "table.csv"


QUICK = settings(max_examples=60, deadline=None,
                 suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@QUICK
@given(content=files(), arguments=st.sampled_from([
    (), ("--decimal", ","), ("--day-first",), ("--no-header",), ("--missing", "a"),
    ("--sep", ","), ("--sep", "space"), ("--encoding", "latin-1")]))
def test_any_table(content, arguments, path):
    load_or_refuse(path, content, arguments)


@QUICK
@given(content=st.binary(max_size=200))
def test_any_bytes(content, path):
    load_or_refuse(path, content)
    load_or_refuse(path, b"a,y\n" + content)
