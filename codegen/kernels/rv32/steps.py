"""Requantization DOUBLE without the low half of its product, which RV32 would pay for with two more instructions.

Per output channel, ``t = mulh((acc << scale) + bias, multiplier)`` takes the place of the policy's rounding doubling
high multiply, with ``scale - 1`` more bits; ``t -= 2^(scale - 1)`` where it is negative, for ties away from zero, and
``(t + rounding) >> right`` follow. Both are monotonic staircases of at most 255 steps, equal everywhere if every step
happens at the same accumulator: multiplier and the constant that is added are searched for such that they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64, requantize_double
from ..narrow import NarrowChannels

_SCALES = range(12, 3, -1)
_LARGEST_RIGHT = 22  # so that the zero point and what is rounded fit int32 at that binary point
_NEAR = sorted(range(-24, 25), key=abs)  # multipliers tried beside the policy's own, in half units of its last place


@dataclass(frozen=True, eq=False)
class Steps:
    """Per channel: bias in the accumulator's scale, multiplier and right shift; one scale for all.

    ``rectified``: no output in reach lies below the zero point, so that negative ones need no care.
    """

    bias: NDArray[Any]
    multiplier: NDArray[Any]
    right: NDArray[Any]
    scale: int
    rectified: bool


@dataclass(frozen=True, eq=False)
class _Channels:
    """Columns [channels, 1] of what the policy is given, and of the accumulators that can occur, bias included."""

    multiplier: Int64
    right: Int64
    bias: Int64
    least: Int64
    most: Int64
    zero_point: int
    low: int
    high: int

    def outputs(self, acc: Int64) -> Int64:
        """What the policy makes of accumulators [channels, any]."""
        scaled = requantize_double(acc, self.multiplier, -self.right)
        return np.clip(scaled + self.zero_point, self.low, self.high)

    def stairs(self) -> tuple[Int64, Int64, NDArray[np.bool_]]:
        """(high multiply, accumulator, whether in reach) from which on each output level is reached."""
        levels = np.arange(self.low + 1, self.high + 1, dtype=np.int64)[None, :] - self.zero_point
        # Rounded to nearest, ties away from zero: a negative tie belongs to the level below.
        products = (levels << self.right) - (np.int64(1) << (self.right - 1)) + (levels <= 0)
        places = -(-((products << 31) - (1 << 30)) // self.multiplier)
        return products, places, (places > self.least) & (places <= self.most)


def steps(narrow: NarrowChannels) -> Steps | None:
    """The constants of every channel, or None where one has none."""
    channels = _channels(narrow)
    reach = int(max(abs(channels.least).max(), abs(channels.most).max()))
    largest = min((2**31 // (reach + 4)).bit_length() - 1, _LARGEST_RIGHT + 1 - int(channels.right.max()))
    for scale in _SCALES:
        found = _search(channels, scale) if scale <= largest else None
        if found is not None:
            bias, multiplier = (values[:, 0].astype(np.int32) for values in found)
            right = (channels.right[:, 0] + scale - 1).astype(np.uint8)
            return Steps(bias, multiplier, right, scale, channels.low >= channels.zero_point)
    return None


def _search(channels: _Channels, scale: int) -> tuple[Int64, Int64] | None:
    """Biases and multipliers [channels, 1] at one scale."""
    bias, multiplier = np.zeros_like(channels.bias), np.zeros_like(channels.bias)
    missing = np.ones(channels.bias.shape, bool)
    products, places, reached = channels.stairs()
    unit = np.maximum(1, (1 << 30) // np.maximum(1, np.maximum(abs(channels.least), abs(channels.most)) << scale))
    for near in _NEAR:
        fast = np.clip(channels.multiplier + near * unit, 2**29, 2**31 - 1)
        # At its place, and not one accumulator before.
        needed = -(-(products << (31 + scale)) // fast) - (places << scale)
        least = np.max(needed, axis=1, keepdims=True, initial=-(2**40), where=reached)
        most = np.min(needed, axis=1, keepdims=True, initial=2**40, where=reached) + (1 << scale) - 1
        half = (1 << (30 + scale)) // fast
        carry = np.where(least <= -(2**40), half, (least + most) // 2)  # any, where the output is constant
        fits = missing & (least <= most) & (abs(carry) < 2 << scale)
        fits &= _equals(channels, scale, fast, carry, places, reached)
        bias = np.where(fits, (channels.bias << scale) + carry, bias)
        multiplier = np.where(fits, fast, multiplier)
        missing &= ~fits
        if not missing.any():
            return bias, multiplier
    return None


def _channels(narrow: NarrowChannels) -> _Channels:
    count = narrow.weights.shape[0]
    wide = narrow.weights.astype(np.int64)
    bias, multiplier, right = (
        np.asarray(narrow.fields[n]).astype(np.int64)[:count, None] for n in ("bias", "multiplier", "right")
    )
    zero_point, low, high = (int(np.asarray(narrow.fields[n])) for n in ("output_zero_point", "low", "high"))
    return _Channels(
        multiplier,
        right,
        bias,
        bias + np.minimum(wide * -128, wide * 127).sum(axis=1, keepdims=True),
        bias + np.maximum(wide * -128, wide * 127).sum(axis=1, keepdims=True),
        zero_point,
        low,
        high,
    )


def _equals(
    channels: _Channels, scale: int, fast: Int64, carry: Int64, places: Int64, reached: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether both give the same at both ends and on both sides of every step in reach."""
    ends = [channels.least, channels.most]
    acc = np.concatenate(
        [*ends, np.where(reached, places, channels.least), np.where(reached, places - 1, channels.most)], 1
    )
    product = ((acc << scale) + carry) * fast >> 32
    product -= np.where(product < 0, 1 << (scale - 1), 0)
    right = channels.right + scale - 1
    rounding = (channels.zero_point << right) + (np.int64(1) << (right - 1))
    output = np.clip((product + rounding) >> right, channels.low, channels.high)
    return np.all(output == channels.outputs(acc), axis=1, keepdims=True)
