import copy
import inspect
import pickle

import numpy as np
import pytest
import torch
from skorch import NeuralNetRegressor
from torch import nn
from torch.testing import assert_close

from sklearn_gar import losses
from sklearn_gar.losses import functional as F

INF = float("inf")

MODULES = [
    # module, function, parameters, repr
    (losses.GARLoss, F.gar_loss, {}, "GARLoss(alpha=1.0)"),
    (losses.GARLoss, F.gar_loss, {"alpha": 10.0}, "GARLoss(alpha=10.0)"),
    (losses.GARLoss, F.gar_loss, {"alpha": INF}, "GARLoss(alpha=inf)"),
    (losses.GARLoss, F.gar_loss, {"alpha": torch.tensor([0.1, 1.0, INF])},
     "GARLoss(alpha=tensor([0.1000, 1.0000,    inf]))"),
    (losses.PairwiseDifferenceLoss, F.pairwise_difference, {}, "PairwiseDifferenceLoss()"),
    (losses.NormalizedPairwiseDifferenceLoss, F.normalized_pairwise_difference, {},
     "NormalizedPairwiseDifferenceLoss()"),
    (losses.MAEPearsonLoss, F.mae_pearson_loss, {}, "MAEPearsonLoss()"),
    (losses.AbsoluteErrorLoss, F.absolute_error, {}, "AbsoluteErrorLoss()"),
    (losses.SquaredErrorLoss, F.squared_error, {}, "SquaredErrorLoss()"),
    (losses.HuberLoss, F.huber, {}, "HuberLoss(delta=1.0)"),
    (losses.HuberLoss, F.huber, {"delta": 0.5}, "HuberLoss(delta=0.5)"),
    (losses.FocalAbsoluteErrorLoss, F.focal_absolute_error, {},
     "FocalAbsoluteErrorLoss(beta=0.2, gamma=1.0)"),
    (losses.FocalAbsoluteErrorLoss, F.focal_absolute_error, {"beta": 1.0, "gamma": 2.0},
     "FocalAbsoluteErrorLoss(beta=1.0, gamma=2.0)"),
    (losses.FocalSquaredErrorLoss, F.focal_squared_error, {},
     "FocalSquaredErrorLoss(beta=0.2, gamma=1.0)"),
    (losses.FocalSquaredErrorLoss, F.focal_squared_error, {"beta": 1.0, "gamma": 2.0},
     "FocalSquaredErrorLoss(beta=1.0, gamma=2.0)"),
]
each_module = pytest.mark.parametrize(
    "module, function, parameters, text", MODULES, ids=[text for *_, text in MODULES])


