"""Errors of the losses over features: the rule, and then what was got."""

import math

import pytest
import torch

from sklearn_gar.losses.latent import functional as L
from tests.losses.latent.cases import (
    each_loss,
    make_data,
)


@each_loss
@pytest.mark.parametrize("shape", [(9,), (8, 3), (2, 9, 3), (9, 0)])
def test_shape_of_features(loss, shape):
    f, y, _ = make_data()
    with pytest.raises(ValueError, match=r"features must have shape \(9, 'h'\).*got"):
        loss(f, y, features=torch.zeros(shape))


@each_loss
@pytest.mark.parametrize("features, got", [([[1.0]], "list"),
                                           (torch.zeros(9, 3, dtype=torch.int64), "int64")])
def test_type_of_features(loss, features, got):
    f, y, _ = make_data()
    with pytest.raises(TypeError, match=f"features must be a tensor of floating.*{got}"):
        loss(f, y, features=features)


@each_loss
def test_shape_of_targets(loss):
    f, y, v = make_data()
    with pytest.raises(ValueError, match="input and target must have the same shape"):
        loss(f, y[:, 0], features=v)


@each_loss
def test_targets_are_constant(loss):
    f, y, v = make_data()
    with pytest.raises(ValueError, match="target must not require a gradient"):
        loss(f, y.requires_grad_(), features=v)


@pytest.mark.parametrize("loss, name", [
    (L.ranksim_loss, "gamma"), (L.ranksim_loss, "interpolation"),
    (L.rnc_loss, "temperature"), (L.conr_loss, "beta"), (L.conr_loss, "window"),
    (L.conr_loss, "temperature")])
@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_settings_not_above_zero(loss, name, number):
    f, y, v = make_data()
    with pytest.raises(ValueError, match=f"{name} must be above 0 and finite, got {number}"):
        loss(f, y, features=v, **{name: number})


@pytest.mark.parametrize("loss, name", [
    (L.ranksim_loss, "gamma"), (L.ranksim_loss, "interpolation"),
    (L.rnc_loss, "temperature"), (L.conr_loss, "beta")])
def test_settings_of_each_member_are_checked(loss, name):
    f, y, v = make_data(3)
    with pytest.raises(ValueError, match=f"{name} must be one number, or one per member"):
        loss(f, y, features=v, **{name: torch.ones(2)})
    with pytest.raises(ValueError, match=f"{name} must be above 0 and finite"):
        loss(f, y, features=v, **{name: torch.tensor([1.0, 2.0, math.inf])})
