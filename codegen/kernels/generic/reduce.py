"""Lowering of MEAN, SUM, REDUCE_MAX, REDUCE_MIN and ARG_MAX."""

from __future__ import annotations

import math

from ....converter.ir import DType, Graph, Node
from ....converter.ops.reduce import ArgMax, Reduce
from ..call import Field, KernelCall

_DIMENSIONS = 6


def _loops(params: Reduce) -> dict[str, Field]:
    """Loop nests: kept dimensions (in output order) and reduced ones, as counts and input strides in elements."""
    rank = len(params.shape)
    strides = [math.prod(params.shape[i + 1 :]) for i in range(rank)]
    kept = _merged([(params.shape[i], strides[i]) for i in range(rank) if i not in params.axes])
    reduced = _merged([(params.shape[i], strides[i]) for i in params.axes])
    fields: dict[str, Field] = {}
    for name, loops in (("kept", kept), ("reduced", reduced)):
        padded = [(1, 0)] * (_DIMENSIONS - len(loops)) + loops
        fields[f"{name}_count"] = tuple(count for count, _ in padded)
        fields[f"{name}_stride"] = tuple(stride for _, stride in padded)
    return fields


def _merged(loops: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring loops that walk memory as one become one."""
    result: list[tuple[int, int]] = []
    for count, stride in loops:
        if count == 1:
            continue
        if result and result[-1][1] == count * stride:
            result[-1] = (result[-1][0] * count, stride)
        else:
            result.append((count, stride))
    return result


def lower(graph: Graph, node: Node, params: Reduce) -> KernelCall:
    """``bw_mean_s8/s16`` for MEAN and SUM, ``bw_reduce_extreme_s8/s16`` for the others."""
    suffix = "s8" if params.dtype is DType.INT8 else "s16"
    fields: dict[str, Field] = {"loops": _loops(params)}
    if node.op in ("REDUCE_MAX", "REDUCE_MIN"):
        fields["sign"] = 1 if node.op == "REDUCE_MAX" else -1
        return KernelCall(f"bw_reduce_extreme_{suffix}", fields)
    fields |= {
        "multiplier": params.multiplier,
        "shift": params.shift,
        "input_offset": -params.input_zero_point * math.prod(params.shape[axis] for axis in params.axes),
        "output_zero_point": params.output_zero_point,
    }
    return KernelCall(f"bw_mean_{suffix}", fields)


def lower_argmax(graph: Graph, node: Node, params: ArgMax) -> KernelCall:
    """``bw_arg_max_s8/s16``."""
    fields: dict[str, Field] = {
        "outer": params.outer,
        "size": params.size,
        "inner": params.inner,
        "output_bytes": params.output_dtype.bytes,
    }
    return KernelCall("bw_arg_max_s8" if params.dtype is DType.INT8 else "bw_arg_max_s16", fields)
