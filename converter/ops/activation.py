"""Unary operators. An int8 one is a table of 256 results; int16 ones are computed element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..fixedpoint import (
    Int64,
    as_int64,
    quantize_multiplier,
    requantize_double,
    round_half_away,
    rounding_divide_by_pot,
)
from ..gemmlowp import logistic as fixed_logistic
from ..gemmlowp import tanh as fixed_tanh
from ..ir import Array, DType, Graph, Node, Tensor
from .functions import FUNCTIONS
from .operator import Inputs, Operator, QuantRule, float_operand, float_ratio, require, unsupported

#: Exact results for int64 inputs of a node, before the clamp to the output's type.
Rule = Callable[[Graph, Node, Int64], Int64]


@dataclass(frozen=True, eq=False)
class Table:
    """The result for every value of an 8-bit input, indexed by ``q - lowest``."""

    table: Array
    lowest: int


@dataclass(frozen=True)
class Rescale:
    """int16 and int32 inputs: ``clamp(requantize(q - input_zero_point) + output_zero_point)`` with one slope for
    values from zero up and one below (the same but for LEAKY_RELU)."""

    input_dtype: DType
    dtype: DType
    multiplier: int
    shift: int
    negative_multiplier: int
    negative_shift: int
    input_zero_point: int
    output_zero_point: int
    low: int
    high: int

    def apply(self, values: Int64) -> Int64:
        """Exact results."""
        centred = values - self.input_zero_point
        positive = requantize_double(centred, self.multiplier, self.shift)
        negative = requantize_double(centred, self.negative_multiplier, self.negative_shift)
        scaled = np.where(centred >= 0, positive, negative)
        return np.clip(scaled + self.output_zero_point, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Sigmoid:
    """int16 LOGISTIC and TANH: a table with linear interpolation at ``(q * multiplier + round) >> shift``."""

    multiplier: int
    shift: int
    is_tanh: bool
    table: Int64


Unary = Table | Rescale | Sigmoid


_FREE = QuantRule()


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged."""
    return [graph.input(node, 0).shape]


