"""3x3 depthwise convolution of rectified layers on Armv7E-M."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall
from ..lines import Axis, axes, in_place
from ..mac import fold_zero_point, stored_weights
from .rectified import rectified

_CHANNEL_BYTES = 60  # bw_depthwise_channel


def lower_rows(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8`` row by row."""
    return _lower(graph, node, params, columns=False)


def lower_columns(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8`` column by column, where that runs in place."""
    call = _lower(graph, node, params, columns=True)
    return call if call is not None and call.distance else None


def _lower(graph: Graph, node: Node, params: DepthwiseConv, columns: bool) -> KernelCall | None:
    window, channels = params.window, params.channels
    lines, along = axes(window, columns)
    served = window.kernel == (3, 3) and window.dilation == (1, 1) and lines.stride <= 3 and along.stride <= 2
    if not served or along.pad > 2 or channels % 4 or params.depth_multiplier != 1:
        return None
    zero_point = stored_weights(graph, node, 1)[1]
    if params.requant.dtype is not DType.INT8 or zero_point != 0:
        return None
    weights = params.weights.reshape(-1, channels).T
    folded = fold_zero_point(node, weights, params.bias, params.input_zero_point)
    form = rectified(params.requant, weights, folded.astype(np.int64))
    if form is None:
        return None
    kernels = form.weights.reshape(channels, 3, 3)
    if columns:
        kernels = kernels.transpose(0, 2, 1)
    words = -(-along.output // 2) * along.stride + 1
    pixels = (window.input[0] * window.input[1], window.output[0] * window.output[1])
    return KernelCall(
        function="bw_depthwise_conv_3x3_s8",
        params={
            "batch": params.batch,
            "channels": channels,
            "in_bytes": pixels[0] * channels,
            "out_bytes": pixels[1] * channels,
            "lines": lines.fields(lines.input, channels),
            "along": along.fields(min(along.input, 2 * words - along.pad), channels),
            "words": words,
            "weights": np.append(kernels.reshape(-1), np.int8(0)),
            "bias": form.bias,
            "multiplier": form.multiplier,
            "scale": form.scale,
            "offset": form.offset,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * (_CHANNEL_BYTES + 12 * words),
        distance={0: 0} if in_place(lines, along, params.batch) else {},
        exact=True,
        sources=("bw_depthwise_pairs_s8",),
        instructions=_estimate(lines, along, words, params.batch, channels),
    )


def _estimate(lines: Axis, along: Axis, words: int, batch: int, channels: int) -> int:
    widened = (lines.output - 1) * lines.stride + 3
    pairs = -(-along.output // 2)
    line = 4 * (pairs * (24 + along.stride) + 32) + 25
    return channels // 4 * (400 + batch * (widened * (30 + 17 * words) + lines.output * line))
