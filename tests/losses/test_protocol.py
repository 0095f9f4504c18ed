"""What the training asks of a loss, and what a loss may offer."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from sklearn_gar import losses
from sklearn_gar.losses import (
    LOSSES,
    GARLoss,
    PlainLoss,
    make_criterion,
    member_settings,
    takes_weights,
)
from tests.losses.own_losses import (
    COMPLETE,
    ByHand,
    OverFeatures,
    Scaled,
    Squared,
    Staged,
    make_data,
)

WITH_FEATURES = {"conr", "ranksim", "rnc"}
OF_TERMS = {"gar", "gar_squared_error", "mae_pearson", "normalized_pairwise_difference",
            "pairwise_difference"}

each_name = pytest.mark.parametrize("name", sorted(LOSSES))


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
        assert list(member_settings(criterion.loss)) == ["alpha"]
        for member, alpha in enumerate((0.1, 1.0, float("inf"))):
            alone = GARLoss(alpha)(f[member], y[member], weight[member])
            assert_close(criterion(f, y, weight)[member], alone)

    @pytest.mark.parametrize("name", ["huber", "conr"])
    def test_other_losses_do_not_use_alphas(self, name):
        assert member_settings(make_criterion(name, [1.0, 2.0]).loss) == {}

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
