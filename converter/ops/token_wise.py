"""Token-wise quantization: int8 rows, each with a scale that follows from the row, and the layer that reads them.

A token-wise tensor is a pair: q int8 [..., depth] and m int16 [...], with the value ``q * m * S_m`` for a static unit
S_m. QUANTIZE_TOKENS makes both from int16 values x on the grid S_x, with ``S_m = S_x / 64``:

    m = max(1, ceil(64 * max|x| / 127)),   r = floor(2^29 / m),   q = floor((x * r + 2^22) / 2^23)

so that q rounds ``x * S_x / (m * S_m)`` and, since m is rounded up and r down, never leaves [-127, 127]. One division
per row. Channels listed as ``outliers`` count neither in the maximum nor in q, where they are zero: they leave as they
are, as a third tensor o int16 [..., outliers] (the decomposition of LLM.int8(), Dettmers et al., 2022, arXiv
2208.07339, with a set of channels that calibration fixed).

FULLY_CONNECTED_TOKENS multiplies the rows with int8 weights W, and the outliers with weights V on a scale of their own:

    y = requantize((sum(q * W) * m << a) + (sum(o * V) << b) + bias)

per unit, in the unit ``S_m * S_W * 2^-a = S_o * S_V * 2^-b``: the quotient of both products of scales is a power of
two. Without m the rows have the static scale and zero point of q. The sum has 48 bits and is requantized WIDE, to int8
or int16 whatever the input's type is.

Source of the schemes: ZeroQuant-HERO (Yao et al., 2023, arXiv 2310.17723), section 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, as_int64, quantize_multipliers
from ..ir import Array, DType, Graph, Node, Rounding, Tensor
from .operator import (
    Inputs,
    LastAxis,
    Operator,
    Requantization,
    activation_range,
    bias_values,
    exact_matmul,
    prove_accumulator,
    prove_requantization,
    require,
    require_types,
    require_weights,
    weight_scales,
)

#: Bits of m's fraction in units of the source's step: ``S_m = S_x / 2^FRACTION``; the largest m is 16513.
FRACTION = 6
_RECIPROCAL_BITS = 23
_HIGHEST = 127
_ACCUMULATOR_BITS = 48


@dataclass(frozen=True)
class Tokens(LastAxis):
    """Integer constants of QUANTIZE_TOKENS: rows of so many elements, and the channels that are left out, ascending."""

    shape: tuple[int, ...]
    outliers: tuple[int, ...]


def outliers_of(node: Node) -> tuple[int, ...]:
    """The channels that a node treats as outliers."""
    return tuple(node.attrs.get("outliers", ()))


def token_shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """q, m and, with outliers, o."""
    shape, outliers = graph.input(node, 0).shape, outliers_of(node)
    whole = all(isinstance(channel, int) and not isinstance(channel, bool) for channel in outliers)
    if not shape or not whole or list(outliers) != sorted({c for c in outliers if 0 <= c < shape[-1]}):
        raise ModelError(
            f"{node.name} ({node.op}): outliers {list(outliers)} of an input of shape {list(shape)}; they are channels "
            "of its last axis, in ascending order"
        )
    if len(node.outputs) != 2 + bool(outliers):
        raise ModelError(f"{node.name} ({node.op}): {len(node.outputs)} outputs with {len(outliers)} outliers")
    return [shape, shape[:-1], *([(*shape[:-1], len(outliers))] if outliers else [])]


def prepare_tokens(graph: Graph, node: Node) -> Tokens:
    """Integer constants. Raises UnsupportedError where types or scales do not fit."""
    source, rows, scales = graph.input(node, 0), graph.output(node, 0), graph.output(node, 1)
    require_types(graph, node, [source], [DType.INT16])
    require_types(graph, node, [rows], [DType.INT8])
    require_types(graph, node, [scales], [DType.INT16])
    require(source.zero_point == 0, node, "int16 zero points must be 0")
    require(scales.scale * 2**FRACTION == source.scale, node, f"the unit must be the input's scale over {2**FRACTION}")
    if outliers_of(node):
        kept = graph.output(node, 2)
        require_types(graph, node, [kept], [DType.INT16])
        require(kept.scale == source.scale and kept.zero_point == 0, node, "outliers keep the input's grid")
    return Tokens(source.shape, outliers_of(node))


def token_reference(params: Tokens, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    values = source.astype(np.int64).reshape(params.rows, params.depth)
    outliers = list(params.outliers)
    rest = values.copy()
    rest[:, outliers] = 0
    largest = np.abs(rest).max(axis=1, initial=0)
    scales = np.maximum(1, -(-(largest << FRACTION) // _HIGHEST))
    reciprocals = (1 << FRACTION + _RECIPROCAL_BITS) // scales
    rows = rest * reciprocals[:, None] + (1 << _RECIPROCAL_BITS - 1) >> _RECIPROCAL_BITS
    leading = params.shape[:-1]
    results: list[Array] = [rows.astype(np.int8).reshape(params.shape), scales.astype(np.int16).reshape(leading)]
    if outliers:
        results.append(source.reshape(params.rows, -1)[:, outliers].reshape(*leading, -1))
    return results


QUANTIZE_TOKENS = Operator(
    name="QUANTIZE_TOKENS",
    types="int16 to int8 with int16 scales",
    limits="a scale per row of the last axis, from its largest magnitude",
    shapes=token_shapes,
    prepare=prepare_tokens,
    reference=token_reference,
    outputs=(2, 3),
)


@dataclass(frozen=True, eq=False)
class FullyConnectedTokens:
    """Integer constants of FULLY_CONNECTED_TOKENS.

    Attributes:
        weights: int8 [units, depth]; bias: int64 [units].
        input_zero_point: of rows with a static scale; 0 where each has its own.
        dynamic: whether each row has its own scale.
        outlier_weights: int8 [units, outliers], or None.
        left, outlier_left: shifts a and b per unit.
    """

    rows: int
    weights: Array
    bias: Int64
    input_zero_point: int
    dynamic: bool
    outlier_weights: Array | None
    left: Int64
    outlier_left: Int64
    requant: Requantization
    output_shape: tuple[int, ...]


_WEIGHTS, _BIAS, _SCALES, _OUTLIERS, _OUTLIER_WEIGHTS = range(1, 6)


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[rows, units], or all dimensions but the last kept."""
    source, weights = graph.input(node, 0), graph.input(node, _WEIGHTS)
    if len(weights.shape) != 2 or not source.shape or source.shape[-1] != weights.shape[1]:
        raise ModelError(f"{node.name} ({node.op}): weights {weights.shape} do not fit input {source.shape}")
    scales = graph.optional_input(node, _SCALES)
    if scales is not None and scales.shape != source.shape[:-1]:
        raise ModelError(f"{node.name} ({node.op}): scales {scales.shape} for rows {source.shape}")
    pair = graph.optional_input(node, _OUTLIERS), graph.optional_input(node, _OUTLIER_WEIGHTS)
    if any(tensor is not None for tensor in pair):
        found = [None if tensor is None else tensor.shape for tensor in pair]
        count = found[0][-1] if found[0] else 0
        if found != [(*source.shape[:-1], count), (weights.shape[0], count)] or scales is None:
            raise ModelError(
                f"{node.name} ({node.op}): outliers and their weights of shapes {found} beside rows {source.shape} and "
                f"weights {weights.shape}"
            )
    rows = source.shape[:-1] if node.attrs.get("keep_num_dims") else (math.prod(source.shape[:-1]),)
    return [(*rows, weights.shape[0])]


