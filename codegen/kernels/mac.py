"""What the lowerings of all multiply-accumulate operators share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64, requantize_double, wrap32
from ...converter.ir import Graph, Node, Rounding
from ...converter.ops.operator import Requantization, prove_accumulator
from ...converter.ops.window import Window
from .call import Field, as_c

#: Accumulators below this magnitude can be doubled in int32.
_NARROW_LIMIT = 2**30


def window_fields(window: Window, batch: int, channels: int) -> dict[str, Field]:
    """The C struct ``bw_window``."""
    return {
        "batch": batch,
        "in_h": window.input[0],
        "in_w": window.input[1],
        "in_c": channels,
        "out_h": window.output[0],
        "out_w": window.output[1],
        "kernel_h": window.kernel[0],
        "kernel_w": window.kernel[1],
        "stride_h": window.stride[0],
        "stride_w": window.stride[1],
        "dilation_h": window.dilation[0],
        "dilation_w": window.dilation[1],
        "pad_h": window.before[0],
        "pad_w": window.before[1],
    }


def requantize_fields(requant: Requantization, channels: int) -> dict[str, Field]:
    """Multipliers, shifts, output zero point and clamp."""
    return {
        "multiplier": as_c(np.broadcast_to(requant.multiplier, (channels,)), np.int32),
        "shift": as_c(np.broadcast_to(requant.shift, (channels,)), np.int8),
        "output_zero_point": requant.zero_point,
        "low": requant.low,
        "high": requant.high,
    }


def fold_zero_point(node: Node, weights: NDArray[Any], bias: Int64, zero_point: int) -> NDArray[Any]:
    """Bias as int32 with the input's zero point folded in: ``sum((x - z) * w) + b == sum(x * w) + (b - z * sum(w))``.

    Args:
        weights: [channels, taps].

    Raises:
        AccumulatorOverflowError: the folded form could leave int32.
    """
    folded = bias - zero_point * weights.astype(np.int64).sum(axis=1)
    prove_accumulator(node, weights, folded, -128, 127)
    return as_c(wrap32(folded), np.int32)


def stored_weights(graph: Graph, node: Node, index: int) -> tuple[NDArray[Any], int]:
    """Weights as the model stores them, int8, and their zero point."""
    tensor = graph.input(node, index)
    points = tensor.quant.zero_point if tensor.quant is not None else (0,)
    return np.ascontiguousarray(tensor.value()), int(points[0])


@dataclass(frozen=True, eq=False)
class NarrowChannels:
    """What the six-instruction requantization of bw_dsp.h takes: weights int8 [channels, taps] and the C fields."""

    weights: NDArray[Any]
    fields: dict[str, Field]


def narrow_channels(
    requant: Requantization, weights: NDArray[Any], bias: NDArray[Any], weights_zero_point: int
) -> NarrowChannels | None:
    """Channels for the six-instruction requantization, or None where it would not be exact.

    Converters give channels that training left dead a tiny scale and a bias near 2^30. Such a channel has the same
    output for every input; it is computed from no weights, by a bias, multiplier and shift that stay in range.

    Args:
        weights: int8 [channels, taps]; bias: int32 [channels], the input's zero point folded in.
    """
    if weights_zero_point != 0 or requant.rounding is not Rounding.DOUBLE:
        return None
    channels = weights.shape[0]
    multiplier, shift = (np.broadcast_to(values, (channels,)) for values in (requant.multiplier, requant.shift))
    reach = np.abs(weights.astype(np.int64)).sum(axis=1) * 128
    ends = requantize_double(np.stack([bias - reach, bias + reach]), multiplier, shift) + requant.zero_point
    low, high = np.clip(ends, requant.low, requant.high)
    constant = low == high  # requantization is monotonic
    # A quarter of four times the value: multiplier 1/2, right shift 1.
    bias = np.where(constant, 4 * (low - requant.zero_point), bias)
    multiplier, shift = np.where(constant, 2**30, multiplier), np.where(constant, -1, shift)
    if np.any(shift > -1) or np.any(np.abs(bias) + np.where(constant, 0, reach) >= _NARROW_LIMIT):
        return None
    return NarrowChannels(
        weights=np.where(constant[:, None], np.int8(0), weights),
        fields={
            "bias": _even(as_c(bias, np.int32)),
            "multiplier": _even(as_c(multiplier, np.int32)),
            "right": as_c(-shift, np.int8),
            "output_zero_point": requant.zero_point,
            "low": requant.low,
            "high": requant.high,
        },
    )


def channel_pairs(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights int8 [channels, taps] packed for the micro-kernel of bw_block_s8.h."""
    channels, taps = weights.shape
    pairs = channels + channels % 2
    padded = np.zeros((pairs, taps + -taps % 4), np.int8)
    padded[:channels, :taps] = weights
    # [pair, channel, quad, tap] with taps in the order 0, 2, 1, 3 -> [pair, quad, tap, channel]
    quads = padded.reshape(pairs // 2, 2, -1, 4)[:, :, :, [0, 2, 1, 3]]
    return np.ascontiguousarray(quads.transpose(0, 2, 3, 1))


def tap_pairs(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights int8 [taps, channels], channels a multiple of four, packed for bw_depthwise_conv_s8_dsp.h."""
    taps, channels = weights.shape
    padded = np.zeros((taps + taps % 2, channels), np.int8)
    padded[:taps] = weights
    # [pair, tap, quad, half, channel] -> [quad, pair, half, tap, channel]
    parts = padded.reshape(-1, 2, channels // 4, 2, 2)
    return np.ascontiguousarray(parts.transpose(2, 0, 3, 1, 4))


def _even(values: NDArray[Any]) -> NDArray[Any]:
    return np.pad(values, (0, values.size % 2))
