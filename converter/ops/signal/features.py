"""AUDIO_FEATURES: frames to a network's input: less the volume where that is known, in the network's own grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...fixedpoint import Int64, as_int64, quantize_multipliers, requantize
from ...ir import Array, DType, Graph, Node, Rounding
from ..operator import Inputs, Operator, integers, require
from .frames import frame_shape

#: Fractional bits of the gains.
GAIN_FRACTION = 15


@dataclass(frozen=True, eq=False)
class Features:
    """int16 [1, frames, values] and levels int16 [1, frames, 1] -> int8 of the network's input shape.

    ``zero_point + requantize(x - ((gain * max(levels) + bias + 2^14) >> 15))``, half up, clamped.

    Attributes:
        gain: per value, what one step of the level takes from it, Q15.
        bias: per value, what is taken in any case, Q15.
    """

    frames: int
    values: int
    gain: Int64
    bias: Int64
    multiplier: int
    shift: int
    zero_point: int
    shape: tuple[int, ...]
    leveled: bool


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [_shape(node)]


def _shape(node: Node) -> tuple[int, ...]:
    shape = node.attrs["shape"]
    if not isinstance(shape, tuple) or not all(isinstance(size, int) and 0 < size < 2**24 for size in shape):
        raise ModelError(f"{node.name} ({node.op}): attribute 'shape' is {shape!r}")
    return shape


def _prepare(graph: Graph, node: Node) -> Features:
    """Range: what is taken is below 2^30 + 2^29 + 1, so that the difference fits int32, and its product with a
    multiplier 2^62; without a left shift the result is no larger."""
    source, target = graph.input(node, 0), graph.output(node)
    require(source.dtype is DType.INT16, node, f"frames of type {source.dtype.value} are not served")
    require(target.dtype is DType.INT8, node, f"features of type {target.dtype.value} are not served")
    frames, values = frame_shape(node, source)
    gain, bias = integers(graph, node, 1).reshape(-1), integers(graph, node, 2).reshape(-1)
    level = graph.optional_input(node, 3)
    shape = _shape(node)
    if math.prod(shape) != source.elements or gain.size != values or bias.size != values:
        raise ModelError(
            f"{node.name} ({node.op}): {gain.size} gains, {bias.size} biases and shape {list(shape)} for "
            f"frames of shape {list(source.shape)}"
        )
    if level is not None and (level.dtype is not DType.INT16 or level.shape[:1] != (1,) or level.elements < 1):
        raise ModelError(f"{node.name} ({node.op}): levels of {level.dtype.value} {list(level.shape)}")
    if np.abs(gain).max() >= 2**30 or np.abs(bias).max() >= 2**44:
        raise ModelError(f"{node.name} ({node.op}): a gain or a bias is too large")
    multiplier, shift = quantize_multipliers(np.array([_factor(node) * source.scale / target.scale]))
    require(-31 <= int(shift[0]) <= 0, node, "a network's input that is finer than the features is not served")
    return Features(
        frames,
        values,
        as_int64(gain),
        as_int64(bias),
        int(multiplier[0]),
        int(shift[0]),
        target.zero_point,
        shape,
        level is not None,
    )


def _factor(node: Node) -> float:
    factor = node.attrs["factor"]
    if not isinstance(factor, float | int) or not 2.0**-20 < factor < 2.0**20:
        raise ModelError(f"{node.name} ({node.op}): attribute 'factor' is {factor!r}")
    return float(factor)


def _reference(params: Features, inputs: Inputs) -> list[Array]:
    source, level = inputs[0], inputs[3] if params.leveled else None
    assert source is not None
    highest = 0 if level is None else int(level.max())
    taken = (params.gain * highest + params.bias + (1 << (GAIN_FRACTION - 1))) >> GAIN_FRACTION
    difference = as_int64(source[0].astype(np.int64) - taken)
    scaled = requantize(
        Rounding.SINGLE, difference, as_int64(np.array([params.multiplier])), as_int64(np.array([params.shift]))
    )
    return [np.clip(scaled + params.zero_point, -128, 127).astype(np.int8).reshape(params.shape)]


AUDIO_FEATURES = Operator(
    "AUDIO_FEATURES",
    "int16 -> int8",
    "the network's input must be coarser than the frames",
    _shapes,
    _prepare,
    _reference,
    inputs=(3, 4),
)
