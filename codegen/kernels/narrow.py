"""Layers whose accumulators can be doubled in int32: what their kernels, on every instruction set, are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64, requantize_double
from ...converter.ir import DType, Graph, Node, Rounding
from ...converter.ops.conv import Conv
from ...converter.ops.depthwise_conv import DepthwiseConv
from ...converter.ops.fully_connected import FullyConnected
from ...converter.ops.operator import Requantization
from .call import Field, as_c
from .mac import fold_zero_point, stored_weights

#: Accumulators below this magnitude can be doubled in int32.
_NARROW_LIMIT = 2**30


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


def narrow_conv(graph: Graph, node: Node, params: Conv) -> NarrowChannels | None:
    """An int8 CONV_2D as int8 [out_c, kernel_h * kernel_w * in_c], or None."""
    return _narrow(
        graph,
        node,
        params.requant,
        params.weights.reshape(params.weights.shape[0], -1),
        params.bias,
        params.input_zero_point,
    )


def narrow_depthwise_conv(graph: Graph, node: Node, params: DepthwiseConv) -> NarrowChannels | None:
    """An int8 DEPTHWISE_CONV_2D of depth multiplier 1 as int8 [channels, kernel_h * kernel_w], or None."""
    if params.depth_multiplier != 1:
        return None
    return _narrow(
        graph, node, params.requant, params.weights.reshape(-1, params.channels).T, params.bias, params.input_zero_point
    )


def narrow_fully_connected(graph: Graph, node: Node, params: FullyConnected) -> NarrowChannels | None:
    """An int8 FULLY_CONNECTED as int8 [units, depth], or None."""
    return _narrow(graph, node, params.requant, params.weights, params.bias, params.input_zero_point)


def _narrow(
    graph: Graph, node: Node, requant: Requantization, weights: NDArray[Any], bias: Int64, zero_point: int
) -> NarrowChannels | None:
    if requant.dtype is not DType.INT8:
        return None
    folded = fold_zero_point(node, weights, bias, zero_point)
    return narrow_channels(requant, weights, folded, stored_weights(graph, node, 1)[1])


def _even(values: NDArray[Any]) -> NDArray[Any]:
    return np.pad(values, (0, values.size % 2))
