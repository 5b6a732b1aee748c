"""Lowering of products of int8 to a kernel that rounds in fewer steps."""

from __future__ import annotations

from ....converter.ir import DType, Graph, Node
from ....converter.ops.elementwise import Elementwise
from ..call import Field, KernelCall
from .elementwise import in_order, loop_fields
from .words import rounds, swapped

_LARGEST = 255 * 255  # product of two values of int8 less their zero points


def lower(_graph: Graph, _node: Node, params: Elementwise) -> KernelCall | None:
    """``bw_elementwise_product_s8``: MUL; the second input may stay while the first goes on."""
    loops, scale, order = loop_fields(params), params.output_scale, (0, 1)
    if params.dtype is not DType.INT8 or not rounds(scale, 2 * _LARGEST):
        return None
    offsets = params.offset_1, params.offset_2
    if loops["step_1"] == 0:
        loops, order, offsets = swapped(loops), (1, 0), (params.offset_2, params.offset_1)
    fields: dict[str, Field] = {
        "loops": loops,
        "offset_1": offsets[0],
        "offset_2": offsets[1],
        "multiplier": scale.multiplier,
        "right": -scale.shift,
        "zero_point": params.output_offset,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall("bw_elementwise_product_s8", fields, operands=order, distance=in_order(params))
