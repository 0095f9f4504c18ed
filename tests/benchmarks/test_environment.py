"""Limits of threads and of denormals are restored."""

import os
import re

import pytest
import torch
from threadpoolctl import threadpool_info

from benchmarks import environment
from benchmarks.environment import (
    available_cores,
    bound_to_cores,
    flushed_denormals,
    limited_threads,
)


@pytest.mark.parametrize("all_libraries", [False, True])
def test_threads_are_restored_after_an_error(all_libraries):
    before = torch.get_num_threads(), threadpool_info()
    with (pytest.raises(ZeroDivisionError),
          limited_threads(before[0] + 1, all_libraries=all_libraries)):
        assert torch.get_num_threads() == before[0] + 1
        1 / 0
    assert (torch.get_num_threads(), threadpool_info()) == before


def test_threads_of_all_libraries_are_limited():
    with limited_threads(1, all_libraries=True):
        assert {library["num_threads"] for library in threadpool_info()} == {1}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="binds a process to cores")
def test_cores_are_restored_after_an_error():
    before = os.sched_getaffinity(0)
    assert available_cores() == len(before)
    with pytest.raises(ZeroDivisionError), bound_to_cores(1):
        assert os.sched_getaffinity(0) == {min(before)} and available_cores() == 1
        1 / 0
    assert os.sched_getaffinity(0) == before


def test_systems_without_binding_use_all_cores(monkeypatch):
    monkeypatch.setattr(environment, "_CAN_BIND", False)
    with bound_to_cores(1):
        assert available_cores() == os.cpu_count()


def test_conditions_are_described_in_a_phrase():
    assert environment.describe({"torch": "2", "numpy": "1"}, {"cpu": "c", "cores": 2}) == (
        "torch 2, numpy 1; c, 2 cores")
    assert environment.describe({"torch": "2"}, {"cpu": "c", "cores": 2, "gpu": "g"}) == (
        "torch 2; c, 2 cores, g")
    assert set(environment.versions()) == {"python", "numpy", "sklearn", "torch", "skorch",
                                           "sklearn_gar"}
    assert environment.machine()["cpu"] and environment.machine()["cores"] >= 1
    assert re.fullmatch("[0-9a-f]{12}", environment.code())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", environment.timestamp())


def test_flushing_of_denormals_is_restored():
    tiny = torch.full((1,), 1e-310, dtype=torch.float64)
    for flushes in (False, True):
        torch.set_flush_denormal(flushes)
        with flushed_denormals():
            assert (tiny * 1.0).item() == 0.0
        assert ((tiny * 1.0).item() == 0.0) == flushes
    torch.set_flush_denormal(False)


def test_the_digest_of_the_code_follows_every_source(tmp_path, monkeypatch):
    monkeypatch.setattr(environment.sklearn_gar, "__file__", str(tmp_path / "__init__.py"))
    found = []
    for name, text in (("a.py", "1"), ("a.py", "2"), ("nn/a.py", "2"), ("a.txt", "2")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        found.append(environment.code())
    assert len(set(found)) == 3 and found[2] == found[3]
