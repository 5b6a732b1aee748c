"""What operators in float share: their types, their ranges, how they are described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ir import FLOAT_PREFIX, Array, DType, Graph, Node, Tensor
from ..operator import FLOAT_ACTIVATIONS, Inputs, Operator, no_macs, require, require_types
from .arithmetic import LARGEST, Real, rounded
from .halves import WEIGHT_ONE, times_int8

FLOATS = (DType.FLOAT32, DType.FLOAT16)


def float_type(graph: Graph, node: Node, indices: Sequence[int] = (0,)) -> DType:
    """The float type that these inputs and all outputs share. Raises UnsupportedError."""
    tensors = [graph.input(node, index) for index in indices]
    tensors += [graph.output(node, index) for index in range(len(node.outputs))]
    return require_types(graph, node, tensors, FLOATS)


def range_of(node: Node, dtype: DType) -> tuple[np.float32, np.float32]:
    """The finite range that a node's fused activation leaves of a type."""
    activation, most = node.attrs.get("activation", "NONE"), LARGEST[dtype]
    require(activation in FLOAT_ACTIVATIONS, node, f"fused activation {activation} is not served")
    low, high = FLOAT_ACTIVATIONS[activation]
    return -most if low is None else np.float32(low), most if high is None else np.float32(high)


def real_operand(inputs: Inputs, index: int) -> Real:
    """An input as float32, in which all arithmetic happens."""
    value = inputs[index]
    assert value is not None
    return value.astype(np.float32)


def parameter(graph: Graph, node: Node, index: int, shape: tuple[int, ...], absent: float) -> Real:
    """A constant of real numbers, float32 of that many elements; absent ones are filled. Raises UnsupportedError."""
    tensor = graph.optional_input(node, index)
    if tensor is None:
        return np.full(shape, absent, np.float32)
    require(tensor.is_constant and tensor.dtype.is_float, node, f"input {index} must be constant real numbers")
    require(tensor.elements == int(np.prod(shape)), node, f"input {index} has {tensor.elements} elements")
    value = tensor.value().astype(np.float32).reshape(shape)
    require(bool(np.all(np.isfinite(value))), node, f"input {index} holds numbers that are not finite")
    return value


def float_weights(graph: Graph, node: Node, index: int, axis: int = 0) -> tuple[Array, Real]:
    """Symmetric int8 weights and a scale for each row along the axis, float32 [rows]. Raises UnsupportedError."""
    weights: Tensor = graph.input(node, index)
    require(weights.is_constant, node, "weights that are not constant are not served")
    require(weights.dtype is DType.INT8, node, f"weights of type {weights.dtype.value} are not served in float")
    quant = weights.quant
    require(quant is not None and not any(quant.zero_point), node, "weights need scales and no zero point")
    assert quant is not None
    rows = weights.shape[axis]
    require(len(quant.scale) == 1 or quant.axis == axis, node, "weights need one scale for each row, or one for all")
    scale = np.broadcast_to(np.asarray(quant.scale, np.float32), (rows,))
    return weights.value(), np.ascontiguousarray(scale)


def summed_weights(graph: Graph, node: Node, dtype: DType, axis: int = 0, index: int = 1) -> tuple[Array, Real]:
    """Weights of sums, and what their sums are multiplied by; :mod:`.halves` has float16. Raises UnsupportedError."""
    weights, scale = float_weights(graph, node, index, axis)
    if dtype is DType.FLOAT16:
        scale = scale * np.float32(WEIGHT_ONE)
        require(bool(np.all(np.isfinite(scale))), node, "scales of weights are too large")
    return weights, scale


def times_weights(x: Real, weights: Array, dtype: DType) -> Real:
    """``x @ weights^T`` [rows, depth] by [units, depth]: products and sums one by one, in the order of the depth; those
    of :mod:`.halves` in float16."""
    if dtype is DType.FLOAT16:
        return times_int8(x, weights)
    real = weights.astype(np.float32)
    total = np.zeros((x.shape[0], real.shape[0]), np.float32)
    for k in range(real.shape[1]):
        total = total + x[:, k, None] * real[:, k]
    return total


def finished(
    sums: Real, scale: Real, bias: Real, dtype: DType, low: np.float32 | None = None, high: np.float32 | None = None
) -> Array:
    """Sums of products with weights as a tensor of the type, within a range; zeros of float16 are positive."""
    result = rounded(sums * scale + bias, dtype, low, high)
    return result + np.float16(0) if dtype is DType.FLOAT16 else result


def float_operator(
    name: str,
    limits: str,
    shapes: Callable[[Graph, Node], list[tuple[int, ...]]],
    prepare: Callable[[Graph, Node], Any],
    reference: Callable[[Any, Inputs], list[Array]],
    macs: Callable[[Graph, Node], int] = no_macs,
    inputs: tuple[int, int] = (1, 1),
    outputs: tuple[int, int] = (1, 1),
    states: tuple[int, int] = (0, 0),
    types: str = "float32, float16",
) -> Operator:
    """The operator that takes an operator's place in a layer in float. What overflows becomes infinite, and is clamped
    where it is written."""

    def quiet(params: Any, operands: Inputs) -> list[Array]:
        with np.errstate(all="ignore"):
            return reference(params, operands)

    return Operator(
        FLOAT_PREFIX + name, types, limits, shapes, prepare, quiet, macs, inputs=inputs, outputs=outputs, states=states
    )