def make_data(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(shape, generator=generator)
    return target + torch.randn(shape, generator=generator), target


def value_and_gradient(criterion, input, target, *weight):
    input = input.clone().requires_grad_()
    value = criterion(input, target, *weight)
    gradient, = torch.autograd.grad(value.sum(), input)
    return value.detach(), gradient


@each_module
class TestEachModule:
    def test_is_its_function(self, module, function, parameters, text):
        data = make_data(3, 9, 2)
        weight = torch.linspace(0.1, 1, 27).reshape(3, 9)
        criterion = module(**parameters)
        for arguments in (data, (*data, weight)):
            def expected(*arguments):
                return function(*arguments, **parameters)
            assert_close(value_and_gradient(criterion, *arguments),
                         value_and_gradient(expected, *arguments), rtol=0, atol=0)

    def test_repr(self, module, function, parameters, text):
        assert repr(module(**parameters)) == text

    @pytest.mark.parametrize("duplicate", [
        copy.deepcopy, lambda criterion: pickle.loads(pickle.dumps(criterion))],
        ids=["deepcopy", "pickle"])
    def test_copies(self, module, function, parameters, text, duplicate):
        criterion = module(**parameters)
        data = make_data(3, 9, 2)
        before = criterion(*data)
        twin = duplicate(criterion)
        assert repr(twin) == text
        assert torch.equal(twin(*data), before)

    def test_copies_after_a_backward_pass(self, module, function, parameters, text):
        criterion = module(**parameters)
        data = make_data(3, 9, 2)
        value_and_gradient(criterion, *data)
        twin = pickle.loads(pickle.dumps(copy.deepcopy(criterion)))
        assert torch.equal(twin(*data), criterion(*data))

    def test_state_dict(self, module, function, parameters, text):
        """Hyper-parameters are no state: one module's weights load into any other."""
        criterion = module(**parameters)
        result = module(**parameters).load_state_dict(criterion.state_dict(), strict=True)
        assert not result.missing_keys and not result.unexpected_keys
        assert not list(criterion.parameters())


@pytest.mark.parametrize("module, function", [
    (losses.GARLoss, F.gar_loss), (losses.HuberLoss, F.huber),
    (losses.FocalAbsoluteErrorLoss, F.focal_absolute_error),
    (losses.FocalSquaredErrorLoss, F.focal_squared_error)])
def test_defaults_are_those_of_the_function(module, function):
    own = inspect.signature(module).parameters
    others = inspect.signature(function).parameters
    assert own and all(own[name].default == others[name].default for name in own)


class TestConstructorErrors:
    @pytest.mark.parametrize("module, name", [
        (losses.GARLoss, "alpha"), (losses.HuberLoss, "delta"),
        (losses.FocalAbsoluteErrorLoss, "beta"), (losses.FocalAbsoluteErrorLoss, "gamma"),
        (losses.FocalSquaredErrorLoss, "beta"), (losses.FocalSquaredErrorLoss, "gamma")])
    def test_parameters(self, module, name):
        for number in (0, -1.5, float("nan")):
            with pytest.raises(ValueError, match=f"{name} must be above 0.*got {number}"):
                module(**{name: number})
        for wrong in (None, "large"):
            with pytest.raises(TypeError, match=f"{name} must be a number.*got .*{wrong}"):
                module(**{name: wrong})

    def test_alpha_of_each_member(self):
        with pytest.raises(ValueError, match=r"alpha must be above 0.*got .*-2"):
            losses.GARLoss(alpha=torch.tensor([1.0, -2.0]))

    def test_alpha_of_too_many_members(self):
        criterion = losses.GARLoss(alpha=torch.ones(2))
        with pytest.raises(ValueError, match=r"alpha must be one number.*got .*\(2,\)"):
            criterion(*make_data(3, 9, 2))

    def test_unknown_parameter(self):
        with pytest.raises(TypeError, match="beta"):
            losses.HuberLoss(beta=1.0)


class Pull(nn.Module):
    """A criterion with a state of its own."""

    def __init__(self):
        super().__init__()
        self.register_buffer("strength", torch.tensor(2.0))

    def forward(self, input, target):
        return self.strength * (input - target).square().mean()


class TestPlainLoss:
    CRITERIA = [nn.SmoothL1Loss(), nn.SmoothL1Loss(reduction="sum"), nn.functional.mse_loss,
                Pull()]
    each_criterion = pytest.mark.parametrize("criterion", CRITERIA)

    @each_criterion
    @pytest.mark.parametrize("members", [(1,), (3,), (2, 3)])
    def test_each_member_its_own_value(self, criterion, members):
        input, target = make_data(*members, 9, 2)
        values, gradients = value_and_gradient(losses.PlainLoss(criterion), input, target)
        assert values.shape == members
        for member in np.ndindex(*members):
            alone = value_and_gradient(criterion, input[member], target[member])
            assert_close((values[member], gradients[member]), alone)

    @each_criterion
    @pytest.mark.parametrize("shape", [(9,), (9, 1), (9, 2)])
    def test_without_members(self, criterion, shape):
        data = make_data(*shape)
        actual = value_and_gradient(losses.PlainLoss(criterion), *data)
        assert_close(actual, value_and_gradient(criterion, *data))

    @each_criterion
    @pytest.mark.parametrize("members", [(3,), (2, 3)])
    def test_shared_target(self, criterion, members):
        input, _ = make_data(*members, 9, 2)
        _, target = make_data(9, 2, seed=1)
        plain = losses.PlainLoss(criterion)
        expected = value_and_gradient(plain, input, target.expand(input.shape))
        assert_close(value_and_gradient(plain, input, target), expected)

    def test_nan_neighbour(self):
        input, target = make_data(3, 9, 2)
        plain = losses.PlainLoss(nn.SmoothL1Loss())
        values, gradients = value_and_gradient(plain, input, target)
        input[1] = float("nan")
        actual = value_and_gradient(plain, input, target)
        assert torch.equal(actual[0][[0, 2]], values[[0, 2]])
        assert torch.equal(actual[1][[0, 2]], gradients[[0, 2]])

    def test_weights(self):
        plain = losses.PlainLoss(nn.SmoothL1Loss())
        with pytest.raises(ValueError, match="SmoothL1Loss takes no weights"):
            plain(*make_data(9, 2), torch.ones(9))

    @pytest.mark.parametrize("input, target", [
        ((9, 1), (9,)), ((9,), (9, 1)), ((9, 2), (9, 1)), ((3, 9, 1), (9,)),
        ((3, 9, 1), (2, 9, 1))])
    def test_shapes(self, input, target):
        plain = losses.PlainLoss(nn.SmoothL1Loss())
        with pytest.raises(ValueError, match="input and target must have the same shape, got"):
            plain(torch.zeros(input), torch.zeros(target))

    def test_repr(self):
        assert "SmoothL1Loss()" in repr(losses.PlainLoss(nn.SmoothL1Loss()))

    @each_criterion
    def test_copies(self, criterion):
        plain = losses.PlainLoss(criterion)
        data = make_data(3, 9, 2)
        for twin in (copy.deepcopy(plain), pickle.loads(pickle.dumps(plain))):
            assert torch.equal(twin(*data), plain(*data))

    def test_state_dict(self):
        plain, other = losses.PlainLoss(Pull()), losses.PlainLoss(Pull())
        plain.criterion.strength.fill_(5.0)
        other.load_state_dict(plain.state_dict())
        assert other.criterion.strength == 5.0
        assert not losses.PlainLoss(nn.SmoothL1Loss()).state_dict()


def make_table(n=128):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(n, 4, generator=generator)
    coefficients = torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
    return X, X @ coefficients + 3 + 0.1 * torch.randn(n, 1, generator=generator)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0, INF])
