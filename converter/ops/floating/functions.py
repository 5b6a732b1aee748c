"""Functions of one value in float, by the arithmetic of :mod:`.arithmetic`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator
from . import arithmetic
from .arithmetic import LARGEST, rounded
from .common import float_operator, float_type, real_operand

_CLAMPS = {"RELU": (0.0, None), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0), "RELU_0_TO_1": (0.0, 1.0)}
_FUNCTIONS = {
    "LOGISTIC": arithmetic.LOGISTIC,
    "TANH": arithmetic.TANH,
    "SILU": arithmetic.SILU,
    "GELU": arithmetic.GELU,
    "EXP": arithmetic.EXP,
}


@dataclass(frozen=True)
class FloatFunction:
    """Constants: the function's number in ``arithmetic.FUNCTIONS``, and the range of the result."""

    dtype: DType
    elements: int
    function: int
    low: np.float32
    high: np.float32


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged."""
    return [graph.input(node, 0).shape]


def prepare(graph: Graph, node: Node) -> FloatFunction:
    """Constants of the node."""
    dtype, op = float_type(graph, node), node.plain.op
    low, high = _CLAMPS.get(op, (None, None))
    function = _FUNCTIONS.get(op, arithmetic.IDENTITY)
    if function == arithmetic.GELU and node.attrs.get("approximate"):
        function = arithmetic.GELU_TANH
    most = LARGEST[dtype]
    return FloatFunction(
        dtype,
        graph.input(node, 0).elements,
        function,
        -most if low is None else np.float32(low),
        most if high is None else np.float32(high),
    )


def reference(params: FloatFunction, inputs: Inputs) -> list[Array]:
    """Exact result."""
    values = arithmetic.FUNCTIONS[params.function](real_operand(inputs, 0))
    return [rounded(values, params.dtype, params.low, params.high)]


FLOAT_FUNCTIONS: tuple[Operator, ...] = tuple(
    float_operator(name, "", shapes, prepare, reference) for name in (*_CLAMPS, *_FUNCTIONS)
)
