"""Lowering of RESIZE_BILINEAR."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.resize import Axis, Resize
from ..call import Field, KernelCall, as_c
from ..overlap import raster_distance


def _table(axis: Axis) -> Field:
    return as_c(np.stack([axis.lower, axis.upper, axis.fraction], axis=1), np.int16)


def lower(graph: Graph, node: Node, params: Resize) -> KernelCall:
    """``bw_resize_bilinear_s8/s16`` over tables of positions."""
    batch, height, width, channels = params.shape
    fields: dict[str, Field] = {
        "batch": batch,
        "in_h": height,
        "in_w": width,
        "channels": channels,
        "out_h": params.rows.lower.size,
        "out_w": params.columns.lower.size,
        "rows": _table(params.rows),
        "columns": _table(params.columns),
    }
    pixel = channels * params.dtype.bytes
    # Channel by channel: a pixel's corners are still read while its first channels are written.
    distance = raster_distance(
        params.rows.lower, params.columns.lower, (batch, height, width), pixel, pixel, buffered=False
    )
    suffix = "s8" if params.dtype is DType.INT8 else "s16"
    return KernelCall(f"bw_resize_bilinear_{suffix}", fields, distance={0: distance})
