"""A fitted predictor as an ONNX model."""

import json

import numpy as np
import torch

import sklearn_gar
from sklearn_gar._export.features import encoded, scaled, unscaled
from sklearn_gar._export.graph import IR_VERSION, OPSET, Graph, Value
from sklearn_gar._export.networks import outputs

_DTYPES = ("float64", "float32")


def onnx_model(predictor, names: list[str] | None, dtype: str):
    """The model proto of a predictor; `names` are those of the features, if they have some."""
    if dtype not in _DTYPES:
        raise ValueError(f"dtype must be one of {_DTYPES}, got {dtype!r}")
    try:
        from onnx import helper
    except ImportError as error:
        raise ImportError("to_onnx needs the package onnx; install it with "
                          "pip install onnx") from error
    encoding = predictor.encoding
    n_features = len(encoding.numeric) + len(encoding.categories)
    categories = _levels(predictor.categories, n_features)
    graph, dtype = Graph(), np.dtype(dtype)
    _prediction(graph, Value(graph, "X", dtype), predictor)
    kind = Graph.element_type
    proto = helper.make_graph(
        graph.nodes, "GARRegressor",
        [helper.make_tensor_value_info("X", kind(dtype), ["n", n_features])],
        [helper.make_tensor_value_info("prediction", kind(np.float64),
                                       ["n", *predictor.target_shape])],
        graph.constants)
    model = helper.make_model(
        proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="sklearn_gar", producer_version=sklearn_gar.__version__)
    helper.set_model_props(model, {"feature_names": json.dumps(names), "categories": categories})
    return model


def _prediction(graph, X, predictor):
    """Nodes from the features to the predictions, in the order of the predictor's own steps."""
    if predictor.categories.columns:  # numbers beside categories are float64
        X = X.astype(np.float64)
    precision = torch.empty(0, dtype=predictor.dtype).numpy().dtype
    numbers, codes = encoded(graph, X, predictor.encoding)
    features = scaled(graph, numbers, predictor.scaling).astype(precision)
    y = outputs(graph, features, codes, predictor.net.module_, predictor.members)
    y = graph.node("ReduceMean", y, axes=[0], keepdims=0)
    if predictor.blend is not None and predictor.blend.share.any():
        y = _blended(y, features, predictor.blend, len(predictor.encoding.n_codes))
    y = unscaled(graph, y, predictor.scaling)
    shape = graph.constant(np.array([-1, *predictor.target_shape]))
    graph.node("Reshape", y, shape, name="prediction")


def _blended(y, features, blend, n_codes):
    weights = blend.weights[:len(blend.weights) - n_codes]  # those of codes are 0
    linear = features @ weights + blend.bias
    return y + (linear - y) * blend.share


def _levels(categories, n_features):
    """JSON of a list: for each feature null, or its levels in the order of their codes."""
    levels = [list(categories.levels[column]) if column in categories.levels else None
              for column in range(n_features)]
    for column, values in enumerate(levels):
        if values is not None:
            levels[column] = [_plain_level(level, column) for level in values]
    return json.dumps(levels, ensure_ascii=False)


def _plain_level(level, column):
    """A level as JSON has it; None is a missing value."""
    level = level.item() if isinstance(level, np.generic) else level
    if level is None or isinstance(level, (str, bool, int)):
        return level
    if isinstance(level, float) and np.isfinite(level):
        return level
    raise ValueError("to_onnx writes levels of categories as text, numbers or truth values, got "
                     f"{level!r} in feature {column}; turn the levels of that feature into text "
                     "before fit")
