"""Properties of errors: bad input is refused before training, in words that help."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.properties.checks import NAMES, leaves_all_as_found
from tests.properties.strategies import tables


def _put(value):
    """A corruption that puts a value in a place that an integer chooses."""
    def corrupt(array, place):
        array = np.array(array, dtype=np.result_type(array, type(value)))
        array.flat[place % array.size] = value
        return array
    return corrupt


CORRUPTIONS = {
    "NaN": (("y", "sample_weight"), _put(np.nan)),
    "infinity": (("X", "y", "sample_weight"), _put(np.inf)),
    "complex": (("X", "y", "sample_weight"), _put(1j)),
    "negative": (("sample_weight",), _put(-1.0)),
    "zeros": (("sample_weight",), lambda array, place: np.zeros(len(array))),
    "strings": (("X", "y", "sample_weight"), lambda array, place: np.full(array.shape, "a")),
    "missing object": (("y",), lambda array, place: _put(np.nan)(array, place).astype(object)),
    "dates": (("X", "y"), lambda array, place: np.full(array.shape, np.datetime64("2024-02-29"))),
    "spans": (("X", "y"), lambda array, place: np.full(array.shape, np.timedelta64(1, "D"))),
    "too few": (("X", "y", "sample_weight"), lambda array, place: array[1:]),
    "one row": (("all",), lambda array, place: array[:1]),
    "no row": (("all",), lambda array, place: array[:0]),
    "no column": (("X",), lambda array, place: array[:, :0]),
    "too many dimensions": (("X", "y"), lambda array, place: array[..., None, None]),
}
# scikit-learn's own words, which give the rule or the value without a name
OF_SCIKIT_LEARN = (r"Expected 2D array, got|inconsistent numbers of samples: \[|Found array with|"
                   r"could not convert string to float: .*a|Complex data not supported|"
                   r"Sample weights must")


@pytest.mark.parametrize("name", CORRUPTIONS)
@given(rows=tables(containers=("array",), n_rows=st.sampled_from([4, 12, 150]),
                   weights=("ones", "any")),
       place=st.integers(0, 999), method=st.sampled_from(["fit", "partial_fit", "search"]),
       data=st.data())
def test_bad_input_is_refused_in_words_that_help(name, rows, place, method, data):
    places, corrupt = CORRUPTIONS[name]
    where = data.draw(st.sampled_from(places), label="where")
    arguments = {key: corrupt(value, place) if where in (key, "all") else value
                 for key, value in rows.arguments.items()}
    search = method == "search"
    settings = {"max_iter": 1, "random_state": 0}
    model = GARRegressorCV(cv=2, **settings) if search else GARRegressor(**settings)
    with leaves_all_as_found(*arguments.values()), pytest.raises((ValueError, TypeError)) as error:
        getattr(model, "fit" if search else method)(**arguments)
    assert not hasattr(model, "n_features_in_") and not hasattr(model, "net_")
    message = str(error.value)
    assert "diverged" not in message
    assert re.search(OF_SCIKIT_LEARN, message) or any(
        re.search(rf"\b{each}\b", message) for each in NAMES), message
