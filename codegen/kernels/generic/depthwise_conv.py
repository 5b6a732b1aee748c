"""Lowering of DEPTHWISE_CONV_2D."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall, as_c
from ..mac import requantize_fields, stored_weights, window_fields
from ..overlap import window_distance
from .wide import lower_depthwise_conv_s16


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall:
    """``bw_depthwise_conv_s8`` for int8, ``bw_depthwise_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_depthwise_conv_s16(params)
    channels = params.channels * params.depth_multiplier
    weights, zero_point = stored_weights(graph, node, 1)
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