def reference(params: Unary, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    values = source.astype(np.int64)
    if isinstance(params, Table):
        return [params.table[values - params.lowest]]
    if isinstance(params, Rescale):
        return [params.apply(values).astype(params.dtype.numpy)]
    return [_sigmoid(params, values).astype(np.int16)]


def _table(graph: Graph, node: Node, rule: Rule) -> Table:
    source, target = graph.input(node, 0), graph.output(node)
    lowest, highest = source.dtype.limits
    results = rule(graph, node, np.arange(lowest, highest + 1, dtype=np.int64))
    low, high = target.dtype.limits
    return Table(np.clip(results, low, high).astype(target.dtype.numpy), lowest)


def _unary(
    name: str,
    rule: Rule,
    wide: Callable[[Graph, Node], Unary] | None = None,
    limits: str = "",
    quantization: QuantRule = _FREE,
) -> Operator:
    def prepare(graph: Graph, node: Node) -> Unary:
        source, target = graph.input(node, 0), graph.output(node)
        if source.dtype is DType.INT8 and target.dtype in (DType.INT8, DType.INT16):
            return _table(graph, node, rule)
        if wide is None:
            raise unsupported(node, f"{source.dtype.value} to {target.dtype.value} is not served")
        return wide(graph, node)

    def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
        return [FUNCTIONS[node.op](node.attrs, float_operand(inputs, 0))]

    types = "int8" if wide is None else "int8, int16"
    return Operator(name, types, limits, shapes, prepare, reference, float_reference=float_reference, rule=quantization)


# -- rescaling: RELU and kin, LEAKY_RELU, ABS, NEG, QUANTIZE -------------------------------------------------------


def _rescale(
    graph: Graph, node: Node, low: float | None = None, high: float | None = None, alpha: float = 1.0
) -> Rescale:
    source, target = graph.input(node, 0), graph.output(node)
    lowest, highest = target.dtype.limits

    def bound(real: float | None, otherwise: int) -> int:
        if real is None:
            return otherwise
        return target.zero_point + round_half_away(float(np.float32(real) / np.float32(target.scale)))

    # TFLite's QUANTIZE divides in double, the activations in float.
    exact = float(source.scale) / float(target.scale)
    multiplier, shift = quantize_multiplier(exact if node.op == "QUANTIZE" else float_ratio(target, source.scale))
    slope = float(np.float32(alpha))
    require(math.isfinite(slope) and slope >= 0, node, f"a slope of {slope} is not served")
    negative = (multiplier, shift) if alpha == 1.0 else quantize_multiplier(float_ratio(target, source.scale, slope))
    return Rescale(
        source.dtype,
        target.dtype,
        multiplier,
        shift,
        *negative,
        source.zero_point,
        target.zero_point,
        max(lowest, bound(low, lowest)),
        min(highest, bound(high, highest)),
    )


def _clamped(low: float | None, high: float | None) -> tuple[Rule, Callable[[Graph, Node], Rescale]]:
    def wide(graph: Graph, node: Node) -> Rescale:
        return _wide_checked(graph, node, _rescale(graph, node, low, high))

    def rule(graph: Graph, node: Node, values: Int64) -> Int64:
        return _rescale(graph, node, low, high).apply(values)

    return rule, wide


def _wide_checked(graph: Graph, node: Node, params: Rescale) -> Rescale:
    source, target = graph.input(node, 0), graph.output(node)
    served = source.dtype in (DType.INT16, DType.INT32) and target.dtype in (DType.INT8, DType.INT16, DType.INT32)
    require(served, node, f"{source.dtype.value} to {target.dtype.value} is not served")
    if source.dtype is DType.INT16:
        reach = (2**16) << max(params.shift, params.negative_shift, 0)
        require(reach < 2**31, node, "the ratio of input to output scale is too large")
    return params


def _leaky(graph: Graph, node: Node, values: Int64) -> Int64:
    return _rescale(graph, node, alpha=node.attrs["alpha"]).apply(values)


def _leaky_wide(graph: Graph, node: Node) -> Rescale:
    return _wide_checked(graph, node, _rescale(graph, node, alpha=node.attrs["alpha"]))


def _quantize(graph: Graph, node: Node, values: Int64) -> Int64:
    return _rescale(graph, node).apply(values)


def _quantize_wide(graph: Graph, node: Node) -> Rescale:
    return _wide_checked(graph, node, _rescale(graph, node))


def _abs(graph: Graph, node: Node, values: Int64) -> Int64:
    source, target = graph.input(node, 0), graph.output(node)
    magnitude = np.abs(values - source.zero_point)
    if source.scale != target.scale:
        magnitude = requantize_double(magnitude, *quantize_multiplier(float_ratio(target, source.scale)))
    return as_int64(magnitude + target.zero_point)


# -- LOGISTIC, TANH, HARD_SWISH ------------------------------------------------------------------------------------

_INPUT_BITS = 4  # integer bits of the fixed-point argument


def _radius(shift: int) -> int:
    """Largest centred input whose scaled value fits ``_INPUT_BITS`` integer bits (TFLite CalculateInputRadius)."""
    return math.floor((2.0**_INPUT_BITS - 1.0) * 2.0 ** (31 - _INPUT_BITS) / 2.0**shift)


def _fixed_argument(source: Tensor, values: Int64) -> tuple[Int64, Int64, int]:
    """Centred inputs, their Q4.27 form and the radius beyond which the function is flat."""
    multiplier, shift = quantize_multiplier(float(source.scale) * 2.0 ** (31 - _INPUT_BITS))
    centred, radius = values - source.zero_point, _radius(shift)
    inside = np.where(np.abs(centred) < radius, centred, 0)
    return centred, requantize_double(inside, multiplier, shift), radius


def _logistic(graph: Graph, node: Node, values: Int64) -> Int64:
    target = graph.output(node)
    require(target.scale == 1 / 256 and target.zero_point == -128, node, "the output's scale must be 1/256 at -128")
    centred, argument, radius = _fixed_argument(graph.input(node, 0), values)
    result = rounding_divide_by_pot(fixed_logistic(argument, _INPUT_BITS), 23) - 128
    return np.where(centred <= -radius, -128, np.where(centred >= radius, 127, result))


def _tanh(graph: Graph, node: Node, values: Int64) -> Int64:
    target = graph.output(node)
    require(target.scale == 1 / 128 and target.zero_point == 0, node, "the output's scale must be 1/128 at 0")
    centred, argument, radius = _fixed_argument(graph.input(node, 0), values)
    result = rounding_divide_by_pot(fixed_tanh(argument, _INPUT_BITS), 24)
    return np.where(centred <= -radius, -128, np.where(centred >= radius, 127, result))


def _srdhm16(a: Int64, b: int) -> Int64:
    return np.minimum((a * b + (1 << 14)) >> 15, 32767)


def _hard_swish(graph: Graph, node: Node, values: Int64) -> Int64:
    """``x * relu6(x + 3) / 6`` in 16-bit fixed point (TFLite reference HardSwish)."""
    source, target = graph.input(node, 0), graph.output(node)
    high_resolution = np.float32(source.scale) * np.float32(1 / 128)
    output_multiplier, output_exponent = _int16_multiplier(float(high_resolution / np.float32(target.scale)))
    reluish_multiplier, exponent = _int16_multiplier(float(high_resolution / np.float32(3.0 / 32768.0)))
    require(output_exponent <= 0, node, "the ratio of input to output scale is too large")
    hires = (values - source.zero_point) * 128
    preshift = _srdhm16(hires, output_multiplier)
    reluish = np.clip(hires << max(exponent - 1, 0), -32768, 32767)
    reluish = _srdhm16(reluish, reluish_multiplier)
    if exponent > 0:
        reluish = np.clip(reluish * 2, -32768, 32767)
    reluish = rounding_divide_by_pot(reluish, max(-exponent, 0))
    reluish = (reluish + (1 << 15)) >> 1
    product = np.trunc(reluish * preshift / 2.0**15).astype(np.int64)
    return rounding_divide_by_pot(product, -output_exponent) + target.zero_point


def _int16_multiplier(real: float) -> tuple[int, int]:
    multiplier, exponent = quantize_multiplier(real)
    return (32767 if multiplier >= 2**31 - 2**15 else (multiplier + 2**15) >> 16), exponent


def _sigmoid_table() -> Int64:
    """sigmoid(i / 24) in Q0.16 (TFLite sigmoid_table_uint16)."""
    samples = 65536.0 / (1.0 + np.exp(-np.arange(256) / 24.0))
    return as_int64(np.minimum(np.floor(samples + 0.5), 65535))


def _sigmoid_wide(is_tanh: bool) -> Callable[[Graph, Node], Sigmoid]:
    """Scaling of the argument by three quarters of 2^12 per unit, as TFLite's int16 LOGISTIC and TANH prepare it."""

    def prepare(graph: Graph, node: Node) -> Sigmoid:
        source, target = graph.input(node, 0), graph.output(node)
        require(source.dtype is target.dtype is DType.INT16, node, "only int8 to int8 and int16 to int16 are served")
        require(source.zero_point == target.zero_point == 0, node, "int16 zero points must be 0")
        scale = float(source.scale)
        power = math.log2(scale)
        shift = 15 - 3 + round(power) if power == round(power) else None
        allowed = (0, 1) if is_tanh else (0,)
        if shift is not None and shift in allowed:
            return Sigmoid(3 << shift, 0, is_tanh, _sigmoid_table())
        multiplier, right = scale * 4096.0 * 3.0, 0
        while multiplier <= 32767.0 / 2.0 and right <= 30:
            multiplier, right = multiplier * 2.0, right + 1
        return Sigmoid(int(multiplier), right, is_tanh, _sigmoid_table())

    return prepare


def _sigmoid(params: Sigmoid, values: Int64) -> Int64:
    rounding = 1 << (params.shift - 1) if params.shift else 0
    argument = (values * params.multiplier + rounding) >> params.shift
    bits = 8 if params.is_tanh else 9
    magnitude = np.abs(argument)
    index = np.minimum(magnitude >> bits, 255)
    here, after = params.table[index], params.table[np.minimum(index + 1, 255)]
    inside = (here << bits) + (magnitude & ((1 << bits) - 1)) * (after - here)
    if params.is_tanh:
        level = np.where(index >= 255, 0xFFFF << 8, inside)
        return np.where(argument >= 0, level - (1 << 23) + 128, -level + (1 << 23) + 127) >> 8
    level = np.where(index >= 255, 0x7FFF << 10, inside)
    return np.where(argument >= 0, level + 512, (1 << 25) - level + 511) >> 10


_RELU, _RELU_WIDE = _clamped(0.0, None)
_RELU6, _RELU6_WIDE = _clamped(0.0, 6.0)
_RELU_N1, _RELU_N1_WIDE = _clamped(-1.0, 1.0)

_UNIT = QuantRule(fixed={DType.INT8: (1 / 256, -128), DType.INT16: (1 / 32768, 0)})
_SIGNED_UNIT = QuantRule(fixed={DType.INT8: (1 / 128, 0), DType.INT16: (1 / 32768, 0)})

RELU = _unary("RELU", _RELU, _RELU_WIDE)
RELU6 = _unary("RELU6", _RELU6, _RELU6_WIDE)
RELU_N1_TO_1 = _unary("RELU_N1_TO_1", _RELU_N1, _RELU_N1_WIDE)
LEAKY_RELU = _unary("LEAKY_RELU", _leaky, _leaky_wide, "slopes from 0 up")
QUANTIZE = _unary("QUANTIZE", _quantize, _quantize_wide, "integer to integer; from float at the model's edge")
ABS = _unary("ABS", _abs)
LOGISTIC = _unary("LOGISTIC", _logistic, _sigmoid_wide(is_tanh=False), quantization=_UNIT)
TANH = _unary("TANH", _tanh, _sigmoid_wide(is_tanh=True), quantization=_SIGNED_UNIT)
HARD_SWISH = _unary("HARD_SWISH", _hard_swish)


def _no_dequantize(graph: Graph, node: Node) -> Unary:
    raise unsupported(node, "float activations inside a model are not served; DEQUANTIZE is folded at the model's edge")


DEQUANTIZE = Operator("DEQUANTIZE", "int8, int16", "at the model's edge only", shapes, _no_dequantize, reference)

UNARY_OPERATORS = (
    RELU, RELU6, RELU_N1_TO_1, LEAKY_RELU, QUANTIZE, DEQUANTIZE, ABS, LOGISTIC, TANH, HARD_SWISH,
)  # fmt: skip
