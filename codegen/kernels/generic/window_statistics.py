"""Lowering of WINDOW_STATISTICS."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
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
    # Measured: six instructions a sample, and some 1,500 for an axis, most of them in two square roots of 64 bits.
    instructions = params.axes * (11 * params.samples + 1500)
    assert params.dtype in (DType.INT8, DType.INT16)
    return KernelCall("bw_window_statistics_s16", fields, instructions=instructions)
