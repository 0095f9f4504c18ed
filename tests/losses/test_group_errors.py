"""Groups that cannot be used, and processes that fail or stay away."""

import copy
import pickle
import re
from datetime import timedelta

import pytest
import torch
from sklearn.base import clone
from torch import distributed

from sklearn_gar import GARRegressor, GARRegressorCV, losses
from sklearn_gar.losses import functional as F
from tests.losses.cases import each_loss, each_moment_loss, make_data, make_weight

ROWS = torch.linspace(-1, 1, 8, dtype=torch.float64)
STACK = ROWS.reshape(8, 1).repeat(3, 1, 1)


@each_loss
@pytest.mark.parametrize("group, got", [(-100, "-100"), ("gloo", "'gloo'"), ([0, 1], r"\[0, 1\]")])
def test_not_a_group(loss, group, got):
    with pytest.raises(TypeError, match=f'group must be .*got {got}; pass "world"'):
        loss(ROWS, ROWS, group=group)
    with pytest.raises(TypeError, match=f'group must be .*got {got}; pass "world"'):
        losses.GARLoss(group=group)


@each_loss
def test_without_an_initialized_group(loss):
    rule = r"group='world' needs .* initialized, got none; call .*init_process_group\(\)"
    with pytest.raises(RuntimeError, match=rule):
        loss(ROWS, ROWS, group="world")


@each_loss
def test_torch_without_processes(loss, monkeypatch):
    monkeypatch.setattr(distributed, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="group='world' needs .*does not have; install"):
        loss(ROWS, ROWS, group="world")
    loss(ROWS, ROWS + 1)


def with_a_destroyed_group(rank, loss):
    group = distributed.new_group()
    distributed.destroy_process_group(group)
    loss(ROWS, ROWS, group=group)


def test_destroyed_group(two_processes):
    for error in two_processes.run(with_a_destroyed_group, F.gar_loss):
        with pytest.raises(RuntimeError, match="got one that was destroyed; make another"):
            raise error


def with_own_batch(rank, loss, batches, parameters):
    """The loss of a batch that differs between the processes; the timeout is a minute."""
    return loss(*batches[rank], group="world", **parameters[rank])


def errors_of(processes, loss, *batches, parameters=({}, {})):
    """The errors of both processes, after which the group must still work."""
    errors = processes.run(with_own_batch, loss, batches, parameters)
    value, other = processes.results(
        with_own_batch, F.squared_error, [(ROWS, ROWS + 1)] * 2, [{}] * 2)
    assert value == other == 1
    return errors


NEGATIVE = (ROWS, ROWS, ROWS)
INVALID = [
    ((ROWS, ROWS[:7]), ValueError, "the same shape"),
    ((ROWS.numpy(), ROWS), TypeError, "input must be a tensor"),
    ((ROWS, ROWS.long()), TypeError, "target must be a tensor"),
    (NEGATIVE, ValueError, "weight must be finite and not negative"),
    ((ROWS, ROWS, ROWS[:7].abs()), ValueError, "weight must have shape"),
    ((ROWS.view(8, 1)[:, :0],) * 2, ValueError, "at least one row"),
    ((STACK[:0],) * 2, ValueError, "at least one row"),
    ((ROWS.view(*[1] * 7, 8, 1),) * 2, ValueError, "input must have at most 8 dimensions"),
]


@each_loss
@pytest.mark.parametrize("batch, kind, rule", INVALID, ids=[rule for *_, rule in INVALID])
def test_an_invalid_part_is_an_error_on_all_processes(two_processes, loss, batch, kind, rule):
    own, other = errors_of(two_processes, loss, batch, (ROWS, ROWS))
    with pytest.raises(kind, match=rule):
        raise own
    with pytest.raises(RuntimeError, match="a valid part .* an error on the process of rank 0"):
        raise other


@each_loss
def test_invalid_parts_on_all_processes(two_processes, loss):
    for error in errors_of(two_processes, loss, NEGATIVE, NEGATIVE):
        with pytest.raises(ValueError, match="weight must be finite and not negative"):
            raise error


@each_moment_loss
def test_target_with_gradient_on_one_process(two_processes, loss):
    own, other = errors_of(two_processes, loss, (ROWS, ROWS.clone().requires_grad_()),
                           (ROWS, ROWS))
    with pytest.raises(ValueError, match="target must not require a gradient"):
        raise own
    with pytest.raises(RuntimeError, match="a valid part"):
        raise other


def test_alpha_of_wrong_shape_on_one_process(two_processes):
    parameters = {"alpha": torch.ones(2)}, {"alpha": torch.ones(3)}
    own, other = errors_of(two_processes, F.gar_loss, (STACK, STACK), (STACK, STACK),
                           parameters=parameters)
    with pytest.raises(ValueError, match="alpha must be one number"):
        raise own
    with pytest.raises(RuntimeError, match="a valid part"):
        raise other


@each_loss
@pytest.mark.parametrize("first, second, texts", [
    (STACK, STACK[:2], ("(3, n, 1) in 64 bits", "(2, n, 1) in 64 bits")),
    (STACK[0], STACK[0].expand(8, 2), ("(n, 1) in 64 bits", "(n, 2) in 64 bits")),
    (STACK, STACK[0], ("(3, n, 1) in 64 bits", "(n, 1) in 64 bits")),
    (STACK.float(), STACK, ("(3, n, 1) in 32 bits", "(3, n, 1) in 64 bits")),
    (STACK.expand(2, 3, 8, 1), STACK[None].transpose(0, 1).expand(3, 2, 8, 1),
     ("(2, 3, n, 1) in 64 bits", "(3, 2, n, 1) in 64 bits")),
])
def test_parts_that_do_not_fit_together(two_processes, loss, first, second, texts):
    rule = ("input must have the same members, targets and precision on all processes of the "
            "group, got {} on the process of rank 0 and {} on that of rank 1").format(*texts)
    for error in errors_of(two_processes, loss, (first, first), (second, second)):
        with pytest.raises(ValueError, match=re.escape(rule)):
            raise error


