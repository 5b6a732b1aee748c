"""ADD and SUB on Armv7E-M."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ....converter.fixedpoint import Int64, requantize_double
from ....converter.ir import DType, Graph, Node
from ....converter.ops.elementwise import Elementwise, Scale
from ..call import KernelCall

_POINTS = range(24, 15, -1)  # binary points that are tried, as far as the sum fits int32
_NEAR = 3  # multipliers tried on both sides of the nearest


def lower_linear(graph: Graph, node: Node, params: Elementwise) -> KernelCall | None:
    """``bw_elementwise_linear_s8``: operands of one shape."""
    same = params.shape_1 == params.shape_2
    if params.dtype is not DType.INT8 or not same or (params.low, params.high) != (-128, 127):
        return None
    found = _linear(params, 1 if node.op == "ADD" else -1)
    if found is None:
        return None
    size = graph.output(node).elements
    first, second, offset, right = found
    return KernelCall(
        function="bw_elementwise_linear_s8",
        params={"size": size, "multiplier_1": first, "multiplier_2": second, "offset": offset, "right": right},
        operands=(0, 1),
        distance={0: 0, 1: 0},
        instructions=30 + 33 * size // 4,
    )


def _linear(params: Elementwise, sign: int) -> tuple[int, int, int, int] | None:
    """Multipliers, offset and right shift that give the exact output for all pairs of inputs, or None where none near
    the real ratios do."""
    values = np.arange(-128, 128, dtype=np.int64)
    first = _aligned(values + params.offset_1, params.left_shift, params.scale_1)[:, None]
    second = _aligned(values + params.offset_2, params.left_shift, params.scale_2)[None, :] * sign
    scaled = requantize_double(
        first + second, np.int64(params.output_scale.multiplier), np.int64(params.output_scale.shift)
    )
    exact = np.clip(scaled + params.output_offset, -128, 127)
    rising, falling = exact > -128, exact < 127  # where the sum must not be lower, or higher
    for m1, m2, right in _near(params, sign):
        linear = values[:, None] * m1 + values[None, :] * m2
        least = ((exact << right) - linear).max(initial=-(2**31), where=rising)
        most = (((exact + 1) << right) - 1 - linear).min(initial=2**31, where=falling)
        offset = int(least + most) // 2
        if least <= most and 128 * (abs(m1) + abs(m2)) + abs(offset) < 2**31:
            return m1, m2, offset, right
    return None


def _near(params: Elementwise, sign: int) -> Iterator[tuple[int, int, int]]:
    """Multipliers and right shifts: the finest that can fit first, the nearest to the real ratios first."""
    ratios = [
        _real(scale) * _real(params.output_scale) * 2.0**params.left_shift for scale in (params.scale_1, params.scale_2)
    ]
    fitting = [right for right in _POINTS if sum(ratios) * 128 * 2.0**right < 2**31]
    offsets = itertools.product(range(-_NEAR, _NEAR + 1), repeat=2)
    nearest = sorted(offsets, key=lambda pair: abs(pair[0]) + abs(pair[1]))
    for right in fitting[:3]:
        for d1, d2 in nearest:
            yield round(ratios[0] * 2.0**right) + d1, sign * round(ratios[1] * 2.0**right) + d2, right


def _real(scale: Scale) -> float:
    return scale.multiplier * 2.0 ** (scale.shift - 31)


def _aligned(values: Int64, left_shift: int, scale: Scale) -> Int64:
    return requantize_double(values << left_shift, np.int64(scale.multiplier), np.int64(scale.shift))
