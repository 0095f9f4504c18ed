import pytest
import torch
from torch import nn
from torch.testing import assert_close

from sklearn_gar.nn import StackedAdam, StackedAdamW, StackedSGD

OPTIMIZERS = {
    "sgd": (StackedSGD, torch.optim.SGD, {"momentum": 0.9}),
    "sgd without momentum": (StackedSGD, torch.optim.SGD, {"momentum": 0.0}),
    "adam": (StackedAdam, torch.optim.Adam, {}),
    "adam with settings": (StackedAdam, torch.optim.Adam, {"betas": (0.8, 0.9), "eps": 1e-4}),
    "adamw": (StackedAdamW, torch.optim.AdamW, {}),
}
RATES = {
    "all the same": (0.05, 0.05, 0.05, 0.05),
    "all different": (0.05, 0.1, 0.01, 0.2),
    "in runs": (0.05, 0.05, 0.2, 0.05),
}
DECAYS = {
    "all the same": (0.1, 0.1, 0.1, 0.1),
    "all different": (0.1, 0.0, 0.3, 0.01),
}

each_optimizer = pytest.mark.parametrize("name", list(OPTIMIZERS))
each_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def make_parameters(dtype, members=4):
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(members, *shape, generator=generator, dtype=dtype))
            for shape in ((3, 5), (1, 5), (5, 1))]


def gradients(parameters, n_steps):
    generator = torch.Generator().manual_seed(1)
    return [[torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
             for parameter in parameters] for _ in range(n_steps)]


@each_optimizer
@each_dtype
@pytest.mark.parametrize("rates", list(RATES.values()), ids=list(RATES))
@pytest.mark.parametrize("decays", list(DECAYS.values()), ids=list(DECAYS))
def test_members_are_trained_as_by_torch(name, dtype, rates, decays):
    ours, theirs, settings = OPTIMIZERS[name]
    factors = [1.0] * 5 + [0.1] * 5 + [0.5] * 3
    parameters = make_parameters(dtype)
    steps = gradients(parameters, len(factors))
    alone = [[nn.Parameter(parameter[member].detach().clone()) for parameter in parameters]
             for member in range(4)]

    stacked = ours(parameters, lr=rates, weight_decay=decays, **settings)
    for factor, grads in zip(factors, steps):
        stacked.scale_learning_rate(factor)
        for parameter, grad in zip(parameters, grads):
            parameter.grad = grad.clone()
        stacked.step()

    for member in range(4):
        single = theirs(alone[member], lr=rates[member], weight_decay=decays[member], **settings)
        for factor, grads in zip(factors, steps):
            single.param_groups[0]["lr"] = rates[member] * factor
            for parameter, grad in zip(alone[member], grads):
                parameter.grad = grad[member].clone()
            single.step()
        for parameter, expected in zip(parameters, alone[member]):
            assert_close(parameter[member], expected, msg=lambda text: f"{member}: {text}")


@each_optimizer
def test_one_number_counts_for_all_members(name):
    ours, _, settings = OPTIMIZERS[name]
    one, each = make_parameters(torch.float64), make_parameters(torch.float64)
    optimizers = [ours(one, lr=0.1, weight_decay=0.2, **settings),
                  ours(each, lr=[0.1] * 4, weight_decay=[0.2] * 4, **settings)]
    for grads in gradients(one, 5):
        for parameters, optimizer in zip((one, each), optimizers):
            for parameter, grad in zip(parameters, grads):
                parameter.grad = grad.clone()
            optimizer.step()
    for parameter, other in zip(one, each):
        assert_close(parameter, other, rtol=0, atol=0)