def prepare(graph: Graph, node: Node) -> FullyConnectedTokens:
    """Integer constants, with the proof that both sums fit int32, also shifted left, and the whole 48 bits."""
    source, weights, target = graph.input(node, 0), graph.input(node, _WEIGHTS), graph.output(node)
    require_types(graph, node, [source], [DType.INT8])
    require_types(graph, node, [target], [DType.INT8, DType.INT16])
    require(node.rounding is Rounding.WIDE, node, f"requantization {node.rounding.value} is not served")
    require_weights(node, weights, DType.INT16)
    units = weights.shape[0]
    values, bias = weights.value(), bias_values(graph, node, _BIAS, units)
    scales, outliers = graph.optional_input(node, _SCALES), graph.optional_input(node, _OUTLIERS)
    zero_point, unit, most = 0, 0.0, 1
    if scales is None:
        zero_point, unit = source.zero_point, source.scale
    else:
        require_types(graph, node, [scales], [DType.INT16])
        require(scales.zero_point == 0, node, "the scales' zero point must be 0")
        unit, most = scales.scale, 1 << 15
    each = np.asarray(weight_scales(weights, units, 0), np.float64) * unit
    left = outlier_left = np.zeros(units, np.int64)
    low, high = (limit - zero_point for limit in DType.INT8.limits)
    bound = prove_accumulator(node, values, np.zeros(units, np.int64), low, high)
    prove_accumulator(node, values, np.zeros(units, np.int64), *DType.INT8.limits)  # the zero point joins the bias
    reach, outlier_weights = bound * most, None
    if outliers is not None:
        left, outlier_left = _alignment(graph, node, each, outliers)
        outlier_weights = graph.input(node, _OUTLIER_WEIGHTS).value()
        aside = prove_accumulator(node, outlier_weights, np.zeros(units, np.int64), *DType.INT16.limits)
        reach = (reach << left) + (aside << outlier_left)
        prove_accumulator(node, (bound << left)[:, None], np.zeros(units, np.int64), -1, 1)  # as they are aligned
    # As a layer of one tap per unit, so that the bound of the whole sum is proven by the same rule.
    whole = prove_accumulator(node, reach[:, None], bias, -1, 1, _ACCUMULATOR_BITS)
    multiplier, shift = quantize_multipliers(each * 0.5 ** left.astype(np.float64) / target.scale)
    activation = activation_range(node.attrs.get("activation", "NONE"), target, node)
    requant = Requantization(target.dtype, node.rounding, multiplier, shift, target.zero_point, *activation)
    prove_requantization(node, requant, whole)
    rows = math.prod(source.shape[:-1])
    return FullyConnectedTokens(
        rows, values, bias, zero_point, scales is not None, outlier_weights, left, outlier_left, requant, target.shape
    )


