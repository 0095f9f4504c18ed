"""skorch's net over a stack.

skorch brings the loop, the history, the callbacks and the checkpoints.  What it does for
every batch (a data loader row by row, history records, notifications) takes several times
as long as a small training step.  So batches are slices of tensors, and callbacks are
notified of batches only if one of them listens.
"""

import copy

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer, PrintLog
from skorch.history import History
from torch import Tensor

from sklearn_gar._training.batches import Batches, Features, Table, WholeTable
from sklearn_gar._training.callbacks import (
    BestEpoch,
    Divergence,
    StopTraining,
    is_raised_by_code,
)
from sklearn_gar._training.fastest_threads import FastestThreads
from sklearn_gar._training.progress import Progress

# Activations of a forward pass at once; in main memory more leave the cache.
_ACTIVATIONS_AT_ONCE, _ACTIVATIONS_AT_ONCE_ON_DEVICE = 1 << 20, 1 << 27

# Rows by which it is judged whether a network diverged.
_ROWS_TO_JUDGE = 512

# Name of the callback of one call that is not kept with the net.
WATCH = "watch"


class StackNet(NeuralNet):
    """Train the members of a stack on a :class:`Table`.

    The criterion answers `value_and_gradients`, `validation_loss`, `takes_features`,
    `has_stages`, `pretrains` and `keep_members`, as the package's own does.

    Parameters beside those of :class:`skorch.NeuralNet`:

    learning_rate_factor : callable
        Factor of the learning rate at a progress in [0, 1).
    seeds : sequence of int
        Seeds of the members' orders of rows.
    largest_prediction : float
        A member diverged if its predictions are this many times larger than all targets.
    """

    def __init__(self, *args, learning_rate_factor, seeds, largest_prediction=1e6, **kwargs):
        # No cache: a scoring callback predicts anew, since every member has its own batches.
        super().__init__(*args, train_split=None, use_caching=False, **kwargs)
        self.learning_rate_factor = learning_rate_factor
        self.seeds = seeds
        self.largest_prediction = largest_prediction
        self.n_epochs_before = 0  # in earlier calls, whose history is not kept
        self.is_resumed = False  # whether the last call continued an earlier one
        self.max_seconds = None  # limit of time of the next call

    def continued(self) -> "StackNet":
        """A net that trains on from this one, which stays as it is."""
        net = self._copy()
        net.callbacks, net.n_epochs_before = copy.deepcopy(self.callbacks), self.n_epochs
        net.history = History()
        net.initialize_callbacks()
        return net

    def stopped(self, table: Table) -> "StackNet":
        """A copy as it would be left if training on this table stopped now."""
        net = self._copy()
        net.callbacks_ = [(name, callback) for name, callback in self.callbacks_
                          if name != WATCH]
        net.history = History(self.history)
        net.batches_ = net.threads_ = None
        for _, callback in net.callbacks_ if self.batches_ is not None else ():
            if isinstance(callback, (BestEpoch, Divergence)):
                copy.copy(callback).on_train_end(net, X=table)
        return net

    def _copy(self):
        """A net with weights, optimiser and criterion of its own.

        Copying the net as a whole would pickle it, history and all, through reference cycles
        that keep the memory.
        """
        net = type(self).__new__(type(self))
        vars(net).update(vars(self))
        module, optimizer, criterion = copy.deepcopy(
            (self.module_, self.optimizer_, self.criterion_))
        vars(net).update(module_=module, optimizer_=optimizer, criterion_=criterion)
        return net

    @property
    def n_epochs(self) -> int:
        """Number of epochs so far, earlier calls included."""
        return self.n_epochs_before + len(self.history)

    def get_default_callbacks(self):
        callbacks = [("epoch_timer", EpochTimer()), ("divergence", Divergence())]
        if self.verbose:
            log = PrintLog(keys_ignored=["train_losses", "valid_losses"])
            callbacks.append(("print_log", log))
        return callbacks

    def get_dataset(self, X, y=None):
        return X if isinstance(X, Table) else super().get_dataset(X, y)

    def get_split_datasets(self, X, y=None, **fit_params):
        return X, X.validation

    def get_iterator(self, dataset, training=False):
        if training:
            return self.batches_
        return WholeTable(dataset) if isinstance(dataset, Table) else super().get_iterator(dataset)

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Run the epochs; remember whether the user or a callback ended them early."""
        self.interrupted_ = False
        epochs = self.max_epochs if epochs is None else epochs
        self.lowest_ = {}
        self.batches_ = Batches(X, self.batch_size, self.seeds)
        self.progress_ = Progress(epochs * len(self.batches_), self.max_seconds)
        self.threads_ = FastestThreads()
        try:
            super().fit_loop(X, y, epochs=epochs, **fit_params)
        except StopTraining:
            pass
        except KeyboardInterrupt:
            self.interrupted_ = True
            raise
        finally:
            self.batches_ = self.threads_ = None  # the rows belong to the caller
        return self

    def notify(self, method_name, **kwargs):
        try:
            super().notify(method_name, **kwargs)
        except StopTraining:
            raise
        except KeyboardInterrupt as error:
            if is_raised_by_code(error):  # a callback of skorch asks for an early end so
                raise StopTraining from None
            raise
        if method_name == "on_epoch_end" and self.progress_.is_out_of_time:
            raise StopTraining

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        if iterator is None:
            return
        if training and self.criterion_.has_stages:
            self._choose_stage(len(iterator))
        listens = self._listens("on_batch_begin", "on_batch_end")
        losses = n_batches = 0
        for batch in self.threads_.steps(iterator) if training else iterator:
            if listens:
                self.notify("on_batch_begin", batch=batch[:2], training=training)
            step = step_fn(batch, **fit_params)
            losses, n_batches = losses + step["loss"], n_batches + 1
            if listens:
                self.history.record_batch(prefix + "_loss", step["loss"].mean().item())
                self.history.record_batch(prefix + "_batch_size", batch[0].shape[-2])
                self.notify("on_batch_end", batch=batch[:2], training=training, **step)
            if training and self.progress_.is_out_of_time:
                break
        self._record_losses(prefix, losses / n_batches)

    def _choose_stage(self, n_batches):
        """Set the stage of a loss of two: the first takes half of the epochs, rounded down.

        The second stage has another loss, so the optimiser starts anew.
        """
        epoch, n_epochs = (n // n_batches for n in (self.progress_.n_done, self.progress_.n_steps))
        pretrained = self.criterion_.pretrains
        self.criterion_.pretrains = epoch < n_epochs // 2
        if pretrained and not self.criterion_.pretrains:
            self.optimizer_.restart()

    def _record_losses(self, prefix, losses):
        """Losses of the members, their mean, and whether the mean is the lowest so far."""
        epoch = self.history[-1]
        if not epoch["batches"]:  # checkpoints read a last batch
            self.history.new_batch()
        losses = losses.tolist()
        loss = sum(losses) / len(losses)
        best = min(self.lowest_.get(prefix, loss), loss)
        self.lowest_[prefix] = best
        epoch.update({f"{prefix}_losses": losses, f"{prefix}_loss": loss,
                      f"{prefix}_loss_best": loss == best})

    def train_step(self, batch, **fit_params):
        X, y, weight = batch
        self.optimizer_.scale_learning_rate(self.learning_rate_factor(self.progress_.share))
        prediction, saved = self.module_.forward_and_save(X)
        features = self.module_.saved_features(saved) if self.criterion_.takes_features else None
        loss, *gradients = self.criterion_.value_and_gradients(prediction, y, weight, features)
        self.module_.backward(gradients[0], saved, gradients[1])
        if self._listens("on_grad_computed"):
            self.notify("on_grad_computed", batch=batch[:2], training=True,
                        named_parameters=list(self.get_all_learnable_params()))
        self.optimizer_.step()
        self.progress_.n_done += 1
        return {"loss": loss, "y_pred": prediction}

    @torch.no_grad()
    def validation_step(self, batch, **fit_params):
        X, y, weight = batch
        self._set_training(False)
        prediction = self.member_outputs(X)
        self._set_training(True)
        return {"loss": self.criterion_.validation_loss(prediction, y, weight),
                "y_pred": prediction}

    def member_outputs(self, X, members=slice(None)):
        """Outputs (m, n, k) of these members, in pieces of the rows.

        `X` holds features: a tensor (n, d), or (m, n, d), or :class:`Features` (n, d).
        """
        module = self.module_
        most = (_ACTIVATIONS_AT_ONCE if module.tensors[0].is_cpu
                else _ACTIVATIONS_AT_ONCE_ON_DEVICE)
        n_rows = max(1, most // (module.n_members * module.cost.activations))
        if isinstance(X, Tensor) and X.shape[-2] <= n_rows:
            return module.outputs(X, members)
        pieces = X.split(n_rows, dim=-2) if isinstance(X, Tensor) else X.split(n_rows)
        return torch.cat([module.outputs(rows, members) for rows in pieces], dim=-2)

    def predict(self, X, members=slice(None)):
        """Mean over the members (n, k), as skorch's scoring callbacks ask for it.

        A scorer cannot take the predictions of a training that diverged, so it ends there.
        """
        X = X.X if isinstance(X, Table) else X
        X = X if isinstance(X, Features) else torch.as_tensor(X)
        prediction = self.member_outputs(X, members).mean(0)
        if self.batches_ is not None:
            table = self.batches_.table
            limit = self.largest_prediction * table.y.abs().max().clamp(min=1)
            is_far = not (prediction.abs() <= limit).all()
            if is_far and not self.converged_members(table).all():
                raise StopTraining
        return prediction.numpy(force=True)

    def converged_members(self, table):
        """Which members (m,) predict on the scale of the targets."""
        X, y, _ = table.first(min(*table.n_rows, _ROWS_TO_JUDGE))
        prediction = self.member_outputs(X).abs().amax((-2, -1))
        limit = self.largest_prediction * y.abs().amax((-2, -1)).clamp(min=1)
        return (prediction <= limit).numpy(force=True)

    def _listens(self, *methods):
        return any(getattr(type(callback), method) is not getattr(Callback, method)
                   for _, callback in self.callbacks_ for method in methods)
