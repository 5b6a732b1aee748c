"""Lowering of FULLY_CONNECTED in float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.fully_connected import FloatFullyConnected
from ..call import KernelCall
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatFullyConnected) -> KernelCall:
    """``bw_fully_connected_f32`` or ``_f16``."""
    units, depth = params.weights.shape
    return KernelCall(
        f"bw_fully_connected_{SUFFIX[params.dtype]}",
        {
            "rows": params.rows,
            "units": units,
            "depth": depth,
            "weights": params.weights,
            "scale": params.scale,
            "bias": params.bias,
            "low": params.low,
            "high": params.high,
        },
    )
