"""Convolution on Cortex-M3."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ..call import KernelCall
from ..narrow import NarrowChannels
from ..swar import woven_conv
from ..swar_units import rows_of_four

_MOST_PARTS = 64


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_woven``, three pixels at a time."""
    call = woven_conv(graph, node, params, columns=3, pack=_rows, most_parts=_MOST_PARTS)
    return None if call is None else replace(call, instructions=_instructions(params, call))


def _rows(narrow: NarrowChannels, heads: Int64) -> NDArray[Any]:
    """As armv7m/bw_woven_dot_s8.c states."""
    return rows_of_four(narrow.weights, heads)


def _instructions(params: Conv, call: KernelCall) -> int:
    """Four channels and three pixels at a time; more where their taps are taken in parts."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    turns = -(-params.batch * math.prod(params.window.output) // 3)
    depth = kernel_h * kernel_w * in_c
    parts = -(-depth // int(call.params["part"]))  # type: ignore[arg-type]
    split = 150 + 150 * parts if parts > 1 else 0
    return turns * (-(-channels // 4) * (105 * depth // 8 + 180 + split) + 9 * depth + 100 + 130 * kernel_h)
