"""EMBEDDING: rows of a constant table by indices that are known at run time.

Inputs: the table [rows, depth], int8 or int16, and indices of any shape, int8, int16 or int32. An index below 0 reads
the first row, one beyond the table the last: nothing outside the table is ever read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..ir import Array, DType, Graph, Node
from .operator import Inputs, Operator, QuantRule, float_operand, require

INDICES = (DType.INT8, DType.INT16, DType.INT32)


@dataclass(frozen=True, eq=False)
class Embedding:
    """Constants: the table, the indices' type and shape."""

    table: Array
    index_dtype: DType
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """Indices of an inference."""
        return math.prod(self.shape)


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The indices' shape, with a row's depth behind it."""
    table, indices = graph.input(node, 0), graph.input(node, 1)
    if len(table.shape) != 2:
        raise ModelError(f"{node.name} ({node.op}): a table of shape {list(table.shape)} must have two dimensions")
    return [(*indices.shape, table.shape[1])]


def prepare(graph: Graph, node: Node) -> Embedding:
    """The table as it is stored; the output has its grid."""
    table, indices, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    require(table.is_constant, node, "a table that is computed at run time is not served")
    require(not indices.is_constant, node, "constant indices are a GATHER")
    require(table.dtype in (DType.INT8, DType.INT16), node, f"a table of type {table.dtype.value} is not served")
    require(indices.dtype in INDICES, node, f"indices of type {indices.dtype.value} are not served")
    same = table.dtype is target.dtype and table.quant is not None and table.quant == target.quant
    require(same, node, "table and output must have one type and grid")
    shapes(graph, node)
    return Embedding(table.value(), indices.dtype, indices.shape)


def rows_of(table: Array, indices: Array) -> Array:
    """Rows by index, the nearest where there is none."""
    rows: Array = table[np.clip(indices.astype(np.int64), 0, len(table) - 1)]
    return rows


def reference(params: Embedding, inputs: Inputs) -> list[Array]:
    """Exact result."""
    indices = inputs[1]
    assert indices is not None
    return [rows_of(params.table, indices)]


def float_reference(_graph: Graph, _node: Node, inputs: Inputs) -> list[Array]:
    """Rows of the float table."""
    return [rows_of(float_operand(inputs, 0), float_operand(inputs, 1))]


EMBEDDING = Operator(
    name="EMBEDDING",
    types="int8, int16",
    limits="constant table; indices int8, int16 or int32, beyond the table its nearest row",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    float_reference=float_reference,
    rule=QuantRule(same=True, table=0),
    inputs=(2, 2),
)
