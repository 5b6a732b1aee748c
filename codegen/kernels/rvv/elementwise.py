"""ADD and SUB on RVV."""

from __future__ import annotations

from dataclasses import replace

from ....converter.ir import Graph, Node
from ....converter.ops.elementwise import Elementwise
from ..armv7em.elementwise import lower_linear as lower_words
from ..call import KernelCall
from .columns import LANES


def lower_linear(graph: Graph, node: Node, params: Elementwise) -> KernelCall | None:
    """``bw_elementwise_linear_s8``, many elements at a time."""
    call = lower_words(graph, node, params)
    return None if call is None else replace(call, instructions=20 + 28 * -(-graph.output(node).elements // LANES))
