"""ADD and SUB on XCV."""

from __future__ import annotations

from dataclasses import replace

from ....converter.ir import Graph, Node
from ....converter.ops.elementwise import Elementwise
from ..armv7em.elementwise import lower_linear
from ..call import KernelCall


def lower(graph: Graph, node: Node, params: Elementwise) -> KernelCall | None:
    """``bw_elementwise_linear_s8``; cores share the elements."""
    call = lower_linear(graph, node, params)
    if call is None:
        return None
    return replace(call, cores="in place", instructions=30 + 7 * graph.output(node).elements)
