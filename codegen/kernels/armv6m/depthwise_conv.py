"""3x3 depthwise convolution on Cortex-M0."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall
from ..swar_depthwise import Cost, woven_depthwise

_COST = Cost(turn=225, word=8)


def lower_rows(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8_woven`` row by row."""
    return woven_depthwise(graph, node, params, columns=False, cost=_COST, narrower=True)


def lower_columns(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8_woven`` column by column, where that runs in place."""
    call = woven_depthwise(graph, node, params, columns=True, cost=_COST, narrower=True)
    return call if call is not None and call.distance else None
