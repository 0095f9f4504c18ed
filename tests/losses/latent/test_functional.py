import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from sklearn_gar.losses.latent import _comparison, _ranksim
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


class TestOracles:
    """Values by hand."""

    def test_rnc(self):
        v, y = np.array([[0.0], [1.0], [3.0]]), np.array([[0.0], [1.0], [2.0]])
        e1, e2, e3 = np.exp([-1.0, -2.0, -3.0])
        # from the middle both others are equally far in label
        expected = (np.log((e1 + e3) / e1) + np.log((e1 + e2) / e1) + np.log((e1 + e2) / e2)
                    + np.log((e2 + e3) / e2)) / 6
        assert oracles.rnc(v, y, [1, 1, 1], 1.0) == pytest.approx(expected)

    def test_conr(self):
        v = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        y, f = np.array([[0.0], [0.5], [5.0]]), np.array([[0.0], [3.0], [0.5]])
        # of the first the second is a positive and the third a negative; of the second none
        # is a negative; the third has no positive
        positive, negative = 1.0, np.exp(0.05) * np.exp(np.sqrt(0.5))
        expected = -np.log(positive / (positive + negative)) / 3
        assert oracles.conr(v, f, y, [1, 1, 1], 1.0, 1.0) == pytest.approx(expected)

    def test_ranksim(self):
        v = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])
        y = np.array([[0.0], [1.0], [3.0]])
        # the first two see the second and third neighbour in exchanged order, the last, with
        # neighbours second and first, as well
        value, _ = oracles.ranksim(v, y, [1, 1, 1], 1.0, 1.0)
        assert value == pytest.approx(3 * (2 / 9) / 3)


class TestValue:
    @each_name
    @pytest.mark.parametrize("ties", [True, False])
    @pytest.mark.parametrize("k", [1, 2])
    @pytest.mark.parametrize("members", [(), (1,), (3,), (2, 2)])
    def test_definition(self, name, members, k, ties):
        loss, oracle = PAIRS[name]
        f, y, v = make_data(*members, k=k, ties=ties)
        actual = loss(f, y, features=v)
        assert_close(actual, oracle_values(oracle, f, y, v), rtol=1e-9, atol=1e-9)

    @pytest.mark.parametrize("name, settings", SETTINGS)
    def test_settings(self, name, settings):
        loss, oracle = PAIRS[name]
        f, y, v = make_data(2)
        expected = oracle_values(oracle, f, y, v, **settings)
        assert_close(loss(f, y, features=v, **settings), expected, rtol=1e-9, atol=1e-9)

    @pytest.mark.parametrize("name, settings", [
        ("ranksim", {"gamma": [1.0, 10.0, 100.0], "interpolation": [0.5, 1.0, 2.0]}),
        ("rnc", {"temperature": [1.0, 2.0, 4.0]}), ("conr", {"beta": [0.2, 1.0, 4.0]})])
    @pytest.mark.parametrize("shared", [True, False])
    def test_settings_of_each_member(self, name, settings, shared):
        loss, oracle = PAIRS[name]
        f, y, v = make_data(3)
        y = y[0] if shared else y
        tensors = {name: torch.tensor(setting) for name, setting in settings.items()}
        actual = value_and_gradients(loss, f, y, v, **tensors)
        assert_close(actual[0], oracle_values(oracle, f, y, v, **settings), rtol=1e-6, atol=1e-6)
        for member in range(3):
            own = {name: setting[member] for name, setting in settings.items()}
            alone = value_and_gradients(
                loss, f[member], y if shared else y[member], v[member], **own)
            assert_close([part[member] for part in actual], list(alone), rtol=1e-6, atol=1e-6)

    @each_name
    def test_one_dimension(self, name):
        loss, oracle = PAIRS[name]
        f, y, v = make_data()
        value, grad, features_grad = value_and_gradients(loss, f[:, 0], y[:, 0], v)
        assert_close(value, oracle_values(oracle, f, y, v)[()], rtol=1e-9, atol=1e-9)
        assert grad.shape == (N_ROWS,) and features_grad.shape == v.shape

    @each_name
    def test_single_precision(self, name):
        loss, _ = PAIRS[name]
        f, y, v = make_data(2, n=60, h=8, ties=False)
        expected = value_and_gradients(loss, f, y, v)
        actual = value_and_gradients(loss, f.float(), y.float(), v.float())
        assert all(part.dtype == torch.float32 for part in actual)
        for one, other in zip(actual, expected):
            assert_close(one.double(), other, rtol=2e-3, atol=1e-4)

    @each_loss
    def test_half_precision_is_computed_in_single(self, loss):
        f, y, v = make_data(2, dtype=torch.float16)
        value = loss(f, y, features=v)
        assert_close(value, loss(f.float(), y.float(), features=v.float()))

    @each_loss
    def test_arguments_stay_as_they_are(self, loss):
        arguments = *make_data(2), torch.linspace(0, 1, N_ROWS, dtype=torch.float64)
        before = [argument.clone() for argument in arguments]
        value_and_gradients(loss, *arguments)
        for argument, copy in zip(arguments, before):
            assert torch.equal(argument, copy)

    def test_conr_far_beyond_exponentials(self):
        f, y, v = make_data(2)
        for scale, settings in ((1.0, {"temperature": 1e-3}), (1e6, {"window": 1e6})):
            value = L.conr_loss(f * scale, y * scale, features=v, **settings)
            regulariser = value - (f - y).abs().mean((-2, -1)) * scale
            z = v / v.norm(dim=-1, keepdim=True)
            expected = log_domain_conr(z, f * scale, y * scale, **settings)
            assert (expected > 0).all()
            assert_close(regulariser, expected, rtol=1e-6, atol=1e-6)


