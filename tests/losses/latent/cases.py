"""The losses over features, their definitions, and data for both."""

import numpy as np
import pytest
import torch

from sklearn_gar.losses.latent import functional as L
from tests.losses.latent import oracles

N_ROWS, N_FEATURES = 9, 3


def ranksim(v, f, y, counts, gamma=100.0, interpolation=2.0):
    value, _ = oracles.ranksim(v, y, counts, gamma, interpolation)
    return oracles.absolute_error(f, y, counts) + value


def rnc(v, f, y, counts, temperature=2.0):
    return oracles.rnc(v, y, counts, temperature)


def conr(v, f, y, counts, beta=1.0, window=1.0, temperature=0.07):
    contrast = oracles.conr(v, f, y, counts, window, temperature)
    return oracles.absolute_error(f, y, counts) + beta * contrast


PAIRS = {"ranksim": (L.ranksim_loss, ranksim), "rnc": (L.rnc_loss, rnc),
         "conr": (L.conr_loss, conr)}
LOSSES = [loss for loss, _ in PAIRS.values()]
SETTINGS = [("ranksim", {"gamma": 3.0, "interpolation": 0.5}), ("ranksim", {"gamma": 0.1}),
            ("rnc", {"temperature": 0.5}), ("rnc", {"temperature": 4.0}),
            ("conr", {"beta": 4.0}), ("conr", {"window": 0.3, "temperature": 1.0}),
            ("conr", {"window": 2.0, "temperature": 0.03})]

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=list(PAIRS))
each_name = pytest.mark.parametrize("name", list(PAIRS))


def make_data(*members, k=1, n=N_ROWS, h=N_FEATURES, seed=0, ties=True, dtype=torch.float64):
    """Predictions, targets and features; with ties, labels are few whole numbers.

    The features follow the labels, so that losses are neither perfect nor by chance alone.
    """
    generator = torch.Generator().manual_seed(seed)
    y = 2 * torch.randn(*members, n, k, generator=generator, dtype=torch.float64)
    y = y.round() if ties else y
    f = y + torch.randn(y.shape, generator=generator, dtype=torch.float64)
    v = torch.randn(*members, n, h, generator=generator, dtype=torch.float64)
    v[..., :1] += y[..., :1]
    return f.to(dtype), y.to(dtype), v.to(dtype)


def value_and_gradients(loss, f, y, v, weight=None, **settings):
    f, v = (tensor.detach().clone().requires_grad_() for tensor in (f, v))
    value = loss(f, y, weight, features=v, **settings)
    gradients = torch.autograd.grad(value.sum(), (f, v), allow_unused=True)
    return value.detach(), *(torch.zeros_like(like) if gradient is None else gradient
                             for gradient, like in zip(gradients, (f, v)))


def oracle_values(oracle, f, y, v, counts=None, **settings):
    """The oracle's value of each member, as a tensor."""
    f, y, v = (tensor.double().numpy() for tensor in (f, y, v))
    y = np.broadcast_to(y, f.shape)
    members = f.shape[:-2]
    counts = np.ones(f.shape[:-1], dtype=int) if counts is None else counts.numpy()
    counts = np.broadcast_to(counts, f.shape[:-1])
    values = np.empty(members)
    for member in np.ndindex(*members):
        values[member] = oracle(
            v[member], f[member], y[member], counts[member],
            **{name: np.broadcast_to(setting, members)[member]
               for name, setting in settings.items()})
    return torch.from_numpy(values)
