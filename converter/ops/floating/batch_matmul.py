"""BATCH_MATMUL in float: the product of two activations, sums in the order of the common dimension.

In float16 they are those of :mod:`.halves`: in eight lanes where both operands' elements along that dimension follow
each other in memory (the second one is transposed, or has one column), else in a lane for each element of the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import batch_matmul as integer
from ..operator import Inputs, Operator
from .arithmetic import rounded
from .common import float_operator, float_type, real_operand
from .halves import inner, outer


@dataclass(frozen=True)
class FloatBatchMatmul:
    """Constants; the names are those of :class:`bitwright.converter.ops.batch_matmul.BatchMatmul`."""

    dtype: DType
    shape_1: tuple[int, ...]
    shape_2: tuple[int, ...]
    output_shape: tuple[int, ...]
    transpose_1: bool
    transpose_2: bool


def prepare(graph: Graph, node: Node) -> FloatBatchMatmul:
    """Constants of the node."""
    dtype, (shape,) = float_type(graph, node, (0, 1)), integer.shapes(graph, node)
    sides = bool(node.attrs["adj_x"]), bool(node.attrs["adj_y"])
    return FloatBatchMatmul(dtype, graph.input(node, 0).shape, graph.input(node, 1).shape, shape, *sides)


def reference(params: FloatBatchMatmul, inputs: Inputs) -> list[Array]:
    """Exact result."""
    left, right = real_operand(inputs, 0), real_operand(inputs, 1)
    left = left.swapaxes(-1, -2) if params.transpose_1 else left
    right = right.swapaxes(-1, -2) if params.transpose_2 else right
    if params.dtype is DType.FLOAT16:
        rows_lie = not params.transpose_1 or left.shape[-2] == 1
        along = rows_lie and (params.transpose_2 or right.shape[-1] == 1)
        sums = inner(left[..., :, None, :], right.swapaxes(-1, -2)[..., None, :, :]) if along else outer(left, right)
        return [rounded(sums, params.dtype)]
    total = np.zeros(params.output_shape, np.float32)
    for k in range(left.shape[-1]):
        total = total + left[..., :, k, None] * right[..., None, k, :]
    return [rounded(total, params.dtype)]


FLOAT_BATCH_MATMUL: Operator = float_operator(
    "BATCH_MATMUL", "2 to 5 dimensions", integer.shapes, prepare, reference, integer.macs, inputs=(2, 2)
)
