"""FULLY_CONNECTED on Cortex-M3."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..swar_units import woven_units


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_woven``."""
    return woven_units(graph, node, params, per_pair=(13, 270))
