"""LossCurveDisplay: what is drawn equals the fitted attributes."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.inspection import LossCurveDisplay
from tests.data import smooth_table

SMALL = {"hidden_layer_sizes": (4,), "random_state": 0}
X, Y = smooth_table(50)


@pytest.fixture(autouse=True)
def pyplot():
    import matplotlib.pyplot as plt
    plt.switch_backend("agg")
    yield plt
    plt.close("all")


@pytest.fixture(scope="module")
def model():
    return GARRegressor(max_iter=6, n_estimators=3, early_stopping=True, **SMALL).fit(X, Y)


def assert_shows(line, curve):
    """The line has this value at each epoch, counted from 1."""
    assert_array_equal(line.get_xdata(), np.arange(1, len(curve) + 1))
    assert_array_equal(line.get_ydata(), curve)


def labels_of_legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_one_estimator(model, pyplot):
    display = LossCurveDisplay.from_estimator(model)
    training, validation = display.lines_
    assert_shows(training, model.loss_curve_)
    assert_shows(validation, model.validation_loss_curve_)
    assert labels_of_legend(display) == ["Training", "Validation", "Best epochs of networks"]
    assert display.ax_.get_xlabel() == "Epoch" and display.ax_.get_ylabel() == "Loss"
    assert display.figure_ is display.ax_.figure is pyplot.gcf()


def test_best_epochs_are_marked_on_the_validation_loss(model):
    (marker,) = LossCurveDisplay.from_estimator(model).markers_
    lowest = [min(model.net_.history, key=lambda row: row["valid_losses"][member])["epoch"]
              for member in range(3)]
    assert_array_equal(marker.get_xdata(), lowest)
    assert_array_equal(marker.get_ydata(), model.validation_loss_curve_[np.array(lowest) - 1])


def test_several_estimators_of_different_length(model):
    short = GARRegressor(max_iter=2, early_stopping=False, **SMALL).fit(X, Y)
    display = LossCurveDisplay.from_estimators({"long": model, "short": short})
    curves = [model.loss_curve_, model.validation_loss_curve_, short.loss_curve_]
    for line, curve in zip(display.lines_, curves, strict=True):
        assert_shows(line, curve)
    assert labels_of_legend(display) == ["long, training", "long, validation",
                                         "short, training", "Best epochs of networks"]
    colors = [line.get_color() for line in display.lines_]
    assert colors[0] == colors[1] != colors[2]
    assert len(display.markers_) == 1 and display.markers_[0].get_color() == colors[0]


def test_names_of_a_list(model):
    other = MLPRegressor(hidden_layer_sizes=(3,), n_iter_no_change=1, tol=1, random_state=0)
    other.fit(X, Y / 100)
    display = LossCurveDisplay.from_estimators([model, other, model], loss_type="training")
    assert labels_of_legend(display) == ["GARRegressor 1, training", "MLPRegressor, training",
                                         "GARRegressor 2, training"]
    assert_shows(display.lines_[1], other.loss_curve_)


def test_estimators_around_others(model):
    small = GARRegressor(max_iter=2, early_stopping=True, n_estimators=1, **SMALL)
    search = GARRegressorCV(alphas=(1.0, 10.0), cv=2, max_iter=2, n_estimators=1, **SMALL)
    around = {
        "search": (search.fit(X, Y), lambda fitted: fitted.best_estimator_),
        "pipeline": (make_pipeline(StandardScaler(), small).fit(X, Y), lambda fitted: fitted[-1]),
        "grid": (GridSearchCV(make_pipeline(StandardScaler(), small),
                              {"garregressor__alpha": [1.0]}, cv=2).fit(X, Y),
                 lambda fitted: fitted.best_estimator_[-1]),
        "target": (TransformedTargetRegressor(small, transformer=StandardScaler()).fit(X, Y),
                   lambda fitted: fitted.regressor_),
    }
    display = LossCurveDisplay.from_estimators({name: fitted for name, (fitted, _)
                                                in around.items()})
    for number, (fitted, inner) in enumerate(around.values()):
        training, validation = display.lines_[2 * number:2 * number + 2]
        assert_shows(training, inner(fitted).loss_curve_)
        assert_shows(validation, inner(fitted).validation_loss_curve_)


def test_several_targets():
    several = GARRegressor(max_iter=4, **SMALL).fit(X, np.c_[Y, -Y])
    display = LossCurveDisplay.from_estimator(several)
    assert_shows(display.lines_[1], several.validation_loss_curve_)


def test_partial_fit_has_a_training_loss_only():
    stream = GARRegressor(**SMALL)
    for rows in (slice(0, 20), slice(20, 40), slice(40, 50)):
        display = LossCurveDisplay.from_estimator(stream.partial_fit(X[rows], Y[rows]))
    assert labels_of_legend(display) == ["Training"]
    assert display.markers_ == []
    assert_shows(display.lines_[0], stream.loss_curve_)
    assert len(stream.loss_curve_) == 3


def test_a_single_epoch_shows_as_a_point():
    once = GARRegressor(**SMALL).partial_fit(X, Y)
    (line,) = LossCurveDisplay.from_estimator(once).lines_
    assert line.get_marker() not in ("None", None, "")


def test_interrupted_training_without_the_validation_of_its_last_epoch():
    display = LossCurveDisplay(loss_curves=[np.array([3.0, 2.0, 1.0])],
                               validation_loss_curves=[np.array([3.0, 2.5])],
                               best_epochs=[np.array([2, 3])]).plot()
    assert_array_equal(display.markers_[0].get_xydata(), [[2, 2.5]])


@pytest.mark.parametrize("loss_type, names", [
    ("training", ["loss_curve_"]),
    ("validation", ["validation_loss_curve_"]),
    ("both", ["loss_curve_", "validation_loss_curve_"]),
])
def test_loss_type(loss_type, names, model):
    display = LossCurveDisplay.from_estimator(model, loss_type=loss_type)
    for line, name in zip(display.lines_, names, strict=True):
        assert_shows(line, getattr(model, name))
    assert len(display.markers_) == ("validation_loss_curve_" in names)


def test_own_axes_and_styles(model, pyplot):
    _, (axes, other) = pyplot.subplots(1, 2)
    axes.set_xscale("log")
    display = LossCurveDisplay.from_estimator(model, name="GAR", ax=axes, line_kw={"lw": 3},
                                              marker_kw={"marker": "x", "c": "red"})
    assert display.ax_ is axes and not other.lines
    assert axes.get_xscale() == "log"
    assert {line.get_linewidth() for line in display.lines_} == {3}
    assert display.markers_[0].get_marker() == "x"
    assert display.markers_[0].get_color() == "red"
    assert labels_of_legend(display)[0] == "GAR, training"


def test_plot_again_on_other_axes(model, pyplot):
    display = LossCurveDisplay.from_estimator(model)
    first = display.ax_
    _, axes = pyplot.subplots()
    assert display.plot(axes, line_kw={"ls": ":"}) is display
    assert display.ax_ is axes is not first
    assert display.lines_[0].get_linestyle() == ":"
    assert len(axes.lines) == 3


def test_log_scale():
    squared = GARRegressor(loss="squared_error", max_iter=3, **SMALL).fit(X, Y)
    display = LossCurveDisplay.from_estimator(squared, yscale="log")
    assert display.ax_.get_yscale() == "log"


def test_log_scale_of_losses_below_zero(pyplot):
    display = LossCurveDisplay(loss_curves=[np.array([1.0, -0.5])])
    with pytest.raises(ValueError, match=r"needs losses above 0, got -0\.5; .*'linear'"):
        display.plot(yscale="log")
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("call, error, message", [
    (lambda model: LossCurveDisplay.from_estimator(model, loss_type="train"), ValueError,
     "loss_type must be 'training', 'validation' or 'both', got 'train'"),
    (lambda model: LossCurveDisplay.from_estimator(GARRegressor()), NotFittedError,
     r"must be fitted and have a loss_curve_.*got GARRegressor\(\)"),
    (lambda model: LossCurveDisplay.from_estimator(make_pipeline(StandardScaler())),
     NotFittedError, "must be fitted and have a loss_curve_"),
    (lambda model: LossCurveDisplay.from_estimators(model), TypeError,
     "must be a list or a dict of estimators, got GAR"),
    (lambda model: LossCurveDisplay.from_estimators({}), ValueError, "at least one estimator"),
    (lambda model: LossCurveDisplay(loss_curves=[np.ones(2)]).plot(loss_type="validation"),
     ValueError, "needs an estimator with a validation loss"),
])
def test_unfit_arguments(call, error, message, model, pyplot):
    with pytest.raises(error, match=message):
        call(model)
    assert pyplot.get_fignums() == []


def test_without_matplotlib(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        LossCurveDisplay.from_estimator(model)
