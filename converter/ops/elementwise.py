"""Binary operators with broadcasting: ADD, SUB, MUL, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE and PRELU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, power_of_two, quantize_multiplier, requantize_double
from ..ir import Array, DType, Graph, Node
from .bounds import Bounds, centred, requantized
from .operator import (
    Inputs,
    Operator,
    QuantRule,
    activation_range,
    float_activation,
    float_operand,
    float_ratio,
    require,
    require_types,
)

_MOST_DIMENSIONS = 6


@dataclass(frozen=True)
class Scale:
    """A Q31 multiplier and its shift."""

    multiplier: int = 0
    shift: int = 0


@dataclass(frozen=True)
class Elementwise:
    """Integer constants of a binary operator.

    Attributes:
        offset_1, offset_2: added to the inputs (minus their zero points); output_offset: to the result.
        left_shift: bits of headroom given to both inputs before they are scaled.
        scale_1, scale_2, output_scale: what each operator makes of them is stated with its rule.
    """

    shape_1: tuple[int, ...]
    shape_2: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: DType
    offset_1: int
    offset_2: int
    output_offset: int
    low: int
    high: int
    left_shift: int = 0
    scale_1: Scale = Scale()
    scale_2: Scale = Scale()
    output_scale: Scale = Scale()


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The broadcast of both inputs."""
    first, second = graph.input(node, 0).shape, graph.input(node, 1).shape
    if max(len(first), len(second)) > _MOST_DIMENSIONS:
        raise ModelError(f"{node.name} ({node.op}): more than {_MOST_DIMENSIONS} dimensions")
    try:
        return [tuple(np.broadcast_shapes(first, second))]
    except ValueError as error:
        raise ModelError(f"{node.name} ({node.op}): {first} and {second} do not broadcast") from error


def _common(graph: Graph, node: Node) -> Elementwise:
    first, second, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    dtype = require_types(graph, node, [first, second, target], [DType.INT8, DType.INT16])
    low, high = activation_range(node.attrs.get("activation", "NONE"), target, node)
    return Elementwise(
        shape_1=first.shape,
        shape_2=second.shape,
        shape=target.shape,
        dtype=dtype,
        offset_1=-first.zero_point,
        offset_2=-second.zero_point,
        output_offset=target.zero_point,
        low=low,
        high=high,
    )


def _scaled(common: Elementwise, left_shift: int, first: float, second: float, output: float) -> Elementwise:
    scales = [Scale(*quantize_multiplier(real)) for real in (first, second, output)]
    return replace(common, left_shift=left_shift, scale_1=scales[0], scale_2=scales[1], output_scale=scales[2])


def _require_symmetric(node: Node, params: Elementwise) -> None:
    """int16 activations have no zero points, in TFLite neither."""
    if params.dtype is DType.INT16:
        require(params.offset_1 == params.offset_2 == params.output_offset == 0, node, "int16 zero points must be 0")


def _proven(node: Node, params: Elementwise, scale: Scale, values: Bounds) -> Bounds:
    return requantized(node, values, scale.multiplier, scale.shift, params.output_offset)


def _proven_aligned(graph: Graph, node: Node, params: Elementwise) -> tuple[Bounds, Bounds]:
    """Bounds of both inputs at their common scale."""
    first, second = (centred(graph.input(node, index)) << params.left_shift for index in (0, 1))
    return (
        requantized(node, first, params.scale_1.multiplier, params.scale_1.shift),
        requantized(node, second, params.scale_2.multiplier, params.scale_2.shift),
    )


def _prepare_sum(graph: Graph, node: Node) -> Elementwise:
    """Both inputs at twice the larger scale with ``left_shift`` bits of headroom (TFLite add.cc, sub.cc)."""
    common = _common(graph, node)
    _require_symmetric(node, common)
    first, second, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    exponents = [power_of_two(tensor.scale) for tensor in (first, second, target)]
    if common.dtype is DType.INT16 and node.attrs.get("pot_scale_int16", True) and None not in exponents:
        params = _shifted(node, common, [exponent for exponent in exponents if exponent is not None])
    else:
        left = 15 if common.dtype is DType.INT16 else 20
        twice = 2.0 * max(first.scale, second.scale)
        output = twice / ((1 << left) * target.scale)
        params = _scaled(common, left, first.scale / twice, second.scale / twice, output)
    one, other = _proven_aligned(graph, node, params)
    _proven(node, params, params.output_scale, one - other if node.op == "SUB" else one + other)
    return params


def _shifted(node: Node, common: Elementwise, exponents: Sequence[int]) -> Elementwise:
    """int16 with scales that are powers of two: one input has the output's scale, the other is shifted right.

    A factor of one has no Q31 multiplier: one bit to the left, then 2^30, leaves a value as it is.
    """
    shifts = [exponent - exponents[2] for exponent in exponents[:2]]
    require(max(shifts) == 0, node, "an input whose scale is a power of two must have the output's scale")
    scales = [Scale(1 << 30, max(shift, -31)) for shift in shifts]
    return replace(common, left_shift=1, scale_1=scales[0], scale_2=scales[1], output_scale=Scale(1 << 30, 1))


def _operands(params: Elementwise, inputs: Inputs) -> tuple[Int64, Int64]:
    first, second = inputs[0], inputs[1]
    assert first is not None and second is not None
    return first.astype(np.int64) + params.offset_1, second.astype(np.int64) + params.offset_2


def _scale(values: Int64, scale: Scale) -> Int64:
    return requantize_double(values, scale.multiplier, scale.shift)


