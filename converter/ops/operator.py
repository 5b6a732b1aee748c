"""What an operator is to the converter, and the helpers that every operator family shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import AccumulatorOverflowError, ModelError, UnsupportedError
from ..fixedpoint import INT32_MAX, INT32_MIN, Int64, as_int64, quantize_multipliers, round_half_away
from ..ir import Array, DType, Graph, Node, Tensor

Inputs = Sequence[Array | None]


def no_macs(_graph: Graph, _node: Node) -> int:
    """MAC count of an operator that multiplies no weights."""
    return 0


@dataclass(frozen=True)
class Operator:
    """One operator of the integer graph.

    Attributes:
        name: the TFLite operator name.
        types: activation types served, for the table of supported operators.
        limits: what is not served, in one line; empty when nothing is left out.
        shapes: output shapes from the input shapes and attributes; raises ModelError.
        prepare: every integer constant that the operator needs (a frozen dataclass), computed once and used by
            both the reference and the code generator; raises UnsupportedError, ModelError or
            AccumulatorOverflowError.
        reference: the exact result from those constants and all inputs (constant ones included, absent ones None).
        macs: multiply-accumulates of one inference, padding taps included.
    """

    name: str
    types: str
    limits: str
    shapes: Callable[[Graph, Node], list[tuple[int, ...]]]
    prepare: Callable[[Graph, Node], Any]
    reference: Callable[[Any, Inputs], list[Array]]
    macs: Callable[[Graph, Node], int] = no_macs


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


def output_multipliers(
    source: Tensor, weights: Tensor, target: Tensor, channels: int, axis: int
) -> tuple[Int64, Int64]:
    """Q31 multipliers and shifts ``S_in * S_w / S_out`` per output channel, in double as TFLite computes them."""
    scales = np.asarray(weight_scales(weights, channels, axis), dtype=np.float64)
    return quantize_multipliers(float(source.scale) * scales / float(target.scale))


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


def prove_accumulator(node: Node, weights: Array, bias: Array, low: int, high: int) -> None:
    """Range proof by interval arithmetic: no prefix of the sum leaves int32 for inputs in [low, high].

    Args:
        weights: int array [channels, taps]; bias: [channels]; low, high: bounds of ``x - zero_point``.

    Raises:
        AccumulatorOverflowError: names the node and the bound.
    """
    values = weights.astype(np.int64)
    upper = np.where(values > 0, values * high, values * low).clip(min=0).sum(axis=1) + np.maximum(bias, 0)
    lower = np.where(values > 0, values * low, values * high).clip(max=0).sum(axis=1) + np.minimum(bias, 0)
    top, bottom = int(upper.max(initial=0)), int(lower.min(initial=0))
    if top > INT32_MAX or bottom < INT32_MIN:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): the accumulator can reach [{bottom}, {top}], beyond int32 "
            f"[{INT32_MIN}, {INT32_MAX}]; requantize the model with smaller weights or bias"
        )


def exact_matmul(a: Array, b: Array) -> Int64:
    """Integer ``a @ b`` through float64 BLAS, exact while every partial sum stays below 2^53."""
    return as_int64(np.matmul(a.astype(np.float64), b.astype(np.float64)).astype(np.int64))


def clamp_to(values: Int64, low: int, high: int, dtype: DType) -> Array:
    """Clamp and store in the activation type."""
    return np.clip(values, low, high).astype(dtype.numpy)
