"""Lowering of BATCH_MATMUL."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ....converter.ir import DType, Graph, Node, Rounding
from ....converter.ops.batch_matmul import BatchMatmul
from ....converter.ops.floating.batch_matmul import FloatBatchMatmul
from ..call import Field, KernelCall
from .wide import multiplier16

_BATCHES = 3


@dataclass(frozen=True)
class _Side:
    """One operand: its index, rows along the result, and the elements from a row, and from one of its elements, to the
    next."""

    operand: int
    rows: int
    stride: int
    step: int
    batch: tuple[int, ...]


def lower(_graph: Graph, _node: Node, params: BatchMatmul) -> KernelCall | None:
    """``bw_batch_matmul_s8``: every walk through the operands as strides, so that transposes cost nothing."""
    if params.requant.dtype is DType.INT16:
        return None
    fields: dict[str, Field] = {
        **walks(params),
        "zero_point_1": params.zero_point_1,
        "zero_point_2": params.zero_point_2,
        "multiplier": int(params.requant.multiplier[0]),
        "shift": int(params.requant.shift[0]),
        "output_zero_point": params.requant.zero_point,
    }
    return KernelCall("bw_batch_matmul_s8", fields, operands=(0, 1))


def walks(params: BatchMatmul | FloatBatchMatmul) -> dict[str, Field]:
    """Sizes, and strides through both operands."""
    first, second = _sides(params)
    return {
        "batches": _batches(params),
        "batch_stride_1": first.batch,
        "batch_stride_2": second.batch,
        "rows": first.rows,
        "columns": second.rows,
        "depth": _depth(params),
        "row_stride": first.stride,
        "depth_stride_1": first.step,
        "column_stride": second.stride,
        "depth_stride_2": second.step,
    }


def lower_rows(_graph: Graph, _node: Node, params: BatchMatmul) -> KernelCall | None:
    """``bw_batch_matmul_rows_s8``, where one operand lies as its rows need it, or ``bw_batch_matmul_rows_s16``."""
    first, second = _sides(params)
    wide = params.requant.dtype is DType.INT16
    # Outputs of one query and all keys should follow each other.
    query, key = (first, second) if second.step == 1 else (second, first)
    if key.step != 1 and not wide:
        return None
    depth, points = _depth(params), (params.zero_point_1, params.zero_point_2)
    multiplier = int(params.requant.multiplier[0])
    assert wide == (params.requant.rounding is Rounding.WIDE)
    fields: dict[str, Field] = {
        "batches": _batches(params),
        "query_batch": query.batch,
        "key_batch": key.batch,
        "queries": query.rows,
        "keys": key.rows,
        "depth": depth,
        "query_stride": query.stride,
        "query_step": query.step,
        "key_stride": key.stride,
        "key_step": key.step,
        "output_query": second.rows if query is first else 1,
        "output_key": 1 if query is first else second.rows,
        "query_zero_point": points[query.operand],
        "key_zero_point": points[key.operand],
        "multiplier": multiplier16(multiplier) if wide else multiplier,
        "shift": int(params.requant.shift[0]),
        "output_zero_point": params.requant.zero_point,
    }
    return KernelCall(
        f"bw_batch_matmul_rows_{'s16' if wide else 's8'}",
        fields,
        operands=(query.operand, key.operand),
        scratch=2 * depth if wide else 5 * key.rows + depth,
        sources=() if wide else ("bw_attend_s8",),
    )


def _sides(params: BatchMatmul | FloatBatchMatmul) -> tuple[_Side, _Side]:
    """Rows of the first operand and columns of the second."""
    dimensions = len(params.output_shape) - 2
    (height_1, width_1), (height_2, width_2) = params.shape_1[-2:], params.shape_2[-2:]
    batches = [_batch_strides(shape, dimensions) for shape in (params.shape_1, params.shape_2)]
    first = (width_1, 1, width_1) if params.transpose_1 else (height_1, width_1, 1)
    second = (height_2, width_2, 1) if params.transpose_2 else (width_2, 1, width_2)
    return (
        _Side(0, *first, batches[0]),
        _Side(1, *second, batches[1]),
    )


def _depth(params: BatchMatmul | FloatBatchMatmul) -> int:
    return params.shape_1[-2 if params.transpose_1 else -1]


def _batches(params: BatchMatmul | FloatBatchMatmul) -> tuple[int, ...]:
    batches = params.output_shape[:-2]
    return (1,) * (_BATCHES - len(batches)) + batches


def _batch_strides(shape: tuple[int, ...], batches: int) -> tuple[int, ...]:
    """Elements from one batch to the next along each of three leading dimensions, 0 where broadcast."""
    own = shape[:-2]
    full = (1,) * (_BATCHES - len(own)) + own
    matrix = math.prod(shape[-2:])
    return tuple(0 if size == 1 else matrix * math.prod(full[i + 1 :]) for i, size in enumerate(full))
