"""Unary operators. An int8 one is a table of 256 results; int16 ones are computed element by element."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..fixedpoint import (
    Int64,
    as_int64,
    power_of_two,
    quantize_multiplier,
    requantize_double,
    round_half_away,
    round_ties_away,
    rounding_divide_by_pot,
)
from ..gemmlowp import inverse_sqrt
from ..ir import Array, DType, Graph, Node
from .bounds import Bounds, centred, prove, requantized
from .functions import FUNCTIONS, Function
from .interpolation import interpolation_table, lookup
from .operator import Inputs, Operator, QuantRule, float_operand, float_ratio, require, require_types, unsupported


@dataclass(frozen=True, eq=False)
class Table:
    """The result for every value of an 8-bit input, indexed by ``q - lowest``."""

    table: Array
    lowest: int


@dataclass(frozen=True)
class Rescale:
    """``clamp(requantize(q - input_zero_point) + output_zero_point)`` with one slope for values from zero up and one
    below (the same but for LEAKY_RELU and ABS)."""

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


@dataclass(frozen=True, eq=False)
class Interpolated:
    """int16 functions: 513 samples over the input's range, with linear interpolation."""

    table: Int64


Unary = Table | Rescale | Sigmoid | Interpolated

#: From a node of the graph to its constants.
Prepare = Callable[[Graph, Node], Unary]


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
    if isinstance(params, Interpolated):
        return [lookup(params.table, values).astype(np.int16)]
    return [_sigmoid(params, values).astype(np.int16)]


def _table(graph: Graph, node: Node, function: Callable[[Int64], Int64]) -> Table:
    """The function's results for every value of the input's type, clamped to the output's."""
    lowest, highest = graph.input(node, 0).dtype.limits
    target = graph.output(node).dtype
    results = function(np.arange(lowest, highest + 1, dtype=np.int64))
    return Table(np.clip(results, *target.limits).astype(target.numpy), lowest)


def _unary(
    name: str, prepare: Prepare, types: str = "int8, int16", limits: str = "", quantization: QuantRule = _FREE
) -> Operator:
    def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
        return [FUNCTIONS[node.op](node.attrs, float_operand(inputs, 0))]

    return Operator(name, types, limits, shapes, prepare, reference, float_reference=float_reference, rule=quantization)


# -- rescaling: RELU and kin, LEAKY_RELU, ABS, QUANTIZE ------------------------------------------------------------


def _rescale(graph: Graph, node: Node, low: float | None, high: float | None, slope: float) -> Rescale:
    source, target = graph.input(node, 0), graph.output(node)
    lowest, highest = target.dtype.limits

    def bound(real: float | None, otherwise: int) -> int:
        if real is None:
            return otherwise
        return target.zero_point + round_half_away(float(np.float32(real) / np.float32(target.scale)))

    # TFLite's QUANTIZE divides in double, the activations in float.
    exact = float(source.scale) / float(target.scale)
    positive = quantize_multiplier(exact if node.op == "QUANTIZE" else float_ratio(target, source.scale))
    require(math.isfinite(slope), node, f"a slope of {slope} is not served")
    negative = positive if slope == 1.0 else quantize_multiplier(float_ratio(target, source.scale, slope))
    values = prove(node, centred(source), "the centred input")
    requantized(node, Bounds(0, max(values.high, 0)), *positive, target.zero_point)
    requantized(node, Bounds(min(values.low, 0), 0), *negative, target.zero_point)
    return Rescale(
        source.dtype,
        target.dtype,
        *positive,
        *negative,
        source.zero_point,
        target.zero_point,
        max(lowest, bound(low, lowest)),
        min(highest, bound(high, highest)),
    )


def _rescaled(graph: Graph, node: Node, low: float | None, high: float | None, slope: float = 1.0) -> Unary:
    """A table for int8 inputs, element by element otherwise."""
    params = _rescale(graph, node, low, high, slope)
    return _table(graph, node, params.apply) if params.input_dtype is DType.INT8 else params


