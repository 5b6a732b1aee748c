"""What the lowerings of all multiply-accumulate operators share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64, requantize_double, wrap32
from ...converter.ir import Graph, Node, Rounding
from ...converter.ops.operator import Requantization, prove_accumulator
from ...converter.ops.window import Window
from .call import Field, as_c

#: Accumulators below this magnitude can be doubled in int32.
_DSP_LIMIT = 2**30


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


def dsp_requantize_fields(
    requant: Requantization, weights: NDArray[Any], bias: NDArray[Any], weights_zero_point: int
) -> dict[str, Field] | None:
    """Biases, multipliers and right shifts for the six-instruction requantization, or None where it would not be exact.

    Args:
        weights: int8 [channels, taps]; bias: int32 [channels], the input's zero point folded in.
    """
    channels = weights.shape[0]
    if weights_zero_point != 0 or requant.rounding is not Rounding.DOUBLE:
        return None
    multiplier = np.broadcast_to(requant.multiplier, (channels,))
    shift = np.where(multiplier == 0, -1, np.broadcast_to(requant.shift, (channels,)))
    reach = np.abs(weights.astype(np.int64)).sum(axis=1) * 128
    tamed = _tamed_bias(requant, reach, bias.astype(np.int64), multiplier, shift)
    if np.any(shift > -1) or np.any(np.abs(tamed) + reach >= _DSP_LIMIT):
        return None
    return {
        "bias": _even(as_c(tamed, np.int32)),
        "multiplier": _even(as_c(multiplier, np.int32)),
        "right": as_c(-shift, np.int8),
        "output_zero_point": requant.zero_point,
        "low": requant.low,
        "high": requant.high,
    }


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


def _tamed_bias(requant: Requantization, reach: Int64, bias: Int64, multiplier: Int64, shift: Int64) -> Int64:
    """Biases with those of constant channels brought into range.

    Converters give channels whose scale is tiny biases near 2^30; whatever the input, such a channel saturates. A
    smaller bias serves when both ends of the accumulator's range still give the same output: the map is monotonic.
    """

    def ends(center: Int64) -> NDArray[Any]:
        both = np.stack([center - reach, center + reach])
        values = requantize_double(both, multiplier, shift) + requant.zero_point
        return np.clip(values, requant.low, requant.high)

    smaller = np.where(multiplier == 0, 0, np.clip(bias, -_DSP_LIMIT // 2, _DSP_LIMIT // 2))
    before, after = ends(bias), ends(smaller)
    same = (before[0] == before[1]) & (before == after).all(axis=0)
    return np.where(same, smaller, bias)


def _even(values: NDArray[Any]) -> NDArray[Any]:
    return np.pad(values, (0, values.size % 2))
