"""Lowering of BATCH_MATMUL."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.batch_matmul import BatchMatmul
from ..call import Field, KernelCall

_BATCHES = 3


def lower(graph: Graph, node: Node, params: BatchMatmul) -> KernelCall:
    """``bw_batch_matmul_s8``: every walk through the operands as strides, so that transposes cost nothing."""
    rows, columns = params.output_shape[-2:]
    height_1, width_1 = params.shape_1[-2:]
    width_2 = params.shape_2[-1]
    batches = params.output_shape[:-2]
    padded = (1,) * (_BATCHES - len(batches)) + batches
    fields: dict[str, Field] = {
        "batches": padded,
        "batch_stride_1": _batch_strides(params.shape_1, len(batches)),
        "batch_stride_2": _batch_strides(params.shape_2, len(batches)),
        "rows": rows,
        "columns": columns,
        "depth": height_1 if params.transpose_1 else width_1,
        "row_stride": 1 if params.transpose_1 else width_1,
        "depth_stride_1": width_1 if params.transpose_1 else 1,
        "column_stride": width_2 if params.transpose_2 else 1,
        "depth_stride_2": 1 if params.transpose_2 else width_2,
        "zero_point_1": params.zero_point_1,
        "zero_point_2": params.zero_point_2,
        "multiplier": int(params.requant.multiplier[0]),
        "shift": int(params.requant.shift[0]),
        "output_zero_point": params.requant.zero_point,
    }
    return KernelCall("bw_batch_matmul_s8", fields, operands=(0, 1))


def _batch_strides(shape: tuple[int, ...], batches: int) -> tuple[int, ...]:
    """Elements from one batch to the next along each of three leading dimensions, 0 where broadcast."""
    own = shape[:-2]
    full = (1,) * (_BATCHES - len(own)) + own
    matrix = math.prod(shape[-2:])
    return tuple(0 if size == 1 else matrix * math.prod(full[i + 1 :]) for i, size in enumerate(full))
