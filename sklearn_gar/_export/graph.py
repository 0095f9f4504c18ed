"""Nodes of an ONNX graph, written like expressions of NumPy.

The types of numbers are those that NumPy would give, so that a graph rounds where `predict`
does.
"""

import numpy as np

# Written for runtimes from 2021 on.
OPSET, IR_VERSION = 15, 8


class Value:
    """What a node gives: its name in the graph, and its type of numbers."""

    def __init__(self, graph: "Graph", name: str, dtype):
        self.graph, self.name, self.dtype = graph, name, np.dtype(dtype)

    def __add__(self, other) -> "Value":
        return self._with("Add", other)

    def __sub__(self, other) -> "Value":
        return self._with("Sub", other)

    def __mul__(self, other) -> "Value":
        return self._with("Mul", other)

    def __truediv__(self, other) -> "Value":
        return self._with("Div", other)

    def __matmul__(self, other) -> "Value":
        return self._with("MatMul", other)

    def __gt__(self, other) -> "Value":
        return self._with("Greater", other, bool)

    def __ge__(self, other) -> "Value":
        return self._with("GreaterOrEqual", other, bool)

    def __and__(self, other) -> "Value":
        return self._with("And", other)

    def maximum(self, other) -> "Value":
        return self._with("Max", other)

    def minimum(self, other) -> "Value":
        return self._with("Min", other)

    def is_nan(self) -> "Value":
        return self.graph.node("IsNaN", self, dtype=bool)

    def astype(self, dtype) -> "Value":
        if self.dtype == dtype:
            return self
        return self.graph.node("Cast", self, dtype=dtype, to=self.graph.element_type(dtype))

    def columns(self, index) -> "Value":
        """Columns (n, i) of an index (i,), or a column (n,) of a number."""
        index = self.graph.constant(np.asarray(index, dtype=np.int64))
        return self.graph.node("Gather", self, index, axis=1)

    def reshape(self, *shape: int) -> "Value":
        """Another shape; 0 keeps the length of an axis."""
        return self.graph.node("Reshape", self, self.graph.constant(np.array(shape)))

    def transpose(self, *axes: int) -> "Value":
        return self.graph.node("Transpose", self, perm=axes)

    def ldexp(self, exponent: np.ndarray) -> "Value":
        """Columns times powers of two, in two steps, so that neither power overflows."""
        if not exponent.any():
            return self
        half = exponent // 2
        return self * np.ldexp(1.0, half).astype(self.dtype) * np.ldexp(
            1.0, exponent - half).astype(self.dtype)

    def _with(self, operation, other, dtype=None):
        inputs = self.graph.promoted(self, other)
        return self.graph.node(operation, *inputs, dtype=dtype)


class Graph:
    """The nodes and the constants so far."""

    def __init__(self):
        self.nodes, self.constants = [], []

    @staticmethod
    def element_type(dtype) -> int:
        """ONNX's number of a type."""
        from onnx import helper
        return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    def constant(self, array: np.ndarray) -> Value:
        from onnx import numpy_helper
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return Value(self, name, array.dtype)

    def node(self, operation: str, *inputs: Value, dtype=None, name: str | None = None,
             **attributes) -> Value:
        """What an operation makes of its inputs; the type is that of the first by default."""
        from onnx import helper
        name = name or f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(
            operation, [one.name for one in inputs], [name], **attributes))
        return Value(self, name, inputs[0].dtype if dtype is None else dtype)

    def promoted(self, *values) -> list[Value]:
        """Values, arrays and plain numbers as values of one type, by NumPy's rules."""
        dtype = _common_type(values)
        return [one.astype(dtype) if isinstance(one, Value)
                else self.constant(np.asarray(one, dtype=dtype)) for one in values]

    def where(self, condition: Value, chosen, other) -> Value:
        return self.node("Where", condition, *self.promoted(chosen, other),
                         dtype=_common_type((chosen, other)))

    def concatenate(self, values: list[Value], axis: int) -> Value:
        if len(values) == 1:
            return values[0]
        return self.node("Concat", *values, axis=axis)


def _common_type(values):
    return np.result_type(*(one if isinstance(one, (int, float)) else one.dtype
                            for one in values))
