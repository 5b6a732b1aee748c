"""Lowering of CONV_2D."""

from __future__ import annotations

import math

from ...converter.ir import DType, Graph, Node
from ...converter.ops.conv import Conv
from .call import Field, KernelCall
from .mac import channel_pairs, dsp_channels, fold_zero_point, requantize_fields, stored_weights, window_fields
from .overlap import window_distance
from .wide import lower_conv_s16


def is_pointwise(params: Conv) -> bool:
    """1x1 without stride or padding: columns are the input itself."""
    window = params.window
    return window.kernel == (1, 1) and window.stride == (1, 1) and window.before == (0, 0)


def lower(graph: Graph, node: Node, params: Conv, isa: str) -> KernelCall:
    """``bw_conv_s8`` or ``bw_conv_s8_dsp`` for int8, ``bw_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_conv_s16(params)
    weights, zero_point = stored_weights(graph, node, 1)
    taps = params.weights.reshape(params.weights.shape[0], -1)
    bias = fold_zero_point(node, taps, params.bias, params.input_zero_point)
    dsp = dsp_channels(params.requant, taps, bias, zero_point) if isa == "armv7em" else None
    if dsp is not None:
        return _lower_dsp(params, {"weights": channel_pairs(dsp.weights), **dsp.fields})
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    buffered = not is_pointwise(params)
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


def _lower_dsp(params: Conv, packed: dict[str, Field]) -> KernelCall:
    """``bw_conv_s8_dsp``: the windows of four pixels are widened to int16 before any of them is written."""
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    taps = math.prod(params.weights.shape[1:])
    depth = taps + -taps % 4
    return KernelCall(
        function="bw_conv_s8_dsp",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            **packed,
            "input_zero_point": params.input_zero_point,
        },
        scratch=(8 if is_pointwise(params) else 9) * depth,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_block_s8",),
    )
