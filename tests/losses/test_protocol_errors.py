"""Losses that offer half of what goes together: the error says what is missing, and the remedy."""

import pytest
import torch
from torch import nn

from sklearn_gar.losses import Criterion, GARLoss, make_criterion
from tests.losses.own_losses import (
    COMPLETE,
    ByHand,
    OverFeatures,
    Scaled,
    Squared,
    Staged,
)


class NoForward(nn.Module):
    pass


class NoTarget(nn.Module):
    def forward(self, input):
        return input.mean((-2, -1))


class WeightByKeyword(Squared):
    def forward(self, input, target, *, weight=None):
        return super().forward(input, target, weight)


class WeightFourth(Squared):
    def forward(self, input, target, epsilon=1.0, weight=None):
        return super().forward(input, target, weight)


class NoWeights(nn.Module):
    def forward(self, input, target):
        return (input - target).square().mean()


class NoWeightsPerMember(NoWeights):
    per_member = ("scale",)


class NoWeightsStaged(NoWeights):
    pretrains = False


class NoWeightsFeatures(NoWeights):
    takes_features = True


class NoWeightsGradient(NoWeights):
    value_and_gradient = ByHand.value_and_gradient


class NoWeightsValidation(NoWeights):
    validation_loss = Squared.forward


class OtherForward(GARLoss):
    def forward(self, input, target, weight=None):
        return 2 * super().forward(input, target, weight)


class GradientAttribute(Squared):
    value_and_gradient = "autograd"


class GradientWithoutWeight(Squared):
    def value_and_gradient(self, input, target):
        return self(input, target), input


class FeaturesUnannounced(OverFeatures):
    takes_features = False


class FeaturesNamed(OverFeatures):
    takes_features = "hidden"


class FeaturesUnscored(OverFeatures):
    validation_loss = None


class FeaturesScoredByProperty(OverFeatures):
    validation_loss = property()


class FeaturesNotAccepted(OverFeatures):
    def forward(self, input, target, weight=None):
        return self.validation_loss(input, target, weight)


class FeaturesAndGradient(OverFeatures):
    value_and_gradient = ByHand.value_and_gradient


class ValidationAttribute(OverFeatures):
    validation_loss = "absolute_error"


class ValidationWithoutWeight(OverFeatures):
    def validation_loss(self, input, target):
        return (input - target).abs().mean((-2, -1))


class StagesNamed(Staged):
    pretrains = "first"

    def __init__(self):
        nn.Module.__init__(self)


class StagesUnscored(Staged):
    validation_loss = None


class StagesReadOnly(Staged):
    pretrains = property(lambda self: True)

    def __init__(self):
        nn.Module.__init__(self)


class OneName(Scaled):
    per_member = "scale"


class UnknownName(Scaled):
    per_member = ("scale", "shift")


class NotKept(Squared):
    per_member = ("scale",)
    scale = 1.0


class KeptByAttribute(NotKept):
    keep_members = True


class KeptWithoutMembers(NotKept):
    def keep_members(self):
        pass