@each_optimizer
@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_broken_gradient_stays_with_its_member(name, broken):
    ours, _, settings = OPTIMIZERS[name]
    healthy, beside = make_parameters(torch.float64), make_parameters(torch.float64)
    rates = (0.1, 0.2, 0.1, 0.1)
    optimizers = [ours(healthy, lr=rates, **settings), ours(beside, lr=rates, **settings)]
    for grads in gradients(healthy, 5):
        for parameters, optimizer in zip((healthy, beside), optimizers):
            for parameter, grad in zip(parameters, grads):
                parameter.grad = grad.clone()
                if parameters is beside:
                    parameter.grad[2] = broken
            optimizer.step()
    for parameter, other in zip(healthy, beside):
        for member in (0, 1, 3):
            assert_close(parameter[member], other[member], rtol=0, atol=0)
        assert not other[2].isfinite().any()


@each_optimizer
def test_zero_grad_forgets_gradients(name):
    ours, _, settings = OPTIMIZERS[name]
    parameters = make_parameters(torch.float64)
    optimizer = ours(parameters, lr=[0.1, 0.2, 0.3, 0.4], **settings)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer.zero_grad()
    assert all(parameter.grad is None for parameter in parameters)


def test_closure_is_called_and_its_loss_returned():
    (parameter,) = make_parameters(torch.float64)[:1]
    optimizer = StackedSGD([parameter], lr=0.1)

    def closure():
        loss = parameter.square().sum()
        loss.backward()
        return loss

    before = parameter.detach().clone()
    assert optimizer.step(closure).item() == pytest.approx(before.square().sum().item())
    assert_close(parameter.detach(), before - 0.1 * 2 * before)


@pytest.mark.parametrize("settings", [
    {"lr": [0.1, 0.2]},
    {"lr": 0.1, "weight_decay": [0.1] * 5},
])
def test_settings_must_be_one_or_one_a_member(settings):
    with pytest.raises(ValueError, match="one number, or 4 numbers, one per member, got [25]"):
        StackedSGD(make_parameters(torch.float64), **settings)


@each_optimizer
@pytest.mark.parametrize("rates", list(RATES.values()), ids=list(RATES))
def test_without_a_gradient_a_parameter_stays_as_by_torch(name, rates):
    ours, _, settings = OPTIMIZERS[name]
    parameters = make_parameters(torch.float64)
    others = make_parameters(torch.float64)[:-1]
    kept = parameters[-1].detach().clone()
    stacked = ours(parameters, lr=rates, weight_decay=0.1, **settings)
    without = ours(others, lr=rates, weight_decay=0.1, **settings)
    for grads in gradients(parameters, 4):
        for parameter, grad in zip(parameters[:-1], grads):
            parameter.grad = grad.clone()
        for parameter, grad in zip(others, grads):
            parameter.grad = grad.clone()
        stacked.step()
        without.step()
    assert torch.equal(parameters[-1], kept)
    assert not any(slots.any() for slots in stacked.state[parameters[-1]].values())
    for parameter, other in zip(parameters, others):
        assert torch.equal(parameter, other)


@each_optimizer
@pytest.mark.parametrize("rates", list(RATES.values()), ids=list(RATES))
def test_after_a_restart_it_is_as_new(name, rates):
    ours, _, settings = OPTIMIZERS[name]
    parameters = make_parameters(torch.float64)
    steps = gradients(parameters, 6)

    def train(optimizer, parameters, steps):
        for grads in steps:
            for parameter, grad in zip(parameters, grads):
                parameter.grad = grad.clone()
            optimizer.step()
    stacked = ours(parameters, lr=rates, weight_decay=0.1, **settings)
    stacked.scale_learning_rate(0.5)
    train(stacked, parameters, steps[:3])
    copies = [nn.Parameter(parameter.detach().clone()) for parameter in parameters]
    stacked.restart()
    train(stacked, parameters, steps[3:])
    new = ours(copies, lr=rates, weight_decay=0.1, **settings)
    new.scale_learning_rate(0.5)
    train(new, copies, steps[3:])
    for parameter, copy in zip(parameters, copies):
        assert_close(parameter, copy, rtol=1e-12, atol=1e-12)