def log_domain_conr(z, f, y, window=1.0, temperature=0.07):
    """ConR by logarithms of sums, for logarithms beyond what exponentials hold."""
    values = []
    for z, f, y in zip(z, f, y):
        total = 0.0
        for j in range(len(z)):
            others = [i for i in range(len(z)) if i != j]
            cosine = [float(z[j] @ z[i]) / temperature for i in range(len(z))]
            gap = [float((y[i] - y[j]).norm()) for i in range(len(z))]
            positives = [cosine[i] for i in others if gap[i] <= window]
            negatives = [cosine[i] + 0.01 * gap[i] for i in others
                         if gap[i] > window and (f[i] - f[j]).norm() <= window]
            if positives and negatives:
                total += (np.logaddexp.reduce(positives + negatives)
                          - np.logaddexp.reduce(positives) + np.log(len(positives)))
        values.append(total / len(z))
    return torch.tensor(values, dtype=torch.float64)


class TestGradient:
    @pytest.mark.parametrize("name, settings", [
        ("rnc", {}), ("rnc", {"temperature": 0.5}), ("conr", {}),
        ("conr", {"beta": 0.2, "temperature": 1.0}), ("conr", {"temperature": 2e-3}),
        ("rnc", {"temperature": 2e-3})])
    @pytest.mark.parametrize("members", [(), (2,)])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_numerical(self, name, settings, members, weighted):
        loss, _ = PAIRS[name]
        f, y, v = make_data(*members, seed=3)
        weight = torch.linspace(0, 2, N_ROWS, dtype=torch.float64) if weighted else None

        def function(v):
            return loss(f, y, weight, features=v, **settings)
        assert torch.autograd.gradcheck(function, v.requires_grad_())
        assert torch.autograd.grad(function(v).sum(), v)[0].abs().max() > 1e-3

    @pytest.mark.parametrize("settings", [{}, {"gamma": 1.0, "interpolation": 0.5},
                                          {"gamma": 1000.0, "interpolation": 20.0}])
    @pytest.mark.parametrize("ties", [True, False])
    @pytest.mark.parametrize("k", [1, 2])
    def test_ranksim_is_the_blackbox_interpolation(self, settings, ties, k):
        f, y, v = make_data(2, k=k, n=15, ties=ties)
        _, _, actual = value_and_gradients(L.ranksim_loss, f, y, v, **settings)
        settings = {"gamma": 100.0, "interpolation": 2.0, **settings}
        for member in range(2):
            _, expected = oracles.ranksim(v[member].numpy(), y[member].numpy(),
                                          np.ones(15, dtype=int), **settings)
            assert np.abs(expected).max() > 1e-3
            assert_close(actual[member], torch.from_numpy(expected), rtol=1e-9, atol=1e-9)

    @each_loss
    def test_predictions(self, loss):
        f, y, v = make_data(2)
        _, actual, _ = value_and_gradients(loss, f, y, v)
        expected = torch.sign(f - y) / N_ROWS
        assert_close(actual, torch.zeros_like(f) if loss is L.rnc_loss else expected)

    @each_loss
    def test_rows_of_the_output_are_scaled(self, loss):
        f, y, v = make_data(3)
        _, _, expected = value_and_gradients(loss, f, y, v)
        v.requires_grad_()
        scale = torch.tensor([1.0, -2.0, 0.0], dtype=torch.float64)
        (actual,) = torch.autograd.grad(loss(f, y, features=v) @ scale, v)
        assert_close(actual, expected * scale[:, None, None])

    @each_loss
    def test_once_only(self, loss):
        f, y, v = make_data()
        value = loss(f, y, features=v.requires_grad_())
        (gradient,) = torch.autograd.grad(value, v, create_graph=True)
        with pytest.raises(RuntimeError, match="once_differentiable|not require grad"):
            gradient.sum().backward()


