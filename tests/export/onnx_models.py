"""Exported models, run by onnxruntime, and by a reader who knows the metadata alone."""

import json

import numpy as np
import onnx
import onnxruntime
import pandas as pd


def session_of(model, dtype="float64"):
    """The exported model, checked and loaded."""
    exported = model.to_onnx(dtype=dtype)
    onnx.checker.check_model(exported, full_check=True)
    return onnxruntime.InferenceSession(exported.SerializeToString(),
                                        providers=["CPUExecutionProvider"])


def metadata_of(session):
    return {name: json.loads(text)
            for name, text in session.get_modelmeta().custom_metadata_map.items()}


def coded(frame, session):
    """The numbers of a frame, as the metadata of a model say."""
    metadata = metadata_of(session)
    columns = []
    for name, levels in zip(metadata["feature_names"], metadata["categories"], strict=True):
        column = frame[name]
        if levels is not None:
            codes = {level: code for code, level in enumerate(levels)}
            column = [codes.get(None if pd.isna(value) else value, -1) for value in column]
        columns.append(np.asarray(column, dtype=float))
    return np.column_stack(columns)


def largest_difference(model, X, y, dtype="float64"):
    """Between the exported model and `predict`, in standard deviations of the targets.

    A constant target counts in its own units.
    """
    session = session_of(model, dtype)
    if isinstance(X, pd.DataFrame):
        given, expected = coded(X, session).astype(dtype), model.predict(X)
    else:
        given = X.astype(dtype)
        expected = model.predict(given)
    (prediction,) = session.run(None, {"X": given})
    assert prediction.dtype == np.float64
    assert prediction.shape == expected.shape
    size = np.abs(y).max(axis=0)
    deviation = size * np.std(y / size, axis=0)  # squares of huge targets overflow
    return np.max(np.abs(prediction - expected) / np.where(deviation > 0, deviation, 1))
