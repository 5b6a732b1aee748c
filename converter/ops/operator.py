"""What an operator is to the converter, and the helpers that every operator family shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import AccumulatorOverflowError, ModelError, UnsupportedError
from ..fixedpoint import INT32_MAX, INT32_MIN, Int64, as_int64, quantize_multipliers, requantize, round_half_away
from ..ir import Array, DType, Graph, Node, Quantization, Rounding, Tensor
from ..limits import MOST_OPERANDS

Inputs = Sequence[Array | None]

#: Of operators that take or give any number of operands.
ANY = (1, MOST_OPERANDS)


def no_macs(_graph: Graph, _node: Node) -> int:
    """MAC count of an operator that multiplies no weights."""
    return 0


#: The float32 outputs of a node.
FloatRule = Callable[[Graph, Node, Inputs], list[Array]]


@dataclass(frozen=True)
class Matrix:
    """Constant weights with a bias of their own.

    Attributes:
        weights: their index among the inputs, symmetric int8.
        bias: index of the bias among the inputs, int32 (int64 for 16x8) at the product of both factors' scales.
        factor: scale of what they multiply; None where that is the operator's first activation.
        aligned: index of other weights, from whose scales these differ by powers of two.
    """

    weights: int
    bias: int | None = None
    factor: float | None = None
    aligned: int | None = None


@dataclass(frozen=True)
class State:
    """A state that an operator may take and give, at a scale that its arithmetic fixes, with zero point 0.

    Attributes:
        input, output: their indices among inputs and outputs.
        dtype: int8 or int16.
    """

    input: int
    output: int
    scale: float
    dtype: DType = DType.INT16

    @property
    def grid(self) -> Quantization:
        """Of both tensors."""
        return Quantization((self.scale,), (0,))


@dataclass(frozen=True)
class QuantRule:
    """How an operator's tensors get scales when Bitwright quantizes a float graph: every float input that is no weight
    or bias is an activation, or a constant in an activation's place.

    Attributes:
        weights: index of the constant weights among the inputs, symmetric int8; None without.
        channel_axis: their output-channel axis, along which they may have one scale each.
        bias: index of the bias among the inputs, int32 (int64 for 16x8) at ``S_in * S_w``.
        same: inputs and outputs share one scale and zero point.
        fine: indices of constants in an activation's place that are int16 beside int8 activations too.
        mixed: every input may be int8 or int16, whatever the output is.
        fixed: (scale, zero point) that the output's arithmetic fixes, by its type; another type's grid is observed.
        states: inputs and outputs whose type and grid the arithmetic fixes, whatever the others' types are.
        inner: weights of an operator with several matrices, each scaled along axis 0; no method changes them further.
        table: a constant in an activation's place that is int8 weights, scaled along axis 0, where the operator is
            switched to float.
    """

    weights: int | None = None
    channel_axis: int = 0
    bias: int | None = None
    same: bool = False
    fine: tuple[int, ...] = ()
    mixed: bool = False
    fixed: Mapping[DType, tuple[float, int]] | None = None
    states: tuple[State, ...] = ()
    inner: tuple[Matrix, ...] = ()
    table: int | None = None

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """All weights with their biases."""
        return self.inner if self.weights is None else (Matrix(self.weights, self.bias), *self.inner)

    @property
    def parameters(self) -> tuple[int, ...]:
        """Indices of all weights and biases among the inputs."""
        indices = [index for matrix in self.matrices for index in (matrix.weights, matrix.bias)]
        return tuple(index for index in indices if index is not None)

    def taken(self, index: int) -> State | None:
        """The state that is taken at an input; None of any other input."""
        return next((state for state in self.states if state.input == index), None)

    def given(self, index: int) -> State | None:
        """The same of an output."""
        return next((state for state in self.states if state.output == index), None)


class LastAxis:
    """Constants of an operator that works along the last axis of a tensor of that ``shape``."""

    shape: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return math.prod(self.shape[:-1])

    @property
    def depth(self) -> int:
        """Elements per row."""
        return self.shape[-1]


@dataclass(frozen=True)
class Operator:
    """One operator: of the integer graph, and of the float graph that quantization starts from.

    Attributes:
        name: the TFLite operator name.
        types: activation types served, for the table of supported operators.
        limits: what is not served, in one line; empty when nothing is left out.
        shapes: output shapes from the input shapes and attributes; raises ModelError.
        prepare: every integer constant that the operator needs (a frozen dataclass), computed once and used by
            both the reference and the code generator; raises UnsupportedError, ModelError or
            AccumulatorOverflowError.
        reference: the exact result from those constants and all inputs (constant ones included, absent ones None).
            An operator with states (``Node.states``) finds them after its inputs and gives the new ones after its
            outputs.
        macs: multiply-accumulates of one inference, padding taps included.
        float_reference: the float32 result; None where the operator has no float form. Arrays may have any leading
            dimension where the graph declares a batch of one.
        rule: how its tensors are quantized; None where Bitwright does not quantize it.
        inputs, outputs: fewest and most operands; absent optional ones count when others follow.
        states: fewest and most states that a node keeps; those of TFLite's operators stand in ``tflite_schema``.
        vary: the rule of a node, where its operands or attributes change it.
        calibrate: a node of the float graph with the attributes that follow from the largest magnitude of each of its
            activations, by name.
    """

    name: str
    types: str
    limits: str
    shapes: Callable[[Graph, Node], list[tuple[int, ...]]]
    prepare: Callable[[Graph, Node], Any]
    reference: Callable[[Any, Inputs], list[Array]]
    macs: Callable[[Graph, Node], int] = no_macs
    float_reference: FloatRule | None = None
    rule: QuantRule | None = None
    inputs: tuple[int, int] = (1, 1)
    outputs: tuple[int, int] = (1, 1)
    states: tuple[int, int] = (0, 0)
    vary: Callable[[Node, QuantRule], QuantRule] | None = None
    calibrate: Callable[[Graph, Node, Callable[[str], float]], Node] | None = None

    def rule_for(self, node: Node) -> QuantRule | None:
        """How the tensors of that node are quantized."""
        return self.rule if self.rule is None or self.vary is None else self.vary(node, self.rule)


def unsupported(node: Node, reason: str) -> UnsupportedError:
    """The error for a node that cannot be served."""
    return UnsupportedError(node.name, node.op, reason)


def require(condition: bool, node: Node, reason: str) -> None:
    """Raise UnsupportedError unless the condition holds."""
    if not condition:
        raise unsupported(node, reason)


def require_types(graph: Graph, node: Node, tensors: Sequence[Tensor], allowed: Sequence[DType]) -> DType:
    """The one type that all tensors share, which must be among the allowed. Raises UnsupportedError."""
    kinds = {tensor.dtype for tensor in tensors}
    kind = tensors[0].dtype
    if len(kinds) != 1 or kind not in allowed:
        found = ", ".join(sorted(k.value for k in kinds))
        raise unsupported(
            node, f"activations of type {found} are not served (served: {', '.join(a.value for a in allowed)})"
        )
    return kind


def integers(graph: Graph, node: Node, index: int) -> Int64:
    """A constant input of integers: axes, sizes, a permutation. Raises ModelError."""
    tensor = graph.input(node, index)
    if tensor.dtype not in (DType.INT8, DType.INT16, DType.INT32, DType.INT64):
        raise ModelError(f"{node.name} ({node.op}): input {index} of {tensor.dtype.value} must be integers")
    return tensor.value().astype(np.int64)


def weight_scales(weights: Tensor, channels: int, axis: int) -> list[float]:
    """One weight scale per output channel. Raises ModelError when count or axis do not match."""
    quant = weights.quant
    if quant is None:
        raise ModelError(f"tensor '{weights.name}': weights carry no scale")
    if len(quant.scale) == 1:
        return [quant.scale[0]] * channels
    if len(quant.scale) != channels or quant.axis != axis:
        raise ModelError(
            f"tensor '{weights.name}': {len(quant.scale)} scales along axis {quant.axis}, "
            f"but {channels} channels along axis {axis}"
        )
    return list(quant.scale)


def float_ratio(target: Tensor, *factors: float) -> float:
    """``factors / S_out`` in float32 arithmetic, left to right, as several of TFLite's Prepare functions compute it."""
    product = np.float32(factors[0])
    for factor in factors[1:]:
        product = np.float32(product * np.float32(factor))
    return float(np.float32(product / np.float32(target.scale)))