def test_bare_torch_loop(alpha):
    X, y = make_table()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    criterion = losses.GARLoss(alpha=alpha)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    values = []
    for _ in range(50):
        optimizer.zero_grad()
        value = criterion(model(X), y)
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert np.isfinite(values).all()
    assert values[-1] < values[0] - 1


def test_stack_in_a_bare_torch_loop():
    """Members of different alpha, each one as when trained alone."""
    X, y = (column.double() for column in make_table())
    alphas = torch.tensor([0.1, 1.0, INF])

    def train(alpha, members):
        coefficients = torch.full((*members, 4, 1), 0.1, dtype=torch.float64)
        intercept = torch.zeros((*members, 1, 1), dtype=torch.float64)
        parameters = [coefficients.requires_grad_(), intercept.requires_grad_()]
        optimizer = torch.optim.SGD(parameters, lr=0.01)
        criterion = losses.GARLoss(alpha=alpha)
        for _ in range(30):
            optimizer.zero_grad()
            criterion(X @ coefficients + intercept, y).sum().backward()
            optimizer.step()
        return coefficients.detach()

    stack = train(alphas, (3,))
    assert (stack[0] - stack[2]).abs().max() > 0.01
    for alpha, together in zip(alphas.tolist(), stack):
        assert_close(train(alpha, ()), together, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("parameters", [
    {"criterion": losses.GARLoss, "criterion__alpha": 10.0},
    {"criterion": losses.GARLoss(alpha=10.0)},
], ids=["class", "instance"])
def test_skorch(parameters, capsys):
    X, y = (column.numpy() for column in make_table())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = NeuralNetRegressor(
            nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)), **parameters,
            optimizer=torch.optim.Adam, lr=0.02, batch_size=32, max_epochs=20, verbose=0)
        net.fit(X, y)
    assert net.criterion_.alpha == 10.0
    for name in ("train_loss", "valid_loss"):
        values = net.history[:, name]
        assert np.isfinite(values).all()
        assert values[-1] < values[0] - 1
    prediction = net.predict(X)
    assert prediction.shape == y.shape
    assert np.corrcoef(prediction[:, 0], y[:, 0])[0, 1] > 0.9
    assert capsys.readouterr().out == ""
