"""Convolution on RVV."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import Window, is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from .columns import COLUMNS, columns_fields, columns_instructions, group_distance


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_rvv``: windows are read in place, those at the border from a copy of their rows."""
    narrow = narrow_conv(graph, node, params)
    if narrow is None:
        return None
    batch, window, in_c = params.batch, params.window, params.weights.shape[3]
    if is_pointwise(window):
        # Single pixels one after the other are one row.
        pixels = batch * math.prod(window.output)
        batch, window = 1, replace(window, input=(1, pixels), output=(1, pixels))
    height, width = window.kernel
    dense = window.dilation[1] == 1
    runs, run = (1, width * in_c) if dense else (width, in_c)
    reach = (COLUMNS - 1) * window.stride[1] + (width - 1) * window.dilation[1] + 1
    copied = _copied(window)
    return KernelCall(
        function="bw_conv_s8_rvv",
        params={
            "window": window_fields(window, batch, in_c),
            "columns": columns_fields(narrow, height, runs, run, window.dilation[1] * in_c, window.stride[1] * in_c),
            "reach": reach,
            "input_zero_point": params.input_zero_point,
        },
        scratch=height * reach * in_c if copied else 0,
        distance={0: group_distance(window, batch, in_c, narrow.weights.shape[0], COLUMNS)},
        sources=("bw_columns_s8_rvv",),
        instructions=batch
        * (
            window.output[0]
            * -(-window.output[1] // COLUMNS)
            * (40 + columns_instructions(len(params.weights), height * runs, run))
            + copied * (30 + height * (20 + 6 * -(-reach * in_c // 128)))
        ),
    )


def _copied(window: Window) -> int:
    """How many groups of columns, of one image, have windows that leave it."""
    starts = [np.arange(window.output[i]) * window.stride[i] - window.before[i] for i in (0, 1)]
    ends = [starts[i] + (window.kernel[i] - 1) * window.dilation[i] + 1 for i in (0, 1)]
    rows, columns = ((starts[i] >= 0) & (ends[i] <= window.input[i]) for i in (0, 1))
    groups = np.array([columns[first : first + COLUMNS].all() for first in range(0, columns.size, COLUMNS)])
    return int(rows.size * groups.size - rows.sum() * groups.sum())
