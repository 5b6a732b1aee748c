"""FULLY_CONNECTED on RV32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall, as_c
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .steps import rescale_fields, without_excess

#: Sum of the absolute values of weights whose dot product with any input fits int16, and the largest group.
_MOST, _LARGEST_GROUP = 255, 255
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


def lower_words(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_words``: four units in a word, as many inputs in a row as their sums bear."""
    units, depth = params.weights.shape
    narrow = narrow_fully_connected(graph, node, params) if units % 8 == 0 and depth % 2 == 0 else None
    rescale = rescale_fields(narrow) if narrow is not None else None
    groups = _groups(narrow.weights) if narrow is not None else None
    if narrow is None or rescale is None or groups is None:
        return None
    counts = np.array([len(eight) for eight in groups])
    # 2^15 for every group, to the first two units of every word.
    excess = (counts << 15).repeat(8) * np.tile([1, 1, 0, 0], units // 4)
    return KernelCall(
        function="bw_fully_connected_s8_words",
        params={
            "rows": params.rows,
            "depth": depth,
            "units": units,
            "weights": _words(narrow.weights),
            "groups": as_c(np.concatenate(groups), np.uint8),
            "rescale": without_excess(rescale, excess),
        },
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        instructions=params.rows * (20 + units // 8 * (90 + 67 * depth // 4) + 36 * int(counts.sum()) + 18 * units),
    )


def _groups(weights: NDArray[Any]) -> list[list[int]] | None:
    """For every eight units, groups of inputs within which no dot product leaves int16, in fours or 0 for two; None
    where not even two do."""
    magnitudes = np.abs(weights.astype(np.int64)).reshape(-1, 8, weights.shape[1])
    found = [_groups_of_eight(eight) for eight in magnitudes]
    return None if any(eight is None for eight in found) else [eight for eight in found if eight is not None]


def _groups_of_eight(magnitudes: Int64) -> list[int] | None:
    """As long as they can be, one after the other."""
    depth = magnitudes.shape[1]
    sums = np.pad(np.cumsum(magnitudes, axis=1), ((0, 0), (1, 0)))
    groups, at = [], 0
    while at < depth:
        fours = 0
        while fours < _LARGEST_GROUP and at + 4 * fours + 4 <= depth:
            if (sums[:, at + 4 * fours + 4] - sums[:, at]).max() > _MOST:
                break
            fours += 1
        size = 4 * fours or 2
        if (sums[:, at + size] - sums[:, at]).max() > _MOST:
            return None
        groups.append(fours)
        at += size
    return groups


def _words(weights: NDArray[Any]) -> NDArray[Any]:
    """Units int8 [units, depth] as words [units / 8][depth][2], four units plus 128 in each."""
    units, depth = weights.shape
    blocks = (weights.astype(np.int64) + 128).astype(np.uint8).reshape(units // 8, 8, depth).transpose(0, 2, 1)
    return np.ascontiguousarray(blocks).view("<i4")


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
