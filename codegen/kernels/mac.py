"""What the lowerings of all multiply-accumulate operators share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64, wrap32
from ...converter.ir import Graph, Node, Rounding
from ...converter.ops.operator import Requantization, prove_accumulator
from ...converter.ops.window import Window
from .call import Field, as_c


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


def dsp_fields(requant: Requantization, weights: NDArray[Any], bias: NDArray[Any]) -> dict[str, Field]:
    """Weights packed in channel pairs, biases, multipliers and right shifts, for the micro-kernel of bw_block_s8.h.

    Args:
        weights: int8 [channels, taps]; bias: int32 [channels], the zero point folded in.
    """
    channels, taps = weights.shape
    pairs = channels + channels % 2
    padded = np.zeros((pairs, taps + -taps % 4), np.int8)
    padded[:channels, :taps] = weights
    # [pair, channel, quad, tap] with taps in the order 0, 2, 1, 3 -> [pair, quad, tap, channel]
    quads = padded.reshape(pairs // 2, 2, -1, 4)[:, :, :, [0, 2, 1, 3]]
    shift = np.broadcast_to(-requant.shift, (channels,))
    multiplier = np.broadcast_to(requant.multiplier, (channels,))
    return {
        "weights": np.ascontiguousarray(quads.transpose(0, 2, 3, 1)),
        "bias": _even(as_c(bias, np.int32)),
        "multiplier": _even(as_c(multiplier, np.int32)),
        "right": as_c(shift, np.int8),
        "output_zero_point": requant.zero_point,
        "low": requant.low,
        "high": requant.high,
    }


def _even(values: NDArray[Any]) -> NDArray[Any]:
    return np.pad(values, (0, values.size % 2))


def fits_dsp(requant: Requantization, weights: NDArray[Any], bias: NDArray[Any], zero_point: int) -> bool:
    """Whether the six-instruction requantization is exact: right shifts only, accumulators below 2^30, plain weights."""
    if zero_point != 0 or requant.rounding is not Rounding.DOUBLE:
        return False
    reach = np.abs(weights.astype(np.int64)).sum(axis=1) * 128 + np.abs(bias.astype(np.int64))
    return bool(np.all(requant.shift <= -1) and np.all(requant.shift >= -31) and reach.max(initial=0) < 2**30)
