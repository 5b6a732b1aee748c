"""Lowering of CONV_2D."""

from __future__ import annotations

from ....converter.ir import DType, Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import fold_zero_point, requantize_fields, stored_weights, window_fields
from ..overlap import window_distance
from .wide import lower_conv_s16


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall:
    """``bw_conv_s8`` for int8, ``bw_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_conv_s16(params)
    weights, zero_point = stored_weights(graph, node, 1)
    taps = params.weights.reshape(params.weights.shape[0], -1)
    bias = fold_zero_point(node, taps, params.bias, params.input_zero_point)
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    buffered = not is_pointwise(params.window)
    return KernelCall(
        function="bw_conv_s8",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "weights": weights,
            "bias": bias,
            **requantize_fields(params.requant, channels),
            "weights_zero_point": zero_point,
            "input_zero_point": params.input_zero_point,
        },
        scratch=taps.shape[1] if buffered else 0,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered)},
        sources=("bw_dot_s8",),
    )
