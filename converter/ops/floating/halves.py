"""Sums of products of float16: what Helium's eight lanes of fused multiply-adds give.

A sum over a depth goes block by block of 128 elements. Within a block lane j takes elements j, j + 8, ..., at most 16
of them, from zero: ``lane = round(a * b + lane)``, rounded once, to float16. The lanes are then widened to float32 and
added, ``((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))``, and blocks are added to the sum, which is float32 and starts from
+0, in their order. So the error does not grow with the depth, and rows of zeros behind the last element change nothing.

Where elements of a result lie side by side and those of the depth do not (values of attention, the second operand of a
product, channels of a depthwise convolution), each is one lane of its own, widened after every 16 elements.

int8 weights count as ``w / 128``, exact in float16, and their scales 128 times: a lane stays below 16 times the largest
input, so that inputs up to ``SAFE_INPUT`` cannot overflow. A lane that does is infinite, as IEEE 754 has it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ...ir import Array
from .arithmetic import Real

LANES = 8
#: Elements that a lane takes before it is widened.
STEPS = 16
#: What weights are divided by, and their scales multiplied.
WEIGHT_ONE = 128
#: Inputs of weights up to here, whatever their signs, leave no lane beyond the finite numbers.
SAFE_INPUT = 65504 / STEPS

#: Sums that are computed side by side.
_MOST_SUMS = 2**15

_Wide = NDArray[np.float64]


def fused(a: _Wide, b: _Wide, total: _Wide) -> _Wide:
    """``round(a * b + total)`` of numbers that float16 holds, to float16, rounded once.

    The product is exact in float64. Where rounding their sum to float64 loses anything, one of them is so much smaller
    than the other that the sum is no tie, so that rounding again gives what rounding once does.
    """
    with np.errstate(over="ignore"):
        result: _Wide = (a * b + total).astype(np.float16).astype(np.float64)
    return result


def inner(a: Array, b: Array) -> Real:
    """Sums of products over the last axis in eight lanes: [..., depth] with [..., depth], other axes broadcast."""
    depth = a.shape[-1]
    steps = -(-depth // LANES)
    left, right = (_in_lanes(values, steps) for values in (a, b))
    shape = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    total: Real = np.zeros(shape, np.float32)
    for start in range(0, steps, STEPS):
        lanes = np.zeros((*shape, LANES))
        for step in range(start, min(start + STEPS, steps)):
            lanes = fused(left[..., step, :], right[..., step, :], lanes)
        pairs = lanes.astype(np.float32)
        while pairs.shape[-1] > 1:
            pairs = pairs[..., ::2] + pairs[..., 1::2]
        total = total + pairs[..., 0]
    return total


def _in_lanes(values: Array, steps: int) -> _Wide:
    """[..., depth] to [..., steps, lanes], zeros behind the last element."""
    behind = steps * LANES - values.shape[-1]
    padded = np.pad(values.astype(np.float64), [(0, 0)] * (values.ndim - 1) + [(0, behind)])
    return padded.reshape(*values.shape[:-1], steps, LANES)


def outer(a: Array, b: Array) -> Real:
    """Sums of products over the last axis of ``a`` and the axis before the last of ``b``, a lane for each element:
    [..., rows, depth] with [..., depth, columns] to [..., rows, columns]."""
    left, right = a.astype(np.float64), b.astype(np.float64)
    shape = (*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), left.shape[-2], right.shape[-1])
    return summed(((left[..., :, k, None], right[..., None, k, :]) for k in range(left.shape[-1])), shape)


def summed(pairs: Iterable[tuple[_Wide, _Wide]], shape: tuple[int, ...]) -> Real:
    """The sum of the products of pairs in their order, a lane for each element of the shape."""
    total, lanes = np.zeros(shape, np.float32), np.zeros(shape)
    for number, (a, b) in enumerate(pairs):
        if number and number % STEPS == 0:
            total, lanes = total + lanes.astype(np.float32), np.zeros(shape)
        lanes = fused(a, b, lanes)
    result: Real = total + lanes.astype(np.float32)
    return result


def times_int8(x: Array, weights: Array) -> Real:
    """``x @ (weights / 128)^T`` in eight lanes: [rows, depth] by int8 [units, depth], some rows at a time."""
    real, some = weights_as_they_count(weights), max(1, _MOST_SUMS // len(weights))
    return np.concatenate([inner(x[at : at + some, None], real) for at in range(0, len(x), some)])


def weights_as_they_count(weights: Array) -> _Wide:
    """int8 weights as float16 has them in a sum."""
    result: _Wide = weights.astype(np.float64) / WEIGHT_ONE
    return result
