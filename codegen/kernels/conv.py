"""Lowering of CONV_2D."""

from __future__ import annotations

import math

from ...converter.ir import DType, Graph, Node
from ...converter.ops.conv import Conv
from ...converter.ops.window import is_pointwise
from .call import KernelCall
from .mac import (
    NarrowChannels,
    channel_pairs,
    fold_zero_point,
    narrow_channels,
    requantize_fields,
    stored_weights,
    window_fields,
)
from .overlap import pair_distance, window_distance
from .wide import lower_conv_s16


def lower(graph: Graph, node: Node, params: Conv, isa: str) -> KernelCall:
    """``bw_conv_s8``, ``bw_conv_s8_pairs`` or ``bw_conv_s8_dsp`` for int8, ``bw_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_conv_s16(params)
    weights, zero_point = stored_weights(graph, node, 1)
    taps = params.weights.reshape(params.weights.shape[0], -1)
    bias = fold_zero_point(node, taps, params.bias, params.input_zero_point)
    narrow = narrow_channels(params.requant, taps, bias, zero_point) if isa in _NARROW else None
    if narrow is not None:
        return _NARROW[isa](params, narrow)
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


def _lower_pairs(params: Conv, narrow: NarrowChannels) -> KernelCall:
    """``bw_conv_s8_pairs``."""
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    buffered = not is_pointwise(params.window)
    return KernelCall(
        function="bw_conv_s8_pairs",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "weights": narrow.weights,
            **narrow.fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=2 * narrow.weights.shape[1] if buffered else 0,
        distance={0: pair_distance(params.window, params.batch, in_c, channels, buffered)},
        sources=("bw_dot_pair_s8",),
    )


def _lower_dsp(params: Conv, narrow: NarrowChannels) -> KernelCall:
    """``bw_conv_s8_dsp``: the windows of four pixels are widened to int16 before any of them is written."""
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    taps = math.prod(params.weights.shape[1:])
    depth = taps + -taps % 4
    return KernelCall(
        function="bw_conv_s8_dsp",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "weights": channel_pairs(narrow.weights),
            **narrow.fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=(8 if is_pointwise(params.window) else 9) * depth,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_block_s8",),
    )


#: Instruction sets with a kernel for layers whose accumulators stay below 2^30.
_NARROW = {"armv7em": _lower_dsp, "rv32": _lower_pairs}