class TestInvariances:
    @each_loss
    @pytest.mark.parametrize("weighted", [False, True])
    def test_order_of_the_rows(self, loss, weighted):
        # the first row of a label stands for it in RankSim, so labels differ
        f, y, v = make_data(2, n=20, ties=loss is not L.ranksim_loss)
        weight = 0.1 + torch.arange(20, dtype=torch.float64) if weighted else None
        order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
        value, *gradients = value_and_gradients(loss, f, y, v, weight)
        actual, *actual_gradients = value_and_gradients(
            loss, f[:, order], y[:, order], v[:, order], weight[order] if weighted else None)
        assert_close(actual, value)
        assert_close(actual_gradients, [gradient[:, order] for gradient in gradients])

    def test_ranksim_takes_the_first_row_of_each_label(self):
        f, y, v = make_data(n=12)
        assert len(y.unique()) < 12
        others = [i for i in range(12) if y[i] in y[:i]]
        value, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v)
        assert not gradient[others].any() and gradient.any()
        v[others] = 7.0
        assert_close(value_and_gradients(L.ranksim_loss, f, y, v)[2], gradient)

    @pytest.mark.parametrize("loss, change", [
        (L.ranksim_loss, lambda v: 3 * v), (L.conr_loss, lambda v: 3 * v),
        (L.rnc_loss, lambda v: v + 5)], ids=list(PAIRS))
    def test_features(self, loss, change):
        f, y, v = make_data(2)
        assert_close(loss(f, y, features=change(v)), loss(f, y, features=v))

    def test_rotation_of_features(self):
        f, y, v = make_data(2)
        rotation, _ = torch.linalg.qr(make_data(n=3, h=3)[2])
        for loss in LOSSES:
            assert_close(loss(f, y, features=v @ rotation), loss(f, y, features=v))

    @each_loss
    @pytest.mark.parametrize("weighted", ["no", "shared", "own"])
    @pytest.mark.parametrize("at_once", [1, 1 << 8, 1 << 20])
    def test_members_are_as_alone(self, loss, weighted, at_once, monkeypatch):
        monkeypatch.setattr(_comparison, "_VALUES_AT_ONCE", at_once)
        f, y, v = make_data(6)
        y[1], y[4] = y[0], y[3]  # members of one group need not be neighbours
        weight = torch.rand(6, N_ROWS, generator=torch.Generator().manual_seed(0))
        weight[:, 2] = 0
        weight[1] = weight[0]
        weight = {"no": None, "shared": weight[0], "own": weight}[weighted]
        together = value_and_gradients(loss, f, y, v, weight)
        for member in range(6):
            own = weight[member] if weighted == "own" else weight
            alone = value_and_gradients(loss, f[member], y[member], v[member], own)
            assert_close([part[member] for part in together], list(alone))

    @each_loss
    @pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300])
    def test_a_member_does_not_feel_its_neighbours(self, loss, bad):
        f, y, v = make_data(3)
        y = y[0]
        expected = value_and_gradients(loss, f, y, v)
        f[1], v[1, 0] = bad, bad
        actual = value_and_gradients(loss, f, y, v)
        for one, other in zip(actual, expected):
            assert torch.equal(one[[0, 2]], other[[0, 2]])

    def test_members_of_one_group_are_compared_once(self, monkeypatch):
        made = []

        class Counting(_ranksim.RankSimilarity):
            def __init__(self, *arguments):
                made.append(arguments)
                super().__init__(*arguments)
        monkeypatch.setattr(L, "RankSimilarity", Counting)
        f, y, v = make_data(6)
        L.ranksim_loss(f, y[0], features=v)
        assert len(made) == 1
        L.ranksim_loss(f, y[[0, 1, 0, 1, 0, 1]], features=v)
        assert len(made) == 3