def _finish(params: Elementwise, values: Int64) -> list[Array]:
    result = np.clip(_scale(values, params.output_scale) + params.output_offset, params.low, params.high)
    return [result.astype(params.dtype.numpy).reshape(params.shape)]


def _aligned(params: Elementwise, inputs: Inputs) -> tuple[Int64, Int64]:
    first, second = _operands(params, inputs)
    shift = params.left_shift
    return _scale(first << shift, params.scale_1), _scale(second << shift, params.scale_2)


def _add(params: Elementwise, inputs: Inputs) -> list[Array]:
    first, second = _aligned(params, inputs)
    return _finish(params, first + second)


def _subtract(params: Elementwise, inputs: Inputs) -> list[Array]:
    first, second = _aligned(params, inputs)
    return _finish(params, first - second)


def _prepare_mul(graph: Graph, node: Node) -> Elementwise:
    """``S_1 * S_2 / S_out`` on the product (TFLite mul.cc)."""
    common = _common(graph, node)
    _require_symmetric(node, common)
    first, second, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    params = _scaled(common, 0, 0.0, 0.0, float_ratio(target, first.scale, second.scale))
    _proven(node, params, params.output_scale, centred(first) * centred(second))
    return params


def _multiply(params: Elementwise, inputs: Inputs) -> list[Array]:
    first, second = _operands(params, inputs)
    return _finish(params, first * second)


def _prepare_extreme(graph: Graph, node: Node) -> Elementwise:
    common = _common(graph, node)
    tensors = [graph.input(node, 0), graph.input(node, 1), graph.output(node)]
    same = len({(tensor.scale, tensor.zero_point) for tensor in tensors}) == 1
    require(same, node, "inputs and output must share scale and zero point")
    return common


def _extreme(function: Callable[[Array, Array], Array]) -> Callable[[Elementwise, Inputs], list[Array]]:
    def reference(params: Elementwise, inputs: Inputs) -> list[Array]:
        first, second = inputs[0], inputs[1]
        assert first is not None and second is not None
        return [function(first, second).reshape(params.shape)]

    return reference


def _prepare_squared_difference(graph: Graph, node: Node) -> Elementwise:
    """The difference at twice the larger scale, squared, rescaled (TFLite squared_difference.cc)."""
    common = _common(graph, node)
    require(common.dtype is DType.INT8, node, "int16 is not served")
    first, second, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    left = 7
    twice = 2.0 * max(first.scale, second.scale)
    output = twice * twice / ((1 << left * 2) * target.scale)
    params = _scaled(common, left, first.scale / twice, second.scale / twice, output)
    one, other = _proven_aligned(graph, node, params)
    _proven(node, params, params.output_scale, (one - other) * (one - other))
    return params


def _squared_difference(params: Elementwise, inputs: Inputs) -> list[Array]:
    first, second = _aligned(params, inputs)
    return _finish(params, (first - second) ** 2)


def _prepare_prelu(graph: Graph, node: Node) -> Elementwise:
    """``S_in / S_out`` from zero up (scale_1), ``S_in * S_alpha / S_out`` below (scale_2); input 1 is alpha."""
    common = _common(graph, node)
    require(common.dtype is DType.INT8, node, "int16 is not served")
    source, alpha, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    identity, slope = float_ratio(target, source.scale), float_ratio(target, source.scale, alpha.scale)
    params = _scaled(common, 0, identity, slope, 0.0)
    values = centred(source)
    _proven(node, params, params.scale_1, Bounds(0, max(values.high, 0)))
    _proven(node, params, params.scale_2, Bounds(min(values.low, 0), 0) * centred(alpha))
    return params


def _prelu(params: Elementwise, inputs: Inputs) -> list[Array]:
    source, alpha = _operands(params, inputs)
    values = np.where(source >= 0, _scale(source, params.scale_1), _scale(source * alpha, params.scale_2))
    return [np.clip(values + params.output_offset, params.low, params.high).astype(params.dtype.numpy)]


def _binary(
    name: str,
    prepare: Callable[[Graph, Node], Elementwise],
    reference: Callable[[Elementwise, Inputs], list[Array]],
    function: Callable[[Array, Array], Array],
    types: str = "int8, int16",
    limits: str = "",
) -> Operator:
    def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
        values = function(float_operand(inputs, 0), float_operand(inputs, 1))
        return [float_activation(node.attrs.get("activation", "NONE"), values)]

    rule = QuantRule(same=prepare is _prepare_extreme)
    return Operator(
        name, types, limits, shapes, prepare, reference, float_reference=float_reference, rule=rule, inputs=(2, 2)
    )


def _float_prelu(values: Array, slopes: Array) -> Array:
    return np.where(values >= 0, values, values * slopes)


ADD = _binary("ADD", _prepare_sum, _add, np.add)
SUB = _binary("SUB", _prepare_sum, _subtract, np.subtract)
MUL = _binary("MUL", _prepare_mul, _multiply, np.multiply)
MAXIMUM = _binary("MAXIMUM", _prepare_extreme, _extreme(np.maximum), np.maximum, limits="equal scales")
MINIMUM = _binary("MINIMUM", _prepare_extreme, _extreme(np.minimum), np.minimum, limits="equal scales")
SQUARED_DIFFERENCE = _binary(
    "SQUARED_DIFFERENCE", _prepare_squared_difference, _squared_difference, lambda a, b: (a - b) ** 2, "int8"
)
PRELU = _binary("PRELU", _prepare_prelu, _prelu, _float_prelu, "int8")

BINARY_OPERATORS = (ADD, SUB, MUL, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE, PRELU)
