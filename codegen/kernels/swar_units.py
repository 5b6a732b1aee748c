"""Fully connected layers of four units by three multiplications (bw_fully_connected_s8_woven.h)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64
from ...converter.ir import Graph, Node
from ...converter.ops.fully_connected import FullyConnected
from .call import KernelCall, as_c
from .narrow import narrow_fully_connected
from .overlap import row_distance
from .swar import woven_heads

_FOUR = 4  # channels or units of a row


def woven_units(graph: Graph, node: Node, params: FullyConnected, per_pair: tuple[int, int]) -> KernelCall | None:
    """``bw_fully_connected_s8_woven``.

    Args:
        per_pair: instructions of two rows per tap, and besides.
    """
    narrow = narrow_fully_connected(graph, node, params)
    heads = None if narrow is None else woven_heads(narrow)
    if narrow is None or heads is None:
        return None
    units, depth = params.weights.shape
    offset = (narrow.weights.astype(np.int16) + 128).astype(np.uint8)
    pairs = -(-units // (2 * _FOUR))
    return KernelCall(
        function="bw_fully_connected_s8_woven",
        params={
            "inputs": params.rows,
            "depth": depth,
            "units": units,
            "rows": as_c(rows_of_four(offset, heads), np.int32),
            "output_zero_point": params.requant.zero_point,
            "low": params.requant.low,
            "high": params.requant.high,
        },
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        sources=("bw_woven_units_s8", "bw_woven_dot_s8"),
        instructions=params.rows * (pairs * (per_pair[0] * depth + per_pair[1]) + 5 * depth + 40),
    )


def rows_of_four(weights: NDArray[Any], heads: Int64) -> NDArray[Any]:
    """Rows of words: bias and shift, and multiplier, of four channels, then a word per tap with their weights.

    Args:
        weights: bytes [channels, taps]; heads: [channels, 2].
    """
    missing = -len(heads) % _FOUR
    heads = np.pad(heads, ((0, missing), (0, 0))).reshape(-1, 2 * _FOUR)
    fours = np.pad(weights, ((0, missing), (0, 0))).reshape(len(heads), _FOUR, -1)
    words = np.ascontiguousarray(fours.transpose(0, 2, 1)).view("<i4")[:, :, 0]
    return np.concatenate([heads, words], axis=1)
