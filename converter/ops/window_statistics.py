"""WINDOW_STATISTICS: features of a window of sensor samples, such as those of an accelerometer, one set per axis.

Every feature is computed as an exact integer ``samples * feature`` in steps of the input, so that one multiplier turns
all of them into outputs; the only rounding before it is that of the integer square root, by less than one such step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import INT32_MAX, Int64, as_int64, isqrt, quantize_multiplier, requantize_double
from ..ir import Array, DType, Graph, Node
from .operator import Inputs, Operator, float_operand, require, require_types

#: In the order of the kernel's enumeration.
FEATURES = ("mean", "deviation", "rms", "minimum", "maximum", "range")
#: n * sum of squares stays below 2^54, n * feature below 2^28.
MOST_SAMPLES = 4096


@dataclass(frozen=True)
class WindowStatistics:
    """Integer constants.

    Attributes:
        dtype: of the output; samples: per axis and window; axes: of the sensor.
        features: names, in the order of the output; each axis has all of them, one axis after the other.
        multiplier, shift: from ``samples * feature`` in the input's steps to the output's.
        output_zero_point: of the output.
    """

    dtype: DType
    samples: int
    axes: int
    features: tuple[str, ...]
    multiplier: int
    shift: int
    output_zero_point: int


def _window(graph: Graph, node: Node) -> tuple[int, int]:
    shape = graph.input(node, 0).shape
    if len(shape) != 3 or shape[0] != 1:
        raise ModelError(f"{node.name} ({node.op}): an input of shape {list(shape)} is no window [1, samples, axes]")
    return shape[1], shape[2]


def _features(node: Node) -> tuple[str, ...]:
    names = node.attrs.get("features")
    known = isinstance(names, tuple) and len(names) > 0 and all(name in FEATURES for name in names)
    if not isinstance(names, tuple) or not known or len(set(names)) != len(names):
        raise ModelError(f"{node.name} ({node.op}): 'features' must name some of {', '.join(FEATURES)}, each once")
    return names


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[1, axes * features]."""
    return [(1, _window(graph, node)[1] * len(_features(node)))]


def prepare(graph: Graph, node: Node) -> WindowStatistics:
    """Integer constants, with the proof that no requantized feature leaves int32."""
    source, target = graph.input(node, 0), graph.output(node)
    require_types(graph, node, [source], [DType.INT16])
    require_types(graph, node, [target], [DType.INT8, DType.INT16])
    samples, axes = _window(graph, node)
    require(source.zero_point == 0, node, "an input with a zero point is not served")
    require(2 <= samples <= MOST_SAMPLES, node, f"a window of {samples} samples is not served; 2 to {MOST_SAMPLES} are")
    multiplier, shift = quantize_multiplier(float(source.scale) / (samples * float(target.scale)))
    largest = samples * 65535  # the range; all others are smaller
    require(largest << max(shift, 0) <= INT32_MAX, node, "the output's scale is too small for these samples")
    return WindowStatistics(target.dtype, samples, axes, _features(node), multiplier, shift, target.zero_point)


def _deviation(x: Int64) -> Int64:
    total = x.sum(axis=0)
    return isqrt(len(x) * (x * x).sum(axis=0) - total * total)


#: samples [n, axes] as int64 -> n * feature, per axis.
_EXACT: Mapping[str, Callable[[Int64], Int64]] = {
    "mean": lambda x: as_int64(x.sum(axis=0)),
    "deviation": _deviation,
    "rms": lambda x: isqrt(as_int64(len(x) * (x * x).sum(axis=0))),
    "minimum": lambda x: as_int64(len(x) * x.min(axis=0)),
    "maximum": lambda x: as_int64(len(x) * x.max(axis=0)),
    "range": lambda x: as_int64(len(x) * (x.max(axis=0) - x.min(axis=0))),
}


def reference(params: WindowStatistics, inputs: Inputs) -> list[Array]:
    """The exact result."""
    source = inputs[0]
    assert source is not None
    x = as_int64(source.reshape(params.samples, params.axes))
    exact = np.stack([_EXACT[name](x) for name in params.features], axis=1).reshape(1, -1)
    values = requantize_double(exact, params.multiplier, params.shift) + params.output_zero_point
    low, high = params.dtype.limits
    return [np.clip(values, low, high).astype(params.dtype.numpy)]


_FLOAT: Mapping[str, Callable[[Array], Array]] = {
    "mean": lambda x: x.mean(axis=1),
    "deviation": lambda x: x.std(axis=1),
    "rms": lambda x: np.sqrt((x * x).mean(axis=1)),
    "minimum": lambda x: x.min(axis=1),
    "maximum": lambda x: x.max(axis=1),
    "range": lambda x: x.max(axis=1) - x.min(axis=1),
}


def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The features of [windows, samples, axes] in float64, as float32."""
    x = float_operand(inputs, 0).astype(np.float64)
    stacked = np.stack([_FLOAT[name](x) for name in _features(node)], axis=2)
    return [stacked.reshape(len(x), math.prod(stacked.shape[1:])).astype(np.float32)]


WINDOW_STATISTICS = Operator(
    "WINDOW_STATISTICS",
    "int16 to int8 or int16",
    f"windows of 2 to {MOST_SAMPLES} samples, {', '.join(FEATURES)}",
    shapes,
    prepare,
    reference,
    float_reference=float_reference,
)
