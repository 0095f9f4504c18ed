"""Where the microseconds of a training step go, measured in the training loop itself."""

import statistics
import time
from dataclasses import dataclass

from skorch.callbacks import Callback

from benchmarks.arithmetic import product_rate, step_operations
from benchmarks.models import BATCH_SIZE, LARGE, SMALL, gar_regressor, synthetic_table
from benchmarks.text import rst_table

# part of the step, the attribute of the net that does it, and the method of that
PARTS = (
    ("forward", "module_", "forward_and_save"),
    ("loss and its gradient", "criterion_", "value_and_gradients"),
    ("backward", "module_", "backward"),
    ("optimiser", "optimizer_", "step"),
)
BATCH, REST = "rows of the batch", "rest"
STEP, PRODUCTS = "whole step", "its products at the rate of torch.mm"


@dataclass(frozen=True)
class Case:
    """What is trained: a column of the table."""

    title: str
    n_networks: int
    n_features: int
    hidden_layer_sizes: tuple[int, ...]
    n_epochs: int


CASES = tuple(
    Case(f"{n_networks} x {'-'.join(map(str, sizes))}", n_networks, n_features, sizes,
         n_epochs)
    for n_networks, n_features, sizes, n_epochs in (
        (1, 8, SMALL, 100), (45, 8, SMALL, 10), (1, 81, LARGE, 20), (15, 81, LARGE, 3)))


class Stopwatch(Callback):
    """Measures the time of each part, by wrapping the methods of the net that do them."""

    def on_train_begin(self, net, **kwargs):
        self.seconds_ = dict.fromkeys((BATCH, *(label for label, *_ in PARTS)), 0.0)
        for label, attribute, method in PARTS:
            self._wrap(getattr(net, attribute), method, label)
        get_iterator = net.get_iterator
        net.get_iterator = lambda *args, **kwargs: _TimedIterator(
            get_iterator(*args, **kwargs), self.seconds_)

    def _wrap(self, owner, method, label):
        work, seconds = getattr(owner, method), self.seconds_

        def timed(*args, **kwargs):
            start = time.perf_counter()
            result = work(*args, **kwargs)
            seconds[label] += time.perf_counter() - start
            return result
        setattr(owner, method, timed)


class _TimedIterator:
    """The batches of an iterator; adds up the time that it takes to make them."""

    def __init__(self, batches, seconds):
        self.batches = batches
        self.seconds = seconds

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        batches, end = iter(self.batches), object()
        while True:
            start = time.perf_counter()
            batch = next(batches, end)
            self.seconds[BATCH] += time.perf_counter() - start
            if batch is end:
                return
            yield batch


def profile(cases=CASES, n_rows=4096, repetitions=5) -> str:
    """A table of microseconds per step, with a row for each part and a column for each case."""
    columns = [case_profile(case, n_rows, repetitions) for case in cases]
    rows = [[part, *(f"{column[part]:.0f}" for column in columns)] for part in columns[0]]
    return rst_table(["microseconds a step", *(case.title for case in cases)], rows)


def case_profile(case: Case, n_rows: int, repetitions: int) -> dict[str, float]:
    """Microseconds of each part, in the fit whose steps took the median time."""
    X, y = synthetic_table(n_rows, case.n_features)
    model = gar_regressor(hidden_layer_sizes=case.hidden_layer_sizes,
                          n_estimators=case.n_networks, max_iter=case.n_epochs,
                          skorch_callbacks=[Stopwatch()])
    model.fit(X, y)
    runs = sorted((_parts(model.fit(X, y), n_rows // BATCH_SIZE) for _ in range(repetitions)),
                  key=lambda parts: parts[STEP])
    operations = step_operations((case.n_features, *case.hidden_layer_sizes, 1), BATCH_SIZE,
                                 case.n_networks)
    rate = statistics.median(product_rate(2048) for _ in range(3))
    return {**runs[len(runs) // 2], PRODUCTS: 1e6 * operations / rate}


def _parts(model, n_batches):
    """Microseconds per step of each part, and of the rest of the epochs."""
    history = model.net_.history[:, "dur"]
    (watch,) = [callback for _, callback in model.net_.callbacks_
                if isinstance(callback, Stopwatch)]
    scale = 1e6 / (len(history) * n_batches)
    parts = {label: seconds * scale for label, seconds in watch.seconds_.items()}
    whole = sum(history) * scale
    return {**parts, REST: whole - sum(parts.values()), STEP: whole}
