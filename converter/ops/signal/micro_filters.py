"""MICRO_FILTERS: the filter bank of the micro frontend, and the square root that takes its sums back to magnitudes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...fixedpoint import Int64, as_int64, isqrt
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, integers, require
from .frames import MOST_WINDOW, frame_shape


@dataclass(frozen=True, eq=False)
class MicroFilters:
    """Energies int32 [1, frames, bins] and shifts int16 [1, frames, 1] -> uint32 [1, frames, channels].

    Attributes:
        counts: bins of every group, of which there is one more than channels; a bin of group ``g`` counts with its
            weight to channel ``g - 1`` and with its unweight to channel ``g``, Q12.
    """

    frames: int
    counts: Int64
    weights: Int64
    unweights: Int64


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [(1, frame_shape(node, graph.input(node, 0))[0], graph.input(node, 4).elements - 1)]


def _prepare(graph: Graph, node: Node) -> MicroFilters:
    """Range: a sum of up to 2^13 products of at most 2^31 * 2^12 is below 2^56, its root below 2^28."""
    energies, shifts, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    require(energies.dtype is DType.INT32, node, f"energies of type {energies.dtype.value} are not served")
    require(target.dtype is DType.UINT32, node, f"magnitudes of type {target.dtype.value} are not served")
    frames, bins = frame_shape(node, energies)
    require(bins <= MOST_WINDOW, node, f"{bins} bins are not served; up to {MOST_WINDOW} are")
    if shifts.dtype is not DType.INT16 or frame_shape(node, shifts) != (frames, 1):
        raise ModelError(f"{node.name} ({node.op}): shifts of {shifts.dtype.value} {list(shifts.shape)}")
    weights, unweights, counts = (integers(graph, node, index).reshape(-1) for index in (2, 3, 4))
    fits = weights.size == unweights.size == bins == int(counts.sum()) and counts.size > 1 and counts.min() >= 0
    if not fits or min(weights.min(), unweights.min()) < 0 or max(weights.max(), unweights.max()) > 1 << 12:
        raise ModelError(f"{node.name} ({node.op}): {weights.size} weights in {counts.size} groups for {bins} bins")
    return MicroFilters(frames, as_int64(counts), as_int64(weights), as_int64(unweights))


def rounded_root(values: Int64) -> Int64:
    """The square root to the nearest; of numbers below 2^32 at most 65535, which takes the place of 65536."""
    root = isqrt(values)
    up = (values - root * root > root) & ((values >= 1 << 32) | (root != 0xFFFF))
    return as_int64(root + up)


def _reference(params: MicroFilters, inputs: Inputs) -> list[Array]:
    energies, shifts = inputs[0], inputs[1]
    assert energies is not None and shifts is not None
    values, starts = energies[0].astype(np.int64), np.cumsum(params.counts) - params.counts
    sums = np.zeros((params.frames, params.counts.size), np.int64)
    for group, (start, count) in enumerate(zip(starts.tolist(), params.counts.tolist(), strict=True)):
        part = values[:, start : start + count]
        sums[:, group] += part @ params.weights[start : start + count]
        if group + 1 < params.counts.size:
            sums[:, group + 1] += part @ params.unweights[start : start + count]
    # The first group only begins the first channel. Shifts beyond what a frame's are come from no frame.
    amount = np.clip(shifts[0].astype(np.int64), 0, 31)
    return [(rounded_root(as_int64(np.maximum(sums[:, 1:], 0))) >> amount).astype(np.uint32)[None]]


def _macs(graph: Graph, node: Node) -> int:
    return 2 * graph.input(node, 0).elements


MICRO_FILTERS = Operator(
    "MICRO_FILTERS",
    "int32 -> uint32",
    "the micro frontend's filter bank and square root",
    _shapes,
    _prepare,
    _reference,
    macs=_macs,
    inputs=(5, 5),
)