class TestWeights:
    """A weight is a number of copies that are not contrasted with each other."""

    COUNTS = torch.tensor([1, 3, 0, 2, 1, 1, 2, 0, 1])

    @each_name
    @pytest.mark.parametrize("ties", [True, False])
    @pytest.mark.parametrize("scale", [1.0, 0.25])
    def test_copies(self, name, ties, scale):
        loss, oracle = PAIRS[name]
        f, y, v = make_data(2, ties=ties)
        weight = scale * self.COUNTS.double()
        if name != "ranksim":
            # the mean number of copies is over the rows that have any
            kept = self.COUNTS > 0
            expected = oracle_values(oracle, f[:, kept], y[:, kept], v[:, kept],
                                     self.COUNTS[kept])
        else:
            expected = oracle_values(oracle, f, y, v, self.COUNTS)
        assert_close(loss(f, y, weight, features=v), expected, rtol=1e-9, atol=1e-9)

    @each_loss
    def test_equal_weights_are_none(self, loss):
        f, y, v = make_data(2)
        weight = torch.full((N_ROWS,), 0.3, dtype=torch.float64)
        assert_close(value_and_gradients(loss, f, y, v, weight),
                     value_and_gradients(loss, f, y, v))

    @each_loss
    def test_rows_of_weight_zero_are_absent(self, loss):
        f, y, v = make_data(2)
        weight = self.COUNTS.double()
        kept = weight > 0
        value, *gradients = value_and_gradients(loss, f, y, v, weight)
        expected, *expected_gradients = value_and_gradients(
            loss, f[:, kept], y[:, kept], v[:, kept], weight[kept])
        assert_close(value, expected)
        for gradient, expected in zip(gradients, expected_gradients):
            assert_close(gradient[:, kept], expected)
            assert not gradient[:, ~kept].any()

    def test_ranksim_with_a_row_twice(self):
        f, y, v = make_data()
        weight = torch.ones(N_ROWS, dtype=torch.float64)
        weight[4] = 2
        value, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v, weight)
        twice = [*range(N_ROWS), 4]
        expected, _, expected_gradient = value_and_gradients(
            L.ranksim_loss, f[twice], y[twice], v[twice])
        assert_close(value, expected)
        assert_close(gradient, expected_gradient[:N_ROWS])

    def test_absolute_error_of_conr_with_a_row_twice(self):
        f, y, v = make_data()
        weight = torch.ones(N_ROWS, dtype=torch.float64)
        weight[4] = 2
        twice = [*range(N_ROWS), 4]
        _, actual, _ = value_and_gradients(L.conr_loss, f, y, v, weight)
        _, expected, _ = value_and_gradients(L.conr_loss, f[twice], y[twice], v[twice])
        expected[4] += expected[-1]
        assert_close(actual, expected[:N_ROWS])


