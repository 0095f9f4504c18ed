"""What a fit that diverges or a scorer that fails gets, as in GridSearchCV."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import make_scorer, mean_absolute_error

from tests.selection.searches import (
    X,
    assert_equal_results,
    grid_search,
    quick,
    y,
)

# the second learning rate diverges
DIVERGES = {"learning_rates": (0.01, 1e30), "batch_sizes": (15,), "solver": "sgd"}
BAGGED = {"bagged": True, "early_stopping": "auto", "cv": 3}


def refuses_the_first_fold(y_true, y_pred):
    if y_true[0] == y[0]:
        raise ZeroDivisionError("this metric refuses the first fold")
    return mean_absolute_error(y_true, y_pred)


def refuses_two_thirds(y_true, y_pred):
    if len(y_true) > 30:
        raise ZeroDivisionError("this metric refuses many rows")
    return mean_absolute_error(y_true, y_pred)


def scorer_of(metric):
    return make_scorer(metric, greater_is_better=False)


FAILS = {"scoring": scorer_of(refuses_the_first_fold)}
# r2 decides, and the other score fails
FAILS_BESIDE = {"scoring": {"r2": "r2", "own": scorer_of(refuses_the_first_fold)}, "refit": "r2"}


def quietly(fit, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(*data)


@pytest.mark.parametrize("error_score", [np.nan, -7, -7.5, 100.0, np.inf, -np.inf])
@pytest.mark.parametrize("settings", [DIVERGES, {**FAILS, "learning_rates": (0.01,)},
                                      FAILS_BESIDE, {**FAILS_BESIDE, **DIVERGES}],
                         ids=["diverges", "fails", "fails beside", "both"])
@pytest.mark.parametrize("return_train_score", [False, True], ids=["", "train"])
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # inf - inf
def test_results_are_those_of_grid_search(error_score, settings, return_train_score):
    search = quick(**{**settings, "refit": False}, error_score=error_score,
                   return_train_score=return_train_score)
    expected = quietly(grid_search, search, X, y).cv_results_
    found = quietly(search.fit, X, y).cv_results_
    assert_equal_results(found, expected)
    if error_score == -7:
        assert any((values == -7).any() for name, values in found.items()
                   if name.startswith("split"))


@pytest.mark.parametrize("error_score, text", [(np.nan, "NaN"), (-7, "-7"), (0.5, "0.5")])
def test_warnings_say_what_the_scores_are(error_score, text):
    with pytest.warns(FitFailedWarning, match=f"^6 of 12 fits diverged, whose scores are {text}: "
                      "candidate 1 on split 0"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One or more of the test scores are non-finite")
        quick(**DIVERGES, refit=False, error_score=error_score).fit(X, y)
    with pytest.warns(UserWarning, match="failed for 4 of 12 fits, whose scores are "
                      f"{text}: candidate 0 on split 0, .* 3 on split 0; the first error: Zero"
                      ), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One or more of the test scores are non-finite")
        quick(**FAILS, error_score=error_score).fit(X, y)


def test_a_scorer_that_fails_on_training_rows_says_so():
    search = quick(scoring=scorer_of(refuses_two_thirds), return_train_score=True)
    with pytest.warns(UserWarning, match="'score' on training rows failed for 12 of 12 fits"), (
            pytest.warns(UserWarning, match="train scores are non-finite")):
        results = search.fit(X, y).cv_results_
    assert np.isnan(results["mean_train_score"]).all()
    assert np.isfinite(results["mean_test_score"]).all()


@pytest.mark.parametrize("settings", [
    {}, {"n_jobs": 2}, {"halving": True, "alphas": (0.1, 1.0, 10.0)}, {"refit": False}], ids=str)
def test_raise_makes_a_fit_that_diverges_an_error(settings):
    search = quick(**{**DIVERGES, **settings}, error_score="raise")
    with pytest.raises(ValueError, match=r"candidate \d \(counted from 0\) diverged on split \d: "
                       r".*learning_rate=1e\+30; lower it"):
        search.fit(X, y)
    assert not hasattr(search, "cv_results_")


@pytest.mark.parametrize("settings", [{}, {"halving": True, "alphas": (0.1, 1.0, 10.0)}], ids=str)
def test_raise_makes_a_bagged_candidate_that_diverges_an_error(settings):
    with pytest.raises(ValueError, match=r"candidate \d \(counted from 0\) diverged: .*1e\+30"):
        quick(**{**DIVERGES, **BAGGED, **settings}, error_score="raise").fit(X, y)


def test_raise_ends_a_search_at_the_first_block_that_diverges():
    trained = []

    class Noting:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "candidate-split-evaluation":
                trained.append(context.task_id)

        def on_fit_task_end(self, estimator, context):
            pass

    pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks yet")
    search = quick(solver="sgd", learning_rates=(1e30,), alphas=(1.0,), batch_sizes=(15, 12, 9),
                   error_score="raise").set_callbacks(Noting())
    with pytest.raises(ValueError, match="diverged"):
        search.fit(X, y)
    assert len(trained) == 3  # splits of the first batch size


@pytest.mark.parametrize("settings", [
    FAILS, FAILS_BESIDE, {**FAILS, **BAGGED}, {**FAILS, "halving": True},
    {"scoring": scorer_of(refuses_two_thirds), "return_train_score": True}],
    ids=["one", "several", "bagged", "halving", "training rows"])
def test_raise_makes_a_score_that_fails_an_error(settings):
    search = quick(**settings, error_score="raise")
    with pytest.raises(ZeroDivisionError, match="this metric refuses"):
        search.fit(X, y)
    assert not hasattr(search, "cv_results_")


@pytest.mark.parametrize("settings", [{}, BAGGED, {"halving": True}, {"return_train_score": True},
                                      {"ensemble_size": 2}], ids=str)
def test_it_means_nothing_where_nothing_fails(settings):
    plain = quick(**settings).fit(X, y)
    for error_score in ("raise", 0):
        found = quick(**settings, error_score=error_score).fit(X, y)
        assert_array_equal(found.cv_results_["mean_test_score"],
                           plain.cv_results_["mean_test_score"])
        assert_array_equal(found.predict(X), plain.predict(X))


@pytest.mark.parametrize("error_score", [0.0, -1e9])
def test_a_search_in_which_all_fits_diverge_is_an_error_all_the_same(error_score):
    with pytest.raises(ValueError, match="all 12 fits diverged"):
        quick(**{**DIVERGES, "learning_rates": (1e30, 1e31)}, error_score=error_score).fit(X, y)


@pytest.mark.parametrize("settings", [{}, BAGGED], ids=["", "bagged"])
def test_the_choice_follows_the_error_score_as_in_grid_search(settings):
    low = quietly(quick(**DIVERGES, **settings, error_score=-1e9).fit, X, y)
    assert low.learning_rate_ == 0.01
    high = quick(**DIVERGES, **settings, error_score=1e9)
    # its refit diverges as well
    with pytest.raises(ValueError, match="best candidate, fitted to all rows: .*diverged in"):
        quietly(high.fit, X, y)
    chosen = quietly(high.set_params(refit=False).fit, X, y)
    assert chosen.learning_rate_ == 1e30


def test_rounds_of_halving_go_by_the_error_score():
    # with NaN for one fold all candidates would be equal
    settings = {"alphas": (10.0,), "learning_rates": (1e-4, 1e-3, 0.01, 0.03, 0.1), "max_iter": 18}
    found = quietly(quick(**settings, **FAILS, halving=True, error_score=-50.0).fit, X, y)
    whole = quietly(quick(**{**settings, "max_iter": 2}, **FAILS, error_score=-50.0).fit, X, y)
    kept = np.argsort(-whole.cv_results_["mean_test_score"], kind="stable")[:3]
    assert_array_equal(np.sort(kept), np.flatnonzero(found.cv_results_["n_iter"] > 2))


@pytest.mark.parametrize("bagged", [{}, BAGGED], ids=["", "bagged"])
def test_an_ensemble_leaves_out_what_diverged(bagged):
    found = quietly(quick(**DIVERGES, **bagged, ensemble_size=3, error_score=-1e9).fit, X, y)
    diverged = [params["learning_rate"] == 1e30 for params in found.cv_results_["params"]]
    assert not found.ensemble_weights_[diverged].any()
    assert np.isfinite(found.predict(X)).all()


@pytest.mark.parametrize("wrong", [{"error_score": "ignore"}, {"error_score": None},
                                   {"return_train_score": "yes"}], ids=str)
def test_other_values_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        quick(**wrong).fit(X, y)
