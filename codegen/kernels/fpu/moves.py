"""Lowering of what only moves elements in float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.moves import FloatMove
from ..call import KernelCall
from ..generic import shape_ops


def lower(graph: Graph, node: Node, params: FloatMove) -> KernelCall:
    """That of integers of the same size."""
    return shape_ops.lower(graph, node, params.bits)
