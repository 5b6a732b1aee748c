"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN over constant axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import INT32_MAX, as_int64, quantize_multiplier, requantize_double
from ..ir import Array, DType, Graph, Node, Tensor
from .operator import (
    Inputs,
    Operator,
    QuantRule,
    float_operand,
    integers,
    require,
    require_types,
    unsupported,
)


@dataclass(frozen=True)
class Reduce:
    """Integer constants.

    Attributes:
        shape: of the input; axes: reduced ones, ascending; output_shape: of the output.
        multiplier, shift: of the centred sum (MEAN and SUM).
    """

    dtype: DType
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    output_shape: tuple[int, ...]
    multiplier: int = 0
    shift: int = 0
    input_zero_point: int = 0
    output_zero_point: int = 0


def axes_of(graph: Graph, node: Node, source: Tensor) -> tuple[int, ...]:
    """The reduced axes, ascending and not negative. Raises ModelError when one is out of range."""
    rank = len(source.shape)
    axes = set()
    for axis in np.ravel(integers(graph, node, 1)).tolist():
        if not -rank <= axis < rank:
            raise ModelError(f"{node.name} ({node.op}): axis {axis} of a {rank}-D tensor")
        axes.add(axis % rank)
    return tuple(sorted(axes))


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The input's shape with the reduced axes dropped, or of size 1 with ``keep_dims``."""
    source = graph.input(node, 0)
    axes = axes_of(graph, node, source)
    if node.attrs.get("keep_dims"):
        return [tuple(1 if i in axes else size for i, size in enumerate(source.shape))]
    return [tuple(size for i, size in enumerate(source.shape) if i not in axes)]


def _prepare_mean(graph: Graph, node: Node) -> Reduce:
    """The division by the number of elements is part of the multiplier, as in TFLite's QuantizedMeanOrSum."""
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    axes = axes_of(graph, node, source)
    multiplier, shift = quantize_multiplier(float(source.scale) / float(target.scale))
    if node.op == "MEAN":
        count = math.prod(source.shape[axis] for axis in axes)
        extra = min(count.bit_length() - 1, 32, 31 + shift)
        multiplier, shift = (multiplier << extra) // count, shift - extra
    low, high = dtype.limits
    reach = max(high - source.zero_point, source.zero_point - low) * math.prod(source.shape[axis] for axis in axes)
    # The output's zero point is added to the rescaled sum.
    if (reach << max(shift, 0)) - low > INT32_MAX:
        raise unsupported(node, f"a sum of up to {reach} does not fit int32")
    return Reduce(dtype, source.shape, axes, target.shape, multiplier, shift, source.zero_point, target.zero_point)


def _reference_mean(params: Reduce, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    total = (source.astype(np.int64) - params.input_zero_point).sum(axis=params.axes)
    values = requantize_double(total, params.multiplier, params.shift) + params.output_zero_point
    low, high = params.dtype.limits
    return [np.clip(values, low, high).astype(params.dtype.numpy).reshape(params.output_shape)]


def _prepare_extreme(graph: Graph, node: Node) -> Reduce:
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    same = source.scale == target.scale and source.zero_point == target.zero_point
    require(same, node, "input and output must share scale and zero point")
    return Reduce(dtype, source.shape, axes_of(graph, node, source), target.shape)


def _reference_maximum(params: Reduce, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    return [np.asarray(source.max(axis=params.axes)).reshape(params.output_shape)]


def _reference_minimum(params: Reduce, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    return [np.asarray(source.min(axis=params.axes)).reshape(params.output_shape)]


@dataclass(frozen=True)
class ArgMax:
    """[outer, size, inner] -> the index of the first largest element along ``size``."""

    outer: int
    size: int
    inner: int
    output_shape: tuple[int, ...]
    output_dtype: DType
    dtype: DType


def _argmax_axis(graph: Graph, node: Node) -> int:
    rank = len(graph.input(node, 0).shape)
    axis = int(np.ravel(integers(graph, node, 1))[0])
    if not -rank <= axis < rank:
        raise ModelError(f"{node.name} ({node.op}): axis {axis} of a {rank}-D tensor")
    return axis % rank


def _argmax_shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    axis = _argmax_axis(graph, node)
    return [tuple(size for i, size in enumerate(graph.input(node, 0).shape) if i != axis)]


def _prepare_argmax(graph: Graph, node: Node) -> ArgMax:
    source, target, axis = graph.input(node, 0), graph.output(node), _argmax_axis(graph, node)
    dtype = require_types(graph, node, [source], [DType.INT8, DType.INT16])
    require_types(graph, node, [target], [DType.INT32, DType.INT64])
    before, after = source.shape[:axis], source.shape[axis + 1 :]
    return ArgMax(math.prod(before), source.shape[axis], math.prod(after), target.shape, target.dtype, dtype)


def _reference_argmax(params: ArgMax, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    index = as_int64(source.reshape(params.outer, params.size, params.inner).argmax(axis=1))
    return [index.astype(params.output_dtype.numpy).reshape(params.output_shape)]


def _float_argmax(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    index = float_operand(inputs, 0).argmax(axis=_argmax_axis(graph, node))
    return [np.asarray(index, graph.output(node).dtype.numpy)]


def _reduction(
    name: str,
    prepare: Callable[[Graph, Node], Reduce],
    reference: Callable[[Reduce, Inputs], list[Array]],
    function: Callable[..., Array],
    limits: str = "constant axes",
) -> Operator:
    def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
        axes = axes_of(graph, node, graph.input(node, 0))
        return [function(float_operand(inputs, 0), axis=axes, keepdims=bool(node.attrs.get("keep_dims")))]

    rule = QuantRule(same=prepare is _prepare_extreme)
    return Operator(
        name,
        "int8, int16",
        limits,
        shapes,
        prepare,
        reference,
        float_reference=float_reference,
        rule=rule,
        inputs=(2, 2),
    )


MEAN = _reduction("MEAN", _prepare_mean, _reference_mean, np.mean)
SUM = _reduction("SUM", _prepare_mean, _reference_mean, np.sum)
REDUCE_MAX = _reduction("REDUCE_MAX", _prepare_extreme, _reference_maximum, np.max, "constant axes, equal scales")
REDUCE_MIN = _reduction("REDUCE_MIN", _prepare_extreme, _reference_minimum, np.min, "constant axes, equal scales")
ARG_MAX = Operator(
    "ARG_MAX",
    "int8, int16",
    "constant axis, int32 or int64 indices",
    _argmax_shapes,
    _prepare_argmax,
    _reference_argmax,
    float_reference=_float_argmax,
    rule=QuantRule(),
    inputs=(2, 2),
)
