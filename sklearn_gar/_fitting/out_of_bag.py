"""What networks predict for the rows that they held out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import r2_score
from torch.nn.utils.rnn import pad_sequence

from sklearn_gar._fitting.blend import ridge_outputs
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._fitting.problem import Problem
from sklearn_gar._input import Rows


# Two to train on and two to hold out.
_FEWEST_ROWS = 4


class OutOfBag(NamedTuple):
    """Predictions for rows of networks that held them out.

    Parameters
    ----------
    rows : ndarray of shape (h,)
        Indices of the rows of the problem that at least one network held out.
    prediction : ndarray of shape (h, k)
        Mean prediction of the networks that held the row out, in scaled units.
    """

    rows: np.ndarray
    prediction: np.ndarray


@torch.no_grad()
def outputs_by_network(predictor: Predictor, problem: Problem, rows: Sequence[torch.Tensor]
                       ) -> list[np.ndarray]:
    """Predictions (h, k) of each network for rows of its own, in scaled units.

    A network is blended with its own ridge regression, which has seen the same rows.
    """
    X, _, _ = problem.table.take(pad_sequence(list(rows), batch_first=True))
    outputs = predictor.net.member_outputs(X, predictor.members)
    if predictor.blend is not None:
        share = torch.from_numpy(predictor.blend.share).to(outputs)
        outputs = torch.lerp(outputs, ridge_outputs(problem.ridges, X), share)
    outputs = outputs.reshape(len(rows), -1, problem.rows.n_outputs).numpy(force=True)
    return [output[:len(index)] for output, index in zip(outputs, rows)]  # without filling


def out_of_bag(predictor: Predictor, problem: Problem, n_rows: int | None = None) -> OutOfBag:
    """Predictions for the rows of a problem whose networks hold out rows, blended as all are.

    Parameters
    ----------
    predictor : Predictor
        The trained networks.
    problem : Problem
        What they trained on, and what they held out.
    n_rows : int or None
        The networks predict at most so many rows together, or one each, which are spread evenly
        over those that they held out.  None: all of them.
    """
    held_out = [part.held_out for part in problem.parts]
    if n_rows is not None:
        most = max(1, n_rows // len(held_out))
        held_out = [rows[::-(-len(rows) // most)] for rows in held_out]
    total, number = np.zeros(problem.rows.y.shape), np.zeros((len(problem.rows), 1))
    for rows, output in zip(held_out, outputs_by_network(predictor, problem, held_out)):
        total[rows.numpy()] += output
        number[rows.numpy()] += 1
    rows = np.flatnonzero(number)
    return OutOfBag(rows, total[rows] / number[rows])


def fold_predictions(predictor: Predictor, problem: Problem, given: Rows,
                     folds: Sequence[np.ndarray], trained: bool = False) -> list[np.ndarray]:
    """Predictions in units for the rows of each fold, by the network that held them out.

    With `trained` they are by the network of the fold for rows that it trained on, and NaN for
    others.  Several folds in a row may have one network.  All networks predict a row of no
    weight, since none trained on it.
    """
    predictions, numbers = [], np.array_split(np.arange(len(folds)), problem.n_members)
    indices = [part.train if trained else part.held_out for part in problem.parts]
    outputs = outputs_by_network(predictor, problem, indices)
    for own, index, output in zip(numbers, indices, outputs):
        values = np.full(problem.rows.y.shape, np.nan)
        values[index.numpy()] = predictor.scaling.unscale_targets(output)
        values = problem.rows.in_given_order(values).reshape(-1, *given.target_shape)
        values = _with_weightless(values, predictor, problem, given)
        predictions += [values[folds[number]] for number in own]
    return predictions


def given_rows_predictions(predictor: Predictor, problem: Problem, out_of_bag: OutOfBag,
                           given: Rows) -> np.ndarray:
    """Out-of-bag predictions (n,) or (n, k) for the rows as the user gave them, or NaN.

    A row of no weight was trained on by none of the networks, so all of them predict it.
    """
    prediction = np.full(problem.rows.y.shape, np.nan)
    prediction[out_of_bag.rows] = predictor.scaling.unscale_targets(out_of_bag.prediction)
    prediction = problem.rows.in_given_order(prediction).reshape(-1, *given.target_shape)
    return _with_weightless(prediction, predictor, problem, given)


def _with_weightless(prediction, predictor, problem, given):
    """Predictions for all rows of the user, those of no weight by all networks."""
    if problem.rows.position is not None and (problem.rows.position < 0).any():
        weightless = np.flatnonzero(problem.rows.position < 0)
        prediction[weightless] = predictor.predict(given.X[weightless])
    return prediction


def out_of_bag_score(oob_score, prediction: np.ndarray, given: Rows) -> float:
    """R2, or the value of a function, for the rows that have a prediction."""
    known = ~np.isnan(prediction.reshape(len(prediction), -1)).any(axis=1)
    y, prediction = given.targets[known], prediction[known]
    if callable(oob_score):
        return oob_score(y, prediction)
    return r2_score(y, prediction, sample_weight=None if given.weight is None
                    else given.weight[known])


def check_holds_out(problem: Problem, goes_on: bool) -> None:
    """Raise if no network holds out rows that it never trained on."""
    if goes_on:
        raise ValueError("oob_score needs rows that a network never trained on, but warm_start "
                         "goes on from networks that may have trained on them; set "
                         "oob_score=False or warm_start=False")
    if problem.parts is not None:
        return
    reason = (f"got n_samples={len(problem.rows)}, of which none are held out"
              if problem.validation is None else "but X_val takes their place")
    if len(problem.rows) < _FEWEST_ROWS:
        remedy = (f"fit to at least {_FEWEST_ROWS} rows, 2 to train on and 2 to hold out (equal "
                  "rows count once, rows of no weight do not)")
    else:
        remedy = ("set early_stopping=True with a validation_fraction that holds out at least 2 "
                  "rows")
    if problem.validation is not None:
        remedy += ", and leave out X_val"
    raise ValueError(f"oob_score needs rows that networks hold out, {reason}; {remedy}, or set "
                     "oob_score=False")
