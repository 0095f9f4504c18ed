"""Ctrl-C in a search: what is complete is kept, ranked and refitted."""

import os
import signal

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skorch.callbacks import Callback

from tests.selection.searches import X, quick, y


class InterruptsTraining(Callback):
    """Sends an interrupt in the first epoch of one of the trainings, counted over all copies."""

    n_trainings = 0

    def __init__(self, at):
        self.at = at

    def on_train_begin(self, net, **kwargs):
        type(self).n_trainings += 1

    def on_epoch_end(self, net, **kwargs):
        if type(self).n_trainings == self.at + 1 and len(net.history) == 1:
            signal.raise_signal(signal.SIGINT)


class Harmless(Callback):
    """With callbacks of skorch each fit is a block, in the order of candidates and splits."""


class InterruptsEpoch(InterruptsTraining):
    """Likewise in an epoch of choice."""

    def __init__(self, at, epoch):
        super().__init__(at)
        self.epoch = epoch

    def on_epoch_begin(self, net, **kwargs):
        if type(self).n_trainings == self.at + 1 and len(net.history) == self.epoch:
            signal.raise_signal(signal.SIGINT)

    def on_epoch_end(self, net, **kwargs):
        """Nothing: it was interrupted before."""


def search(interrupts_at=None, **settings):
    InterruptsTraining.n_trainings = 0
    callback = Harmless() if interrupts_at is None else InterruptsTraining(interrupts_at)
    defaults = {"alphas": (0.1, 1.0, 10.0), "learning_rates": (0.02,), "cv": 2}
    return quick(**{**defaults, "skorch_callbacks": [callback], **settings})


def interrupted(interrupts_at, n_complete, n_candidates=3, **settings):
    with pytest.warns(UserWarning, match="^Search interrupted by user: "
                      f"{n_complete} of {n_candidates} candidates are complete") as record:
        found = search(interrupts_at, **settings).fit(X, y)
    assert [one.filename for one in record] == [__file__]
    return found


@pytest.mark.parametrize("settings", [{}, {"cv": 3, "refit": False}], ids=str)
def test_complete_candidates_are_ranked(settings):
    n_splits = settings.get("cv", 2)
    found, whole = interrupted(2 * n_splits, 2, **settings), search(**settings).fit(X, y)
    results, expected = found.cv_results_, whole.cv_results_
    assert results["params"] == expected["params"]
    for name in ("mean_test_score", "std_test_score", "split0_test_score", "split1_test_score",
                 "n_iter"):
        assert_array_equal(results[name][:2], expected[name][:2])
    assert np.isnan(results["mean_test_score"][2]) and np.isnan(results["mean_fit_time"][2])
    assert np.isnan(results["n_iter"][2])
    assert results["rank_test_score"][2] == 3


def test_the_best_of_them_is_refitted():
    found, alone = interrupted(4, 2), search(alphas=(0.1, 1.0)).fit(X, y)
    assert found.best_params_ == alone.best_params_
    assert found.best_score_ == alone.best_score_
    assert_array_equal(found.predict(X), alone.predict(X))


def test_a_candidate_with_a_split_to_come_is_not_ranked():
    # the second candidate might be the best, and lacks a split
    found = interrupted(3, 1, alphas=(10.0, 1.0, 0.1))
    assert np.isfinite(found.cv_results_["split0_test_score"]).tolist() == [True, True, False]
    assert np.isfinite(found.cv_results_["split1_test_score"]).tolist() == [True, False, False]
    assert found.cv_results_["rank_test_score"].tolist() == [1, 2, 2]
    assert found.best_index_ == 0 and found.best_params_["alpha"] == 10.0


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("settings", [{}, {"halving": True, "max_iter": 9}], ids=str)
def test_without_a_complete_candidate_the_interrupt_goes_on(at, settings):
    model = search(at, **settings)
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert vars(model) == before


def test_candidates_that_cannot_differ_are_complete_together():
    # alpha means nothing to the squared error
    settings = {"loss": "squared_error", "learning_rates": (0.02, 0.01)}
    found = interrupted(2, 3, n_candidates=6, **settings)
    rates = [params["learning_rate"] for params in found.cv_results_["params"]]
    assert_array_equal(np.isfinite(found.cv_results_["mean_test_score"]),
                       np.equal(rates, rates[0]))


class InterruptsSeventhFit:
    """A callback of scikit-learn."""

    def setup(self, estimator, context):
        self.n_fits = 0

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "candidate-split-evaluation":
            self.n_fits += 1
            if self.n_fits == 7:
                signal.raise_signal(signal.SIGINT)

    def on_fit_task_end(self, estimator, context):
        pass


def test_blocks_of_several_fits_are_kept():
    # without callbacks of skorch, batch sizes are blocks
    pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks yet")
    model = search(skorch_callbacks=None, batch_sizes=(12, 20)
                   ).set_callbacks(InterruptsSeventhFit())
    with pytest.warns(UserWarning, match="3 of 6 candidates are complete"):
        model.fit(X, y)
    sizes = [params["batch_size"] for params in model.cv_results_["params"]]
    is_complete = np.isfinite(model.cv_results_["mean_test_score"])
    assert len({size for size, one in zip(sizes, is_complete) if one}) == 1
    assert is_complete.sum() == 3


