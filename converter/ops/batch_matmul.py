"""BATCH_MATMUL of two activations: ``[..., M, K] x [..., K, N]`` with broadcast batches, either side transposed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import as_int64, quantize_multiplier
from ..ir import Array, DType, Graph, Node, Rounding, Tensor
from .operator import (
    Inputs,
    Operator,
    QuantRule,
    Requantization,
    exact_matmul,
    float_operand,
    prove_requantization,
    require,
    require_types,
    unsupported,
)

_MOST_BATCHES = 3


@dataclass(frozen=True, eq=False)
class BatchMatmul:
    """Integer constants; shapes are those of the tensors, before ``transpose_1/2`` of the last two."""

    shape_1: tuple[int, ...]
    shape_2: tuple[int, ...]
    output_shape: tuple[int, ...]
    transpose_1: bool
    transpose_2: bool
    zero_point_1: int
    zero_point_2: int
    requant: Requantization


def _swapped(tensor: Tensor, transposed: bool) -> tuple[int, ...]:
    shape = tensor.shape
    return (*shape[:-2], shape[-1], shape[-2]) if transposed else shape


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Broadcast batches, then [M, N]."""
    first, second = graph.input(node, 0), graph.input(node, 1)
    if (
        not 2
        <= min(len(first.shape), len(second.shape))
        <= max(len(first.shape), len(second.shape))
        <= 2 + _MOST_BATCHES
    ):
        raise ModelError(
            f"{node.name} ({node.op}): {first.shape} x {second.shape} must have 2 to {2 + _MOST_BATCHES} dimensions"
        )
    left, right = _swapped(first, node.attrs["adj_x"]), _swapped(second, node.attrs["adj_y"])
    try:
        batches = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError as error:
        raise ModelError(f"{node.name} ({node.op}): batches of {left} and {right} do not broadcast") from error
    if left[-1] != right[-2]:
        raise ModelError(f"{node.name} ({node.op}): {left} x {right} do not multiply")
    return [(*batches, left[-2], right[-1])]


def prepare(graph: Graph, node: Node) -> BatchMatmul:
    """Integer constants of the node."""
    first, second, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    dtype = require_types(graph, node, [first, second, target], [DType.INT8, DType.INT16])
    wide = dtype is DType.INT16
    points = first.zero_point, second.zero_point, target.zero_point
    require(not wide or not any(points), node, "int16 zero points must be 0")
    shapes(graph, node)
    product = float(np.float32(first.scale) * np.float32(second.scale))
    multiplier, shift = quantize_multiplier(product / float(target.scale))
    depth = _swapped(first, node.attrs["adj_x"])[-1]
    require(not node.attrs.get("uint8", False), node, "uint8 models are not served")
    requant = Requantization(
        dtype,
        Rounding.WIDE if wide else Rounding.DOUBLE,
        as_int64([multiplier]),
        as_int64([shift]),
        target.zero_point,
        *dtype.limits,
    )
    _prove(node, requant, depth)
    return BatchMatmul(
        first.shape,
        second.shape,
        target.shape,
        bool(node.attrs["adj_x"]),
        bool(node.attrs["adj_y"]),
        first.zero_point,
        second.zero_point,
        requant,
    )


def _prove(node: Node, requant: Requantization, depth: int) -> None:
    """No sum leaves int32 shifted (int8), or the 48 bits (int16) that a 16-bit multiplier takes to int64."""
    if requant.rounding is Rounding.WIDE:
        reach = depth << 30
        if reach >= 2**47:
            raise unsupported(node, f"a sum of {depth} products can reach {reach}, beyond 48 bits")
        prove_requantization(node, requant, as_int64([reach]))
        return
    reach = depth * 255 * 255 << max(int(requant.shift[0]), 0)
    if reach >= 2**31:
        raise unsupported(node, f"a sum of {depth} products can reach {reach}, beyond int32")


def reference(params: BatchMatmul, inputs: Inputs) -> list[Array]:
    """Exact result."""
    first, second = inputs[0], inputs[1]
    assert first is not None and second is not None
    left = first.astype(np.int64) - params.zero_point_1
    right = second.astype(np.int64) - params.zero_point_2
    if params.transpose_1:
        left = left.swapaxes(-1, -2)
    if params.transpose_2:
        right = right.swapaxes(-1, -2)
    return [params.requant.apply(exact_matmul(left, right)).reshape(params.output_shape)]


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The product in float32."""
    left, right = float_operand(inputs, 0), float_operand(inputs, 1)
    left = left.swapaxes(-1, -2) if node.attrs["adj_x"] else left
    right = right.swapaxes(-1, -2) if node.attrs["adj_y"] else right
    return [np.matmul(left, right)]


def macs(graph: Graph, node: Node) -> int:
    """Outputs times the common dimension."""
    return graph.output(node).elements * _swapped(graph.input(node, 0), node.attrs["adj_x"])[-1]


BATCH_MATMUL = Operator(
    name="BATCH_MATMUL",
    types="int8, int16",
    limits="2 to 5 dimensions",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(),
    inputs=(2, 2),
)
