"""ADD, SUB, MUL, MAXIMUM and MINIMUM in float, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import elementwise as integer
from ..operator import Inputs, Operator
from .arithmetic import Real, rounded
from .common import float_operator, float_type, range_of, real_operand

#: In the order of ``bw_binary_real.h``.
_OPERATIONS: dict[str, Callable[[Real, Real], Real]] = {
    "ADD": lambda a, b: a + b,
    "SUB": lambda a, b: a - b,
    "MUL": lambda a, b: a * b,
    "MAXIMUM": lambda a, b: np.where(a > b, a, b),
    "MINIMUM": lambda a, b: np.where(a < b, a, b),
}
NAMES = tuple(_OPERATIONS)


@dataclass(frozen=True)
class FloatBinary:
    """Constants: the operation's name, the shapes, and the range of the output."""

    dtype: DType
    operation: str
    shape_1: tuple[int, ...]
    shape_2: tuple[int, ...]
    shape: tuple[int, ...]
    low: np.float32
    high: np.float32


def prepare(graph: Graph, node: Node) -> FloatBinary:
    """Constants of the node."""
    dtype = float_type(graph, node, (0, 1))
    first, second, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    operation = node.plain.op
    return FloatBinary(dtype, operation, first.shape, second.shape, target.shape, *range_of(node, dtype))


def reference(params: FloatBinary, inputs: Inputs) -> list[Array]:
    """Exact result."""
    result = _OPERATIONS[params.operation](real_operand(inputs, 0), real_operand(inputs, 1))
    return [rounded(result, params.dtype, params.low, params.high)]


FLOAT_BINARY: tuple[Operator, ...] = tuple(
    float_operator(name, "", integer.shapes, prepare, reference, inputs=(2, 2)) for name in NAMES
)
