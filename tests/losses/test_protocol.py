"""What the training asks of a loss, and the errors for losses that offer half of it."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from sklearn_gar import losses
from sklearn_gar.losses import (
    LOSSES,
    Criterion,
    GARLoss,
    PerMemberSettings,
    PlainLoss,
    make_criterion,
    member_settings,
    takes_weights,
)

WITH_FEATURES = {"conr", "ranksim", "rnc"}
OF_TERMS = {"gar", "mae_pearson", "normalized_pairwise_difference", "pairwise_difference"}

each_name = pytest.mark.parametrize("name", sorted(LOSSES))


def make_data(members=3, n=9, k=2, h=4, seed=0):
    """Predictions, targets, weights and features."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(members, n, k, generator=generator, dtype=torch.float64)
    f = y + torch.randn(y.shape, generator=generator, dtype=torch.float64)
    v = torch.randn(members, n, h, generator=generator, dtype=torch.float64)
    weight = 0.1 + torch.rand(members, n, generator=generator, dtype=torch.float64)
    return f, y, weight, v


class Squared(nn.Module):
    """The least that a loss must have."""

    def forward(self, input, target, weight=None):
        errors = (input - target).square().mean(-1)
        return errors.mean(-1) if weight is None else (weight * errors).sum(-1) / weight.sum(-1)


class OverFeatures(Squared):
    """A complete loss over features."""

    takes_features = True

    def forward(self, input, target, weight=None, *, features):
        return super().forward(input, target, weight) + features.square().mean((-2, -1))

    def validation_loss(self, input, target, weight=None):
        return super().forward(input, target, weight)


class Staged(Squared):
    """A complete loss of two stages."""

    def __init__(self):
        super().__init__()
        self.pretrains = True

    def forward(self, input, target, weight=None):
        return super().forward(input, target, weight) * (10 if self.pretrains else 1)

    def validation_loss(self, input, target, weight=None):
        return super().forward(input, target, weight)


class Scaled(PerMemberSettings, Squared):
    """A complete loss with one number per member."""

    per_member = ("scale",)

    def __init__(self, scale=1.0):
        super().__init__()
        self.scale = scale

    def forward(self, input, target, weight=None):
        return self.scale * super().forward(input, target, weight)


class ByHand(Squared):
    """A complete loss with its gradient written down; it is wrong, to be recognised."""

    def value_and_gradient(self, input, target, weight=None):
        return self(input, target, weight), torch.full_like(input, 7.0)


COMPLETE = [Squared(), OverFeatures(), Staged(), Scaled(), Scaled(torch.ones(3)), ByHand()]


def by_autograd(loss, *tensors, **arguments):
    """Values and gradients, None where the loss does not depend on a tensor."""
    tensors = [tensor.clone().requires_grad_() for tensor in tensors]
    value = loss(*tensors, **arguments)
    return value.detach(), *torch.autograd.grad(value.sum(), tensors, allow_unused=True)


