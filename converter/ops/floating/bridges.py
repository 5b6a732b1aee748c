"""The ways into layers in float and out of them.

FLOAT_DEQUANTIZE  x = (q - zero_point) * scale, one product in float32; from another float type the value itself
FLOAT_QUANTIZE    q = zero_point + round(clamp(x * (1 / scale))), ties away from zero, one product in float32
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, require
from .arithmetic import clamped, rounded, whole
from .common import FLOATS, float_operator, real_operand

_INTEGERS = (DType.INT8, DType.INT16)


@dataclass(frozen=True)
class Bridge:
    """Constants of one way.

    Attributes:
        source, target: the types; elements: how many.
        zero_point: of the integers; scale: of them, or its reciprocal on the way out.
        low, high: the integers' range less the zero point, as float32; of FLOAT_QUANTIZE.
    """

    source: DType
    target: DType
    elements: int
    zero_point: int
    scale: np.float32
    low: np.float32
    high: np.float32


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged."""
    return [graph.input(node, 0).shape]


def prepare_in(graph: Graph, node: Node) -> Bridge:
    """Constants of FLOAT_DEQUANTIZE."""
    source, target = graph.input(node, 0), graph.output(node)
    require(source.dtype in (*_INTEGERS, *FLOATS), node, f"values of type {source.dtype.value} are not served")
    require(target.dtype in FLOATS, node, f"it writes {target.dtype.value}, not float")
    integer = source.dtype in _INTEGERS
    zero_point, scale = (source.zero_point, source.scale) if integer else (0, 1.0)
    zero = np.float32(0)
    return Bridge(source.dtype, target.dtype, source.elements, zero_point, np.float32(scale), zero, zero)


def dequantize(params: Bridge, inputs: Inputs) -> list[Array]:
    """Exact result of FLOAT_DEQUANTIZE."""
    source = inputs[0]
    assert source is not None
    if params.source in FLOATS:
        return [rounded(source, params.target)]
    centred = (source.astype(np.int32) - np.int32(params.zero_point)).astype(np.float32)
    return [rounded(centred * params.scale, params.target)]


def prepare_out(graph: Graph, node: Node) -> Bridge:
    """Constants of FLOAT_QUANTIZE."""
    source, target = graph.input(node, 0), graph.output(node)
    require(source.dtype in FLOATS, node, f"it reads {source.dtype.value}, not float")
    require(target.dtype in _INTEGERS, node, f"integers of type {target.dtype.value} are not served")
    with np.errstate(over="ignore", divide="ignore"):
        inverse = np.float32(1) / np.float32(target.scale)
    require(bool(np.isfinite(inverse)), node, f"an output scale of {target.scale:.3g} is too small")
    low, high = (np.float32(limit - target.zero_point) for limit in target.dtype.limits)
    return Bridge(source.dtype, target.dtype, source.elements, target.zero_point, inverse, low, high)


def quantize(params: Bridge, inputs: Inputs) -> list[Array]:
    """Exact result of FLOAT_QUANTIZE."""
    steps = clamped(real_operand(inputs, 0) * params.scale, params.low, params.high)
    return [(whole(steps) + np.int32(params.zero_point)).astype(params.target.numpy)]


BRIDGES: tuple[Operator, ...] = (
    float_operator(
        "DEQUANTIZE", "", shapes, prepare_in, dequantize, types="int8, int16 to float32, float16; between those"
    ),
    float_operator("QUANTIZE", "", shapes, prepare_out, quantize, types="float32, float16 to int8, int16"),
)
