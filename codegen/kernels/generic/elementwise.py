"""Lowering of binary operators with broadcasting."""

from __future__ import annotations

import math

from ....converter.ir import DType, Graph, Node
from ....converter.ops.elementwise import Elementwise
from ..call import Field, KernelCall

_FUNCTIONS = {
    "ADD": "bw_elementwise_add",
    "SUB": "bw_elementwise_sub",
    "MUL": "bw_elementwise_mul",
    "MAXIMUM": "bw_elementwise_max",
    "MINIMUM": "bw_elementwise_min",
    "SQUARED_DIFFERENCE": "bw_elementwise_squared_difference",
    "PRELU": "bw_prelu",
}
_OUTER = 5  # loops around the innermost run


def broadcast_loops(
    shape: tuple[int, ...], first: tuple[int, ...], second: tuple[int, ...]
) -> list[tuple[int, int, int]]:
    """(count, stride 1, stride 2) per merged dimension, outermost first; a broadcast dimension has stride 0."""
    rank = len(shape)
    sizes = [(1,) * (rank - len(operand)) + operand for operand in (first, second)]
    loops: list[tuple[int, int, int]] = []
    for axis in range(rank):
        if shape[axis] == 1:
            continue
        steps = [math.prod(size[axis + 1 :]) if size[axis] != 1 else 0 for size in sizes]
        current = (shape[axis], steps[0], steps[1])
        if loops and all(loops[-1][k] == current[0] * current[k] for k in (1, 2)):
            loops[-1] = (loops[-1][0] * current[0], current[1], current[2])
        else:
            loops.append(current)
    return loops or [(1, 1, 1)]


def loop_fields(params: Elementwise) -> dict[str, Field]:
    """``bw_broadcast``: outer loops around one innermost run."""
    loops = broadcast_loops(params.shape, params.shape_1, params.shape_2)
    outer = [(1, 0, 0)] * (_OUTER - len(loops) + 1) + loops[:-1]
    count, step_1, step_2 = loops[-1]
    return {
        "count": tuple(loop[0] for loop in outer),
        "stride_1": tuple(loop[1] for loop in outer),
        "stride_2": tuple(loop[2] for loop in outer),
        "run": count,
        "step_1": step_1,
        "step_2": step_2,
    }


def in_order(params: Elementwise) -> dict[int, int]:
    """Distances: elements are written in order, each after it is read, so that an operand of the output's shape may
    share its memory."""
    shapes = enumerate((params.shape_1, params.shape_2))
    return {i: 0 for i, shape in shapes if math.prod(shape) == math.prod(params.shape)}


def lower(graph: Graph, node: Node, params: Elementwise) -> KernelCall:
    """``bw_elementwise_<op>_s8/s16``: outer loops of broadcast around one innermost run."""
    fields: dict[str, Field] = {
        "loops": loop_fields(params),
        "offset_1": params.offset_1,
        "offset_2": params.offset_2,
        "output_offset": params.output_offset,
        "left_shift": params.left_shift,
        "multiplier_1": params.scale_1.multiplier,
        "shift_1": params.scale_1.shift,
        "multiplier_2": params.scale_2.multiplier,
        "shift_2": params.scale_2.shift,
        "output_multiplier": params.output_scale.multiplier,
        "output_shift": params.output_scale.shift,
        "low": params.low,
        "high": params.high,
    }
    suffix = "s8" if params.dtype is DType.INT8 else "s16"
    return KernelCall(f"{_FUNCTIONS[node.op]}_{suffix}", fields, operands=(0, 1), distance=in_order(params))
