"""skorch's net over a stack.

skorch brings the loop, the history, the callbacks and the checkpoints.  What it does for
every batch (a data loader row by row, history records, notifications) costs several
times a small training step, so batches are slices of tensors, and callbacks hear of
batches only if one of them listens.
"""

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer, PrintLog

from sklearn_gar._training.batches import Batches, Table, WholeTable
from sklearn_gar._training.callbacks import AllDiverged, StopTraining, is_raised_by_code

# values of a forward pass kept at once; more leave the cache
_VALUES_AT_ONCE = 1 << 20


class StackNet(NeuralNet):
    """Train the members of a stack on a :class:`Table`.

    Parameters beside those of :class:`skorch.NeuralNet`:

    learning_rate_factor : callable
        Factor of the learning rate at a progress in [0, 1).
    seeds : sequence of int
        Seeds of the members' orders of rows.
    """

    def __init__(self, *args, learning_rate_factor, seeds, **kwargs):
        # a scoring callback predicts anew: every member has its own batches
        super().__init__(*args, train_split=None, use_caching=False, **kwargs)
        self.learning_rate_factor = learning_rate_factor
        self.seeds = seeds

    def get_default_callbacks(self):
        callbacks = [("epoch_timer", EpochTimer()), ("all_diverged", AllDiverged())]
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
            self.batches_ = Batches(dataset, self.batch_size, self.seeds)
            return self.batches_
        return WholeTable(dataset) if isinstance(dataset, Table) else super().get_iterator(dataset)

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Run the epochs; remember whether the user or a callback ended them early."""
        self.interrupted_ = False
        epochs = self.max_epochs if epochs is None else epochs
        self.n_steps_, self.lowest_ = 0, {}
        self.n_steps_planned_ = epochs * len(self.get_iterator(X, training=True))
        try:
            super().fit_loop(X, y, epochs=epochs, **fit_params)
        except StopTraining:
            pass
        except KeyboardInterrupt:
            self.interrupted_ = True
            raise
        finally:
            self.batches_ = None  # the rows are the caller's
        return self

    def notify(self, method_name, **kwargs):
        try:
            super().notify(method_name, **kwargs)
        except StopTraining:
            raise
        except KeyboardInterrupt as error:
            if is_raised_by_code(error):  # as callbacks of skorch ask for an early end
                raise StopTraining from None
            raise

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        if iterator is None:
            return
        if training and hasattr(self.criterion_, "pretrains"):
            self._choose_stage(len(iterator))
        listens = self._listens("on_batch_begin", "on_batch_end")
        losses = 0
        for batch in iterator:
            if listens:
                self.notify("on_batch_begin", batch=batch[:2], training=training)
            step = step_fn(batch, **fit_params)
            losses = losses + step["loss"]
            if listens:
                self.history.record_batch(prefix + "_loss", step["loss"].mean().item())
                self.history.record_batch(prefix + "_batch_size", batch[0].shape[-2])
                self.notify("on_batch_end", batch=batch[:2], training=training, **step)
        self._record_losses(prefix, losses / len(iterator))

    def _choose_stage(self, n_batches):
        """Let a loss of two stages pretrain for the first half of the epochs, rounded down.

        The second stage has another loss, so the optimiser starts anew.
        """
        epoch, n_epochs = self.n_steps_ // n_batches, self.n_steps_planned_ // n_batches
        pretrained = self.criterion_.pretrains
        self.criterion_.pretrains = epoch < n_epochs // 2
        if pretrained and not self.criterion_.pretrains:
            self.optimizer_.restart()

    def _record_losses(self, prefix, losses):
        """Losses of the members, their mean, and whether the mean is the lowest so far."""
        epoch = self.history[-1]
        if not epoch["batches"]:  # checkpoints ask for a last batch
            self.history.new_batch()
        losses = losses.tolist()
        loss = sum(losses) / len(losses)
        best = min(self.lowest_.get(prefix, loss), loss)
        self.lowest_[prefix] = best
        epoch.update({f"{prefix}_losses": losses, f"{prefix}_loss": loss,
                      f"{prefix}_loss_best": loss == best})

    def train_step(self, batch, **fit_params):
        X, y, weight = batch
        self.optimizer_.scale_learning_rate(
            self.learning_rate_factor(self.n_steps_ / self.n_steps_planned_))
        loss, prediction = self._loss_and_gradients(X, y, weight)
        if self._listens("on_grad_computed"):
            self.notify("on_grad_computed", batch=batch[:2], training=True,
                        named_parameters=list(self.get_all_learnable_params()))
        self.optimizer_.step()
        self.n_steps_ += 1
        return {"loss": loss, "y_pred": prediction}

    def _loss_and_gradients(self, X, y, weight):
        """Losses (m,) and predictions; gradients of the losses' sum: no member meets another.

        Autograd is asked for no more than a loss's gradient in the predictions, and not even
        that where the loss has it at hand.
        """
        prediction, kept = self.module_.forward_and_keep(X)
        features_grad = None
        if hasattr(self.criterion_, "value_and_gradient"):
            loss, grad = self.criterion_.value_and_gradient(prediction, y, weight)
        elif getattr(self.criterion_, "takes_features", False):
            features = self.module_.kept_features(kept)
            loss, (grad, features_grad) = _recorded(
                lambda prediction, features: self.criterion_(
                    prediction, y, weight, features=features), prediction, features)
        else:
            loss, (grad,) = _recorded(
                lambda prediction: self.criterion_(prediction, y, weight), prediction)
        if loss.shape != (self.module_.n_members,):
            raise ValueError(f"{self.criterion_!r} must return one value a network, shape "
                             f"({self.module_.n_members},), got shape {tuple(loss.shape)}")
        self.module_.backward(grad, kept, features_grad)
        return loss, prediction

    @torch.no_grad()
    def validation_step(self, batch, **fit_params):
        X, y, weight = batch
        self._set_training(False)
        prediction = self.predict_members(X)
        self._set_training(True)
        # losses over features and such of two stages score predictions by another
        score = getattr(self.criterion_, "validation_loss", self.criterion_)
        return {"loss": score(prediction, y, weight), "y_pred": prediction}

    def predict_members(self, X, members=slice(None)):
        """Predictions (m, n, k) for rows (n, d) or (m, n, d), in pieces that fit the cache."""
        module = self.module_
        n_rows = max(1, _VALUES_AT_ONCE // (module.n_members * max(module.layer_sizes)))
        return torch.cat([module.predict(rows, members) for rows in X.split(n_rows, dim=-2)],
                         dim=-2)

    def predict(self, X, members=slice(None)):
        """Mean over the members (n, k), as skorch's scoring callbacks ask for it."""
        X = X.X if isinstance(X, Table) else torch.as_tensor(X)
        return self.predict_members(X, members).mean(0).numpy(force=True)

    def keep_members(self, members):
        """Train on with the members of this index, in its order, and no others."""
        self.module_.keep_members(members)
        self.optimizer_.keep_members(members)
        for part in (self.criterion_, self.batches_, *(cb for _, cb in self.callbacks_)):
            if hasattr(part, "keep_members"):
                part.keep_members(members)

    def _listens(self, *methods):
        return any(getattr(type(callback), method) is not getattr(Callback, method)
                   for _, callback in self.callbacks_ for method in methods)


def _recorded(loss, *tensors):
    """Values of a loss of these tensors, and the gradients of their sum by autograd.

    Of several tensors one that the loss does not depend on has the gradient None.
    """
    tensors = [tensor.detach().requires_grad_() for tensor in tensors]
    with torch.enable_grad():
        values = loss(*tensors)
        grads = torch.autograd.grad(values.sum(), tensors, allow_unused=len(tensors) > 1)
    return values.detach(), grads
