"""Time of the losses over features, and of a literal implementation of their definitions."""

from functools import partial

import torch
from torch import Tensor

from benchmarks.speed.measurement import Goal, Measurement, Pair, timed
from sklearn_gar.losses import RankSimLoss, RNCLoss

N_FEATURES = 8  # of the last hidden layer of the paper's smaller network
TEMPERATURE, GAMMA, INTERPOLATION = 2.0, 100.0, 2.0


def literal_rnc(features: Tensor, target: Tensor) -> Tensor:
    """Rank-N-Contrast over all triples of rows.

    For each pair (i, j) the softmax runs over the rows k other than i whose label is at least
    as far from the label of i as that of j is.
    """
    n_rows = len(features)
    distance = (target - target.T).abs()
    logits = -(features[:, None] - features).square().sum(-1).clamp(min=1e-12).sqrt() / TEMPERATURE
    others = ~torch.eye(n_rows, dtype=torch.bool)
    farther = (distance[:, None, :] >= distance[:, :, None]) & others[:, None, :]
    denominators = logits[:, None, :].masked_fill(~farther, -torch.inf).logsumexp(-1)
    return (denominators - logits)[others].sum() / (n_rows * (n_rows - 1))


class _Ranks(torch.autograd.Function):
    """Normalised ranks, the largest value first; the gradient interpolates the ranks."""

    @staticmethod
    def forward(ctx, values):
        ranks = _ranks(values)
        ctx.save_for_backward(values, ranks)
        return ranks

    @staticmethod
    def backward(ctx, grad):
        values, ranks = ctx.saved_tensors
        return -(ranks - _ranks(values + INTERPOLATION * grad)) / INTERPOLATION


def _ranks(values):
    return (values.argsort(descending=True).argsort() + 1) / len(values)


def literal_ranksim(features: Tensor, target: Tensor) -> Tensor:
    """RankSim row by row, for labels that are all different."""
    direction = torch.nn.functional.normalize(features, dim=1)
    similarity, labels = direction @ direction.T, -(target - target.T).abs()
    terms = [torch.nn.functional.mse_loss(_Ranks.apply(row), _ranks(label))
             for row, label in zip(similarity, labels)]
    return GAMMA * sum(terms)


def prepare(make_loss, literal, *, n_rows, n_members, n_calls):
    """Time per member of a stack, and time of the literal loss of one member."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(n_rows, 1, generator=generator)
    features = torch.randn(n_members, n_rows, N_FEATURES, generator=generator).requires_grad_()
    prediction = torch.zeros(n_members, n_rows, 1)
    loss = make_loss()

    def ours():
        features.grad = None
        loss(prediction, target, features=features).sum().backward()

    def theirs():
        features.grad = None
        literal(features[0], target).backward()
    return Pair(timed(ours, n_calls, n_members), timed(theirs))


def measurements() -> list[Measurement]:
    settings = {"n_rows": 256, "n_members": 15, "n_calls": 5, "repetitions": 11}
    quick = {"n_rows": 16, "n_members": 2, "n_calls": 1, "repetitions": 1}
    kinds = (
        ("rnc_vs_literal", 1 / 50, "RNCLoss, a member of a stack of 15, n=256",
         "Rank-N-Contrast over all triples, n=256",
         partial(RNCLoss, temperature=TEMPERATURE), literal_rnc),
        ("ranksim_vs_literal", 1 / 20, "RankSimLoss, a member of a stack of 15, n=256",
         "RankSim row by row, n=256",
         partial(RankSimLoss, gamma=GAMMA, interpolation=INTERPOLATION), literal_ranksim),
    )
    return [Measurement(name, Goal("<=", bound), ours, theirs, partial(prepare, make, literal),
                        settings, quick, cost=10)
            for name, bound, ours, theirs, make, literal in kinds]
