"""From a fitted estimator to what other programs read."""

from sklearn_gar._export.onnx_model import onnx_model

__all__ = ["onnx_model"]