def _alignment(graph: Graph, node: Node, each: Array, outliers: Tensor) -> tuple[Int64, Int64]:
    """Left shifts of both sums to one unit. Raises UnsupportedError where no shift does it."""
    require_types(graph, node, [outliers], [DType.INT16])
    require(outliers.zero_point == 0, node, "int16 zero points must be 0")
    weights = graph.input(node, _OUTLIER_WEIGHTS)
    require_weights(node, weights, DType.INT16)
    ratio = np.asarray(weight_scales(weights, len(each), 0), np.float64) * outliers.scale / each
    fraction, exponent = np.frexp(ratio)
    require(bool(np.all(fraction == 0.5)), node, "the outliers' scales must differ from the others' by powers of two")
    exponent = exponent.astype(np.int64) - 1
    require(bool(np.all(np.abs(exponent) < 16)), node, "the outliers' scales are too far from the others'")
    return np.maximum(-exponent, 0), np.maximum(exponent, 0)


def reference(params: FullyConnectedTokens, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    rows = source.astype(np.int64).reshape(params.rows, -1) - params.input_zero_point
    acc = exact_matmul(rows, params.weights.T)
    if params.dynamic:
        scales = inputs[_SCALES]
        assert scales is not None
        acc = as_int64(acc * scales.astype(np.int64).reshape(-1, 1) << params.left)
    if params.outlier_weights is not None:
        outliers = inputs[_OUTLIERS]
        assert outliers is not None
        aside = exact_matmul(outliers.reshape(params.rows, -1), params.outlier_weights.T)
        acc = as_int64(acc + (aside << params.outlier_left))
    return [params.requant.apply(acc + params.bias).reshape(params.output_shape)]


def macs(graph: Graph, node: Node) -> int:
    """rows * (depth + outliers) * units."""
    outliers = graph.optional_input(node, _OUTLIER_WEIGHTS)
    width = graph.input(node, _WEIGHTS).shape[1] + (0 if outliers is None else outliers.shape[1])
    return graph.output(node).elements * width


FULLY_CONNECTED_TOKENS = Operator(
    name="FULLY_CONNECTED_TOKENS",
    types="int8 to int8 or int16",
    limits="constant int8 weights; rows with scales of their own, outlying channels in int16 beside them, or one scale",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    inputs=(2, 6),
)

TOKEN_OPERATORS = (QUANTIZE_TOKENS, FULLY_CONNECTED_TOKENS)
