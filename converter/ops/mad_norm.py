"""MAD_NORM over the last axis: centred rows over their mean absolute deviation, without squares and roots.

With ``c = q - zero_point``, row length n and ``d = n c - sum(c)``, iRNN's normalization (Sari, Courville and Partovi
Nia, "iRNN: Integer-only Recurrent Neural Network", arXiv 2109.09828) is

    y = gain (x - mu) / mean|x - mu| + bias = gain n d / sum|d| + bias

in which the input's scale cancels. ``d / sum|d|``, at most one half, is rounded to 30 bits of fraction by one division
per row; times ``n gain`` and with the bias, both in the output's steps, each element is rounded once more and then
requantized. A row of equal values has no deviation: its output is the bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..fixedpoint import Int64
from ..ir import Array, DType, Graph, Node
from .normalization import MOST_ELEMENTS, Gained, float_gained, gain_or_bias, in_steps, require_rows, shapes
from .operator import Inputs, Operator, QuantRule, float_operand

RATIO_BITS = 30
_FACTOR_BITS = 61


@dataclass(frozen=True, eq=False)
class MadNorm(Gained):
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


def prepare(graph: Graph, node: Node) -> MadNorm:
    """Integer constants, with the proof that sums of a row stay within 64 bits and elements within 32."""
    source, target = require_rows(graph, node)
    gain = gain_or_bias(graph, node, 1, 1.0) * source.shape[-1] / target.scale
    bias = gain_or_bias(graph, node, 2, 0.0) / target.scale
    gains, biases, fraction = in_steps(node, gain, bias, 0.5, 2)
    return MadNorm(source.dtype, source.shape, source.zero_point, gains, biases, fraction, target.zero_point)


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
    return params.finished(ratio, RATIO_BITS)


def float_reference(_graph: Graph, _node: Node, inputs: Inputs) -> list[Array]:
    """The same in float64."""
    x = float_operand(inputs, 0).astype(np.float64)
    x = x - x.mean(axis=-1, keepdims=True)
    deviation = np.abs(x).mean(axis=-1, keepdims=True)
    return float_gained(x / np.where(deviation > 0, deviation, 1.0), inputs)


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
