"""Convolution on Cortex-M0."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ..call import KernelCall
from ..narrow import NarrowChannels
from ..swar import woven_conv

_MOST_PARTS = 3


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_woven``, six pixels at a time."""
    call = woven_conv(graph, node, params, columns=6, pack=_rows, most_parts=_MOST_PARTS)
    return None if call is None else replace(call, instructions=_instructions(params, call))


def _rows(narrow: NarrowChannels, heads: Int64) -> NDArray[Any]:
    """As armv6m/bw_woven_dot_s8.c states."""
    taps = (narrow.weights.astype(np.int16) + 128).astype(np.uint8).reshape(-1)
    words = np.pad(taps, (0, -taps.size % 4)).view("<i4")
    return np.concatenate([heads.reshape(-1), words])


def _instructions(params: Conv, call: KernelCall) -> int:
    """Six pixels at a time; more for every channel where its taps are taken in parts."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    turns = -(-params.batch * math.prod(params.window.output) // 6)
    depth = kernel_h * kernel_w * in_c
    parts = -(-depth // int(call.params["part"]))  # type: ignore[arg-type]
    split = 140 + 90 * parts if parts > 1 else 0
    return turns * (channels * (83 * depth // 8 + 300 + split) + 24 * depth + 250 * kernel_h)
