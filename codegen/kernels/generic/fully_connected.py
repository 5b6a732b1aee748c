"""Lowering of FULLY_CONNECTED."""

from __future__ import annotations

from ....converter.ir import DType, Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..mac import fold_zero_point, requantize_fields, stored_weights
from ..overlap import row_distance
from .wide import lower_fully_connected_s16


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall:
    """``bw_fully_connected_s8`` for int8, ``bw_fully_connected_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_fully_connected_s16(params)
    units, depth = params.weights.shape
    weights, zero_point = stored_weights(graph, node, 1)
    bias = fold_zero_point(node, params.weights, params.bias, params.input_zero_point)
    return KernelCall(
        function="bw_fully_connected_s8",
        params={
            "rows": params.rows,
            "dot": {
                "depth": depth,
                "channels": units,
                "weights": weights,
                "bias": bias,
                **requantize_fields(params.requant, units),
                "weights_zero_point": zero_point,
            },
        },
        scratch=0,
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        sources=("bw_dot_s8",),
    )
