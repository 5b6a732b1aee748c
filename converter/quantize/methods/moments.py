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


def clamp_of(layer: Layer) -> tuple[float, float]:
    """The values that the layer's activation and the grid of its output leave."""
    target = layer.target
    assert target.stored is not None
    low, high = (target.scale * (limit - target.zero_point) for limit in target.stored.limits)
    ends = float_activation(layer.node.attrs.get("activation", "NONE"), np.array([low, high]))
    return float(ends[0]), float(ends[1])


def moments(
    values: Batches, gain: Array | float = 1.0, shift: Array | float = 0.0, clamp: tuple[float, float] | None = None
) -> Moments:
    """Of ``clamp(gain * x + shift)`` over everything but the last axis."""
    rows = total = squares = inside = 0
    for batch in values:
        x = batch.reshape(-1, batch.shape[-1])
        if clamp is not None:
            moved = x * np.float32(gain) + np.float32(shift)
            x = np.clip(moved, np.float32(clamp[0]), np.float32(clamp[1]))
            inside = inside + np.count_nonzero(x == moved, axis=0)
        rows += len(x)
        total = total + x.sum(axis=0, dtype=np.float64)
        squares = squares + np.einsum("nc,nc->c", x, x, dtype=np.float64)
    mean = np.asarray(total) / rows
    variance = np.maximum(np.asarray(squares) / rows - mean**2, 0.0)
    return Moments(mean, variance, np.asarray(inside) / rows if clamp is not None else np.ones_like(mean))
