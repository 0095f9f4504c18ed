"""Groups of processes, the same for all tests of a session."""

import pytest

from tests.losses.process_group import GroupOfProcesses, Processes


@pytest.fixture(scope="session")
def all_processes(tmp_path_factory):
    processes = Processes(3, tmp_path_factory.mktemp("stores"))
    yield processes
    processes.close()


@pytest.fixture(scope="session")
def two_processes(all_processes):
    return GroupOfProcesses(all_processes, 2)


@pytest.fixture(scope="session")
def three_processes(all_processes):
    return GroupOfProcesses(all_processes, 3)


@pytest.fixture(scope="session", params=[2, 3])
def processes(request, all_processes):
    """Groups of two and of three processes."""
    return GroupOfProcesses(all_processes, request.param)
