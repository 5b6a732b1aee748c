"""Convolution on Cortex-M3."""

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

_CHANNELS = 4  # of a row
_MOST_PARTS = 64


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_woven``, three pixels at a time."""
    call = woven_conv(graph, node, params, columns=3, pack=_rows, most_parts=_MOST_PARTS)
    return None if call is None else replace(call, instructions=_instructions(params))


def _rows(narrow: NarrowChannels, heads: Int64) -> NDArray[Any]:
    """As armv7m/bw_woven_dot_s8.c states."""
    missing = -len(heads) % _CHANNELS
    heads = np.pad(heads, ((0, missing), (0, 0))).reshape(-1, 2 * _CHANNELS)
    weights = np.pad(narrow.weights, ((0, missing), (0, 0))).reshape(len(heads), _CHANNELS, -1)
    words = np.ascontiguousarray(weights.transpose(0, 2, 1)).view("<i4")[:, :, 0]
    return np.concatenate([heads, words], axis=1)


def _instructions(params: Conv) -> int:
    """Four channels and three pixels at a time."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    turns = -(-params.batch * math.prod(params.window.output) // 3)
    depth = kernel_h * kernel_w * in_c
    return turns * (-(-channels // 4) * (13 * depth + 400) + 10 * depth + 150 * kernel_h)