def output_multipliers(
    source: Tensor, weights: Tensor, target: Tensor, channels: int, axis: int, uint8: bool = False
) -> tuple[Int64, Int64]:
    """Q31 multipliers and shifts ``S_in * S_w / S_out`` per output channel, in double as TFLite computes them.

    Args:
        uint8: whether the model was uint8, where TFLite multiplies ``S_in * S_w`` in float32.
    """
    scales = np.asarray(weight_scales(weights, channels, axis), dtype=np.float64)
    products = float(source.scale) * scales
    if uint8:
        products = products.astype(np.float32).astype(np.float64)
    return quantize_multipliers(products / float(target.scale))


def activation_range(activation: str, target: Tensor, node: Node) -> tuple[int, int]:
    """Clamp bounds of a fused activation in the output's integers (TFLite CalculateActivationRangeQuantized)."""
    low, high = target.dtype.limits

    def quantized(value: float) -> int:
        return target.zero_point + round_half_away(float(np.float32(value) / np.float32(target.scale)))

    if activation == "NONE":
        return low, high
    if activation == "RELU":
        return max(low, quantized(0.0)), high
    if activation == "RELU6":
        return max(low, quantized(0.0)), min(high, quantized(6.0))
    if activation == "RELU_N1_TO_1":
        return max(low, quantized(-1.0)), min(high, quantized(1.0))
    raise unsupported(node, f"fused activation {activation} is not served")


