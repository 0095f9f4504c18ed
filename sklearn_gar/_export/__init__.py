"""From a fitted estimator to what other processes, machines and programs read, and back."""

from sklearn_gar._export.estimator_state import state_from_plain, state_to_plain
from sklearn_gar._export.onnx_model import onnx_model

__all__ = ["onnx_model", "state_from_plain", "state_to_plain"]