class TestExtremes:
    @each_loss
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("case", [
        "one row", "two rows", "one label", "two labels", "features of zeros",
        "a row of zeros", "equal features", "huge features", "tiny features",
        "one row of weight", "tiny weights", "huge labels", "negative zeros"])
    def test_finite(self, loss, dtype, case):
        f, y, v = make_data(2, dtype=dtype)
        weight = None
        if case in ("one row", "two rows"):
            n = 1 if case == "one row" else 2
            f, y, v = f[:, :n], y[:, :n], v[:, :n]
        elif case == "one label":
            y = torch.full_like(y, 3.0)
        elif case == "two labels":
            y = (y > 0).to(dtype)
        elif case == "features of zeros":
            v = torch.zeros_like(v)
        elif case == "a row of zeros":
            v[:, 3] = 0
        elif case == "equal features":
            v = v[:, :1].expand_as(v)
        elif case == "huge features":
            v = v * 1e6
        elif case == "tiny features":
            v = v * 1e-12
        elif case == "one row of weight":
            weight = torch.zeros(N_ROWS, dtype=dtype)
            weight[5] = 1
        elif case == "tiny weights":
            weight = torch.logspace(-30, 0, N_ROWS, dtype=dtype)
        elif case == "huge labels":
            y, f = 1e7 * y, 1e7 * f
        elif case == "negative zeros":
            y, v = -torch.zeros_like(y), -torch.zeros_like(v)
        for part in value_and_gradients(loss, f, y, v, weight):
            assert part.isfinite().all()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_rnc_far_beyond_exponentials(self, dtype):
        f, y, v = make_data(3, dtype=dtype)
        v[1] *= 1e4
        value, _, gradient = value_and_gradients(L.rnc_loss, f, y, v)
        # the largest term is all of a sum there
        terms = -torch.cdist(v[1], v[1]) / 2
        gaps = (y[1] - y[1].T).abs()
        expected = sum((terms[i][[k for k in range(N_ROWS)
                                  if k != i and gaps[i, k] >= gaps[i, j]]].max() - terms[i, j])
                       for i in range(N_ROWS) for j in range(N_ROWS) if i != j) / (9 * 8)
        assert_close(value[1], expected, rtol=1e-3, atol=1e-3)
        for member in (0, 2):
            alone = value_and_gradients(L.rnc_loss, f[member], y[member], v[member])
            assert_close([value[member], gradient[member]], [alone[0], alone[2]])

    def test_a_single_label_leaves_ranksim_nothing_to_rank(self):
        f, y, v = make_data()
        y = torch.ones_like(y)
        value, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v)
        assert_close(value, (f - y).abs().mean())
        assert not gradient.any()

    def test_no_negatives_leave_conr_nothing_to_push(self):
        f, y, v = make_data()
        value, _, gradient = value_and_gradients(L.conr_loss, y, y, v)
        assert value == 0
        assert not gradient.any()

    def test_perfect_order_of_ranksim(self):
        y = torch.linspace(0, 1.5, 8, dtype=torch.float64)[:, None]
        v = torch.cat([y.cos(), y.sin()], 1)
        value, _, gradient = value_and_gradients(L.ranksim_loss, y, y, v, interpolation=0.1)
        # ties by the labels' order, which rounding of the cosines may turn around
        assert value < 100 * 8 * 2 / 8**2

    def test_rnc_falls_along_its_gradient(self):
        f, y, v = make_data(n=40, ties=False)
        values = []
        for _ in range(100):
            value, _, gradient = value_and_gradients(L.rnc_loss, f, y, v)
            v = v - 5 * gradient
            values.append(value.item())
        assert values[-1] < values[0] - 0.1
        # the order of features has come nearer to that of labels
        gaps = torch.cdist(y, y).flatten(), torch.cdist(v, v).flatten()
        assert np.corrcoef(*(gap.argsort().argsort() for gap in gaps))[0, 1] > 0.9


class TestRanks:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_stable(self, dtype):
        generator = torch.Generator().manual_seed(0)
        values = torch.randn(4, 7, 50, generator=generator, dtype=dtype)
        values[1] = values[1].round()
        values[2] = 0.0
        values[2, :, ::2] = -0.0
        values[3, :, 5] = math.inf
        values[3, :, 7] = -math.inf
        expected = values.argsort(stable=True).argsort(stable=True)
        assert torch.equal(_ranksim.ranks(values), expected.to(torch.float32))


