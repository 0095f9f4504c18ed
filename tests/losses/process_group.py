"""Real processes that form gloo groups, each of which holds a part of a batch."""

import multiprocessing
import os
import pickle
import sys
import warnings
from datetime import timedelta

import torch
from torch import distributed

SECONDS_BEFORE_IT_FAILS = 60  # far more than anything here takes on a busy machine


class Processes:
    """Processes that run functions of this package, all at the same time.

    They take seconds to start, so the same ones make up groups of any size up to theirs.
    """

    def __init__(self, most, directory):
        self._directory, self._n_groups, self._size = directory, 0, 0
        self._connections, self._processes = [], []
        spawn = multiprocessing.get_context("spawn")
        for _ in range(most):
            connection, others_end = spawn.Pipe()
            process = spawn.Process(target=_work, args=(others_end,), daemon=True)
            process.start()
            others_end.close()
            self._connections.append(connection)
            self._processes.append(process)

    def run(self, size, function, *arguments):
        """What `function(rank, *arguments)` returns on each process, or the error it raises."""
        if size != self._size:
            self.renew(size)
        return self._run(size, function, *arguments)

    def renew(self, size):
        """Make another group, of so many processes."""
        self._run(len(self._processes), _leave)
        self._size, self._n_groups = size, self._n_groups + 1
        store = self._directory / f"store{self._n_groups}"
        assert self._run(size, _join, size, store) == [None] * size

    def _run(self, size, function, *arguments):
        connections = self._connections[:size]
        for rank, connection in enumerate(connections):
            connection.send_bytes(pickle.dumps((function, (rank, *arguments))))
        return [self._result(connection) for connection in connections]

    @staticmethod
    def _result(connection):
        if not connection.poll(2 * SECONDS_BEFORE_IT_FAILS):
            raise TimeoutError("the process hangs")
        return pickle.loads(connection.recv_bytes())

    def close(self):
        for process, connection in zip(self._processes, self._connections):
            connection.close()
            process.kill()


class GroupOfProcesses:
    """A group of `size` processes."""

    def __init__(self, processes, size):
        self.size, self._processes = size, processes

    def run(self, function, *arguments):
        """What `function(rank, *arguments)` returns on each process, or the error it raises."""
        return self._processes.run(self.size, function, *arguments)

    def results(self, function, *arguments):
        """As `run`, but an error on any process is raised here."""
        results = self.run(function, *arguments)
        for result in results:
            if isinstance(result, Exception):
                raise result
        return results

    def renew(self):
        """Make another group, in place of one that an error has left unusable."""
        self._processes.renew(self.size)


def _work(connection):
    """Run what comes through the connection until it closes."""
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    if sys.platform == "linux":  # the host's own name may not lead back to it
        os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    while True:
        try:
            function, arguments = pickle.loads(connection.recv_bytes())
        except EOFError:
            return
        try:
            result = function(*arguments)
        except Exception as error:
            result = error
        connection.send_bytes(pickle.dumps(result))


def _join(rank, size, store):
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank,
                                   world_size=size,
                                   timeout=timedelta(seconds=SECONDS_BEFORE_IT_FAILS))


def _leave(rank):
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rows_of(rank, sizes):
    """The rows that a process holds, of parts with these numbers of rows."""
    first = sum(sizes[:rank])
    return slice(first, first + sizes[rank])


def part_of(tensor, rank, sizes, axis):
    """The rows of a tensor, along this axis, that a process holds."""
    if tensor is None:
        return None
    return tensor.movedim(axis, 0)[rows_of(rank, sizes)].movedim(0, axis).contiguous()


def part_of_batch(rank, sizes, input, target, weight=None):
    """Predictions, targets and weights of the rows that a process holds."""
    def axis(tensor):
        return 0 if tensor.ndim == 1 else -2
    return (part_of(input, rank, sizes, axis(input)), part_of(target, rank, sizes, axis(target)),
            part_of(weight, rank, sizes, -1))