@each_loss
def test_all_weights_are_zero(two_processes, loss):
    zeros = torch.zeros(3, 8)
    some = torch.eye(3, 8)
    some[1] = 0
    for error in errors_of(two_processes, loss, (STACK, STACK, zeros), (STACK, STACK, some)):
        with pytest.raises(ValueError, match="weight must have at least one .* got only zeros"):
            raise error


@each_loss
def test_no_rows_at_all(two_processes, loss):
    for error in errors_of(two_processes, loss, (ROWS[:0], ROWS[:0]), (ROWS[:0], ROWS[:0])):
        with pytest.raises(ValueError, match="at least one row on one process .* got none"):
            raise error


STAYED_AWAY = "must call the loss equally often, within the timeout of the group, got the error"


def stay_away(rank, loss):
    """The loss on the first process alone, in a group that waits for a second."""
    group = distributed.new_group(timeout=timedelta(seconds=1))
    if rank == 0:
        loss(ROWS, ROWS, group=group)


@pytest.mark.parametrize("loss", [F.gar_loss, F.squared_error])
def test_a_process_that_stays_away_is_an_error_after_the_timeout(two_processes, loss):
    error, _ = two_processes.run(stay_away, loss)
    with pytest.raises(RuntimeError, match=f"(?s){STAYED_AWAY}.*[Tt]imed out"):
        raise error


def stay_away_with_an_invalid_part(rank):
    group = distributed.new_group(timeout=timedelta(seconds=1))
    if rank == 0:
        F.gar_loss(*NEGATIVE, group=group)


def test_an_invalid_part_is_the_error_though_nobody_listens(two_processes):
    error, _ = two_processes.run(stay_away_with_an_invalid_part)
    with pytest.raises(ValueError, match="weight must be finite and not negative"):
        raise error


def leave(rank):
    """One process closes its connections, as at its end, and another calls the loss."""
    if rank:
        distributed.destroy_process_group()
    else:
        F.gar_loss(ROWS, ROWS + ROWS.square(), group="world")


def test_a_process_that_ends_is_an_error(two_processes):
    error, _ = two_processes.run(leave)
    two_processes.renew()
    with pytest.raises(RuntimeError, match=STAYED_AWAY):
        raise error


def copies(rank, batch):
    """Copies share the group, with the value of the original."""
    group = distributed.new_group()
    batch = [column[4 * rank:4 * rank + 4] for column in batch]
    for criterion in (losses.GARLoss(alpha=2.0, group=group), losses.HuberLoss(group=group)):
        twin = copy.deepcopy(criterion)
        assert type(twin) is type(criterion) and twin is not criterion
        assert twin.group is group and twin.state_dict() == criterion.state_dict()
        assert torch.equal(twin(*batch), criterion(*batch))
        with pytest.raises(TypeError, match='cannot be pickled, got group=.*pass group="world"'):
            pickle.dumps(criterion)
        model = clone(GARRegressor(loss=criterion))
        assert model.loss.group is group
        with pytest.raises(ValueError, match="loss must not have a group, got .*group=None"):
            model.fit([[0.0], [1.0]], [0.0, 1.0])


def test_copies_share_the_process_group(two_processes):
    two_processes.results(copies, make_data(8))


@pytest.mark.parametrize("criterion", [
    losses.GARLoss(alpha=torch.tensor([1.0, 2.0]), group="world"),
    losses.PairwiseDifferenceLoss(group="world")])
def test_all_processes_by_name_can_be_copied_and_pickled(criterion):
    for twin in (copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
        assert twin.group == "world"
        assert repr(twin) == repr(criterion)


@pytest.mark.parametrize("criterion, text", [
    (losses.GARLoss(alpha=2.0, group="world"), "GARLoss(alpha=2.0, group='world')"),
    (losses.HuberLoss(group="world"), "HuberLoss(delta=1.0, group='world')"),
    (losses.MAEPearsonLoss(group="world"), "MAEPearsonLoss(group='world')"),
    (losses.FocalSquaredErrorLoss(group="world"),
     "FocalSquaredErrorLoss(beta=0.2, gamma=1.0, group='world')")])
def test_repr(criterion, text):
    assert repr(criterion) == text


@pytest.mark.parametrize("model", [GARRegressor, GARRegressorCV])
def test_estimators_take_no_loss_with_a_group(model):
    X, y = make_data(12, 1)
    with pytest.raises(ValueError, match="loss must not have a group, got GARLoss.*group=None"):
        model(loss=losses.GARLoss(group="world")).fit(X.numpy(), y.numpy()[:, 0])


def test_weights_are_checked_before_they_are_shared(two_processes):
    """The largest weight of a process says nothing of the sign of the others."""
    weight = make_weight(8)
    weight[3] = -1
    own, other = errors_of(two_processes, F.gar_loss, (ROWS, ROWS + 1, weight), (ROWS, ROWS + 1))
    assert isinstance(own, ValueError) and isinstance(other, RuntimeError)
