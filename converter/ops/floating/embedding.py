"""EMBEDDING into float: int8 rows of a constant table by indices, each row times its scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import embedding as integer
from ..operator import Inputs, Operator, require
from .arithmetic import Real, rounded
from .common import float_operator, float_type, float_weights


@dataclass(frozen=True, eq=False)
class FloatEmbedding:
    """Constants: the table int8 [rows, depth], a scale for each row, the indices' type and shape."""

    dtype: DType
    table: Array
    scale: Real
    index_dtype: DType
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """Indices of an inference."""
        return math.prod(self.shape)


def prepare(graph: Graph, node: Node) -> FloatEmbedding:
    """Constants of the node."""
    indices = graph.input(node, 1)
    require(not indices.is_constant, node, "constant indices are a GATHER")
    require(indices.dtype in integer.INDICES, node, f"indices of type {indices.dtype.value} are not served")
    return FloatEmbedding(float_type(graph, node, ()), *float_weights(graph, node, 0), indices.dtype, indices.shape)


def reference(params: FloatEmbedding, inputs: Inputs) -> list[Array]:
    """Exact result."""
    indices = inputs[1]
    assert indices is not None
    table = params.table.astype(np.float32) * params.scale[:, None]
    return [rounded(integer.rows_of(table, indices), params.dtype)]


FLOAT_EMBEDDING: Operator = float_operator(
    "EMBEDDING",
    "constant int8 table; indices int8, int16 or int32, beyond the table its nearest row",
    integer.shapes,
    prepare,
    reference,
    inputs=(2, 2),
)
