"""Lowering of DEPTHWISE_CONV_2D."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.ir import DType, Graph, Node
from ...converter.ops.depthwise_conv import DepthwiseConv
from .call import Field, KernelCall, as_c
from .mac import (
    NarrowChannels,
    fold_zero_point,
    narrow_channels,
    requantize_fields,
    stored_weights,
    tap_pairs,
    window_fields,
)
from .overlap import window_distance
from .wide import lower_depthwise_conv_s16

_POINTER = 8  # bytes: as on the host
_ALIGNING = 4  # bytes of scratch, aligned to 4, that may lie before pointers


def lower(graph: Graph, node: Node, params: DepthwiseConv, isa: str) -> KernelCall:
    """``bw_depthwise_conv_s8``, ``_s8_dsp`` or ``_s8_blocked`` for int8, ``bw_depthwise_conv_s16`` for 16x8."""
    if params.requant.dtype is DType.INT16:
        return lower_depthwise_conv_s16(params)
    channels = params.channels * params.depth_multiplier
    weights, zero_point = stored_weights(graph, node, 1)
    narrow = None
    if isa in _NARROW and params.depth_multiplier == 1:
        taps = params.weights.reshape(-1, channels)
        bias = fold_zero_point(node, taps.T, params.bias, params.input_zero_point)
        narrow = narrow_channels(params.requant, taps.T, bias, zero_point)
    if narrow is not None and channels % _NARROW[isa].channels == 0:
        return _NARROW[isa].lower(params, narrow)
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


def _lower_dsp(params: DepthwiseConv, narrow: NarrowChannels) -> KernelCall:
    """``bw_depthwise_conv_s8_dsp``: channels a multiple of four."""
    taps = narrow.weights.T
    pairs = (taps.shape[0] + 1) // 2
    return KernelCall(
        function="bw_depthwise_conv_s8_dsp",
        params=_narrow_params(params, narrow, tap_pairs(taps)),
        scratch=_ALIGNING + 2 * _POINTER * pairs + params.channels,
        distance={0: _unbuffered_distance(params)},
    )


def _lower_blocked(params: DepthwiseConv, narrow: NarrowChannels) -> KernelCall:
    """``bw_depthwise_conv_s8_blocked``."""
    taps = np.ascontiguousarray(narrow.weights.T)
    return KernelCall(
        function="bw_depthwise_conv_s8_blocked",
        params=_narrow_params(params, narrow, taps),
        scratch=_ALIGNING + _POINTER * taps.shape[0] + params.channels,
        distance={0: _unbuffered_distance(params)},
    )


def _narrow_params(params: DepthwiseConv, narrow: NarrowChannels, weights: NDArray[Any]) -> dict[str, Field]:
    return {
        "window": window_fields(params.window, params.batch, params.channels),
        "weights": weights,
        **narrow.fields,
        "input_zero_point": params.input_zero_point,
    }


def _unbuffered_distance(params: DepthwiseConv) -> int:
    """A pixel's window is still read for later channels while its first channels are written."""
    return window_distance(params.window, params.batch, params.channels, params.channels, buffered=False)


@dataclass(frozen=True)
class _Narrow:
    """A kernel for layers whose accumulators stay below 2^30; ``channels`` must be a multiple of so many."""

    lower: Callable[[DepthwiseConv, NarrowChannels], KernelCall]
    channels: int


_NARROW = {"armv7em": _Narrow(_lower_dsp, 4), "rv32": _Narrow(_lower_blocked, 1)}
