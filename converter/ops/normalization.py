"""LAYER_NORM and RMS_NORM over the last axis: exact integer statistics, one reciprocal square root per row.

With ``c = q - zero_point``, row length n and input scale S, both are ``d / sqrt(V + n^2 epsilon / S^2)`` where

    LAYER_NORM:  d = n c - sum(c),  V = n sum(c^2) - sum(c)^2  (n^2 times the variance, exactly)
    RMS_NORM:    d = n c,           V = n sum(c^2)

which no row takes beyond ``sqrt(n)``. Gain and bias are in the output's steps, so that each element is rounded twice
before its one requantization: as a normalized value (22 bits of fraction), and times its gain (``fraction`` bits).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, as_int64, round_ties_away
from ..ir import Array, DType, Graph, Node, Tensor
from .bounds import centred
from .operator import Inputs, LastAxis, Operator, QuantRule, float_operand, require, require_types

#: n * c stays below 2^30.
MOST_ELEMENTS = 16384
_NORMAL_BITS = 22  # of the fraction of a normalized value, whose magnitude is at most sqrt(16384) = 2^7
_RADICAND_BITS = 62
_REACH_BITS = 29  # of the value before its requantization; with 30 the factors of bw_layer_norm_words.h need not fit
_MOST_FRACTION = 20
_MOST_EPSILON_BITS = 16
_NEWTON_STEPS = 4


class Gained(LastAxis):
    """Constants of a normalization that ends with a gain and a bias; see :class:`Normalization`."""

    dtype: DType
    gain: Int64
    bias: Int64
    fraction: int
    output_zero_point: int

    def finished(self, normal: Int64, bits: int) -> list[Array]:
        """Rows with ``bits`` bits of fraction times the gain, plus the bias, requantized: the output."""
        scaled = (normal * self.gain + (1 << bits - 1) >> bits) + self.bias
        values = (scaled + (1 << self.fraction - 1) >> self.fraction) + self.output_zero_point
        return [np.clip(values, *self.dtype.limits).astype(self.dtype.numpy).reshape(self.shape)]


@dataclass(frozen=True, eq=False)
class Normalization(Gained):
    """Integer constants.

    Attributes:
        dtype: of input and output; shape: of both; the last dimension is normalized.
        centre: whether the mean is subtracted (LAYER_NORM) or not (RMS_NORM).
        epsilon: ``n^2 epsilon / S^2`` in units of ``2^-(2 half)``; half: half the bits of the radicand's fraction.
        gain: int32 per element of a row; bias: the same; both in ``2^-fraction`` of the output's step.
        fraction: bits that the requantization drops.
    """

    dtype: DType
    shape: tuple[int, ...]
    centre: bool
    input_zero_point: int
    epsilon: int
    half: int
    gain: Int64
    bias: Int64
    fraction: int
    output_zero_point: int


def reciprocal_root(values: Int64) -> tuple[Int64, Int64]:
    """``(r, e)`` with ``1 / sqrt(v) = r * 2^(e - 61)`` for int64 values in [1, 2^62).

    The values are scaled by ``4^e`` into [2^60, 2^62); four steps of Newton's method in 64-bit integers follow a
    straight line. r lies in [2^30, 2^31); its relative error is below 2^-29.8
    (all 3 * 2^30 leading halves were tried).
    """
    scaled, e = as_int64(values).copy(), np.zeros(np.shape(values), np.int64)
    while np.any(low := scaled < 1 << _RADICAND_BITS - 2):
        scaled, e = np.where(low, scaled << 2, scaled), e + low
    a = (scaled >> 30).astype(np.uint64)  # a / 2^32 in [1/4, 1)
    c = np.uint64
    # 2.2 - 1.2 a, in 30 bits of fraction: at most 14 % from 1 / sqrt(a).
    root = c(2362232012) - (a * c(1288490188) >> c(32))
    for _ in range(_NEWTON_STEPS):
        square = root * root >> c(30)
        root = root * (c(3 << 30) - (a * square >> c(32))) >> c(31)
    return root.astype(np.int64), e


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged; gain and bias have one value per index of the last axis."""
    source = graph.input(node, 0)
    for index in (1, 2):
        parameter = graph.optional_input(node, index)
        if not source.shape or (parameter is not None and parameter.shape != source.shape[-1:]):
            found = "" if parameter is None else f", but input {index} is {parameter.shape}"
            raise ModelError(f"{node.name} ({node.op}): input {source.shape}{found}")
    return [source.shape]


def _epsilon(node: Node) -> float:
    epsilon = node.attrs.get("epsilon", 1e-5)
    known = isinstance(epsilon, (int, float)) and not isinstance(epsilon, bool)
    require(known and math.isfinite(epsilon) and epsilon >= 0, node, f"an epsilon of {epsilon!r} is not served")
    return float(epsilon)


def gain_or_bias(graph: Graph, node: Node, index: int, absent: float) -> Array:
    """Gain or bias as real values in float64 [depth]."""
    depth = graph.input(node, 0).shape[-1]
    tensor = graph.optional_input(node, index)
    if tensor is None:
        return np.full(depth, absent)
    require(tensor.is_constant, node, "a gain or bias that is not constant is not served")
    require(tensor.dtype in (DType.INT8, DType.INT16), node, f"gain or bias of type {tensor.dtype.value} is not served")
    return (tensor.value().astype(np.float64) - tensor.zero_point) * tensor.scale


