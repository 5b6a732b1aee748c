"""Lowering of WINDOW_STATISTICS."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.window_statistics import FEATURES, WindowStatistics
from ..call import Field, KernelCall


def lower(_graph: Graph, _node: Node, params: WindowStatistics) -> KernelCall:
    """``bw_window_statistics_s16``."""
    fields: dict[str, Field] = {
        "samples": params.samples,
        "axes": params.axes,
        "features": np.array([FEATURES.index(name) for name in params.features], np.uint8),
        "feature_count": len(params.features),
        "multiplier": params.multiplier,
        "shift": params.shift,
        "output_zero_point": params.output_zero_point,
        "output_bytes": params.dtype.bytes,
    }
    # Measured on a Cortex-M4: 16 for a sample, and a square root of 64 bits takes some 350.
    roots = len({"deviation", "rms"}.intersection(params.features))
    instructions = params.axes * (16 * params.samples + 350 * roots + 40 * len(params.features) + 60)
    return KernelCall("bw_window_statistics_s16", fields, instructions=instructions)
