"""AUDIO_LOG_MEL: triangular filters over the magnitudes of a frame, and the logarithm of each filter's sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import AccumulatorOverflowError, ModelError
from ...fixedpoint import Int64, as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, integers, require
from .frames import MOST_WINDOW, frame_shape, whole
from .log2 import LOG2_FRACTION, log2_fixed


@dataclass(frozen=True, eq=False)
class LogMel:
    """int32 [1, frames, bins] -> int16 [1, frames, channels].

    Attributes:
        weights: int16, Q15, those of all channels one after the other.
        bands: per channel the first bin and the number of bins.
        floor: what is added to every sum, so that silence has a logarithm.
        offset: what is taken from every logarithm, in Q10.
    """

    frames: int
    bins: int
    weights: Int64
    bands: Int64
    floor: int
    offset: int


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [(1, frame_shape(node, graph.input(node, 0))[0], graph.input(node, 2).elements // 2)]


def _prepare(graph: Graph, node: Node) -> LogMel:
    """Range: magnitudes are below 2^31, weights at most 2^15: sums of up to 2^14 products with the floor stay below
    2^62, and logarithms within [0, 62 * 2^10], less the offset in int16."""
    source, target = graph.input(node, 0), graph.output(node)
    require(source.dtype is DType.INT32, node, f"magnitudes of type {source.dtype.value} are not served")
    require(target.dtype is DType.INT16, node, f"logarithms of type {target.dtype.value} are not served")
    frames, bins = frame_shape(node, source)
    require(bins <= MOST_WINDOW, node, f"{bins} bins are not served; up to {MOST_WINDOW} are")
    weights, bands = integers(graph, node, 1).reshape(-1), integers(graph, node, 2)
    if bands.ndim != 2 or bands.shape[1] != 2 or int(bands[:, 1].sum()) != weights.size:
        raise ModelError(f"{node.name} ({node.op}): bands of shape {bands.shape} for {weights.size} weights")
    first, count = bands.T
    if np.any(first < 0) or np.any(count < 0) or np.any(first + count > bins):
        raise ModelError(f"{node.name} ({node.op}): a band leaves the {bins} bins")
    if np.any(weights < 0) or np.any(weights >= 2**15):
        raise ModelError(f"{node.name} ({node.op}): a weight is outside [0, 2^15)")
    floor, offset = whole(node, "floor", 1, 2**50), whole(node, "offset", 0, 2**16)
    sums = [int(weights[s : s + n].sum()) for s, n in zip(np.cumsum(count) - count, count, strict=True)]
    highest = max(sums, default=0) * (2**31 - 1) + floor
    ends = log2_fixed(as_int64(np.array([floor, min(highest, 2**62 - 1)]))) - offset
    if highest >= 2**62 or ends[0] < -(2**15) or ends[1] >= 2**15:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): logarithms can reach [{ends[0]}, {ends[1]}] in Q{LOG2_FRACTION}, beyond int16"
        )
    return LogMel(frames, bins, as_int64(weights), as_int64(bands), floor, offset)


def _reference(params: LogMel, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    values = source[0].astype(np.int64)
    sums = np.full((len(values), len(params.bands)), params.floor, np.int64)
    start = 0
    for channel, (first, count) in enumerate(params.bands.tolist()):
        sums[:, channel] += values[:, first : first + count] @ params.weights[start : start + count]
        start += count
    return [(log2_fixed(as_int64(sums)) - params.offset).astype(np.int16)[None]]


def _macs(graph: Graph, node: Node) -> int:
    return frame_shape(node, graph.input(node, 0))[0] * graph.input(node, 1).elements


AUDIO_LOG_MEL = Operator(
    "AUDIO_LOG_MEL",
    "int32 -> int16",
    "constant filters; log2 in Q10",
    _shapes,
    _prepare,
    _reference,
    macs=_macs,
    inputs=(3, 3),
)
