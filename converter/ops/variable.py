"""READ_VARIABLE and ASSIGN_VARIABLE: streaming state, held outside the arena between inferences.

The session that runs the graph keeps the values; here is only what both sides must agree on.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import Array, Graph, Node
from .operator import Inputs, Operator


@dataclass(frozen=True)
class Copy:
    """Bytes to move between the arena and the variable."""

    bytes: int


def _prepare(graph: Graph, node: Node) -> Copy:
    tensor = graph.output(node) if node.outputs else graph.input(node, 0)
    return Copy(tensor.bytes)


def _same(_params: Copy, inputs: Inputs) -> list[Array]:
    """The value itself."""
    return [value for value in inputs if value is not None]


def _read_shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [graph.variables[node.attrs["variable"]].initial.shape]


def _assign_shapes(_graph: Graph, _node: Node) -> list[tuple[int, ...]]:
    return []


READ_VARIABLE = Operator(
    "READ_VARIABLE", "int8, int16, uint32", "constant initial value", _read_shapes, _prepare, _same, inputs=(0, 0)
)
ASSIGN_VARIABLE = Operator(
    "ASSIGN_VARIABLE", "int8, int16, uint32", "", _assign_shapes, _prepare, _same, outputs=(0, 0)
)
