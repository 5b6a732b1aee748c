"""MICRO_GAIN: per-channel amplitude normalization (PCAN): a signal times a gain that falls with the noise around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...fixedpoint import Int64, as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, integers, require
from .frames import frame_shape, whole

#: Fractional bits of the ratio of signal and noise, and of the result.
_SNR_BITS, _OUTPUT_BITS = 12, 6
TABLE_SIZE = 125


@dataclass(frozen=True, eq=False)
class MicroGain:
    """Signals and estimates uint32 [1, frames, channels] -> uint32 of the same shape.

    Attributes:
        table: int16 [125], gains at 0 and 1, and parabolas over every power of two.
        shift: from a signal times a gain to a ratio.
    """

    elements: int
    table: Int64
    shift: int


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [(1, *frame_shape(node, graph.input(node, 0)))]


def _prepare(graph: Graph, node: Node) -> MicroGain:
    """Range: a gain, a slope and a curvature are int16, a place in a power of two 10 bits: every product of them and
    their sums fit int32 where slope and curvature add up to less than 2^15; the rest is modulo 2^32."""
    source, noise, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    require(all(t.dtype is DType.UINT32 for t in (source, noise, target)), node, "signals of another type than uint32")
    if noise.shape != source.shape:
        raise ModelError(f"{node.name} ({node.op}): estimates of shape {list(noise.shape)} for {list(source.shape)}")
    table = integers(graph, node, 2).reshape(-1)
    if table.size != TABLE_SIZE or table.min() < -(2**15) or table.max() >= 2**15:
        raise ModelError(f"{node.name} ({node.op}): a table of {table.size} gains; it has {TABLE_SIZE} of int16")
    slopes, curves = table[3::4], table[4::4]
    if np.any(np.abs(slopes) + np.abs(curves[: slopes.size]) >= 2**15):
        raise ModelError(f"{node.name} ({node.op}): the table is too steep")
    return MicroGain(source.elements, as_int64(table), whole(node, "shift", 0, 31))


def gains(table: Int64, noise: Int64) -> Int64:
    """The gain of every noise; int16 values, wrapped."""
    bits = np.maximum(np.frexp(noise.astype(np.float64))[1].astype(np.int64), 2)
    place = 4 * bits - 6
    low = np.where(bits < 11, noise << np.maximum(11 - bits, 0), noise >> np.maximum(bits - 11, 0)) & 0x3FF
    curve = np.where(place + 2 < TABLE_SIZE, table[np.minimum(place + 2, TABLE_SIZE - 1)], 0)
    slope = ((curve * low) >> 5) + (table[np.minimum(place + 1, TABLE_SIZE - 1)] << 5)
    result = ((slope * low + (1 << 14)) >> 15) + table[place]
    return as_int64(np.where(noise <= 2, table[np.minimum(noise, 2)], result).astype(np.int16))


def _reference(params: MicroGain, inputs: Inputs) -> list[Array]:
    source, noise = inputs[0], inputs[1]
    assert source is not None and noise is not None
    gain = gains(params.table, as_int64(noise)).astype(np.uint32).astype(np.uint64)
    ratio = ((source.astype(np.uint64) * gain) >> np.uint64(params.shift)).astype(np.uint32).astype(np.int64)
    square = (ratio * ratio & 0xFFFFFFFF) >> (2 + 2 * _SNR_BITS - _OUTPUT_BITS)
    line = (ratio >> (_SNR_BITS - _OUTPUT_BITS)) - (1 << _OUTPUT_BITS)
    return [np.where(ratio < 2 << _SNR_BITS, square, line).astype(np.uint32)]


MICRO_GAIN = Operator(
    "MICRO_GAIN",
    "uint32",
    "the micro frontend's gain control (PCAN)",
    _shapes,
    _prepare,
    _reference,
    inputs=(3, 3),
)