#: Fused activations and the interval that each clamps to.
FLOAT_ACTIVATIONS: Mapping[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}


def float_activation(activation: str, values: Array) -> Array:
    """A fused activation on float values."""
    low, high = FLOAT_ACTIVATIONS[activation]
    if low is None:
        return values
    return np.clip(values, np.float32(low), None if high is None else np.float32(high))


def float_operand(inputs: Inputs, index: int) -> Array:
    """An input that must be there."""
    value = inputs[index]
    assert value is not None
    return value


def float_bias(inputs: Inputs, index: int) -> Array | float:
    """The bias, 0 when absent."""
    value = inputs[index] if index < len(inputs) else None
    return 0.0 if value is None else value


@dataclass(frozen=True, eq=False)
class Requantization:
    """From accumulators to activations: ``clamp(zero_point + requantize(acc, multiplier, shift))``.

    ``multiplier`` and ``shift`` are int64 arrays, one per channel (the last axis of the accumulators).
    """

    dtype: DType
    rounding: Rounding
    multiplier: Int64
    shift: Int64
    zero_point: int
    low: int
    high: int

    def apply(self, acc: Int64) -> Array:
        """Accumulators to the activation type."""
        values = requantize(self.rounding, acc, self.multiplier, self.shift) + self.zero_point
        return np.clip(values, self.low, self.high).astype(self.dtype.numpy)


def requantization(
    graph: Graph, node: Node, source: Tensor, weights: Tensor, channels: int, axis: int
) -> Requantization:
    """The requantization of a MAC operator with one weight scale per output channel along ``axis``."""
    target = graph.output(node)
    uint8 = bool(node.attrs.get("uint8", False))
    multiplier, shift = output_multipliers(source, weights, target, channels, axis, uint8)
    low, high = activation_range(node.attrs.get("activation", "NONE"), target, node)
    return Requantization(target.dtype, node.rounding, multiplier, shift, target.zero_point, low, high)


def centred_weights(weights: Tensor) -> Array:
    """Weights less their zero point: int8, or int16 where a zero point takes them out of int8's range."""
    values = weights.value().astype(np.int64)
    if weights.quant is not None and any(weights.quant.zero_point):
        if len(set(weights.quant.zero_point)) != 1:
            raise ModelError(f"tensor '{weights.name}': weights with several zero points are not served")
        values = values - weights.quant.zero_point[0]
    return values.astype(np.int8 if np.all((values >= -128) & (values <= 127)) else np.int16)


