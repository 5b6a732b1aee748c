"""Mean and variance of a layer's output channels, and what a change of its multipliers and bias makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array
from ...ops.operator import float_activation
from .layerwise import Batches, Layer


@dataclass(frozen=True, eq=False)
class Moments:
    """Per channel, float64: mean, variance, and the share of values that a small shift moves."""

    mean: Array
    variance: Array
    share: Array


@dataclass(frozen=True)
class Output:
    """What happens to a layer's sums on their way out: values below ``low`` and above ``high`` are cut off by the
    activation or the grid, the rest is rounded to multiples of ``step``."""

    low: float
    high: float
    step: float


def output_of(layer: Layer) -> Output:
    """The layer's activation and the grid of its output."""
    target = layer.target
    assert target.stored is not None
    ends = np.array([target.scale * (limit - target.zero_point) for limit in target.stored.limits])
    low, high = float_activation(layer.node.attrs.get("activation", "NONE"), ends)
    return Output(float(low), float(high), target.scale)


def moments(
    values: Batches, output: Output | None = None, gain: Array | float = 1.0, shift: Array | float = 0.0
) -> Moments:
    """Of the values themselves, or of what comes out for ``gain * x + shift``; over everything but the last axis."""
    rows = total = squares = inside = 0
    for batch in values:
        x = batch.reshape(-1, batch.shape[-1])
        if output is not None:
            moved = x * np.float32(gain) + np.float32(shift)
            x = np.clip(moved, np.float32(output.low), np.float32(output.high))
            inside = inside + np.count_nonzero(x == moved, axis=0)
            x = np.rint(x / np.float32(output.step)) * np.float32(output.step)
        rows += len(x)
        total = total + x.sum(axis=0, dtype=np.float64)
        squares = squares + np.einsum("nc,nc->c", x, x, dtype=np.float64)
    mean = np.asarray(total) / rows
    variance = np.maximum(np.asarray(squares) / rows - mean**2, 0.0)
    return Moments(mean, variance, np.asarray(inside) / rows if output is not None else np.ones_like(mean))
