"""Displays of fitted estimators."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils._optional_dependencies import check_matplotlib_support

__all__ = ["LossCurveDisplay"]

_LOSS_TYPES = ("training", "validation", "both")
# Of fitted estimators around another one, the attribute that holds that one.
_INNER = ("best_estimator_", "regressor_")


class LossCurveDisplay:
    """Training and validation loss by epoch, of one or several fitted estimators.

    Create one with :meth:`from_estimator` or :meth:`from_estimators`.  All parameters are
    stored as attributes.

    Parameters
    ----------
    loss_curves : list of ndarray of shape (n_epochs,)
        Training loss of each epoch, one array for each estimator.
    validation_loss_curves : list of ndarray of shape (n_epochs,) or None, default=None
        Validation loss of each epoch; None for an estimator without one.
    best_epochs : list of ndarray of shape (n_networks,) or None, default=None
        Epochs whose weights networks kept, counted from 1; None for an estimator that does not
        say.
    names : list of str or None, default=None
        Names of the estimators for the legend; None for a single one.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    lines_ : list of matplotlib Line2D
        Curves of the first estimator, then those of the second, and so on: first its training
        loss, then its validation loss if there is one.
    markers_ : list of matplotlib Line2D
        Marks of the best epochs, one for each estimator that has some.  They lie on the
        validation loss.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of training rows.
    sklearn.metrics.PredictionErrorDisplay : Predictions and residuals against targets.

    Notes
    -----
    A curve is the mean over the networks of an estimator, and each network keeps an epoch of its
    own.  So the marks need not lie where the curve is lowest.

    Losses of different kinds have different units and cannot be compared.  Neither can those of
    the training and validation rows if `loss` is "ranksim", "rnc" or "conr", which are validated
    by the mean absolute error.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_gar import GARRegressor
    >>> from sklearn_gar.inspection import LossCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = GARRegressor(max_iter=20, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(model)
    >>> [line.get_label() for line in display.lines_]
    ['Training', 'Validation']
    """

    def __init__(self, *, loss_curves, validation_loss_curves=None, best_epochs=None,
                 names=None):
        self.loss_curves = loss_curves
        self.validation_loss_curves = validation_loss_curves
        self.best_epochs = best_epochs
        self.names = names

    def plot(self, ax: Any = None, *, loss_type: str = "both", yscale: str = "linear",
             line_kw: dict | None = None, marker_kw: dict | None = None
             ) -> "LossCurveDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        loss_type : {"training", "validation", "both"}, default="both"
            Which losses to draw.
        yscale : str, default="linear"
            Scale of the loss, as of matplotlib: "linear" or "log" for example.  "log" needs
            losses above 0.  Those of "gar" are logarithms and may be negative.
        line_kw : dict, default=None
            Keyword arguments of :meth:`matplotlib.axes.Axes.plot` for all curves.
        marker_kw : dict, default=None
            Keyword arguments of :meth:`matplotlib.axes.Axes.plot` for the marks of best epochs.

        Returns
        -------
        LossCurveDisplay
            The display, with the attributes that `plot` sets.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        if loss_type not in _LOSS_TYPES:
            raise ValueError("loss_type must be 'training', 'validation' or 'both', got "
                             f"{loss_type!r}")
        drawn = self._drawn(loss_type)
        if yscale == "log":
            _check_positive(curve for *_, curve in drawn)
        if ax is None:
            _, ax = plt.subplots()
        line_kw, marker_kw = (normalize_kwargs(kw, Line2D) for kw in (line_kw, marker_kw))
        self.lines_, self.markers_ = [], []
        colors = {}
        for position, kind, curve in drawn:
            style = {"color": colors.get(position), "label": self._label(position, kind),
                     "linestyle": "-" if kind == "Training" else "--"}
            if len(curve) == 1:  # a line of one point does not show
                style.update(marker=".", markersize=10)
            (line,) = ax.plot(np.arange(1, len(curve) + 1), curve, **{**style, **line_kw})
            self.lines_.append(line)
            colors[position] = line.get_color()
        if loss_type != "training":
            self._mark_best_epochs(ax, drawn, marker_kw)
        ax.set(xlabel="Epoch", ylabel="Loss", yscale=yscale)
        if ax.get_xscale() == "linear":
            ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
        ax.legend(fontsize="medium" if self.names is None else "small")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _drawn(self, loss_type):
        """Position of the estimator, kind and values of each curve to draw."""
        n_estimators = len(self.loss_curves)
        kinds = {"training": ["Training"], "validation": ["Validation"]}.get(
            loss_type, ["Training", "Validation"])
        curves = {"Training": self.loss_curves,
                  "Validation": self.validation_loss_curves or [None] * n_estimators}
        drawn = [(position, kind, curves[kind][position]) for position in range(n_estimators)
                 for kind in kinds if curves[kind][position] is not None]
        if not drawn:
            raise ValueError("loss_type='validation' needs an estimator with a validation loss, "
                             "got none; fit with rows to validate on, or set "
                             "loss_type='training'")
        return drawn

    def _label(self, position, kind):
        return kind if self.names is None else f"{self.names[position]}, {kind.lower()}"

    def _mark_best_epochs(self, ax, drawn, marker_kw):
        """Marks on the validation losses, at the epochs whose weights networks kept."""
        for (position, kind, curve), line in zip(drawn, self.lines_):
            epochs = None if self.best_epochs is None else self.best_epochs[position]
            if kind == "Training" or epochs is None:
                continue
            # a training that was interrupted has no validation loss of its last epoch
            epochs = epochs[epochs <= len(curve)]
            style = {"color": line.get_color(), "linestyle": "none", "marker": "o",
                     "markerfacecolor": "none", "zorder": 3,
                     # once in the legend
                     "label": "_" if self.markers_ else "Best epochs of networks"}
            self.markers_ += ax.plot(epochs, curve[epochs - 1], **{**style, **marker_kw})

    @classmethod
    def from_estimator(cls, estimator: Any, *, name: str | None = None, ax: Any = None,
                       loss_type: str = "both", yscale: str = "linear",
                       line_kw: dict | None = None, marker_kw: dict | None = None
                       ) -> "LossCurveDisplay":
        """Draw the losses of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~sklearn_gar.GARRegressor`, or another estimator with `loss_curve_`;
            a search, which shows its best estimator (for those of an ensemble, pass
            `estimators_` to :meth:`from_estimators`); a pipeline, which shows its last step; or
            a :class:`~sklearn.compose.TransformedTargetRegressor` around one of them.
        name : str, default=None
            Name for the legend, which is not needed for a single estimator.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        loss_type, yscale, line_kw, marker_kw
            As of :meth:`plot`.

        Returns
        -------
        LossCurveDisplay
            The display.
        """
        return cls._from_named([estimator], None if name is None else [name], ax=ax,
                               loss_type=loss_type, yscale=yscale, line_kw=line_kw,
                               marker_kw=marker_kw)

    @classmethod
    def from_estimators(cls, estimators: Any, *, ax: Any = None, loss_type: str = "both",
                        yscale: str = "linear", line_kw: dict | None = None,
                        marker_kw: dict | None = None) -> "LossCurveDisplay":
        """Draw the losses of several fitted estimators, each in a colour of its own.

        Parameters
        ----------
        estimators : dict or list of estimators
            Estimators by name, each as of :meth:`from_estimator`.  Those of a list are named
            after their classes.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a new figure.
        loss_type, yscale, line_kw, marker_kw
            As of :meth:`plot`.

        Returns
        -------
        LossCurveDisplay
            The display.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gar import GARRegressor
        >>> from sklearn_gar.inspection import LossCurveDisplay
        >>> X, y = load_diabetes(return_X_y=True)
        >>> models = {f"alpha={alpha}": GARRegressor(alpha, max_iter=10).fit(X, y)
        ...           for alpha in (1, 10)}
        >>> display = LossCurveDisplay.from_estimators(models, loss_type="validation")
        >>> [line.get_label() for line in display.lines_]
        ['alpha=1, validation', 'alpha=10, validation']
        """
        if isinstance(estimators, Mapping):
            names, estimators = [str(name) for name in estimators], list(estimators.values())
        elif isinstance(estimators, (list, tuple)):
            names = _class_names(estimators)
        else:
            raise TypeError("estimators must be a list or a dict of estimators, got "
                            f"{estimators!r}; call from_estimator for a single one, or pass "
                            "estimators_ of an ensemble")
        if not estimators:
            raise ValueError("estimators must hold at least one estimator, got none")
        return cls._from_named(estimators, names, ax=ax, loss_type=loss_type, yscale=yscale,
                               line_kw=line_kw, marker_kw=marker_kw)

    @classmethod
    def _from_named(cls, estimators, names, **kwargs):
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        fitted = [_with_loss_curve(estimator) for estimator in estimators]
        curves = [[_array(one, name) for one in fitted]
                  for name in ("loss_curve_", "validation_loss_curve_", "best_epochs_")]
        return cls(loss_curves=curves[0], validation_loss_curves=curves[1],
                   best_epochs=curves[2], names=names).plot(**kwargs)


def _class_names(estimators):
    """Names of the classes, numbered from 1 where several are of one class."""
    names = [type(estimator).__name__ for estimator in estimators]
    n_of_class, n_so_far = Counter(names), Counter()
    for position, name in enumerate(names):
        n_so_far[name] += 1
        if n_of_class[name] > 1:
            names[position] = f"{name} {n_so_far[name]}"
    return names


def _with_loss_curve(estimator):
    """The fitted estimator with `loss_curve_` that this one is, ends with, or has found best."""
    found = estimator
    while not hasattr(found, "loss_curve_"):
        inner = [getattr(found, name) for name in _INNER if hasattr(found, name)]
        if isinstance(found, Pipeline):
            inner = [found.steps[-1][1]]
        if not inner:
            raise NotFittedError(
                "the estimator must be fitted and have a loss_curve_, or hold such an estimator "
                f"as best_estimator_, regressor_ or last step of a pipeline, got {estimator!r}")
        (found,) = inner
    return found


def _array(estimator, name):
    """The fitted attribute of this name as an array, or None if there is none."""
    values = getattr(estimator, name, None)
    return None if values is None else np.asarray(values)


def _check_positive(curves):
    lowest = min(np.nanmin(curve, initial=np.inf) for curve in curves)
    if lowest <= 0:
        raise ValueError(f"yscale='log' needs losses above 0, got {lowest:.4g}; set "
                         "yscale='linear'")
