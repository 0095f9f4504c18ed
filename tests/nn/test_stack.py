"""A member trained in a stack equals the same member trained alone."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar import losses
from sklearn_gar.nn import StackedAdam, StackedAdamW, StackedMLP, StackedSGD

SOLVERS = {"sgd": StackedSGD, "adam": StackedAdam, "adamw": StackedAdamW}
SIZES = (4, 8, 6, 2)
SEEDS = (3, 1, 4, 1)
RATES = {"sgd": (0.02, 0.05, 0.01, 0.02), "adam": (0.01, 0.03, 0.003, 0.01)}
DECAYS = (1e-4, 0.0, 1e-2, 1e-4)
ALPHAS = (1.0, 10.0, 0.1, float("inf"))
DIVERGING = 1
N_STEPS = 40


def make_table(dtype, members, n_rows=25):
    # an odd number of rows: where as many errors are above zero as below, the gradient of
    # the absolute error in the last bias is rounding alone, which Adam makes a full step
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(members, n_rows, SIZES[0], generator=generator, dtype=torch.float64)
    y = torch.stack([X[..., :2].sum(-1).sin(), X[..., 2] - X[..., 3]], dim=-1)
    return X.to(dtype), y.to(dtype)


def train(solver, dtype, loss, X, y, members, rates):
    """Predictions of these members of the whole stack, trained on their own rows."""
    members = list(members)
    network = StackedMLP(SIZES, seeds=[SEEDS[member] for member in members], dtype=dtype)
    optimizer = SOLVERS[solver](network.parameters(), lr=[rates[member] for member in members],
                                weight_decay=[DECAYS[member] for member in members])
    criterion = loss(members)
    for step in range(N_STEPS):
        optimizer.scale_learning_rate(1 - step / N_STEPS)
        optimizer.zero_grad()
        value = criterion(network(X[members]), y[members])
        value.backward(torch.ones_like(value))
        optimizer.step()
    with torch.no_grad():
        return network(X[members])


def gar(members):
    return losses.GARLoss(torch.tensor([ALPHAS[member] for member in members],
                                       dtype=torch.float64))


LOSSES = {
    "gar": gar,
    "mae_pearson": lambda members: losses.MAEPearsonLoss(),
    "huber": lambda members: losses.HuberLoss(),
    "torch's": lambda members: losses.PlainLoss(torch.nn.SmoothL1Loss()),
}


@pytest.mark.parametrize("solver", list(SOLVERS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("loss", list(LOSSES.values()), ids=list(LOSSES))
@pytest.mark.parametrize("diverges", [False, True], ids=["healthy", "diverging"])
def test_a_member_does_not_feel_its_neighbours(solver, dtype, loss, diverges):
    X, y = make_table(dtype, len(SEEDS))
    rates = list(RATES["sgd" if solver == "sgd" else "adam"])
    if diverges:
        rates[DIVERGING] = 1e200 if dtype == torch.float64 else 1e30
    stacked = train(solver, dtype, loss, X, y, range(len(SEEDS)), rates)
    if diverges:
        assert not stacked[DIVERGING].isfinite().any()
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4
    for member in range(len(SEEDS)):
        if diverges and member == DIVERGING:
            continue
        (alone,) = train(solver, dtype, loss, X, y, [member], rates)
        assert alone.isfinite().all()
        assert_close(stacked[member], alone, rtol=tolerance, atol=tolerance)


def test_members_with_one_seed_are_one_member():
    X, y = make_table(torch.float64, len(SEEDS))
    X, y = (tensor[:1].expand(4, -1, -1).contiguous() for tensor in (X, y))
    rates = (0.02,) * 4
    twins = [member for member, seed in enumerate(SEEDS) if seed == 1]
    result = train("sgd", torch.float64, LOSSES["huber"], X, y, twins, rates)
    assert not torch.equal(result[0], result[1]), "their weight decays differ"
    same = train("sgd", torch.float64, LOSSES["huber"], X, y, [1, 1], rates)
    assert_close(same[0], same[1], rtol=0, atol=0)
