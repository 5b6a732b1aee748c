"""SOFTMAX along the last axis, in gemmlowp's fixed point (int8) and by tables (int16)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import AccumulatorOverflowError, ModelError
from ..fixedpoint import Int64, as_int64, quantize_multiplier, requantize_double, rounding_divide_by_pot, srdhm
from ..gemmlowp import bit_length, exp_on_negative_values, reciprocal
from ..ir import Array, DType, Graph, Node
from .bounds import Bounds, requantized
from .interpolation import interpolation_table, lookup
from .operator import Inputs, LastAxis, Operator, QuantRule, float_operand, require, require_types

_INPUT_BITS = 5  # integer bits of the scaled difference
_SUM_BITS = 12  # integer bits of the sum of exponentials


@dataclass(frozen=True, eq=False)
class Softmax(LastAxis):
    """Integer constants.

    Attributes:
        dtype: of the input; output_dtype: the same, or int16 from int8.
        rows, depth: softmax runs over ``rows`` rows of ``depth`` elements.
        exp: int8: Q31 exponential of ``-i * beta * scale`` for i in 0..255 (0 where it counts as nothing);
            int16: int16 table of exp over [-10, 0].
        inverse: int16 only: table of ``1 / (1 + x)`` over [0, 1].
        multiplier, shift: int16 only: scale of the difference.
    """

    dtype: DType
    shape: tuple[int, ...]
    exp: Int64
    inverse: Int64 | None = None
    multiplier: int = 0
    shift: int = 0
    output_dtype: DType = DType.INT8


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged."""
    return [graph.input(node, 0).shape]


def prepare(graph: Graph, node: Node) -> Softmax:
    """Integer constants; the output's scale is TFLite's: 1/256 at -128 (int8), 1/65536 at -32768 (int8 to int16) or
    1/32768 at 0 (int16)."""
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source], [DType.INT8, DType.INT16])
    require_types(graph, node, [target], [dtype, DType.INT16])
    if not source.shape:
        raise ModelError(f"{node.name} ({node.op}): a scalar has no axis")
    depth = source.shape[-1]
    steps = 1 << target.dtype.bytes * 8 if dtype is DType.INT8 else 32768
    beta = float(np.float32(node.attrs.get("beta", 1.0)))
    require(math.isfinite(beta) and beta > 0, node, f"beta {beta} is not served")
    require(abs(target.scale * steps - 1) <= 1e-3, node, f"the output's scale must be 1/{steps}")
    if dtype is DType.INT8:
        least = target.dtype.limits[0]
        require(target.zero_point == least, node, f"the output's zero point must be {least}")
        _prove_sum(node, depth, 1 << 31 - _SUM_BITS, 32)
        return Softmax(dtype, source.shape, _exp_table(beta, source.scale), output_dtype=target.dtype)
    require(target.zero_point == 0 and source.zero_point == 0, node, "int16 zero points must be 0")
    _prove_sum(node, depth, 1 << 15, 31)
    step = float(np.float32(source.scale) * np.float32(beta)) / (10.0 / 65535.0)
    multiplier, shift = quantize_multiplier(step)
    requantized(node, Bounds(-65535, 0), multiplier, shift, 32767)
    exp = interpolation_table(math.exp, -10.0, 0.0)
    inverse = interpolation_table(lambda x: 1.0 / (1.0 + x), 0.0, 1.0)
    return Softmax(dtype, source.shape, exp, inverse, multiplier, shift, dtype)


def _prove_sum(node: Node, depth: int, largest: int, bits: int) -> None:
    """The sum of ``depth`` exponentials stays below ``2^bits``."""
    if depth * largest >= 1 << bits:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): the sum of {depth} exponentials can reach {depth * largest}, "
            f"beyond {bits} bits; up to {((1 << bits) - 1) // largest} elements are served"
        )


def _exp_table(beta: float, scale: float) -> Int64:
    """Q31 exponentials of every difference to the row's maximum (TFLite PreprocessSoftmaxScaling)."""
    real = min(beta * scale * 2.0 ** (31 - _INPUT_BITS), 2.0**31 - 1.0)
    multiplier, shift = quantize_multiplier(real)
    radius = math.floor((2.0**_INPUT_BITS - 1.0) * 2.0 ** (31 - _INPUT_BITS) / 2.0**shift)
    differences = -np.arange(256, dtype=np.int64)
    counted = differences >= -radius
    scaled = requantize_double(np.where(counted, differences, 0), multiplier, shift)
    return as_int64(np.where(counted, exp_on_negative_values(scaled, _INPUT_BITS), 0))


def reference(params: Softmax, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    rows = source.astype(np.int64).reshape(params.rows, params.depth)
    result = _rows_s8(params, rows) if params.dtype is DType.INT8 else _rows_s16(params, rows)
    return [result.reshape(params.shape).astype(params.output_dtype.numpy)]


def _rows_s8(params: Softmax, rows: Int64) -> Int64:
    exponentials = params.exp[rows.max(axis=1, keepdims=True) - rows]
    total = rounding_divide_by_pot(exponentials, _SUM_BITS).sum(axis=1, keepdims=True)
    mantissa, bits = reciprocal(total, _SUM_BITS)
    low, high = params.output_dtype.limits
    values = rounding_divide_by_pot(srdhm(mantissa, exponentials), bits + 31 - 8 * params.output_dtype.bytes)
    return np.clip(values + low, low, high)


def _rows_s16(params: Softmax, rows: Int64) -> Int64:
    assert params.inverse is not None
    scaled = requantize_double(rows - rows.max(axis=1, keepdims=True), params.multiplier, params.shift)
    exponentials = lookup(params.exp, np.clip(scaled + 32767, -32768, 32767))
    total = exponentials.sum(axis=1, keepdims=True)
    headroom = 32 - bit_length(total)
    shifted = ((total << (headroom - 1)) + (1 << 13)) >> 14
    factor = lookup(params.inverse, np.clip(shifted - (1 << 15) - (1 << 16), -32768, 32767))
    right = 31 - headroom
    return as_int64(np.clip((exponentials * factor + (1 << (right - 1))) >> right, 0, 32767))


def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """exp(beta * (x - max)) over its sum, in float32."""
    source = float_operand(inputs, 0)
    powers = np.exp(np.float32(node.attrs.get("beta", 1.0)) * (source - source.max(axis=-1, keepdims=True)))
    return [powers / powers.sum(axis=-1, keepdims=True)]


SOFTMAX = Operator(
    "SOFTMAX",
    "int8, int16, int8 to int16",
    "over the last axis",
    shapes,
    prepare,
    reference,
    float_reference=float_reference,
    rule=QuantRule(fixed={DType.INT8: (1 / 256, -128), DType.INT16: (1 / 32768, 0)}),
)