HALF = [
    # loss, error, what is missing, how to add it
    (NoForward(), TypeError, r"NoForward\(\) must have a method forward\(input, target, weight",
     "got none"),
    (NoTarget(), ValueError, r"must allow the call forward\(input, target\)",
     r"got forward\(input\)"),
    (WeightByKeyword(), ValueError, r"must allow the call forward\(input, target, weight\)",
     r"got forward\(input, target, \*, weight=None\)"),
    (WeightFourth(), ValueError, r"must allow the call forward\(input, target, weight\)",
     "epsilon=1.0, weight=None"),
    (NoWeightsPerMember(), ValueError, "has per_member, so its forward must take weights",
     r"forward\(self, input, target, weight=None\)"),
    (NoWeightsStaged(), ValueError, "has pretrains, so its forward must take weights",
     r"forward\(self, input, target, weight=None\)"),
    (NoWeightsFeatures(), ValueError, "has takes_features, so its forward must take weights",
     r"forward\(self, input, target, weight=None\)"),
    (NoWeightsGradient(), ValueError, "has value_and_gradient, so its forward must take weights",
     r"forward\(self, input, target, weight=None\)"),
    (NoWeightsValidation(), ValueError, "has validation_loss, so its forward must take weights",
     r"forward\(self, input, target, weight=None\)"),
    (OtherForward(), ValueError, "forward of its own but the value_and_gradient of a base class",
     "define value_and_gradient in OtherForward too, or set value_and_gradient = None"),
    (GradientAttribute(), TypeError, "value_and_gradient must be a method", "got 'autograd'"),
    (GradientWithoutWeight(), ValueError,
     r"must allow the call value_and_gradient\(input, target, weight\)",
     r"got value_and_gradient\(input, target\)"),
    (FeaturesUnannounced(), ValueError,
     r"must allow the call forward\(input, target, weight\)", "; set takes_features = True"),
    (FeaturesNamed(), TypeError, "takes_features must be a bool", "got 'hidden'"),
    (FeaturesUnscored(), ValueError, "takes features, so it must have a method",
     r"validation_loss\(input, target, weight=None\)"),
    (FeaturesScoredByProperty(), ValueError, "takes features, so it must have a method",
     r"validation_loss\(input, target, weight=None\)"),
    (FeaturesNotAccepted(), ValueError,
     r"must allow the call forward\(input, target, weight, features=features\)",
     r"got forward\(input, target, weight=None\)"),
    (FeaturesAndGradient(), ValueError, "takes features, so it cannot have value_and_gradient",
     "set value_and_gradient = None"),
    (ValidationAttribute(), TypeError, "validation_loss must be a method",
     "got 'absolute_error'"),
    (ValidationWithoutWeight(), ValueError,
     r"must allow the call validation_loss\(input, target, weight\)",
     r"got validation_loss\(input, target\)"),
    (StagesNamed(), TypeError, "pretrains must be a bool, got 'first'", "set it to True"),
    (StagesUnscored(), ValueError, "has two stages, so it must have a method",
     r"validation_loss\(input, target, weight=None\)"),
    (StagesReadOnly(), ValueError, "pretrains of .* cannot be set", "give the property a setter"),
    (OneName(), TypeError, "per_member must be a tuple of names", "got 'scale'"),
    (UnknownName(), ValueError, "per_member names 'shift', but .* has no attribute 'shift'",
     "set it in the constructor"),
    (Scaled([1.0, 2.0]), TypeError, "scale must be a number or a tensor", r"got \[1.0, 2.0\]"),
    (Scaled(torch.ones(3, 1)), ValueError, "scale must be a number or a tensor of shape",
     r"got shape \(3, 1\)"),
    (Scaled(torch.ones(2)), ValueError, "one scale, or one for each of the 3 networks", "got 2"),
    (NotKept(), ValueError, r"so it must have a method keep_members\(members\)",
     "inherit from PerMemberSettings"),
    (KeptByAttribute(), TypeError, "keep_members must be a method", "got True"),
    (KeptWithoutMembers(), ValueError, r"must allow the call keep_members\(members\)",
     r"got keep_members\(\)"),
    (GARLoss, TypeError, "loss must be a torch.nn.Module, got <class",
     r"pass an instance, GARLoss\(...\)"),
    (nn.functional.mse_loss, TypeError, "loss must be a torch.nn.Module", "got <function"),
]


class TestHalfALoss:
    """The error says what is missing and how to add it."""

    @pytest.mark.parametrize("loss, error, missing, remedy", HALF,
                             ids=[getattr(loss, "__name__", type(loss).__name__)
                                  for loss, *_ in HALF])
    @pytest.mark.parametrize("make", [
        lambda loss: Criterion(loss, 3), lambda loss: make_criterion(loss, [1.0] * 3)],
        ids=["Criterion", "make_criterion"])
    def test_error(self, make, loss, error, missing, remedy):
        with pytest.raises(error, match=f"(?s){missing}.*{remedy}"):
            make(loss)

    @pytest.mark.parametrize("loss", COMPLETE, ids=repr)
    def test_a_complete_loss_has_none(self, loss):
        Criterion(loss, 3)

    def test_members_that_are_not_kept(self):
        class Careless(Scaled):
            def keep_members(self, members):
                pass

        criterion = make_criterion(Careless(torch.ones(3)), [1.0] * 3)
        with pytest.raises(ValueError, match="one scale, or one for each of the 2 networks"):
            criterion.keep_members(torch.tensor([0, 1]))
