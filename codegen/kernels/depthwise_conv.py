"""Lowering of DEPTHWISE_CONV_2D."""

from __future__ import annotations

import numpy as np

from ...converter.ir import DType, Graph, Node
from ...converter.ops.depthwise_conv import DepthwiseConv
from .call import KernelCall, as_c
from .mac import (
    dsp_channels,
    fold_zero_point,
    requantize_fields,
    stored_weights,
    tap_pairs,
    window_fields,
)
from .overlap import window_distance
from .wide import lower_depthwise_conv_s16


def lower(graph: Graph, node: Node, params: DepthwiseConv, isa: str) -> KernelCall:
    """``bw_depthwise_conv_s8`` for int8, ``bw_depthwise_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_depthwise_conv_s16(params)
    channels = params.channels * params.depth_multiplier
    weights, zero_point = stored_weights(graph, node, 1)
    if isa == "armv7em" and params.depth_multiplier == 1 and channels % 4 == 0:
        call = _lower_dsp(node, params, zero_point)
        if call is not None:
            return call
    return KernelCall(
        function="bw_depthwise_conv_s8",
        params={
            "window": window_fields(params.window, params.batch, params.channels),
            "depth_multiplier": params.depth_multiplier,
            "weights": weights,
            "bias": as_c(params.bias, np.int32),
            **requantize_fields(params.requant, channels),
            "weights_zero_point": zero_point,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * channels,
        distance={0: window_distance(params.window, params.batch, params.channels, channels, buffered=True)},
    )


def _lower_dsp(node: Node, params: DepthwiseConv, zero_point: int) -> KernelCall | None:
    """``bw_depthwise_conv_s8_dsp``, or None where its arithmetic would not be exact."""
    taps = params.weights.reshape(-1, params.channels)
    bias = fold_zero_point(node, taps.T, params.bias, params.input_zero_point)
    dsp = dsp_channels(params.requant, taps.T, bias, zero_point)
    if dsp is None:
        return None
    # A pixel's window is still read for later channels while its first channels are written.
    distance = window_distance(params.window, params.batch, params.channels, params.channels, buffered=False)
    pairs = (taps.shape[0] + 1) // 2
    return KernelCall(
        function="bw_depthwise_conv_s8_dsp",
        params={
            "window": window_fields(params.window, params.batch, params.channels),
            "weights": tap_pairs(dsp.weights.T),
            **dsp.fields,
            "input_zero_point": params.input_zero_point,
        },
        # Pointers have eight bytes on the host.
        scratch=16 * pairs + params.channels,
        distance={0: distance},
    )
