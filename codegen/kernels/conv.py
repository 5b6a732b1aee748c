"""Lowering of CONV_2D."""

from __future__ import annotations

import math

from ...converter.ir import DType, Graph, Node
from ...converter.ops.conv import Conv
from .call import KernelCall
from .mac import fold_zero_point, requantize_fields, stored_weights, window_fields
from .overlap import window_distance
from .wide import lower_conv_s16


def is_pointwise(params: Conv) -> bool:
    """1x1 without stride or padding: columns are the input itself."""
    window = params.window
    return window.kernel == (1, 1) and window.stride == (1, 1) and window.before == (0, 0)


def lower(graph: Graph, node: Node, params: Conv, isa: str) -> KernelCall:
    """``bw_conv_s8`` for int8, ``bw_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_conv_s16(params)
    channels, depth = params.weights.shape[0], math.prod(params.weights.shape[1:])
    in_c = params.weights.shape[3]
    weights, zero_point = stored_weights(graph, node, 1)
    buffered = not is_pointwise(params)
    return KernelCall(
        function="bw_conv_s8",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "weights": weights,
            "bias": fold_zero_point(
                node, params.weights.reshape(channels, depth), params.bias, params.input_zero_point
            ),
            **requantize_fields(params.requant, channels),
            "weights_zero_point": zero_point,
            "input_zero_point": params.input_zero_point,
        },
        scratch=depth if buffered else 0,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered)},
        sources=("bw_dot_s8",),
    )
