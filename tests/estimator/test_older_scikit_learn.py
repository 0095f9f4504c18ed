"""Without the callbacks of scikit-learn 1.9 everything else works, and an error says so."""

import subprocess
import sys

CODE = """
import sys
import sklearn.compose, sklearn.linear_model, sklearn.model_selection, sklearn.pipeline
sys.modules["sklearn.callback"] = None  # what is imported already keeps it
from sklearn_gar import GARRegressor, GARRegressorCV
settings = {"max_iter": 2, "hidden_layer_sizes": 3}
X, y = [[float(row)] for row in range(8)], [float(row) for row in range(8)]
for model in (GARRegressor(**settings), GARRegressorCV(cv=2, **settings)):
    model.fit(X, y).predict(X)
    assert model.set_callbacks() is model
    try:
        model.set_callbacks(object())
    except ImportError as error:
        print(error)
"""


def test_an_older_scikit_learn_says_what_it_lacks():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    messages = run.stdout.splitlines()
    assert len(messages) == 2
    for message in messages:
        assert "needs scikit-learn 1.9 or later" in message and "skorch_callbacks" in message
