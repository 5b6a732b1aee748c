"""Lowering of 16x8 operators: int16 activations, int8 weights, 64-bit accumulators, policy WIDE or DOUBLE."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....converter.ir import DType, Graph, Node, Rounding
from ....converter.ops.conv import Conv
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.fully_connected import FullyConnected
from ....converter.ops.operator import Requantization
from ..call import Field, KernelCall, as_c
from ..mac import window_fields
from ..overlap import row_distance, window_distance
from ..padding import padded_rows


def multiplier16(multiplier: int) -> int:
    """A Q31 multiplier rounded to 16 bits, as policy WIDE uses it."""
    return (multiplier + (1 << 15)) >> 16 if multiplier < 0x7FFF0000 else 0x7FFF


def wide_requantize_fields(requant: Requantization, channels: int) -> dict[str, Field]:
    """Multipliers (of 16 bits under WIDE), shifts, policy, output zero point and clamp."""
    wide = requant.rounding is Rounding.WIDE
    multipliers = [int(m) for m in np.broadcast_to(requant.multiplier, (channels,))]
    return {
        "multiplier": np.array([multiplier16(m) if wide else m for m in multipliers], np.int32),
        "shift": as_c(np.broadcast_to(requant.shift, (channels,)), np.int8),
        "wide": int(wide),
        "output_zero_point": requant.zero_point,
        "low": requant.low,
        "high": requant.high,
    }


def lower_conv_s16(params: Conv) -> KernelCall:
    """``bw_conv_s16``."""
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    fields: dict[str, Field] = {
        "window": window_fields(params.window, params.batch, in_c),
        "out_c": channels,
        "depth_multiplier": 0,
        "weights": params.weights,
        "bias": params.bias,
        **wide_requantize_fields(params.requant, channels),
        "input_zero_point": params.input_zero_point,
    }
    distance = window_distance(params.window, params.batch, 2 * in_c, 2 * channels, buffered=False)
    return KernelCall("bw_conv_s16", fields, distance={0: distance})


def lower_depthwise_conv_s16(params: DepthwiseConv) -> KernelCall:
    """``bw_depthwise_conv_s16``."""
    channels = params.channels * params.depth_multiplier
    fields: dict[str, Field] = {
        "window": window_fields(params.window, params.batch, params.channels),
        "out_c": channels,
        "depth_multiplier": params.depth_multiplier,
        "weights": params.weights,
        "bias": params.bias,
        **wide_requantize_fields(params.requant, channels),
        "input_zero_point": params.input_zero_point,
    }
    distance = window_distance(params.window, params.batch, 2 * params.channels, 2 * channels, buffered=False)
    return KernelCall("bw_depthwise_conv_s16", fields, distance={0: distance})


def lower_fully_connected_s16(params: FullyConnected) -> KernelCall:
    """``bw_fully_connected_s16``."""
    units, depth = params.weights.shape
    fields: dict[str, Field] = {
        "rows": params.rows,
        "depth": depth,
        "units": units,
        "weights": params.weights,
        "bias": params.bias,
        **wide_requantize_fields(params.requant, units),
        "input_zero_point": params.input_zero_point,
    }
    distance = row_distance(params.rows, 2 * depth, 2 * units, buffered=False)
    return KernelCall("bw_fully_connected_s16", fields, distance={0: distance})


def lower_fully_connected_s16_rows(
    _graph: Graph, _node: Node, params: FullyConnected, per_mac: float | None = None, per_output: int = 0
) -> KernelCall | None:
    """``bw_fully_connected_s16_rows``, where sums fit int32: a row is read while its results are written.

    Args:
        per_mac, per_output: instructions; None where nobody knows.
    """
    requant, (units, depth) = params.requant, params.weights.shape
    multiplier, shift = (np.broadcast_to(values, (units,)) for values in (requant.multiplier, requant.shift))
    points = params.input_zero_point, requant.zero_point
    wide = requant.dtype is DType.INT16 and requant.rounding is Rounding.WIDE and not any(points)
    if not wide or params.weights.dtype != np.int8 or params.bound.max(initial=0) >= 2**31:
        return None
    if shift.max(initial=-2) > -2 or shift.min(initial=-2) < -29:
        return None
    padded = padded_rows(params.weights)
    fields: dict[str, Field] = {
        "rows": params.rows,
        "taps": depth,
        "depth": padded.shape[1],
        "units": units,
        "weights": padded,
        "bias": as_c(params.bias, np.int32),
        "multiplier": np.array([multiplier16(int(m)) << 16 for m in multiplier], np.int32),
        "right": as_c(-1 - shift, np.int8),
        "low": requant.low,
        "high": requant.high,
    }
    return KernelCall(
        "bw_fully_connected_s16_rows",
        fields,
        scratch=2 * padded.shape[1],
        distance={0: row_distance(params.rows, 2 * depth, 2 * units, buffered=False)},
        sources=("bw_rows_s8", "bw_rows_column_s8"),
        instructions=None
        if per_mac is None
        else params.rows * round(100 + units * (padded.shape[1] * per_mac + per_output)),
    )


@dataclass(frozen=True)
class Tile:
    """What an instruction set's ``bw_tile_s16.c`` multiplies at a time.

    Attributes:
        units, columns: of a tile.
        taps: of a unit that lie together, 1 or 4.
        per_mac, per_output, per_column_tap: estimated instructions; of 0 nobody knows them.
    """

    units: int = 4
    columns: int = 2
    taps: int = 1
    per_mac: float = 0.0
    per_output: int = 0
    per_column_tap: float = 0.0


def lower_fully_connected_s16_tile(
    graph: Graph, node: Node, params: FullyConnected, tile: Tile = Tile()
) -> KernelCall | None:
    """``bw_fully_connected_s16_tile``, where there are several rows and sums fit int32."""
    call = lower_fully_connected_s16_rows(graph, node, params)
    if call is None or params.rows == 1:
        return None
    padded, rows = padded_rows(params.weights), params.rows
    units, depth = padded.shape
    more = -units % tile.units
    groups = np.pad(padded, ((0, more), (0, 0))).reshape(-1, tile.units, depth // tile.taps, tile.taps)
    whole, bytes_of = -(-rows // tile.columns), 2 * tile.columns
    fields: dict[str, Field] = {
        **call.params,
        "columns": tile.columns,
        "group": tile.units,
        "weights": np.ascontiguousarray(groups.transpose(0, 2, 1, 3)),
        "bias": np.pad(as_c(params.bias, np.int32), (0, more)),
    }
    per_column = 60 + depth * tile.per_column_tap + units * (depth * tile.per_mac + tile.per_output)
    return replace(
        call,
        function="bw_fully_connected_s16_tile",
        params=fields,
        scratch=2 * depth * tile.columns,
        distance={0: row_distance(whole, bytes_of * params.weights.shape[1], bytes_of * units, buffered=True)},
        sources=("bw_tile_s16",),
        instructions=whole * tile.columns * round(per_column) if tile.per_mac else None,
    )
