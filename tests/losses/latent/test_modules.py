import copy
import inspect
import pickle

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar import losses
from sklearn_gar.losses.latent import functional as L
from tests.losses.latent.cases import make_data, value_and_gradients

MODULES = [
    # module, function, parameters, repr
    (losses.RankSimLoss, L.ranksim_loss, {}, "RankSimLoss(gamma=100.0, interpolation=2.0)"),
    (losses.RankSimLoss, L.ranksim_loss, {"gamma": 1, "interpolation": 0.5},
     "RankSimLoss(gamma=1.0, interpolation=0.5)"),
    (losses.RNCLoss, L.rnc_loss, {}, "RNCLoss(temperature=2.0)"),
    (losses.RNCLoss, L.rnc_loss, {"temperature": torch.tensor([1.0, 2.0, 4.0])},
     "RNCLoss(temperature=tensor([1., 2., 4.]))"),
    (losses.ConRLoss, L.conr_loss, {}, "ConRLoss(beta=1.0, window=1.0, temperature=0.07)"),
    (losses.ConRLoss, L.conr_loss, {"beta": 0.2, "window": 2.0, "temperature": 0.5},
     "ConRLoss(beta=0.2, window=2.0, temperature=0.5)"),
]
each_module = pytest.mark.parametrize(
    "module, function, parameters, text", MODULES, ids=[text for *_, text in MODULES])


@each_module
class TestEachModule:
    def test_is_its_function(self, module, function, parameters, text):
        data = make_data(3)
        criterion = module(**parameters)
        for weight in (None, torch.linspace(0.1, 1, 27).reshape(3, 9)):
            assert_close(value_and_gradients(criterion, *data, weight),
                         value_and_gradients(function, *data, weight, **parameters),
                         rtol=0, atol=0)

    def test_copies(self, module, function, parameters, text):
        criterion = module(**parameters)
        f, y, v = make_data(3)
        expected = criterion(f, y, features=v)
        for twin in (copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
            assert repr(twin) == text
            assert torch.equal(twin(f, y, features=v), expected)

    def test_has_no_state(self, module, function, parameters, text):
        assert not module(**parameters).state_dict()

    def test_defaults_are_those_of_the_function(self, module, function, parameters, text):
        own, others = (inspect.signature(kind).parameters for kind in (module, function))
        assert own and all(own[name].default == others[name].default for name in own)

    def test_takes_features(self, module, function, parameters, text):
        criterion = module(**parameters)
        f, y, _ = make_data(3)
        assert criterion.takes_features
        with pytest.raises(TypeError, match="features"):
            criterion(f, y)

    def test_validation_loss_is_the_absolute_error(self, module, function, parameters, text):
        f, y, _ = make_data(3)
        assert_close(module(**parameters).validation_loss(f, y), (f - y).abs().mean((-2, -1)))


@pytest.mark.parametrize("module, name", [
    (losses.RankSimLoss, "gamma"), (losses.RankSimLoss, "interpolation"),
    (losses.RNCLoss, "temperature"), (losses.ConRLoss, "beta")])
def test_keep_members(module, name):
    criterion = module(**{name: torch.tensor([0.5, 1.0, 2.0])})
    f, y, v = make_data(3)
    expected = criterion(f, y, features=v)
    kept = torch.tensor([2, 0])
    criterion.keep_members(kept)
    assert getattr(criterion, name).tolist() == [2.0, 0.5]
    assert_close(criterion(f[kept], y[kept], features=v[kept]), expected[kept])


@pytest.mark.parametrize("module, name", [
    (losses.RankSimLoss, "gamma"), (losses.RankSimLoss, "interpolation"),
    (losses.RNCLoss, "temperature"), (losses.ConRLoss, "beta"), (losses.ConRLoss, "window"),
    (losses.ConRLoss, "temperature")])
def test_constructor_errors(module, name):
    for number in (0, -1.5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"{name} must be above 0 and finite, got {number}"):
            module(**{name: number})
    with pytest.raises(TypeError, match=f"{name} must be a number"):
        module(**{name: "large"})


def test_rnc_after_pretraining_is_the_absolute_error():
    f, y, v = make_data(3)
    criterion = losses.RNCLoss()
    assert criterion.pretrains
    criterion.pretrains = False
    value, gradient, features_gradient = value_and_gradients(criterion, f, y, v)
    assert_close(value, (f - y).abs().mean((-2, -1)))
    assert gradient.any() and not features_gradient.any()


@pytest.mark.parametrize("module", [losses.RankSimLoss, losses.RNCLoss, losses.ConRLoss])
def test_bare_torch_loop(module):
    """The body of a network learns by the features alone."""
    y = torch.linspace(-2, 2, 32)[:, None]
    X = torch.cat([y.sin(), y.cos(), y**2], 1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body, head = torch.nn.Linear(3, 4), torch.nn.Linear(4, 1)
    criterion = module()
    optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=0.01)
    before, values = body.weight.detach().clone(), []
    for _ in range(100):
        features = torch.tanh(body(X))
        value = criterion(head(features), y, features=features)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < values[0] - 0.2
    assert not torch.equal(before, body.weight)
