"""MAD_NORM over the last axis: centred rows over their mean absolute deviation, without squares and roots.

With ``c = q - zero_point``, row length n and ``d = n c - sum(c)``, iRNN's normalization (Sari, Courville and Partovi
Nia, "iRNN: Integer-only Recurrent Neural Network", arXiv 2109.09828) is

    y = gain (x - mu) / mean|x - mu| + bias = gain n d / sum|d| + bias

in which the input's scale cancels. ``d / sum|d|``, at most one half, is rounded to 30 bits of fraction by one division
per row; times ``n gain`` and with the bias, both in the output's steps, each element is rounded once more and then
requantized. A row of equal values has no deviation: its output is the bias.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..fixedpoint import Int64, as_int64, round_ties_away
from ..ir import Array, DType, Graph, Node
from .normalization import MOST_ELEMENTS, gain_or_bias, shapes
from .operator import Inputs, Operator, QuantRule, float_operand, require, require_types

RATIO_BITS = 30
_FACTOR_BITS = 61
_REACH_BITS = 29
_MOST_FRACTION = 20


@dataclass(frozen=True, eq=False)
class MadNorm:
    """Integer constants.

    Attributes:
        dtype: of input and output; shape: of both; the last dimension is normalized.
        gain: int32 per element of a row, times the elements of a row; bias: the same; both in ``2^-fraction`` of the
            output's step.
        fraction: bits that the requantization drops.
    """

    dtype: DType
    shape: tuple[int, ...]
    input_zero_point: int
    gain: Int64
    bias: Int64
    fraction: int
    output_zero_point: int

    @property
    def rows(self) -> int:
        """Number of rows."""
        return math.prod(self.shape[:-1])

    @property
    def depth(self) -> int:
        """Elements per row."""
        return self.shape[-1]


def prepare(graph: Graph, node: Node) -> MadNorm:
    """Integer constants, with the proof that sums of a row stay within 64 bits and elements within 32."""
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    wide = dtype is DType.INT16
    require(not wide or source.zero_point == target.zero_point == 0, node, "int16 zero points must be 0")
    depth = source.shape[-1]
    require(1 <= depth <= MOST_ELEMENTS, node, f"rows of {depth} elements are not served; 1 to {MOST_ELEMENTS} are")
    gain = gain_or_bias(graph, node, 1, 1.0) * depth / target.scale
    bias = gain_or_bias(graph, node, 2, 0.0) / target.scale
    reach = float(np.abs(gain).max()) / 2 + float(np.abs(bias).max()) + 2
    fraction = min(_REACH_BITS - math.frexp(reach)[1], _MOST_FRACTION) if math.isfinite(reach) else 0
    require(
        fraction >= 1, node, f"values of up to {reach:.3g} output steps are not served; the output's scale is too small"
    )
    gains, biases = (as_int64(round_ties_away(v * 2.0**fraction).astype(np.int64)) for v in (gain, bias))
    assert int(np.abs(gains).max()) // 2 + int(np.abs(biases).max()) < 1 << _REACH_BITS + 1
    return MadNorm(dtype, source.shape, source.zero_point, gains, biases, fraction, target.zero_point)


def reference(params: MadNorm, inputs: Inputs) -> list[Array]:
    """Exact result."""
    n = params.depth
    c = float_operand(inputs, 0).astype(np.int64).reshape(params.rows, n) - params.input_zero_point
    d = n * c - c.sum(axis=1, keepdims=True)  # below 2^31
    deviation = np.maximum(np.abs(d).sum(axis=1, keepdims=True), 1)  # below 2^45
    # Scaled into [2^30, 2^31); frexp is exact below 2^53.
    up = np.frexp(deviation.astype(np.float64))[1].astype(np.int64) - (RATIO_BITS + 1)
    factor = (1 << _FACTOR_BITS) // ((deviation << np.maximum(-up, 0)) >> np.maximum(up, 0))
    shift = _FACTOR_BITS - RATIO_BITS + up  # 1 to 45
    ratio = (d * factor + (np.int64(1) << shift - 1)) >> shift
    scaled = (ratio * params.gain + (1 << RATIO_BITS - 1) >> RATIO_BITS) + params.bias
    values = (scaled + (1 << params.fraction - 1) >> params.fraction) + params.output_zero_point
    return [np.clip(values, *params.dtype.limits).astype(params.dtype.numpy).reshape(params.shape)]


def float_reference(_graph: Graph, _node: Node, inputs: Inputs) -> list[Array]:
    """The same in float64."""
    x = float_operand(inputs, 0).astype(np.float64)
    x = x - x.mean(axis=-1, keepdims=True)
    deviation = np.abs(x).mean(axis=-1, keepdims=True)
    result = x / np.where(deviation > 0, deviation, 1.0)
    gain, bias = (inputs[i] if i < len(inputs) else None for i in (1, 2))
    result = result if gain is None else result * gain
    return [(result if bias is None else result + bias).astype(np.float32)]


MAD_NORM = Operator(
    "MAD_NORM",
    "int8, int16",
    f"over the last axis, up to {MOST_ELEMENTS} elements; constant gain and bias",
    shapes,
    prepare,
    reference,
    float_reference=float_reference,
    rule=QuantRule(fine=(1, 2)),
    inputs=(1, 3),
)
