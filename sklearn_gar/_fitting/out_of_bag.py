"""What networks predict for the rows that they held out."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import r2_score

from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._fitting.problem import Problem
from sklearn_gar._input import Rows


class HeldOut(NamedTuple):
    """Predictions for the rows that each network held out.

    `rows` (m, h) are their indices and `prediction` (m, h, k) is in the units of the targets.
    Where a network held out fewer than h rows, `present` (m, h) is False.
    """

    rows: np.ndarray
    prediction: np.ndarray
    present: np.ndarray


@torch.no_grad()
def held_out_predictions(predictor: Predictor, problem: Problem) -> HeldOut:
    """What each network predicts for the rows that it held out, blended as all are.

    The ridge regression of a network has not seen these rows either.
    """
    table = problem.table.validation
    X, y, _ = table.whole()
    prediction = predictor.net.member_outputs(X, predictor.members).view_as(
        y.new_empty(problem.n_members, *y.shape[-2:])).numpy(force=True)
    if predictor.blend is not None and predictor.blend.share.any():
        weights, bias = problem.ridges
        linear = (X @ weights.to(X) + bias.to(X)).numpy(force=True)
        prediction = prediction + predictor.blend.share * (linear - prediction)
    rows = [part.held_out.numpy() for part in problem.parts]
    n_rows = max(map(len, rows))
    flat = predictor.scaling.unscale_targets(prediction.reshape(-1, prediction.shape[-1]))
    return HeldOut(np.stack([np.resize(one, n_rows) for one in rows]),
                   flat.reshape(prediction.shape),
                   np.stack([np.arange(n_rows) < len(one) for one in rows]))


def out_of_bag_predictions(predictor: Predictor, problem: Problem) -> np.ndarray:
    """Means (n, k) over the networks that held a row of the problem out, else NaN."""
    held_out = held_out_predictions(predictor, problem)
    rows, prediction = (part[held_out.present] for part in held_out[:2])
    total, number = np.zeros(problem.rows.y.shape), np.zeros(len(problem.rows))
    np.add.at(total, rows, prediction)
    np.add.at(number, rows, 1)
    with np.errstate(invalid="ignore"):
        return total / number[:, None]


def given_rows_predictions(predictor: Predictor, problem: Problem, given: Rows) -> np.ndarray:
    """Out-of-bag predictions (n,) or (n, k) for the rows as the user gave them.

    A row of no weight was trained on by none of the networks, so all of them predict it.
    """
    prediction = problem.rows.in_given_order(out_of_bag_predictions(predictor, problem))
    prediction = prediction.reshape(-1, *given.target_shape)
    if problem.rows.position is not None:
        left_out = np.flatnonzero(problem.rows.position < 0)
        if len(left_out):
            prediction[left_out] = predictor.predict(given.X[left_out])
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
    raise ValueError(f"oob_score needs rows that networks hold out, {reason}; set "
                     "oob_score=False, or early_stopping=True and leave out X_val")
