"""Lowering of data movement: index maps become strided copies."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.operator import require
from ....converter.ops.shape_ops import Move
from ....converter.ops.variable import Copy
from ..call import Field, KernelCall
from .nests import distances, nests

_MOST_NESTS = 1 << 14  # a row of the kernel's table takes 68 bytes of flash


def lower(graph: Graph, node: Node, params: Move) -> KernelCall:
    """``bw_copy`` where the bytes stay as they are, else ``bw_move`` over a table of strided copies."""
    element = params.dtype.bytes
    first = params.maps[0].reshape(-1)
    whole = len(params.maps) == 1 and len(params.operands) == 1 and first.size == params.sizes[0]
    if whole and np.array_equal(first, np.arange(first.size)):
        return KernelCall("bw_copy", {"bytes": first.size * element}, params.operands, alias=True)
    starts = [0, *np.cumsum(params.sizes).tolist()]
    table = [nest for target, index in enumerate(params.maps) for nest in nests(index, starts, target)]
    require(len(table) <= _MOST_NESTS, node, f"{len(table)} strided copies are not served; up to {_MOST_NESTS} are")
    fields: dict[str, Field] = {
        "nests": len(table),
        "table": np.array([nest.row(element) for nest in table], np.int32).reshape(-1),
        "element": element,
        "fill": params.fill,
    }
    distance = {}
    if len(params.maps) == 1:
        distance = {params.operands[i]: d * element for i, d in distances(table, params.sizes).items()}
    return KernelCall("bw_move", fields, params.operands, distance=distance, gather_operands=True, scatter_outputs=True)


def lower_copy(graph: Graph, node: Node, params: Copy) -> KernelCall:
    """State to the arena and back."""
    operands = (0,) if node.inputs else ()
    return KernelCall("bw_copy", {"bytes": params.bytes}, operands)
