"""These tests need a GPU, and are skipped where there is none."""

import pytest
import torch


def pytest_collection_modifyitems(items):
    reason = "no GPU that torch can use"
    for item in items:
        if not torch.cuda.is_available() and "cuda" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=reason))
