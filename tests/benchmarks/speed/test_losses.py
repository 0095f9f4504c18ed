"""The losses that ours are compared with compute the same values and gradients."""

import pytest
import torch

from benchmarks.speed import latent, losses
from sklearn_gar.losses import GARLoss, RNCLoss, RankSimLoss


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 10.0])
def test_plain_formula_equals_the_loss(alpha):
    rng = torch.Generator().manual_seed(0)
    y = torch.randn(40, 1, dtype=torch.float64, generator=rng)
    results = []
    for loss in (losses.plain_torch_gar_loss, GARLoss(alpha)):
        f = (y + torch.sin(3 * y)).requires_grad_()
        arguments = (alpha,) if loss is losses.plain_torch_gar_loss else ()
        value = loss(f, y, *arguments)
        value.backward()
        results.append((value.detach(), f.grad))
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("literal, loss", [
    (latent.literal_rnc, RNCLoss(temperature=latent.TEMPERATURE)),
    (latent.literal_ranksim, RankSimLoss(
        gamma=latent.GAMMA, interpolation=latent.INTERPOLATION)),
])
def test_literal_losses_over_features_equal_the_losses(literal, loss):
    rng = torch.Generator().manual_seed(0)
    y = torch.randn(20, 1, generator=rng)
    features = torch.randn(20, 8, generator=rng).requires_grad_()
    results = []
    for value in (literal(features, y), loss(y.clone(), y, features=features)):
        gradient, = torch.autograd.grad(value, features)
        results.append((value.detach(), gradient))
    torch.testing.assert_close(*results, rtol=1e-5, atol=1e-6)