def require_rows(graph: Graph, node: Node) -> tuple[Tensor, Tensor]:
    """Input and output, of one type and up to so many elements in a row. Raises UnsupportedError."""
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    wide = dtype is DType.INT16
    require(not wide or source.zero_point == target.zero_point == 0, node, "int16 zero points must be 0")
    depth = source.shape[-1]
    require(1 <= depth <= MOST_ELEMENTS, node, f"rows of {depth} elements are not served; 1 to {MOST_ELEMENTS} are")
    return source, target


def in_steps(node: Node, gain: Array, bias: Array, most: float, spare: int) -> tuple[Int64, Int64, int]:
    """Gain and bias, given in steps of the output, as integers with the most bits of fraction, and those bits.

    Args:
        most: magnitude of what is multiplied with the gain; spare: steps for what is rounded on the way.

    Raises:
        UnsupportedError: a value can reach so many steps that no bit of fraction is left.
    """
    reach = most * float(np.abs(gain).max()) + float(np.abs(bias).max()) + spare
    fraction = min(_REACH_BITS - math.frexp(reach)[1], _MOST_FRACTION) if math.isfinite(reach) else 0
    require(
        fraction >= 1, node, f"values of up to {reach:.3g} output steps are not served; the output's scale is too small"
    )
    gains, biases = (as_int64(round_ties_away(v * 2.0**fraction).astype(np.int64)) for v in (gain, bias))
    assert int(most * int(np.abs(gains).max())) + int(np.abs(biases).max()) < 1 << _REACH_BITS + 1
    return gains, biases, fraction


def float_gained(normal: Array, inputs: Inputs) -> list[Array]:
    """Real rows times the gain, plus the bias, as far as there are any; float32."""
    gain, bias = (inputs[i] if i < len(inputs) else None for i in (1, 2))
    result = normal if gain is None else normal * gain
    return [(result if bias is None else result + bias).astype(np.float32)]


def prepare(graph: Graph, node: Node) -> Normalization:
    """Integer constants, with the proof that statistics stay within 64 bits and elements within 32."""
    source, target = require_rows(graph, node)
    depth = source.shape[-1]
    epsilon, half = _radicand(node, source, depth)
    gain = gain_or_bias(graph, node, 1, 1.0) / target.scale
    bias = gain_or_bias(graph, node, 2, 0.0) / target.scale
    # One more than the root, and than the bias, for what is rounded on the way.
    gains, biases, fraction = in_steps(node, gain, bias, math.isqrt(depth) + 2, 1)
    centre = node.op == "LAYER_NORM"
    points = source.zero_point, target.zero_point
    return Normalization(
        source.dtype, source.shape, centre, points[0], epsilon, half, gains, biases, fraction, points[1]
    )


def _radicand(node: Node, source: Tensor, depth: int) -> tuple[int, int]:
    """Epsilon in the radicand's unit, and half the bits of its fraction: as many as leave the radicand below 2^62."""
    real = depth * depth * _epsilon(node) / float(source.scale) ** 2
    bounds = centred(source)
    largest = depth * depth * max(bounds.low**2, bounds.high**2)
    require(real < 2.0 ** (_RADICAND_BITS - 2), node, "the input's scale is too small for this epsilon")
    room = _RADICAND_BITS - 1 - (largest + math.ceil(real)).bit_length()
    half = min(max(room, 0), _MOST_EPSILON_BITS) // 2
    return round(real * 4.0**half), half


def reference(params: Normalization, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    n = params.depth
    c = source.astype(np.int64).reshape(params.rows, n) - params.input_zero_point
    total = c.sum(axis=1, keepdims=True) if params.centre else np.zeros((params.rows, 1), np.int64)
    radicand = (n * (c * c).sum(axis=1, keepdims=True) - total * total << 2 * params.half) + params.epsilon
    root, e = reciprocal_root(np.maximum(radicand, 1))
    shift = 61 - _NORMAL_BITS - e - params.half  # at least 1
    normal = ((n * c - total) * root + (np.int64(1) << shift - 1)) >> shift
    return params.finished(normal, _NORMAL_BITS)


def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """``(x - mean) / sqrt(variance + epsilon) * gain + bias``, without the mean for RMS_NORM; float64 inside."""
    x = float_operand(inputs, 0).astype(np.float64)
    if node.op == "LAYER_NORM":
        x = x - x.mean(axis=-1, keepdims=True)
    power = (x * x).mean(axis=-1, keepdims=True) + _epsilon(node)
    return float_gained(x / np.sqrt(np.where(power > 0, power, 1.0)), inputs)


def _operator(name: str) -> Operator:
    return Operator(
        name,
        "int8, int16",
        f"over the last axis, up to {MOST_ELEMENTS} elements; constant gain and bias",
        shapes,
        prepare,
        reference,
        float_reference=float_reference,
        rule=QuantRule(fine=(1, 2)),
        inputs=(1, 3),
    )


LAYER_NORM = _operator("LAYER_NORM")
RMS_NORM = _operator("RMS_NORM")
