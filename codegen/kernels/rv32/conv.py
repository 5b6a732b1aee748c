"""Convolution on RV32."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import pair_distance, window_distance
from .quad import quad_fields


def lower_quad(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_quad``: four columns at a time, two in a word."""
    narrow = narrow_conv(graph, node, params)
    quad = quad_fields(narrow) if narrow is not None else None
    if quad is None:
        return None
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    return KernelCall(
        function="bw_conv_s8_quad",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "quad": quad,
            "input_zero_point": params.input_zero_point,
        },
        scratch=8 * int(quad["taps"]) + in_c,  # type: ignore[call-overload]
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_quad_s8",),
        instructions=1,
    )


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_pairs``: two columns at a time."""
    narrow = narrow_conv(graph, node, params)
    if narrow is None:
        return None
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
