"""Lowering of FULLY_CONNECTED in float."""

from __future__ import annotations

from ....converter.ir import Array, Graph, Node
from ....converter.ops.floating.fully_connected import FloatFullyConnected
from ....converter.ops.floating.sliding import FloatConv
from ..call import Field, KernelCall
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatFullyConnected) -> KernelCall:
    """``bw_fully_connected_f32`` or ``_f16``."""
    return call(params, params.rows, params.weights)


def call(params: FloatFullyConnected | FloatConv, rows: int, weights: Array) -> KernelCall:
    """The call on that many rows with weights [units, depth]."""
    units, depth = weights.shape
    fields: dict[str, Field] = {"rows": rows, "units": units, "depth": depth, "weights": weights}
    fields |= {name: getattr(params, name) for name in ("scale", "bias", "low", "high")}
    return KernelCall(f"bw_fully_connected_{SUFFIX[params.dtype]}", fields)
