"""Lowering of the ways into layers in float and out of them."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.bridges import Bridge
from ..call import Field, KernelCall
from .names import SUFFIX


def lower_in(_graph: Graph, _node: Node, params: Bridge) -> KernelCall:
    """``bw_dequantize_*`` from integers, ``bw_convert_*`` from another float type, ``bw_copy`` from the same."""
    if params.source is params.target:
        return KernelCall("bw_copy", {"bytes": params.elements * params.target.bytes}, alias=True)
    if params.source.is_float:
        return KernelCall(f"bw_convert_{SUFFIX[params.source]}_{SUFFIX[params.target]}", {"elements": params.elements})
    fields: dict[str, Field] = {"elements": params.elements, "zero_point": params.zero_point, "scale": params.scale}
    return KernelCall(f"bw_dequantize_{SUFFIX[params.source]}_{SUFFIX[params.target]}", fields)


def lower_out(_graph: Graph, _node: Node, params: Bridge) -> KernelCall:
    """``bw_quantize_*``."""
    fields: dict[str, Field] = {
        "elements": params.elements,
        "zero_point": params.zero_point,
        "inverse": params.scale,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall(f"bw_quantize_{SUFFIX[params.source]}_{SUFFIX[params.target]}", fields)
