"""The networks of one or several problems: built, trained and judged as one stack."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from skorch.callbacks import Callback
from sklearn_gar._fitting.blend import choose_blend
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._fitting.problem import Problem
from sklearn_gar._training import (
    WATCH,
    BestEpoch,
    Features,
    StackNet,
    Table,
    copy_callbacks,
    suited_arithmetic,
    torch_state,
)
from sklearn_gar.losses import make_criterion, member_settings
from sklearn_gar.nn import EMBEDDINGS, SOLVERS, StackedMLP, learning_rate_factor


# Predictions of training rows this many times larger than any target come from a training that
# diverged.  Features with long tails, or in any unit, may take sound networks further off.
_DIVERGED, _DIVERGED_WITHOUT_TAILS = 1e6, 1e2


class Stack:
    """A net, and the problems that its members belong to, in their order.

    Parameters
    ----------
    net : StackNet
        Net of all networks.
    estimators, problems : sequence of GARRegressor and of Problem
        One of each for every fit; the estimators hold parameters.
    table : Table
        Rows of all problems.
    """

    def __init__(self, net: StackNet, estimators: Sequence, problems: Sequence[Problem],
                 table: Table):
        self.net = net
        self.fits = list(zip(estimators, problems))
        self.table = table

    @property
    def members(self) -> list[slice]:
        """The members of each problem."""
        stops = np.cumsum([problem.n_members for _, problem in self.fits]).tolist()
        return [slice(first, stop) for first, stop in zip([0, *stops], stops)]

    def converged(self) -> np.ndarray:
        """Which members (m,) converged so far, or by the end of training.

        Then their last epoch was judged, and the weights that they were left with are.
        """
        converged = self.net.converged_members(self.table)
        return converged if self.net.converged_ is None else converged & self.net.converged_

    def predictors(self) -> list[Predictor | None]:
        """A predictor for each problem, or None if one of its networks diverged."""
        converged = self.converged()
        return [self._predictor(*fit, members) if converged[members].all() else None
                for fit, members in zip(self.fits, self.members)]

    def _predictor(self, estimator, problem, members):
        blend = problem.blend
        if estimator.blend is not None and problem.validates:
            blend = choose_blend(self.net, problem.table, problem.ridges, estimator, members)
            # a constant is known, and a share chosen by rounding would last in partial_fit
            blend = blend.without(~np.isnan(problem.scaling.constant_targets))
        return Predictor(problem.size, problem.rows.categories, problem.encoding,
                         problem.scaling, self.net, blend, problem.rows.target_shape, members)

    def stopped(self) -> "Stack":
        """A copy as training would leave it if it stopped now."""
        return Stack(self.net.stopped(self.table), *zip(*self.fits), self.table)


@contextmanager
def trained_stack(estimators: Sequence, problems: Sequence[Problem], make_net: Callable, *,
                  n_epochs: int | None = None, deadline: float | None = None,
                  n_threads: int | None = None,
                  watch: Callable[[Stack], Sequence[Callback]] | None = None) -> Iterator[Stack]:
    """Build and train the networks of all problems; torch is set up for them in the block.

    This is the one sequence of training, for a fit, for `partial_fit` and for a block of a
    search.

    Parameters
    ----------
    estimators, problems : sequence
        One of each for every fit.  The estimators may differ in alpha, learning rate and
        weight decay; the problems share one :meth:`Problem.stack_key`.
    make_net : callable
        Returns the net to train, given estimators and problems.
    n_epochs : int or None
        Number of epochs; None trains as many as the net says.
    deadline : float or None
        Value of :func:`time.monotonic` at which training ends at the latest, after one step at
        least.
    n_threads : int or None
        Limit on the number of threads.
    watch : callable or None
        Returns more callbacks for the net, given the stack.
    """
    n_operations = sum(problem.step_cost(estimator).weights
                       for estimator, problem in zip(estimators, problems))
    table = _join_tables(problems)  # before denormal numbers are flushed to zero
    with (torch_state(problems[0].seeds[0, 0], problems[0].device),
          suited_arithmetic(n_operations, n_threads)):
        stack = Stack(make_net(estimators, problems), estimators, problems, table)
        callbacks = stack.net.callbacks_
        if watch is not None:
            stack.net.callbacks_ = [*callbacks, *((WATCH, one) for one in watch(stack))]
        if deadline is not None:
            for problem in problems:
                _ = problem.ridges  # their time comes off that of the training
            stack.net.max_seconds = deadline - time.monotonic()
        stack.net.partial_fit(stack.table, epochs=n_epochs)
        stack.net.max_seconds = None
        stack.net.callbacks_ = callbacks  # one that holds the stack would never be freed
        if stack.net.interrupted_ and not stack.net.progress_.n_done:
            raise KeyboardInterrupt
        yield stack


def new_net(estimators: Sequence, problems: Sequence[Problem]) -> StackNet:
    """A net before its first epoch, whose members are the networks of all problems."""
    estimator, problem = estimators[0], problems[0]
    alphas, rates, decays = zip(*(
        (one.alpha, other.learning_rate(one), one.weight_decay)
        for one, other in zip(estimators, problems) for _ in other.seeds))
    criterion = make_criterion(estimator.loss, alphas)
    _check_combination(estimator, problem, criterion)
    callbacks = copy_callbacks(estimator.skorch_callbacks, shares_validation=problem.parts is None)
    if problem.validates:
        patience = estimator.n_iter_no_change if estimator.early_stopping else None
        callbacks.append(("best_epoch", BestEpoch(patience)))
    momentum = {"optimizer__momentum": estimator.momentum} if estimator.solver == "sgd" else {}
    seeds = np.concatenate([other.seeds for other in problems])
    net = StackNet(
        module=StackedMLP,
        module__layer_sizes=problem.layer_sizes(estimator),
        module__seeds=seeds[:, 0].tolist(),
        module__activation=estimator.activation,
        module__embedding=estimator.embedding,
        module__embedded_features=problem.scaling.numeric,
        module__n_codes=problem.encoding.n_codes,
        module__dtype=problem.dtype,
        criterion=criterion,
        optimizer=SOLVERS[estimator.solver],
        optimizer__weight_decay=decays,
        **momentum,
        lr=rates,
        max_epochs=problem.max_iter(estimator),
        batch_size=problem.batch_size,
        learning_rate_factor=partial(learning_rate_factor, estimator.lr_schedule),
        seeds=seeds[:, 1].tolist(),
        largest_prediction=(_DIVERGED if problem.scaling.tails is None
                            else _DIVERGED_WITHOUT_TAILS),
        callbacks=callbacks,
        device=estimator.device,
        verbose=int(estimator.verbose),
    ).initialize()
    constant = [other.scaling.constant for other in problems for _ in other.seeds]
    for member, features in enumerate(constant):
        net.module_.clear_features(member, features)
    return net


def _check_combination(estimator, problem, criterion):
    """Raise if the loss does not go with other parameters."""
    if criterion.takes_features and not problem.hidden_layer_sizes(estimator):
        raise ValueError(f"loss={estimator.loss!r} takes the output of the last hidden layer, "
                         "but there is none with hidden_layer_sizes=(); add a hidden layer")
    if estimator.max_time is not None and criterion.has_stages:
        raise ValueError(f"loss={estimator.loss!r} has two stages, which take half of the epochs "
                         f"each, so training cannot end by the clock, got max_time="
                         f"{estimator.max_time}; set max_time=None and a lower max_iter")
    if estimator.blend and problem.validates and member_settings(estimator.loss) and (
            not criterion.has_validation_loss):
        raise ValueError(f"blend={estimator.blend!r} needs one loss for the mean of the networks, "
                         f"but loss={estimator.loss!r} has a setting for each; pass blend=None")


def warm_started_net(before: Predictor, estimators: Sequence, problems: Sequence[Problem]
                     ) -> StackNet:
    """A new net that starts from earlier weights, with other orders of the rows."""
    net, old = new_net(estimators, problems), before.net
    earlier = _architecture(old.module_)
    changed = ", ".join(f"{name}={value!r} after {earlier[name]!r}"
                        for name, value in _architecture(net.module_).items()
                        if value != earlier[name])
    if changed:
        raise ValueError("warm_start goes on with the networks of the last fit, so their "
                         f"parameters must not change, got {changed}; set warm_start=False to "
                         "start anew")
    if not before.scaling.knows_all_targets:
        net.module_.load_state_dict(old.module_.state_dict())
    net.n_epochs_before = old.n_epochs
    net.seeds = _seeds_of_orders(net, problems[0])
    return net


def _architecture(network):
    """The values of the parameters that weights depend on, also where a parameter is "auto"."""
    embedding = next((name for name, kind in EMBEDDINGS.items()
                      if isinstance(network.embedding, kind)), None)
    return {"hidden_layer_sizes": network.layer_sizes[1:-1], "activation": network.activation,
            "embedding": embedding, "n_estimators": network.n_members}


def resumed_net(before: Predictor | None, estimators: Sequence, problems: Sequence[Problem]
                ) -> StackNet:
    """A net that trains on, or a new one, at a constant learning rate."""
    if before is None or before.scaling.knows_all_targets:
        net = new_net(estimators, problems)
        net.n_epochs_before = 0 if before is None else before.net.n_epochs
    else:
        net = before.net.continued()
        if not before.net.is_resumed:
            # It led away from weights of an earlier epoch, or belongs to a lower learning rate.
            net.optimizer_.clear_momentum()
    net.is_resumed = True
    net.optimizer_.set_learning_rate(problems[0].learning_rate(estimators[0]))
    net.learning_rate_factor = partial(learning_rate_factor, "constant")
    net.seeds = _seeds_of_orders(net, problems[0])
    return net


def _seeds_of_orders(net, problem):
    """Seeds of the orders of rows, others in every call even if `random_state` is a number."""
    return (problem.seeds[:, 1] + net.n_epochs).tolist()


def _join_tables(problems: Sequence[Problem]) -> Table:
    """The tables of all problems one after another; a problem's members share its rows."""
    if len(problems) == 1:
        return problems[0].table
    distinct = {id(problem): problem.table for problem in problems}
    owners = [id(problem) for problem in problems]
    table = _concatenate(distinct, owners)
    if problems[0].validates:
        table.validation = _concatenate(
            {key: table.validation for key, table in distinct.items()}, owners)
    return table


def _concatenate(tables, owners):
    """One table whose members are those of the owners' tables, in turn."""
    rows, start = {}, 0
    for key, table in tables.items():
        everything = torch.arange(start, start + len(table))
        rows[key] = [everything if own is None else own + start for own in table.rows]
        start += len(table)
    parts = list(tables.values())
    weights = [table.weight for table in parts]
    return Table(Features.concatenate([table.X for table in parts]),
                 torch.cat([table.y for table in parts]),
                 None if weights[0] is None else torch.cat(weights),
                 [index for owner in owners for index in rows[owner]],
                 pads=any(table.pads for table in parts))
