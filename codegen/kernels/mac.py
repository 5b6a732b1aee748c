"""What the lowerings of all multiply-accumulate operators share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64, wrap32
from ...converter.ir import Graph, Node
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