def test_candidates_are_complete_one_after_another(monkeypatch):
    pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks yet")
    monkeypatch.setattr("sklearn_gar._selection.blocks._BLOCK_BYTES", 1)
    # splits of two sizes cannot train side by side
    splits = [(np.arange(20), np.arange(20, 53)), (np.arange(30), np.arange(30, 53))]
    model = quick(cv=splits, alphas=(0.1, 0.5, 1.0, 2.0, 5.0, 10.0), learning_rates=(0.02,)
                  ).set_callbacks(InterruptsSeventhFit())
    with pytest.warns(UserWarning, match="3 of 6 candidates are complete"):
        model.fit(X, y)
    assert_array_equal(np.isfinite(model.cv_results_["mean_test_score"]),
                       [True, True, True, False, False, False])


def test_an_interrupt_in_the_last_round_keeps_the_scores_of_shorter_ones():
    settings = {"alphas": np.geomspace(0.1, 10, 6), "halving": True, "max_iter": 9,
                "ensemble_size": 1}
    found = interrupted(2 * 6 + 2, 1, n_candidates=6, **settings)  # after 12 fits of the first
    scores = found.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert sorted(found.cv_results_["n_iter"]) == [1] * 5 + [9]
    assert found.cv_results_["n_iter"][found.best_index_] == 9


def test_bagged_candidates_and_ensembles_are_of_complete_ones():
    settings = {"bagged": True, "ensemble_size": 2, "n_estimators": "auto", "blend": None,
                "early_stopping": True}
    found = interrupted(2, 2, **settings)
    alone = search(alphas=(0.1, 1.0), **settings).fit(X, y)
    assert_array_equal(found.ensemble_weights_, [*alone.ensemble_weights_, 0])
    assert_array_equal(found.predict(X), alone.predict(X))


def test_several_scores_and_a_function_that_chooses():
    found = interrupted(4, 2, scoring=["r2", "neg_max_error"],
                        refit=lambda results: int(np.nanargmax(results["mean_test_r2"])))
    assert found.best_index_ in (0, 1)
    assert np.isnan(found.cv_results_["mean_test_neg_max_error"][2])


def test_an_interrupted_refit_is_a_shorter_one():
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        found = search(6).fit(X, y)  # after 6 fits of the search
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert found.n_iter_ == 1


def test_a_backend_that_gives_all_results_at_the_end_gives_the_same():
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):  # all results at the end
        found = quick().fit(X, y)
    assert_array_equal(found.cv_results_["mean_test_score"],
                       quick().fit(X, y).cv_results_["mean_test_score"])


class InterruptsItsWorker(Callback):
    """Sends an interrupt to a worker process while its results are on their way."""

    def __init__(self, process):
        self.process = process

    def __getstate__(self):
        if os.getpid() != self.process:
            signal.raise_signal(signal.SIGINT)
        return vars(self)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_a_worker_is_not_interrupted_while_it_sends_results(backend):
    # half of a result would have the search wait forever
    handler = signal.getsignal(signal.SIGINT)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        found = quick(skorch_callbacks=[InterruptsItsWorker(os.getpid())]).fit(X, y)
    assert_array_equal(found.cv_results_["mean_test_score"],
                       quick(skorch_callbacks=[Harmless()]).fit(X, y)
                       .cv_results_["mean_test_score"])
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_interrupt_of_the_search_ends_its_workers():
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            quick(n_jobs=2, max_iter=10 ** 6).fit(X, y)
    finally:
        signal.signal(signal.SIGALRM, before)
    # others take their place
    assert np.isfinite(quick(n_jobs=2).fit(X, y).best_score_)


@pytest.mark.parametrize("epoch", [1, 2])
def test_members_of_an_ensemble_that_are_complete_are_kept(epoch):
    grid = {"hidden_layer_sizes": [(5,), (3, 3)], "activation": ["elu", "relu"],
            "loss": ["gar", "huber"]}
    settings = {"param_grid": grid, "ensemble_size": 6, "bagged": True, "cv": 3,
                "early_stopping": "auto"}
    whole = search(**settings).fit(X, y)
    order = np.argsort(-whole.ensemble_weights_, kind="stable")
    n_members = len(whole.estimators_)
    assert n_members > 1
    InterruptsEpoch.n_trainings = 0  # eight candidates, then the members
    model = search(**settings).set_params(skorch_callbacks=[InterruptsEpoch(9, epoch)])
    with pytest.warns(UserWarning, match=f"Refit interrupted by user: 1 of {n_members} members"):
        model.fit(X, y)
    assert_array_equal(model.ensemble_weights_, np.arange(8) == order[0])
    assert_array_equal(model.predict(X), whole.estimators_[
        np.flatnonzero(whole.ensemble_weights_).tolist().index(order[0])].predict(X))
    assert model.best_index_ == order[0] and len(model.estimators_) == 1


def test_an_interrupt_before_the_first_member_is_complete_ends_the_search():
    InterruptsEpoch.n_trainings = 0
    model = search(ensemble_size=2, bagged=True, early_stopping=True).set_params(
        skorch_callbacks=[InterruptsEpoch(3, 1)])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
