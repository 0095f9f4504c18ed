"""Time of the loss, forward and backward pass, on float32 predictions of one target."""

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from benchmarks.speed.measurement import Goal, Measurement, Pair, timed
from sklearn_gar.losses import gar_loss

ALPHA = 10.0


def plain_torch_gar_loss(input: Tensor, target: Tensor, alpha: float) -> Tensor:
    """The paper's formula in torch's own operations, for autograd to record.

    The terms are the mean absolute error, the variance of the errors, and one minus the mean
    product of the standardised columns.  The loss is the logarithm of their power mean.  The
    largest term (alpha < 1) or the smallest is factored out as a constant, so that the powers
    do not overflow.
    """
    error = input - target
    standardised = [(column - column.mean(0)) / column.std(0, correction=0)
                    for column in (input, target)]
    terms = torch.stack([
        error.abs().mean(),
        error.var(0, correction=0).mean(),
        (1 - (standardised[0] * standardised[1]).mean(0)).mean(),
    ])
    factor = terms.detach().max() if alpha < 1 else terms.detach().min()
    return alpha * torch.log((terms / factor).pow(1 / alpha).mean()) + torch.log(factor)


def ours(input, target):
    return gar_loss(input, target, alpha=ALPHA)


def plain(input, target):
    return plain_torch_gar_loss(input, target, ALPHA)


def step(loss, n_rows):
    """A function without arguments that does the forward and the backward pass of a loss."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(n_rows, 1, generator=generator)
    noise = torch.randn(n_rows, 1, generator=generator)
    prediction = (target + noise / math.sqrt(2)).requires_grad_()

    def forward_and_backward():
        prediction.grad = None
        loss(prediction, target).backward()
    return forward_and_backward


def prepare_against(other, *, n_rows, n_calls):
    """gar_loss, and another loss on the same rows."""
    return Pair(timed(step(ours, n_rows), n_calls), timed(step(other, n_rows), n_calls))


def prepare_linear(*, n_rows, n_rows_denominator, n_calls):
    """gar_loss, and gar_loss on fewer rows."""
    return Pair(timed(step(ours, n_rows), n_calls),
                timed(step(ours, n_rows_denominator), n_calls))


def against_mse(**settings):
    return prepare_against(mse_loss, **settings)


def against_plain_torch(**settings):
    return prepare_against(plain, **settings)


def measurements() -> list[Measurement]:
    sizes = {"repetitions": 51, "n_calls": 200}
    quick = {"repetitions": 3, "n_calls": 3}
    return [
        *(Measurement(
            f"loss_vs_mse_{n_rows}", Goal("<=", bound),
            f"gar_loss, n={n_rows}", f"torch.nn.functional.mse_loss, n={n_rows}",
            against_mse, {"n_rows": n_rows, **sizes}, quick, cost=4)
          for n_rows, bound in ((256, 2), (4096, 4))),
        Measurement(
            "loss_vs_plain_torch_256", Goal("<=", 1 / 3),
            "gar_loss, n=256", "the paper's formula in plain torch, n=256",
            against_plain_torch, {"n_rows": 256, **sizes}, quick, cost=5),
        Measurement(
            "loss_linear", Goal("<=", 11), "gar_loss, n=1,000,000", "gar_loss, n=100,000",
            prepare_linear,
            {"n_rows": 1_000_000, "n_rows_denominator": 100_000, "n_calls": 3,
             "repetitions": 31},
            {"n_rows": 10_000, "n_rows_denominator": 1_000, **quick}, cost=4),
    ]