class TestErrors:
    @each_loss
    @pytest.mark.parametrize("shape", [(9,), (8, 3), (2, 9, 3), (9, 0)])
    def test_shape_of_features(self, loss, shape):
        f, y, _ = make_data()
        with pytest.raises(ValueError, match=r"features must have shape \(9, 'h'\).*got"):
            loss(f, y, features=torch.zeros(shape))

    @each_loss
    @pytest.mark.parametrize("features, got", [([[1.0]], "list"),
                                               (torch.zeros(9, 3, dtype=torch.int64), "int64")])
    def test_kind_of_features(self, loss, features, got):
        f, y, _ = make_data()
        with pytest.raises(TypeError, match=f"features must be a tensor of floating.*{got}"):
            loss(f, y, features=features)

    @each_loss
    def test_shape_of_targets(self, loss):
        f, y, v = make_data()
        with pytest.raises(ValueError, match="input and target must have the same shape"):
            loss(f, y[:, 0], features=v)

    @each_loss
    def test_targets_are_constant(self, loss):
        f, y, v = make_data()
        with pytest.raises(ValueError, match="target must not require a gradient"):
            loss(f, y.requires_grad_(), features=v)

    @pytest.mark.parametrize("loss, name", [
        (L.ranksim_loss, "gamma"), (L.ranksim_loss, "interpolation"),
        (L.rnc_loss, "temperature"), (L.conr_loss, "beta"), (L.conr_loss, "window"),
        (L.conr_loss, "temperature")])
    @pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
    def test_settings(self, loss, name, number):
        f, y, v = make_data()
        with pytest.raises(ValueError, match=f"{name} must be above 0 and finite, got {number}"):
            loss(f, y, features=v, **{name: number})

    @pytest.mark.parametrize("loss, name", [
        (L.ranksim_loss, "gamma"), (L.ranksim_loss, "interpolation"),
        (L.rnc_loss, "temperature"), (L.conr_loss, "beta")])
    def test_settings_of_each_member(self, loss, name):
        f, y, v = make_data(3)
        with pytest.raises(ValueError, match=f"{name} must be one number or one a member"):
            loss(f, y, features=v, **{name: torch.ones(2)})
        with pytest.raises(ValueError, match=f"{name} must be above 0 and finite"):
            loss(f, y, features=v, **{name: torch.tensor([1.0, 2.0, math.inf])})


class TestNoPositives:
    """ConR where no two labels are within the window has no anchor, so no contrast."""

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("distance", [10.0, 1e3, 1e4, 1e5, 1e8, 1e12])
    @pytest.mark.parametrize("n", [2, 3, 9])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_the_contrast_is_zero(self, dtype, distance, n, weighted):
        _, _, v = make_data(2, n=n, dtype=dtype)
        y = distance * torch.arange(n, dtype=dtype)[:, None].expand(2, n, 1)
        f = torch.zeros_like(y)  # every row is a negative of every other
        weight = torch.linspace(1, 2, n, dtype=dtype) if weighted else None
        value, grad, features_grad = value_and_gradients(L.conr_loss, f, y, v, weight)
        expected = value_and_gradients(lambda f, y, weight, features: F.absolute_error(
            f, y, weight) + 0 * features.sum((-2, -1)), f, y, v, weight)
        assert_close((value, grad), expected[:2])
        assert not features_grad.any()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("distance", [1e3, 1e4, 1e5, 1e8])
    def test_beside_one_pair_within_the_window(self, dtype, distance):
        _, _, v = make_data(n=4, dtype=dtype)
        y = torch.tensor([[0.0], [0.5], [1.0], [2.0]], dtype=dtype)
        y[2:] *= distance
        f = torch.zeros_like(y)
        value, _, gradient = value_and_gradients(L.conr_loss, f, y, v)
        z = (v / v.norm(dim=-1, keepdim=True)).double()
        expected = y.double().mean() + log_domain_conr(z[None], f.double()[None], y.double()[None])
        assert_close(value.double()[None], expected, rtol=1e-5, atol=1e-5)
        assert gradient.isfinite().all() and gradient.any()
