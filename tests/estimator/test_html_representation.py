"""What notebooks show of an estimator: its documentation, and which parameters were set."""

import re

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.losses import HuberLoss

PAPER = "https://arxiv.org/abs/2402.06104"


def parameters(html):
    """Names of parameters that were set, and of those that have their defaults."""
    rows = re.findall(r'<tr class="(user-set|default)">.*?copyToClipboard\(\'(\w+)\'', html, re.S)
    return ({name for kind, name in rows if kind == "user-set"},
            {name for kind, name in rows if kind == "default"})


@pytest.mark.parametrize("estimator, changed", [
    (GARRegressor(), set()),
    (GARRegressor(alpha=1.0, loss=HuberLoss(), random_state=3),
     {"alpha", "loss", "loss__delta", "loss__group", "random_state"}),
    (GARRegressorCV(alphas=(1.0,), learning_rates=("auto",)), {"alphas"}),
])
def test_parameters_that_differ_from_the_default(estimator, changed):
    found, default = parameters(estimator._repr_html_())
    assert found == changed
    assert default == estimator.get_params(deep=False).keys() - changed


@pytest.mark.parametrize("estimator", [GARRegressor(), GARRegressorCV()])
def test_link_to_the_documentation(estimator):
    assert estimator._get_doc_link() == PAPER
    assert f'href="{PAPER}"' in estimator._repr_html_()
    pipeline = estimator_html_repr(make_pipeline(StandardScaler(), estimator))
    assert f'href="{PAPER}"' in pipeline
    assert f"Documentation for {type(estimator).__name__}" in pipeline


def test_fitted():
    model = GARRegressor(max_iter=1, hidden_layer_sizes=(2,)).fit([[0.0], [1.0]], [0.0, 1.0])
    assert "Fitted" in model._repr_html_()


def test_own_link():
    class Ours(GARRegressor):
        _doc_link_module = __name__.split(".")[0]
        _doc_link_template = "https://example.org/{estimator_name}"

    assert Ours()._get_doc_link() == "https://example.org/Ours"
    assert GARRegressor()._get_doc_link() == PAPER
