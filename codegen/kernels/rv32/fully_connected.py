"""FULLY_CONNECTED on RV32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .steps import rescale_fields

_BLOCKS = (16, 8, 1)  # units at a time


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_units``: a row is read while its results are written."""
    narrow = narrow_fully_connected(graph, node, params)
    rescale = rescale_fields(narrow) if narrow is not None else None
    if narrow is None or rescale is None:
        return None
    units, depth = params.weights.shape
    return KernelCall(
        function="bw_fully_connected_s8_units",
        params={
            "rows": params.rows,
            "depth": depth,
            "units": units,
            "weights": _blocks(narrow.weights),
            "rescale": rescale,
        },
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        instructions=_estimate(params.rows, depth, units),
    )


def _blocks(weights: NDArray[Any]) -> NDArray[Any]:
    """Units int8 [units, depth] in blocks, each [depth, units of it]."""
    parts, unit = [], 0
    for size in _BLOCKS:
        while unit + size <= len(weights):
            parts.append(weights[unit : unit + size].T.reshape(-1))
            unit += size
    return np.concatenate(parts)


def _estimate(rows: int, depth: int, units: int) -> int:
    sixteen, rest = divmod(units, 16)
    eight, alone = divmod(rest, 8)
    return rows * (
        20 + sixteen * (90 + 49 * depth + depth // 2) + eight * (60 + 26 * depth) + alone * 6 * depth + 18 * units
    )
