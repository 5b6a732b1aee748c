"""Lowering of element-wise operators of int16 to kernels that round in fewer steps."""

from __future__ import annotations

from ....converter.fixedpoint import requantize_double
from ....converter.ir import DType, Graph, Node
from ....converter.ops.activation import Rescale, Unary
from ....converter.ops.elementwise import Elementwise, Scale
from ..call import Field, KernelCall
from .elementwise import in_order, loop_fields

_HEADROOM = 15  # bits that sums of int16 are given, unless their scales are powers of two
_HALF = Scale(2**30, 0)
_LOWEST, _HIGHEST = DType.INT16.limits


def lower_sum(_graph: Graph, node: Node, params: Elementwise) -> KernelCall | None:
    """``bw_elementwise_sum_s16``: ADD and SUB; the larger of the inputs' scales is half of the common one."""
    loops = loop_fields(params)
    if params.dtype is not DType.INT16 or params.left_shift != _HEADROOM or not _one_by_one(loops):
        return None
    scales, signs = (params.scale_1, params.scale_2), (1, -1 if node.op == "SUB" else 1)
    larger, smaller = (0, 1) if scales[0] == _HALF else (1, 0)
    if scales[larger] != _HALF or not -14 <= scales[smaller].shift <= 0:
        return None
    multiplier_2, right_2 = scales[smaller].multiplier, -scales[smaller].shift
    low, high = (_scaled(limit << _HEADROOM, scales[smaller]) for limit in (_LOWEST, _HIGHEST))
    most = (_HIGHEST if signs[larger] > 0 else -_LOWEST) << _HEADROOM
    most += 2 * (high if signs[smaller] > 0 else -low)
    if not rounds(params.output_scale, most) or not rounds(scales[smaller], _HIGHEST << 16, 0):
        return None
    fields: dict[str, Field] = {
        "loops": loops if larger == 0 else swapped(loops),
        "weight_1": signs[larger] << _HEADROOM,
        "weight_2": 2 * signs[smaller],
        "multiplier_2": multiplier_2,
        "right_2": right_2,
        "multiplier": params.output_scale.multiplier,
        "right": -params.output_scale.shift,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall("bw_elementwise_sum_s16", fields, operands=(larger, smaller), distance=in_order(params))


def lower_product(_graph: Graph, _node: Node, params: Elementwise) -> KernelCall | None:
    """``bw_elementwise_product_s16``: MUL."""
    loops, scale = loop_fields(params), params.output_scale
    if params.dtype is not DType.INT16 or not _one_by_one(loops) or not rounds(scale, 2**31 - 1):
        return None
    # Twice the product of the lowest values has no int32; the highest that has one must do as well.
    square = _LOWEST * _LOWEST
    exact, (product, right) = _scaled(square, scale), ((2**31 - 1) * scale.multiplier + 2**31 >> 32, -scale.shift)
    if min(exact, params.high) != min(product + (1 << (right - 1)) >> right, params.high):
        return None
    fields: dict[str, Field] = {
        "loops": loops,
        "multiplier": scale.multiplier,
        "right": right,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall("bw_elementwise_product_s16", fields, operands=(0, 1), distance=in_order(params))


def lower_rescale(graph: Graph, node: Node, params: Unary) -> KernelCall | None:
    """``bw_rescale_s16`` or ``bw_rescale_s16_s8``: values of int16, one slope."""
    narrow = {DType.INT16: "bw_rescale_s16", DType.INT8: "bw_rescale_s16_s8"}
    if not isinstance(params, Rescale) or params.input_dtype is not DType.INT16 or params.dtype not in narrow:
        return None
    scale = Scale(params.multiplier, params.shift)
    if scale != Scale(params.negative_multiplier, params.negative_shift):
        return None
    left, farthest = max(scale.shift, 0), max(_HIGHEST - params.input_zero_point, params.input_zero_point - _LOWEST)
    if farthest << (left + 1) >= 2**31 or not rounds(scale, farthest << (left + 1), 0):
        return None
    fields: dict[str, Field] = {
        "size": graph.output(node).elements,
        "input_zero_point": params.input_zero_point,
        "left": left,
        "multiplier": scale.multiplier,
        "right": left - scale.shift,
        "output_zero_point": params.output_zero_point,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall(narrow[params.dtype], fields, distance={0: 0})


def _one_by_one(loops: dict[str, Field]) -> bool:
    """Whether both inputs go on with every element of the innermost run."""
    return loops["run"] == 1 or (loops["step_1"], loops["step_2"]) == (1, 1)


def swapped(loops: dict[str, Field]) -> dict[str, Field]:
    """The loops with the inputs in the other order."""
    other = {"stride_1": "stride_2", "stride_2": "stride_1", "step_1": "step_2", "step_2": "step_1"}
    return {name: loops[other.get(name, name)] for name in loops}


def rounds(scale: Scale, most: int, least: int = 1) -> bool:
    """Whether bw_twice.h has its ranges: values to ``most``, given twice, and a right shift of ``least`` to 30."""
    right = max(-scale.shift, 0)
    fits = (most * scale.multiplier >> 31) + (1 << right) + 1 < 2**31
    return scale.multiplier >= _HALF.multiplier and least <= right <= 30 and fits


def _scaled(value: int, scale: Scale) -> int:
    return int(requantize_double(value, scale.multiplier, scale.shift))