def _require_same_types(graph: Graph, node: Node, *allowed: DType) -> DType:
    return require_types(graph, node, [graph.input(node, 0), graph.output(node)], allowed)


def _clamped(low: float | None, high: float | None) -> Prepare:
    def prepare(graph: Graph, node: Node) -> Unary:
        _require_same_types(graph, node, DType.INT8, DType.INT16)
        return _rescaled(graph, node, low, high)

    return prepare


def _leaky(graph: Graph, node: Node) -> Unary:
    _require_same_types(graph, node, DType.INT8, DType.INT16)
    return _rescaled(graph, node, None, None, float(np.float32(node.attrs["alpha"])))


def _abs(graph: Graph, node: Node) -> Unary:
    """A slope of minus one below zero, also where both scales are equal (TFLite elementwise.cc)."""
    _require_same_types(graph, node, DType.INT8, DType.INT16)
    return _rescaled(graph, node, None, None, -1.0)


_QUANTIZE_TYPES: Mapping[DType, tuple[DType, ...]] = {
    DType.INT8: (DType.INT8, DType.INT16),
    DType.INT16: (DType.INT8, DType.INT16, DType.INT32),
    DType.INT32: (DType.INT8, DType.INT16),
}


def _quantize(graph: Graph, node: Node) -> Unary:
    source, target = graph.input(node, 0).dtype, graph.output(node).dtype
    served = target in _QUANTIZE_TYPES.get(source, ())
    require(served, node, f"{source.value} to {target.value} is not served")
    return _rescaled(graph, node, None, None)


# -- functions of int8, by tables made in float32 ------------------------------------------------------------------


def _exp(x: Array) -> Array:
    return np.exp(x.astype(np.float64)).astype(np.float32)


def _tanh(x: Array) -> Array:
    return np.tanh(x.astype(np.float64)).astype(np.float32)


def _gelu(attrs: Mapping[str, Any], x: Array) -> Array:
    if attrs.get("approximate"):
        argument = np.float32(math.sqrt(2 / math.pi)) * x * (1 + np.float32(0.044715) * x * x)
        return np.float32(0.5) * x * (1 + _tanh(argument))
    complement = [math.erfc(value) for value in (x * np.float32(-math.sqrt(0.5))).tolist()]
    return np.float32(0.5) * x * np.array(complement, np.float32)


def _elu(attrs: Mapping[str, Any], x: Array) -> Array:
    return np.where(x < 0, np.float32(attrs.get("alpha", 1.0)) * (_exp(x) - 1), x)


#: The real functions, those of TFLite with its own order of float32 operations, on which results near a tie depend.
_FUNCTIONS: Mapping[str, Function] = {
    **FUNCTIONS,
    "LOGISTIC": lambda _attrs, x: 1 / (1 + _exp(-x)),
    "TANH": lambda _attrs, x: _tanh(x),
    "EXP": lambda _attrs, x: _exp(x),
    "GELU": _gelu,
    "ELU": _elu,
}


def _tabulated(graph: Graph, node: Node) -> Table:
    """int8 to int8: ``round(f(S_in * (q - Z_in)) / S_out) + Z_out`` in float32 (TFLite LUTPopulate)."""
    _require_same_types(graph, node, DType.INT8)
    source, target = graph.input(node, 0), graph.output(node)

    def results(values: Int64) -> Int64:
        real = np.float32(source.scale) * (values - source.zero_point).astype(np.float32)
        with np.errstate(over="ignore"):
            scaled = _FUNCTIONS[node.op](node.attrs, real) * (np.float32(1) / np.float32(target.scale))
        levels = round_ties_away(scaled).astype(np.float64) + target.zero_point
        return as_int64(np.clip(levels, *target.dtype.limits))

    return _table(graph, node, results)