class TestPackage:
    """The losses of this package as the training asks them."""

    @each_name
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("shared", [False, True])
    def test_values_and_gradients_are_those_of_autograd(self, name, weighted, shared):
        f, y, weight, v = make_data()
        y, weight = (y[0], weight[0]) if shared else (y, weight)
        weight = weight if weighted else None
        criterion = make_criterion(name, [1.0] * 3)
        value, grad, features_grad = criterion.value_and_gradients(f, y, weight, v)
        if name in WITH_FEATURES:
            expected = by_autograd(
                lambda f, v: LOSSES[name]()(f, y, weight, features=v), f, v)
            assert_close(criterion(f, y, weight, features=v), expected[0])
        else:
            expected = *by_autograd(lambda f: LOSSES[name]()(f, y, weight), f), None
            assert_close(criterion(f, y, weight), expected[0])
        assert not value.requires_grad
        for actual, right in zip((value, grad, features_grad), expected):
            assert (actual is None) == (right is None)
            if right is not None:
                assert_close(actual, right)

    @each_name
    def test_what_each_offers(self, name):
        criterion = make_criterion(name, [1.0] * 3)
        assert isinstance(criterion.loss, LOSSES[name])
        assert criterion.n_members == 3
        assert criterion.takes_features == (name in WITH_FEATURES)
        assert criterion.has_validation_loss == (name in WITH_FEATURES)
        assert criterion.has_stages == (name == "rnc")
        assert criterion.pretrains == (name == "rnc")
        assert not criterion.has_member_settings
        assert hasattr(criterion.loss, "value_and_gradient") == (name in OF_TERMS)

    @each_name
    def test_validation_loss(self, name):
        f, y, weight, _ = make_data()
        loss = losses.AbsoluteErrorLoss() if name in WITH_FEATURES else LOSSES[name]()
        criterion = make_criterion(name, [1.0] * 3)
        assert_close(criterion.validation_loss(f, y, weight), loss(f, y, weight))
        assert_close(criterion.validation_loss(f, y), loss(f, y))

    @each_name
    def test_copies(self, name):
        f, y, weight, v = make_data()
        criterion = make_criterion(name, [1.0] * 3)
        expected = criterion.value_and_gradients(f, y, weight, v)
        for twin in (copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
            for one, other in zip(twin.value_and_gradients(f, y, weight, v), expected):
                assert one is other or torch.equal(one, other)


class TestMakeCriterion:
    def test_equal_alphas_are_one_number(self):
        alpha = make_criterion("gar", [2.0, 2.0]).loss.alpha
        assert isinstance(alpha, float) and alpha == 2.0

    def test_each_network_has_its_alpha(self):
        f, y, weight, _ = make_data()
        criterion = make_criterion("gar", [0.1, 1.0, float("inf")])
        assert criterion.loss.alpha.dtype == torch.float64
        assert criterion.has_member_settings
        for member, alpha in enumerate((0.1, 1.0, float("inf"))):
            alone = GARLoss(alpha)(f[member], y[member], weight[member])
            assert_close(criterion(f, y, weight)[member], alone)

    @pytest.mark.parametrize("name", ["huber", "conr"])
    def test_other_losses_do_not_use_alphas(self, name):
        assert not make_criterion(name, [1.0, 2.0]).has_member_settings

    @pytest.mark.parametrize("loss", COMPLETE, ids=repr)
    def test_a_module_is_copied(self, loss):
        criterion = make_criterion(loss, [1.0] * 3)
        assert type(criterion.loss) is type(loss) and criterion.loss is not loss

    def test_the_callers_stage_and_settings_stay(self):
        staged, scaled = Staged(), Scaled(torch.arange(3.0))
        criterion = make_criterion(staged, [1.0] * 3)
        criterion.pretrains = False
        make_criterion(scaled, [1.0] * 3).keep_members(torch.tensor([1]))
        assert staged.pretrains and len(scaled.scale) == 3

    def test_unknown_name(self):
        with pytest.raises(ValueError, match="loss must be a module or one of .*'gar'.*'mae'"):
            make_criterion("mae", [1.0])

    def test_a_criterion_of_torch_is_asked_network_by_network(self):
        f, y, weight, _ = make_data()
        criterion = make_criterion(nn.SmoothL1Loss(), [1.0] * 3)
        assert isinstance(criterion.loss, PlainLoss)
        value, grad, _ = criterion.value_and_gradients(f, y)
        for member in range(3):
            expected = by_autograd(lambda f: nn.functional.smooth_l1_loss(f, y[member]), f[member])
            assert_close((value[member], grad[member]), expected)
        with pytest.raises(ValueError, match="SmoothL1Loss takes no weights"):
            criterion(f, y, weight)


class TestOwnLoss:
    """What a user's loss offers is used."""

    def test_value_and_gradient_replaces_autograd(self):
        f, y, weight, _ = make_data()
        value, grad, features_grad = make_criterion(ByHand(), [1.0] * 3).value_and_gradients(
            f, y, weight)
        assert_close(value, Squared()(f, y, weight))
        assert (grad == 7).all() and features_grad is None

    def test_none_withdraws_what_a_base_class_offers(self):
        class Doubled(GARLoss):
            value_and_gradient = None

            def forward(self, input, target, weight=None):
                return 2 * super().forward(input, target, weight)

        f, y, weight, _ = make_data()
        value, grad, _ = make_criterion(Doubled(), [1.0] * 3).value_and_gradients(f, y, weight)
        expected = by_autograd(lambda f: 2 * GARLoss()(f, y, weight), f)
        assert_close((value, grad), expected)

    def test_features_have_a_gradient_of_their_own(self):
        f, y, weight, v = make_data()
        value, grad, features_grad = make_criterion(OverFeatures(), [1.0] * 3).value_and_gradients(
            f, y, weight, v)
        assert_close((value, grad, features_grad), by_autograd(
            lambda f, v: OverFeatures()(f, y, weight, features=v), f, v))

    def test_stages_are_set_in_the_loss(self):
        f, y, _, _ = make_data()
        criterion = make_criterion(Staged(), [1.0] * 3)
        assert criterion.has_stages and criterion.pretrains
        first = criterion(f, y)
        criterion.pretrains = False
        assert criterion.loss.pretrains is False and criterion.pretrains is False
        assert_close(criterion(f, y), first / 10)
        assert_close(criterion.validation_loss(f, y), first / 10)

    def test_a_loss_of_one_stage_cannot_pretrain(self):
        criterion = make_criterion(Squared(), [1.0])
        criterion.pretrains = False
        assert criterion.pretrains is False
        with pytest.raises(ValueError, match=r"Squared\(\) has one stage.*pretrains = True"):
            criterion.pretrains = True

    def test_members_are_kept_in_this_order(self):
        f, y, weight, _ = make_data()
        members = torch.tensor([2, 0])
        criterion = make_criterion(Scaled(torch.arange(1.0, 4.0)), [1.0] * 3)
        before = criterion(f, y, weight)
        criterion.keep_members(members)
        assert criterion.n_members == 2 and criterion.loss.scale.tolist() == [3.0, 1.0]
        value, _, _ = criterion.value_and_gradients(f[members], y[members], weight[members])
        assert_close(value, before[members])

    @pytest.mark.parametrize("loss", [Squared(), nn.SmoothL1Loss(), Scaled(2.0), GARLoss()])
    def test_members_of_a_loss_without_settings_per_member(self, loss):
        f, y, _, _ = make_data()
        criterion = make_criterion(loss, [1.0] * 3)
        criterion.keep_members(torch.tensor([2, 0]))
        value, _, _ = criterion.value_and_gradients(f[:2], y[:2])
        assert_close(value, criterion(f[:2], y[:2]))

    def test_values_are_scored_without_a_stack(self):
        f, y, weight, _ = make_data()
        criterion = make_criterion(OverFeatures(), [1.0] * 3)
        assert_close(criterion.validation_loss(f[0], y[0], weight[0]),
                     Squared()(f[0], y[0], weight[0]))


class TestMemberSettings:
    @pytest.mark.parametrize("loss, names", [
        ("gar", []), (GARLoss(), []), (GARLoss(torch.tensor(2.0)), []), (Squared(), []),
        (nn.SmoothL1Loss(), []), (GARLoss(torch.ones(2)), ["alpha"]),
        (Scaled(torch.ones(2)), ["scale"]),
        (losses.RankSimLoss(gamma=torch.ones(2)), ["gamma"]),
        (losses.RankSimLoss(torch.ones(2), torch.ones(2)), ["gamma", "interpolation"]),
        (losses.ConRLoss(beta=torch.ones(2)), ["beta"]),
        (losses.RNCLoss(torch.ones(2)), ["temperature"])], ids=str)
    def test_names(self, loss, names):
        settings = member_settings(loss)
        assert list(settings) == names
        assert all(value.tolist() == [1.0, 1.0] for value in settings.values())


class TestTakesWeights:
    @pytest.mark.parametrize("loss, takes", [
        *((name, True) for name in LOSSES), *((kind(), True) for kind in LOSSES.values()),
        (Squared(), True), (OverFeatures(), True), (nn.SmoothL1Loss(), False),
        (nn.MSELoss(), False), (PlainLoss(nn.MSELoss()), True)], ids=str)
    def test_by_the_signature_of_forward(self, loss, takes):
        assert takes_weights(loss) is takes


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


class Returns(nn.Module):
    """A loss that returns what it is told to."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def forward(self, input, target, weight=None):
        return self.make(input)


class ReturnsByHand(Returns):
    def value_and_gradient(self, input, target, weight=None):
        return self.make(input)


class TestResults:
    @pytest.mark.parametrize("make, got", [
        (lambda f: f.mean(), r"shape \(\)"), (lambda f: f.mean(-1), r"shape \(3, 9\)"),
        (lambda f: f.mean((-2, -1))[:2], r"shape \(2,\)"), (lambda f: 1.0, "1.0")])
    def test_one_value_for_each_network(self, make, got):
        f, y, _, _ = make_data()
        for loss in (Returns(make), ReturnsByHand(lambda f: (make(f), f))):
            with pytest.raises(ValueError, match=r"Returns.* must return one value for each "
                               rf"network, a tensor of shape \(3,\), got {got}"):
                make_criterion(loss, [1.0] * 3).value_and_gradients(f, y)

    def test_a_gradient_of_the_shape_of_the_predictions(self):
        f, y, _, _ = make_data()
        loss = ReturnsByHand(lambda f: (f.mean((-2, -1)), f[0]))
        with pytest.raises(ValueError, match=r"shape of the predictions, \(3, 9, 2\), got shape "
                           r"\(9, 2\)"):
            make_criterion(loss, [1.0] * 3).value_and_gradients(f, y)

    def test_values_that_do_not_depend_on_the_predictions(self):
        f, y, _, _ = make_data()
        loss = Returns(lambda f: f.detach().mean((-2, -1)))
        with pytest.raises(ValueError, match="must be differentiable"):
            make_criterion(loss, [1.0] * 3).value_and_gradients(f, y)

    def test_gradients_where_autograd_is_off(self):
        f, y, weight, v = make_data()
        for loss in (Squared(), OverFeatures()):
            criterion = make_criterion(loss, [1.0] * 3)
            expected = criterion.value_and_gradients(f, y, weight, v)
            with torch.no_grad():
                actual = criterion.value_and_gradients(f, y, weight, v)
            for one, other in zip(actual, expected):
                assert one is other or torch.equal(one, other)
