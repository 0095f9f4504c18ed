"""GARRegressor: a scikit-learn estimator around a stack of networks."""

import warnings
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_gar import _parameters as parameters
from sklearn_gar._export import onnx_model, state_from_plain, state_to_plain
from sklearn_gar._fitting import (
    DivergenceError,
    Intervals,
    check_coverage,
    check_holds_out,
    divergence_cause,
    given_rows_predictions,
    guarded_fit,
    make_problem,
    new_net,
    out_of_bag,
    out_of_bag_score,
    resumed_net,
    trained_stack,
    warm_started_net,
)
from sklearn_gar._input import (
    check_chunk,
    check_features,
    check_groups,
    check_rows,
    check_splits,
    check_validation_rows,
    divide,
)
from sklearn_gar._training import CallbackSupport, check_device, fit_tasks
from sklearn_gar.losses import LOSSES
from sklearn_gar.nn import ACTIVATIONS, EMBEDDINGS, SCHEDULES, SOLVERS


class GARRegressor(CallbackSupport, MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Neural network regressor trained with the Gradient Aligned Regression loss.

    The loss adds two pairwise terms to the mean absolute error: the variance of the
    errors and one minus the Pearson correlation, both in linear time, balanced by one
    parameter, `alpha` [1]_.  Several networks are trained side by side and averaged.

    Parameters
    ----------
    alpha : float, default=10.0
        Balance of the three terms of `loss="gar"` and `loss="gar_squared_error"`, above 0;
        unused by other losses.
        Towards 0 the largest term counts alone, 1 takes their arithmetic mean,
        ``float("inf")`` their geometric mean.
    loss : str or torch.nn.Module, default="gar"
        Loss to train with: "gar", "gar_squared_error", "squared_error", "absolute_error",
        "huber", "focal_absolute_error", "focal_squared_error", "mae_pearson",
        "pairwise_difference", "normalized_pairwise_difference", "ranksim", "rnc" or "conr".
        The last three also compare the outputs of the last hidden layer and take far longer.
        Or a module that takes predictions, targets and weights, as
        :mod:`sklearn_gar.losses.protocol` describes, or a criterion of torch, which takes no
        weights.  Parameters of a loss, such as the `delta` of
        :class:`~sklearn_gar.losses.HuberLoss`, are in units of the scaled target.  If the loss is
        an object of this package, ``set_params(loss__delta=0.5)`` and grids reach them.  Those
        of "ranksim", "rnc" and "conr" are their authors'; tune them on your data, the `gamma` of
        RankSim first of all.  "pairwise_difference" does not determine the level of the
        predictions, and "normalized_pairwise_difference" neither level nor scale.
    hidden_layer_sizes : "auto", int or sequence of int, default="auto"
        Neurons of each hidden layer; "auto" takes (128, 256, 128, 64), and from 50,000 rows on
        (128, 128, 128, 64).  An empty tuple makes a linear model.
    activation : {"elu", "identity", "logistic", "relu", "tanh"}, default="relu"
        Activation of the hidden layers.
    embedding : {"periodic"} or None, default="periodic"
        What features of more than two values pass through before the first layer.  "periodic"
        puts a few learned mixtures of cosines beside each of them, so that the network can fit
        steps and bumps.
    n_estimators : "auto" or int, default="auto"
        Number of networks; "auto" takes 4, from 20,000 rows on 3, and from 50,000 rows on 2, or
        as many as `validation_split` has splits.
        They differ in their first weights and in the order of the rows; their predictions are
        averaged.
    solver : {"adam", "adamw", "sgd"}, default="adamw"
        Optimiser; "adam" adds the weight decay to the gradient, "adamw" keeps it apart.
    learning_rate : "auto" or float, default="auto"
        First learning rate; "auto" takes 0.003, and beyond 10,000 rows more: it grows as the
        square root of their number, up to 0.006.  With `solver="sgd"`, values of 0.01 and
        more may diverge where few rows are fitted exactly: the gradient of "gar" grows as the
        errors vanish.
    lr_schedule : {"constant", "cosine", "step"}, default="cosine"
        How the learning rate falls.  "step" is the paper's: to a tenth after half of the
        epochs, and again after three quarters.
    weight_decay : float, default=1e-4
        Weight decay.
    momentum : float, default=0.9
        Momentum of `solver="sgd"`; unused by other solvers.
    batch_size : "auto" or int, default="auto"
        Rows in a batch, at least 2; "auto" takes 128, and beyond 10,000 rows more: it grows as
        the square root of their number.  The rows left over after the last full batch sit out
        that epoch; the order is drawn anew for each.  A table of at most this many rows is one
        batch.
    max_iter : "auto" or int, default="auto"
        Number of epochs; "auto" takes as many as make 1,500 batches, but from 20 to 400.
        Beyond 10,000 rows the least number falls as the inverse of their square root, to 3.
    max_time : float or None, default=None
        Limit on the time of `fit` in seconds.  If it is too short for all epochs, the learning
        rate falls by the clock instead of by the number of batches, so that it ends as low as
        after all epochs.  Then the model depends on the speed of the machine.  At least one
        batch is trained.  Losses of two stages, such as "rnc", cannot have a limit.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which features are categories.  "from_dtype" takes the columns of a frame whose type is
        a category, an enum, text, object or boolean.  A column of objects that are all numbers
        holds numbers.  Else names of columns, or indices, or a mask of shape (n_features,).
        None: all features are numbers.
        The names of levels and their order mean nothing.  A missing value is a level of its
        own.  A number and its text are one level unless `fit` saw both.  A level that `fit` did
        not see counts as the average of those of the training rows, so the other features
        decide.
    scale_features : bool or "standard", default=True
        Whether features are scaled.  True scales them by median and quartiles, takes the
        logarithm of values further than three deviations from the median, and then scales to
        mean 0 and variance 1.  So columns without such values are standardised.  The values of
        columns of two values are set 2 apart.  "standard" only standardises.
    scale_target : bool, default=True
        Whether targets are standardised for training.  The terms of the loss scale with
        the target to the powers 1, 2 and 0, so without it their balance depends on the
        target's unit.
    early_stopping : "auto" or bool, default="auto"
        Whether each network keeps the weights of its epoch with the lowest validation loss.
        Without `X_val` each holds out rows of its own, so that together they train on all
        rows.  "auto" does this if at least 2 rows are left to train on and 2 to hold out.
    validation_fraction : "auto" or float, default="auto"
        Share of the rows that each network holds out for early stopping; "auto" takes 60
        rows, but from a twentieth to a fifth of all.  Unused with `validation_split="kfold"`.
    validation_split : {"shuffle", "kfold"}, splitter or list of splits, default="shuffle"
        How rows are divided for early stopping.  "shuffle" draws the rows that each network
        holds out at random.  "kfold" deals all rows into as many folds as there are networks,
        and each network holds out one, so that every row is held out once.  A splitter of
        :mod:`sklearn.model_selection`, or a list of pairs of indices, has a network for each
        split, which holds out the test rows.  If rows were copied, to balance a table for
        example, a network may hold out a row and train on its copy.  Then it trains for too
        long, and scores and intervals are too good.  Give each row once, with a weight.  If the
        copies of a row are one of the `groups`, only intervals are still too narrow.
    blend : {"ridge"} or None, default="ridge"
        What predictions are blended with.  "ridge" mixes in ridge regressions, whose penalty
        is chosen by leave-one-out cross-validation.  Their share is the one with the lowest
        loss on the rows held out, for each target, or for all together if `loss` is a module.
        Without such rows nothing is mixed in.
    n_iter_no_change : int or None, default=None
        Number of epochs to wait for a lower validation loss before the training of a network
        ends.  None runs all epochs, since the loss may fall again as the learning rate does.
        Unused without rows to validate on and with ``early_stopping=False``.
    oob_score : bool or callable, default=False
        Whether to keep what networks predict for the rows that they held out, and to score it:
        True by the coefficient of determination, else by a function of ``(y_true, y_pred)``.
        It needs rows held out for early stopping.  A `fit` that goes on with `warm_start`
        cannot have it, since earlier calls may have trained on these rows.  `partial_fit` holds
        out no rows and has no score.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights, the levels of categories and the scaling of the
        last call, with other orders of the rows.
    skorch_callbacks : list of skorch callbacks, default=None
        Callbacks of :mod:`skorch.callbacks`, except BatchScoring and InputShapeSetter.  They
        are copied before use.  EpochScoring scores the mean of the networks.  It can score
        validation rows only if they are the same for all networks, as those of `X_val` are.
        On a table of a single batch, on_train=True scores the distinct rows, each once.
        Callbacks of scikit-learn are set by `set_callbacks`.
    device : str or torch.device, default="cpu"
        Device to train and predict on.
    random_state : int, RandomState instance or None, default=None
        Determines first weights, orders of rows and the validation split.
    verbose : bool or int, default=False
        Whether to print a line an epoch.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; `net_.module_` is the stack, and `net_.history` has a row for each
        epoch of the last call.
    n_iter_ : int
        Number of epochs of the last `fit` and of the calls of `partial_fit` after it.
    n_estimators_ : int
        Number of networks, also where `n_estimators` is "auto".
    batch_size_ : int
        Rows in a batch, also where `batch_size` is "auto".
    learning_rate_ : float
        First learning rate, also where `learning_rate` is "auto".
    loss_curve_ : ndarray of shape (n_iter_,)
        Training loss of each epoch, averaged over batches and networks.
    validation_loss_curve_ : ndarray of shape (n_iter_,)
        Validation loss of each epoch, averaged over networks; only with validation data.
    best_epochs_ : ndarray of shape (n_estimators_,)
        Epoch of the lowest validation loss of each network, whose weights it keeps, counted
        from 1; only with validation data.
    oob_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Mean prediction for each row of the networks that held it out, each blended with its
        own ridge regression; NaN if none did, which `validation_split="kfold"` rules out.
        All networks predict a row of weight zero.  Only with `oob_score`.
    oob_score_ : float
        Score of `oob_prediction_`, over the rows that have one; only with `oob_score`.  The
        coefficient of determination counts rows by their weights.  It is about 0.01 too high on
        average over tables, and 0.03 on tables of less than 1,000 rows, see Notes.
    ridge_share_ : ndarray of shape (n_outputs_,)
        Share of the ridge regressions in the prediction of each target.
    is_categorical_ : ndarray of shape (n_features_in_,)
        Mask of the features that are categories.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features; only if they are all strings.
    n_outputs_ : int
        Number of targets.

    Notes
    -----
    With validation data, given to `fit` or split off for early stopping, each network
    keeps the weights of its epoch with the lowest validation loss.

    An out-of-bag score is too high because each network keeps the epoch that suits its held-out
    rows best.  It is too low because one network predicts a row, and not the mean of all.  On 19
    tables of 190 to 4,200 rows the choice of the epoch raised the coefficient of determination by
    0.028, and the prediction by one network lowered it by 0.017, both on average.  The choice of
    the epoch raised it more where there was more noise, by 0.11 at most, on a table with a
    coefficient of 0.3.  If h is the number of rows that each network holds out,
    ``1 - (1 - oob_score_) * (1 + 0.4 / h ** 0.5) ** 2`` corrects for the choice of the epoch
    alone.  On these tables it is 0.01 too low on average.

    The losses "ranksim", "rnc" and "conr" are validated by the mean absolute error.  "rnc"
    has two stages.  For the first half of the epochs, rounded down, it trains the hidden
    layers by features and leaves the output layer alone.  Then it trains all layers by the
    absolute error: the optimiser's averages are cleared, and the schedule of the learning rate
    goes on.  `loss_curve_` holds first the contrastive loss and then the absolute error.
    Epochs of the first stage do not count for validation.  `partial_fit`, whose training is a
    single epoch, has the second stage only.

    Tables of a single batch are trained in float64 and larger ones in float32, whatever
    the type of `X`: precision costs nothing where a step is mostly overhead, and larger
    tables train twice as fast in float32.  Predictions are computed in the precision of
    the training and returned as float64.  On a table of a single batch, a weight of two is
    exactly a row given twice; on larger ones the batches differ.

    `set_callbacks` takes callbacks of scikit-learn 1.9 and later, such as
    :class:`~sklearn.callback.ProgressBar` and :class:`~sklearn.callback.ScoringMonitor`.  The
    epochs are the subtasks of a `fit`.  The estimator that a callback gets after an epoch is the
    one that the fit would leave if it ended there, blend included.  A callback can end the
    training.  `partial_fit` calls no callbacks.

    A category of at most 8 levels becomes an indicator of each level.  One of more levels becomes
    the mean of each target and the logarithm of the number of rows, and, for levels of at least
    10 rows, a learned vector in each network.  The means are drawn towards the mean of all rows,
    the more the fewer rows a level has.  In training a row's mean is taken over other rows.
    A missing number becomes the mean of its scaled feature.  If training rows miss it too, an
    indicator says where.  So a gap can be informative.

    The order of the rows does not matter.

    A scaled feature that is constant in training, up to rounding, does not affect
    predictions.  `partial_fit` learns it once it varies.  A target that is constant in
    training is predicted exactly.

    With an integer `random_state`, a fit is repeatable to the last bit on one machine, on any
    number of threads and for any memory layout of `X` and `y`.  Other processors and other
    versions of torch or NumPy round in other places.

    Copies and files hold arrays and plain data, and predict and train on to the last bit.  Of
    `net_.history` they keep the numbers of each epoch, and nothing of batches.

    References
    ----------
    .. [1] D. Zhu, T. Yang, L. Jerby, "Gradient Aligned Regression via Pairwise Losses",
       ICML 2025.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_gar import GARRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> model = GARRegressor(max_iter=50, random_state=0).fit(X_train, y_train)
    >>> bool(model.score(X_test, y_test) > 0.2)
    True
    """

    # No documentation is hosted yet, so its link leads to the paper.  scikit-learn shows what the
    # docstring says about a parameter only where there is such a link.
    _doc_link_module = "sklearn_gar"
    _doc_link_template = "https://arxiv.org/abs/2402.06104"

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, np.inf, closed="right")],
        "loss": [StrOptions(set(LOSSES)), torch.nn.Module],
        "hidden_layer_sizes": [StrOptions({"auto"}), "array-like",
                               Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "embedding": [StrOptions(set(EMBEDDINGS)), None],
        "n_estimators": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions(set(SOLVERS))],
        "learning_rate": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions(set(SCHEDULES))],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 2, None, closed="left")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "scale_features": ["boolean", StrOptions({"standard"})],
        "scale_target": ["boolean"],
        "early_stopping": [StrOptions({"auto"}), "boolean"],
        "validation_fraction": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="neither")],
        "validation_split": [StrOptions({"shuffle", "kfold"}),
                             HasMethods(["split", "get_n_splits"]), list, tuple],
        "blend": [StrOptions({"ridge"}), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "oob_score": ["boolean", callable],
        "warm_start": ["boolean"],
        "skorch_callbacks": [list, tuple, None],
        "device": [str, torch.device],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(self, alpha=10.0, *, loss="gar", hidden_layer_sizes="auto",
                 activation="relu", embedding="periodic", n_estimators="auto", solver="adamw",
                 learning_rate="auto", lr_schedule="cosine", weight_decay=1e-4, momentum=0.9,
                 batch_size="auto", max_iter="auto", max_time=None,
                 categorical_features="from_dtype", scale_features=True, scale_target=True,
                 early_stopping="auto", validation_fraction="auto", validation_split="shuffle",
                 blend="ridge", n_iter_no_change=None, oob_score=False, warm_start=False,
                 skorch_callbacks=None, device="cpu", random_state=None, verbose=False):
        self.alpha = alpha
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.embedding = embedding
        self.n_estimators = n_estimators
        self.solver = solver
        self.learning_rate = learning_rate
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.max_time = max_time
        self.categorical_features = categorical_features
        self.scale_features = scale_features
        self.scale_target = scale_target
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation_split = validation_split
        self.blend = blend
        self.n_iter_no_change = n_iter_no_change
        self.oob_score = oob_score
        self.warm_start = warm_start
        self.skorch_callbacks = skorch_callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def __getstate__(self):
        return state_to_plain(super().__getstate__())

    def __setstate__(self, state):
        super().__setstate__(state_from_plain(type(self).__name__, state))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None,
            y_val: Any = None, sample_weight_val: Any = None, groups: Any = None
            ) -> "GARRegressor":
        """Fit to rows and targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features: an array or a frame, dense, at least 2 rows.  NaN is a missing value;
            infinity is an error.  A :class:`numpy.memmap` is read batch by batch, unless rows
            are to be left out or values are missing.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, not negative; rows of weight zero, or of less than 2 to the -64 of the
            largest, are left out.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to score epochs on, at least 2, with their targets and weights.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows.  For early stopping a network holds out whole groups, or a
            splitter is given them.  With `validation_split="shuffle"` these are groups of at
            most `validation_fraction` of the rows together, or the smallest ones if no group is
            that small.

        Returns
        -------
        GARRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is unfit, or if training diverges.
        """
        deadline = parameters.deadline(self)
        tasks = fit_tasks(self, X, y, sample_weight)
        with guarded_fit(self):
            before = self._predictor if self.warm_start and hasattr(self, "net_") else None
            rows = check_rows(self, X, y, sample_weight,
                              categories=None if before is None else before.categories)
            division = None
            if self._splits_rows(X_val):
                given = X if hasattr(X, "columns") else rows.X
                division = divide(len(rows), check_splits(
                    self.validation_split, given, rows.targets, groups, "validation_split"))
            elif groups is not None:
                rows = replace(rows, groups=check_groups(groups, rows))
            validation = check_validation_rows(self, X_val, y_val, sample_weight_val, rows)
            make_net = new_net
            if before is not None:
                parameters.check_same_targets(rows, before.target_shape)
                parameters.check_same_input(self, self._built_with)
                make_net = partial(warm_started_net, before)
            problem = make_problem(self, rows, validation, check_device(self.device),
                                   division=division, goes_on_from=before)
            if self.oob_score:
                check_holds_out(problem, before is not None)
            watch = None if tasks is None else lambda stack: tasks.watch(
                lambda: self._fitted_attributes(stack.stopped(), problem))
            with trained_stack([self], [problem], make_net, deadline=deadline,
                               watch=watch) as stack:
                self._publish(stack, problem)
                if problem.parts is not None and before is None:
                    self._publish_out_of_bag(problem, rows)
            if tasks is not None:
                tasks.end()
            return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> "GARRegressor":
        """Train one epoch on these rows, at a constant learning rate.

        During a `fit` the learning rate falls.  To train on after a `fit`, set a lower
        `learning_rate`.

        With the default loss, chunks whose targets lie at different levels are learned badly,
        and so are targets without noise.  Use ``loss="squared_error"`` there.

        The first call, or a `fit` before it, draws the weights and fixes the levels of
        categories, the means of the targets for them, the scaling, the precision and the other
        parameters of training.  A column that was constant so far is scaled by the first rows
        in which it varies.  The ridge regressions that a `fit` before blended in stay as they
        are, and so does their share.  If the relation may change over time, use ``blend=None``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features: an array or a frame, dense, at least 2 rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, not negative; rows of weight zero, or of less than 2 to the -64 of the
            largest, are left out.

        Returns
        -------
        GARRegressor
            The fitted estimator.
        """
        if self.early_stopping is True:
            raise ValueError("partial_fit does not support early_stopping=True; set it to False")
        with guarded_fit(self):
            before = self._predictor if hasattr(self, "net_") else None
            check_chunk(X)
            rows = check_rows(self, X, y, sample_weight,
                              categories=None if before is None else before.categories)
            if before is not None:
                parameters.check_same_targets(rows, before.target_shape)
                parameters.check_same_training(self, self._built_with)
            problem = make_problem(self, rows, None, check_device(self.device),
                                   goes_on_from=before, is_chunk=True)
            make_net = partial(resumed_net, before)
            earlier_losses = () if before is None else self.loss_curve_
            with trained_stack([self], [problem], make_net, n_epochs=1) as stack:
                return self._publish(stack, problem, earlier_losses)

    def predict(self, X: Any) -> np.ndarray:
        """Mean prediction of the networks, blended as `blend` asks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions in the units of the targets, float64.
        """
        if not hasattr(self, "_predictor"):
            check_is_fitted(self)  # says so; of a fitted one it looks at all attributes
        return self._predictor.predict(check_features(self, X, self._predictor.categories))

    def predict_interval(self, X: Any, coverage: Any = 0.9) -> np.ndarray:
        """Intervals that hold the targets of this share of new rows.

        They are as wide as the errors for the rows that networks held out: a random forest
        models how large the errors are, so that the intervals of difficult rows are wider.  The
        interval of a larger coverage contains that of a smaller one.  The first call fits the
        forest, which takes about 0.05 s; `fit` only keeps rows for it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Share of the targets that lie in their intervals, above 0 and below 1.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper bounds in the units of the targets, float64.  If `coverage` is
            array-like, with a last axis of length n_coverages.

        Raises
        ------
        ValueError
            If no rows were held out, as without early stopping, with `X_val`, after
            `partial_fit` and after a `fit` that went on with `warm_start`; or if too few were
            for the coverage.  A coverage of 0.9 needs 9 rows, and one of 0.99 needs 99.  The most
            is 0.9995, since `fit` keeps at most 2,000 rows.

        Notes
        -----
        This is conformal prediction with normalised residuals [1]_ [2]_.  The forest learns the
        absolute residuals of the held-out rows from their features and predictions.  What it
        expects for a row, by the trees that did not see it, is mixed with the mean residual; the
        share of the mean is that of the highest likelihood.  Residuals are divided by what is
        expected for their rows.  The bounds are the prediction plus and minus the quantile of
        these ratios times what is expected for the new row.  Rows count by their weights.

        The estimator keeps the features and errors of the held-out rows for this, scaled and in
        single precision, and so does its pickle: at most 2,000 rows, spread evenly, and fewer of
        more than 262 columns.

        New rows must come from where the rows of `fit` came from.  Then the share of rows in
        their intervals is `coverage` on average over all rows: it may be lower for some kinds of
        rows and higher for others.  For each target it holds alone, not for all at once.

        It is not guaranteed, as it would be for one model and rows that took no part in its
        training.  The mean of the networks errs less than a network that held a row out, as in
        CV+ [3]_, and each network keeps the epoch that suits its held-out rows best.  Both are
        corrected for: the first by the variance between networks, the second by a measured
        factor of one plus 0.4 over the square root of the number of rows held out.

        References
        ----------
        .. [1] J. Lei, M. G'Sell, A. Rinaldo, R. J. Tibshirani, L. Wasserman,
           "Distribution-Free Predictive Inference for Regression", JASA 2018.
        .. [2] H. Papadopoulos, A. Gammerman, V. Vovk, "Normalized Nonconformity Measures for
           Regression Conformal Prediction", AIA 2008.
        .. [3] R. F. Barber, E. J. Candes, A. Ramdas, R. J. Tibshirani, "Predictive Inference
           with the Jackknife+", Annals of Statistics 2021.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gar import GARRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = GARRegressor(max_iter=50, random_state=0).fit(X[:300], y[:300])
        >>> lower, upper = model.predict_interval(X[300:], coverage=0.8).T
        >>> bool(0.7 < ((lower <= y[300:]) & (y[300:] <= upper)).mean() < 0.9)
        True
        >>> model.predict_interval(X, coverage=[0.5, 0.9]).shape
        (442, 2, 2)
        """
        check_is_fitted(self)
        coverages = check_coverage(coverage)
        if self._intervals is None:
            raise ValueError(
                "predict_interval needs rows that networks held out and never trained on, but "
                "there are none without early stopping, with X_val, after partial_fit and after "
                "a warm start; fit anew with early_stopping=True and without X_val")
        self._intervals.check_reach(coverages)
        X = check_features(self, X, self._predictor.categories)
        bounds = self._intervals.predict(self._predictor, X, coverages)
        bounds = bounds.reshape(len(X), *self._predictor.target_shape, 2, len(coverages))
        return bounds[..., 0] if np.ndim(coverage) == 0 else bounds

    def to_onnx(self, path: Any = None, *, dtype: str = "float64") -> Any:
        """The fitted model as an ONNX model, which other languages and runtimes run.

        Everything is in its graph: encoding, scaling, networks, blend and units.  It takes rows
        as they are and gives what :meth:`predict` gives for them.  It does not check them:
        infinity, which `predict` refuses, gives a number that means nothing.

        Needs the package onnx (``pip install onnx``).

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the model to; None writes none.
        dtype : {"float64", "float32"}, default="float64"
            Type of the numbers that the model takes.  Dates and long numbers need float64.

        Returns
        -------
        onnx.ModelProto
            The model.

        Raises
        ------
        ValueError
            If a level of a category is neither text nor a number nor a truth value.

        Notes
        -----
        The input "X" has shape (n, n_features), for any n; NaN is a missing number.  The output
        "prediction" has shape (n,) or (n, n_outputs), float64.  It differs from that of `predict`
        by rounding: by less than 1e-5 standard deviations of the target in the tests.

        The column of a category holds codes.  The metadata "categories" is JSON: a list with, for
        each feature, null or the list of its levels.  The code of a level is its position in that
        list, from 0.  The code of a level that is not there is -1.  A missing value is the level
        null.  The metadata "feature_names" is a list of the features' names, or null.

        Examples
        --------
        >>> import json
        >>> import onnxruntime
        >>> import pandas as pd
        >>> from sklearn_gar import GARRegressor
        >>> frame = pd.DataFrame({"town": ["Ulm", "Kiel", None] * 20, "rooms": range(60)})
        >>> model = GARRegressor(max_iter=5, random_state=0).fit(frame, range(60))
        >>> exported = model.to_onnx()
        >>> session = onnxruntime.InferenceSession(exported.SerializeToString())
        >>> metadata = session.get_modelmeta().custom_metadata_map
        >>> X = frame.copy()
        >>> for name, levels in zip(frame, json.loads(metadata["categories"])):
        ...     if levels is not None:
        ...         codes = {level: code for code, level in enumerate(levels)}
        ...         X[name] = [codes.get(None if pd.isna(value) else value, -1)
        ...                    for value in frame[name]]
        >>> (prediction,) = session.run(None, {"X": X.to_numpy(dtype=float)})
        >>> bool(abs(prediction - model.predict(frame)).max() < 1e-3)
        True
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        model = onnx_model(self._predictor, None if names is None else names.tolist(), dtype)
        if path is not None:
            Path(path).write_bytes(model.SerializeToString())
        return model

    def _splits_rows(self, X_val):
        """Whether a splitter divides the rows for early stopping."""
        return (not isinstance(self.validation_split, str) and X_val is None
                and self.early_stopping is not False)

    def _publish(self, stack, problem, earlier_losses=()):
        """Make the trained networks the fitted state, unless training diverged."""
        attributes = self._fitted_attributes(stack, problem, earlier_losses)
        if attributes is None:
            converged = stack.converged()
            raise DivergenceError(
                f"training diverged in {(~converged).sum()} of {len(converged)} networks within "
                f"{len(_epochs(stack))} epoch(s): {divergence_cause(problem.rows, [self])}")
        if stack.net.interrupted_:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        for name in ("validation_loss_curve_", "best_epochs_", "oob_prediction_", "oob_score_"):
            vars(self).pop(name, None)  # of an earlier call
        vars(self).update(attributes)
        return self

    def _fitted_attributes(self, stack, problem, earlier_losses=()):
        """Attributes of an estimator with the networks of a stack, or None if one diverged."""
        (predictor,) = stack.predictors()
        if predictor is None:
            return None
        epochs, n_outputs = _epochs(stack), predictor.n_outputs
        loss_curve = np.append(earlier_losses, [epoch["train_loss"] for epoch in epochs])
        attributes = {
            "_predictor": predictor, "net_": stack.net, "_intervals": None,
            "_built_with": parameters.built_with(self),
            "n_estimators_": problem.n_members, "batch_size_": problem.batch_size,
            "learning_rate_": problem.learning_rate(self), "n_outputs_": n_outputs,
            "is_categorical_": np.isin(np.arange(self.n_features_in_),
                                       predictor.categories.columns),
            "ridge_share_": (np.zeros(n_outputs) if predictor.blend is None
                             else predictor.blend.share),
            "loss_curve_": loss_curve, "n_iter_": len(loss_curve)}
        if problem.validates:
            attributes["validation_loss_curve_"] = np.array(
                [epoch["valid_loss"] for epoch in epochs if "valid_loss" in epoch])
            attributes["best_epochs_"] = stack.net.best_epochs_
        return attributes

    def _publish_out_of_bag(self, problem, rows):
        """Learn from rows that networks held out: intervals, and scores if they are asked for."""
        self._intervals = Intervals(self._predictor, problem)
        if self.oob_score:
            found = out_of_bag(self._predictor, problem)
            self.oob_prediction_ = given_rows_predictions(self._predictor, problem, found, rows)
            self.oob_score_ = out_of_bag_score(self.oob_score, self.oob_prediction_, rows)


def _epochs(stack):
    """Rows of the history of the epochs that were trained."""
    return [row for row in stack.net.history if "train_losses" in row]