def _smooth(graph: Graph, node: Node) -> Unary:
    """int8 by a table of every value; int16 to int16 by 513 samples of ``f(S_in * q) / S_out``."""
    kind = _require_same_types(graph, node, DType.INT8, DType.INT16)
    if kind is DType.INT8:
        return _tabulated(graph, node)
    source, target = graph.input(node, 0), graph.output(node)
    require(source.zero_point == target.zero_point == 0, node, "int16 zero points must be 0")
    unit = target.scale * 32768.0

    def real(x: float) -> float:
        return float(FUNCTIONS[node.op](node.attrs, np.array([x]))[0]) / unit

    return Interpolated(interpolation_table(real, -32768 * source.scale, 32768 * source.scale))


# -- HARD_SWISH ----------------------------------------------------------------------------------------------------


def _srdhm16(a: Int64, b: int) -> Int64:
    return np.minimum((a * b + (1 << 14)) >> 15, 32767)


def _hard_swish(graph: Graph, node: Node) -> Table:
    """``x * relu6(x + 3) / 6`` in 16-bit fixed point (TFLite reference HardSwish)."""
    _require_same_types(graph, node, DType.INT8)
    source, target = graph.input(node, 0), graph.output(node)
    high_resolution = np.float32(source.scale) * np.float32(1 / 128)
    multiplier, exponent = _int16_multiplier(float(high_resolution / np.float32(target.scale)))
    reluish_multiplier, reluish_exponent = _int16_multiplier(float(high_resolution / np.float32(3.0 / 32768.0)))
    require(exponent <= 0, node, "the ratio of input to output scale is too large")

    def results(values: Int64) -> Int64:
        precise = (values - source.zero_point) * 128
        reluish = np.clip(precise << max(reluish_exponent - 1, 0), -32768, 32767)
        reluish = _srdhm16(reluish, reluish_multiplier)
        if reluish_exponent > 0:
            reluish = np.clip(reluish * 2, -32768, 32767)
        reluish = rounding_divide_by_pot(reluish, max(-reluish_exponent, 0))
        gate = (reluish + (1 << 15)) >> 1
        product = np.trunc(gate * _srdhm16(precise, multiplier) / 2.0**15).astype(np.int64)
        return rounding_divide_by_pot(product, -exponent) + target.zero_point

    return _table(graph, node, results)


def _int16_multiplier(real: float) -> tuple[int, int]:
    multiplier, exponent = quantize_multiplier(real)
    return (32767 if multiplier >= 2**31 - 2**15 else (multiplier + 2**15) >> 16), exponent


# -- RSQRT ---------------------------------------------------------------------------------------------------------

_ROOT_BITS = 20  # fraction bits of the inverse square root of an integer


def _rsqrt(graph: Graph, node: Node) -> Table:
    """int8 to int8: the inverse square root of ``q - Z_in`` in fixed point, rescaled (TFLite elementwise.cc).

    The largest result stands at zero, and below, where the runtime stops with an error.
    """
    _require_same_types(graph, node, DType.INT8)
    source, target = graph.input(node, 0), graph.output(node)
    multiplier, shift = quantize_multiplier(1.0 / float(np.sqrt(np.float32(source.scale)) * np.float32(target.scale)))
    requantized(node, Bounds(0, 1 << _ROOT_BITS), multiplier, shift - _ROOT_BITS, target.zero_point)

    def result(value: int) -> int:
        if value <= 0:
            return target.dtype.limits[1]
        mantissa, right = inverse_sqrt(value)
        root = requantize_double(1, mantissa, _ROOT_BITS - right)
        return int(requantize_double(root, multiplier, shift - _ROOT_BITS)) + target.zero_point

    return _table(graph, node, lambda values: as_int64([result(q - source.zero_point) for q in values.tolist()]))


# -- int16 LOGISTIC and TANH ---------------------------------------------------------------------------------------


def _sigmoid_table() -> Int64:
    """sigmoid(i / 24) in Q0.16, each raised by half the error of linear interpolation in the middle of its interval,
    and 65535 at the end, from which on the function is flat (TFLite sigmoid_table_uint16)."""

    half_steps = 65536.0 / (1.0 + np.exp(-np.arange(511) / 48.0))
    samples, middles = half_steps[::2], half_steps[1::2]
    error = middles - (samples[:-1] + samples[1:]) / 2
    return as_int64([*np.floor(samples[:-1] + error / 2 + 0.5), 65535])


