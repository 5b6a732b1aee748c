"""SOFTMAX, LAYER_NORM and RMS_NORM in float over the last axis; sums go from the first element to the last."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...ir import FLOAT_PREFIX, Array, DType, Graph, Node
from .. import normalization, softmax
from ..operator import Inputs, Operator, require
from .arithmetic import Real, exp, reciprocal_root, rounded
from .common import float_operator, float_type, parameter, range_of, real_operand


@dataclass(frozen=True)
class FloatSoftmax:
    """Constants: the factor of the values before the exponential."""

    dtype: DType
    shape: tuple[int, ...]
    beta: np.float32


@dataclass(frozen=True, eq=False)
class FloatNormalization:
    """Constants.

    Attributes:
        centre: whether the mean is subtracted (LAYER_NORM) or not (RMS_NORM).
        share: 1 / depth; epsilon: added to the power.
        gain, bias: float32 [depth].
    """

    dtype: DType
    shape: tuple[int, ...]
    centre: bool
    share: np.float32
    epsilon: np.float32
    gain: Real
    bias: Real
    low: np.float32
    high: np.float32


def _total(rows: Real) -> Real:
    """The sum of every row, one element after the other: [rows, 1]."""
    total = np.zeros(len(rows), np.float32)
    for column in rows.T:
        total = total + column
    return total[:, None]


def prepare_softmax(graph: Graph, node: Node) -> FloatSoftmax:
    """Constants of SOFTMAX."""
    dtype, beta = float_type(graph, node), node.attrs.get("beta", 1.0)
    require(math.isfinite(beta), node, f"a beta of {beta} is not served")
    return FloatSoftmax(dtype, graph.input(node, 0).shape, np.float32(beta))


def reference_softmax(params: FloatSoftmax, inputs: Inputs) -> list[Array]:
    """Exact result."""
    rows = real_operand(inputs, 0).reshape(-1, params.shape[-1])
    powers = exp(params.beta * (rows - rows.max(axis=1, keepdims=True)))
    result = powers * (np.float32(1) / _total(powers))
    return [rounded(result, params.dtype).reshape(params.shape)]


def prepare_normalization(graph: Graph, node: Node) -> FloatNormalization:
    """Constants of LAYER_NORM and RMS_NORM."""
    dtype, shape = float_type(graph, node), graph.input(node, 0).shape
    epsilon = float(node.attrs.get("epsilon", 1e-5))
    require(math.isfinite(epsilon) and epsilon >= 0, node, f"an epsilon of {epsilon} is not served")
    centre = node.op == FLOAT_PREFIX + "LAYER_NORM"
    gain, bias = (parameter(graph, node, index, shape[-1:], absent) for index, absent in ((1, 1.0), (2, 0.0)))
    share = np.float32(1) / np.float32(shape[-1])
    return FloatNormalization(dtype, shape, centre, share, np.float32(epsilon), gain, bias, *range_of(node, dtype))


def reference_normalization(params: FloatNormalization, inputs: Inputs) -> list[Array]:
    """Exact result."""
    rows = real_operand(inputs, 0).reshape(-1, params.shape[-1])
    mean = _total(rows) * params.share if params.centre else np.zeros((len(rows), 1), np.float32)
    away: Real = rows - mean
    root = reciprocal_root(_total(away * away) * params.share + params.epsilon)
    result = (away * root) * params.gain + params.bias
    return [rounded(result, params.dtype, params.low, params.high).reshape(params.shape)]


FLOAT_SOFTMAX: Operator = float_operator(
    "SOFTMAX", "over the last axis", softmax.shapes, prepare_softmax, reference_softmax
)
FLOAT_NORMALIZATIONS: tuple[Operator, ...] = tuple(
    float_operator(
        name,
        "over the last axis; constant gain and bias",
        normalization.shapes,
        prepare_normalization,
        reference_normalization,
        inputs=(1, 3),
    )
    for name in ("LAYER_NORM", "RMS_NORM")
)
