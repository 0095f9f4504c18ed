"""These tests need a GPU, and are skipped where there is none."""

from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items):
    if torch.cuda.is_available():
        return
    for item in items:  # of all folders
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no GPU that torch can use"))