def _interpolated(graph: Graph, node: Node) -> Sigmoid:
    """The argument in units of 1 / (3 * 4096), as TFLite's int16 LOGISTIC and TANH prepare it."""
    source, target = graph.input(node, 0), graph.output(node)
    is_tanh = node.op == "TANH"
    require(source.zero_point == target.zero_point == 0, node, "int16 zero points must be 0")
    fits = power_of_two(target.scale) == -15 if is_tanh else target.scale == 1 / 32768
    require(fits, node, "the output's scale must be 1/32768")
    power = power_of_two(source.scale)
    left = None if power is None else 12 + power
    if left == 0 or (is_tanh and left == 1):
        return Sigmoid(3 << left, 0, is_tanh, _sigmoid_table())
    real, right = float(np.float32(source.scale)) * 4096.0 * 3.0, 0
    while real <= 32767.0 / 2.0 and right <= 30:
        real, right = real * 2.0, right + 1
    multiplier = int(real)
    require(multiplier > 0, node, f"the input's scale {source.scale} is too small")
    rounding = 1 << right >> 1
    prove(node, centred(source) * Bounds(multiplier, multiplier) + Bounds(rounding, rounding), "the scaled input")
    return Sigmoid(multiplier, right, is_tanh, _sigmoid_table())


def _sigmoid_or_tanh(graph: Graph, node: Node) -> Unary:
    kind = _require_same_types(graph, node, DType.INT8, DType.INT16)
    return _interpolated(graph, node) if kind is DType.INT16 else _tabulated(graph, node)


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


_UNIT = QuantRule(fixed={DType.INT8: (1 / 256, -128), DType.INT16: (1 / 32768, 0)})
_SIGNED_UNIT = QuantRule(fixed={DType.INT8: (1 / 128, 0), DType.INT16: (1 / 32768, 0)})

RELU = _unary("RELU", _clamped(0.0, None))
RELU6 = _unary("RELU6", _clamped(0.0, 6.0))
RELU_N1_TO_1 = _unary("RELU_N1_TO_1", _clamped(-1.0, 1.0))
RELU_0_TO_1 = _unary("RELU_0_TO_1", _clamped(0.0, 1.0))
LEAKY_RELU = _unary("LEAKY_RELU", _leaky)
QUANTIZE = _unary("QUANTIZE", _quantize, limits="integer to integer; from float at the model's edge")
ABS = _unary("ABS", _abs)
LOGISTIC = _unary("LOGISTIC", _sigmoid_or_tanh, quantization=_UNIT)
TANH = _unary("TANH", _sigmoid_or_tanh, quantization=_SIGNED_UNIT)
HARD_SWISH = _unary("HARD_SWISH", _hard_swish, "int8")
GELU = _unary("GELU", _smooth)
ELU = _unary("ELU", _tabulated, "int8")
EXP = _unary("EXP", _tabulated, "int8")
NEG = _unary("NEG", _tabulated, "int8")
SQRT = _unary("SQRT", _tabulated, "int8")
RSQRT = _unary("RSQRT", _rsqrt, "int8")
SQUARE = _unary("SQUARE", _tabulated, "int8")
SILU = _unary("SILU", _smooth)
HARD_SIGMOID = _unary("HARD_SIGMOID", _tabulated, "int8")


def _no_dequantize(graph: Graph, node: Node) -> Unary:
    raise unsupported(node, "float activations inside a model are not served; DEQUANTIZE is folded at the model's edge")


DEQUANTIZE = Operator("DEQUANTIZE", "int8, int16", "at the model's edge only", shapes, _no_dequantize, reference)

UNARY_OPERATORS = (
    RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1, LEAKY_RELU, QUANTIZE, DEQUANTIZE, ABS, LOGISTIC, TANH, HARD_SWISH, GELU,
    ELU, EXP, NEG, SQRT, RSQRT, SQUARE, SILU, HARD_SIGMOID,
)  # fmt: skip
