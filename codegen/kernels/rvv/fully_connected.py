"""FULLY_CONNECTED on RVV."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..generic.wide import lower_fully_connected_s16_rows
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .columns import COLUMNS, LANES, columns_fields, columns_instructions


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_rvv``: three rows at a time."""
    narrow = narrow_fully_connected(graph, node, params)
    if narrow is None:
        return None
    units, depth = params.weights.shape
    groups = -(-params.rows // COLUMNS)
    return KernelCall(
        function="bw_fully_connected_s8_rvv",
        params={"rows": params.rows, "columns": columns_fields(narrow, 1, depth, depth)},
        distance={0: row_distance(groups, COLUMNS * depth, COLUMNS * units, buffered=False)},
        sources=("bw_columns_s8_rvv",),
        instructions=columns_instructions(units, 1, depth, params.rows),
    )


def lower_words(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s16_rvv``: two rows of int16 at a time, where sums fit int32."""
    call = lower_fully_connected_s16_rows(graph, node, params)
    if call is None:
        return None
    units, depth = params.weights.shape
    fields = {name: value for name, value in call.params.items() if name != "taps"}
    pairs, vectors = -(-params.rows // 2), -(-units // LANES)
    return KernelCall(
        function="bw_fully_connected_s16_rvv",
        params={**fields, "depth": depth, "weights": np.ascontiguousarray(params.weights.T)},
        distance={0: row_distance(pairs, 4 * depth, 4 * units, buffered=False)},
        instructions=pairs * (40 + vectors * (50 + 15 * depth // 2)),
    )