def require_weights(node: Node, weights: Tensor, dtype: DType) -> None:
    """Weights that the kernels for activations of that type read: constant, int8, under int16 without zero point."""
    require(weights.is_constant, node, "weights that are not constant are not served")
    require(weights.dtype is DType.INT8, node, f"weights of type {weights.dtype.value} are not served")
    shifted = weights.quant is not None and any(weights.quant.zero_point)
    require(not (shifted and dtype is DType.INT16), node, "16x8 weights with a zero point are not served")


def bias_values(graph: Graph, node: Node, index: int, channels: int) -> Int64:
    """The bias as int64 [channels], zeros when absent. Raises ModelError on a wrong count or type."""
    bias = graph.optional_input(node, index)
    if bias is None:
        return np.zeros(channels, np.int64)
    require(bias.dtype in (DType.INT32, DType.INT64), node, f"a bias of type {bias.dtype.value} is not served")
    if bias.elements != channels:
        raise ModelError(f"{node.name} ({node.op}): {bias.elements} biases for {channels} channels")
    return bias.value().astype(np.int64).reshape(-1)


def prove_requantization(node: Node, requant: Requantization, bound: Int64) -> None:
    """Prove that no left shift of an accumulator and no requantized accumulator with its zero point leaves int32.

    Args:
        bound: largest magnitude of the accumulator, per channel, as :func:`prove_accumulator` returns it.

    Raises:
        AccumulatorOverflowError: names the node and the bound.
    """
    if requant.rounding is Rounding.DOUBLE:
        _prove_int32(node, "the shifted accumulator", bound << np.maximum(requant.shift, 0))  # below 2^31 << 30
    if requant.rounding is Rounding.WIDE:
        # Its shift is a right shift, by at least one bit.
        require(
            int(requant.shift.max(initial=0)) < 15, node, "a requantization multiplier of 2^14 and more is not served"
        )
    ends = requantize(requant.rounding, np.stack([bound, -bound]), requant.multiplier, requant.shift)
    _prove_int32(node, "the requantized accumulator", np.abs(ends) + abs(requant.zero_point))


def _prove_int32(node: Node, what: str, magnitudes: Int64) -> None:
    worst = int(magnitudes.max(initial=0))
    if worst > INT32_MAX:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): {what} can reach {worst}, beyond int32 [{INT32_MIN}, {INT32_MAX}]; "
            "requantize the model with a larger output scale"
        )


def prove_accumulator(node: Node, weights: Array, bias: Array, low: int, high: int, bits: int = 32) -> Int64:
    """Range proof by interval arithmetic: no prefix of the sum leaves the accumulator for inputs in [low, high].

    Args:
        weights: int8 or int16 array [channels, taps]; bias: [channels]; low, high: bounds of ``x - zero_point``;
            bits: of the accumulator, 32 or 48 (16x8 under WIDE, whose 16-bit multiplier then fits int64).

    Returns:
        The largest magnitude per channel.

    Raises:
        AccumulatorOverflowError: names the node and the bound.
    """
    low, high = min(low, 0), max(high, 0)
    positive = np.maximum(weights, 0).sum(axis=1, dtype=np.int64)
    negative = np.minimum(weights, 0).sum(axis=1, dtype=np.int64)
    # Beyond +-2^62 a bias overflows on its own; sums of products stay far below.
    bias = np.clip(bias, -(2**62), 2**62)
    upper = high * positive + low * negative + np.maximum(bias, 0)
    lower = low * positive + high * negative + np.minimum(bias, 0)
    top, bottom, limit = int(upper.max(initial=0)), int(lower.min(initial=0)), 2 ** (bits - 1)
    if top >= limit or bottom < -limit:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): the accumulator can reach [{bottom}, {top}], beyond int{bits} "
            f"[{-limit}, {limit - 1}]; requantize the model with smaller weights or bias"
        )
    return as_int64(np.maximum(upper, -lower))


def exact_matmul(a: Array, b: Array) -> Int64:
    """Integer ``a @ b`` through float64 BLAS, exact while every partial sum stays below 2^53."""
    return as_int64(np.matmul(a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)).astype(np.int64))
