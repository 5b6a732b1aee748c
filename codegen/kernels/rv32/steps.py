"""Requantization DOUBLE without the low half of its product, which RV32 would pay for with two more instructions.

Per output channel, ``t = mulh((acc << scale) + bias, multiplier)`` takes the place of the policy's rounding doubling
high multiply, with ``scale - 1`` more bits. A rectified layer, whose outputs are never below the zero point, has
``t >> right``, what is rounded and the zero point being in the bias. In other layers ``t -= 2^(scale - 1)`` where it
is negative, for ties away from zero, and ``(t + rounding) >> right`` follow. The policy is a monotonic staircase of at
most 255 steps, and so is this; they are equal everywhere if every step happens at the same accumulator: multiplier and
the constant that is added are searched for such that they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64, requantize_double, wrap32
from ..call import Field, as_c
from ..narrow import NarrowChannels

_LARGEST_SCALE, _SCALES = 12, 4  # so many are tried
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

    @property
    def rectified(self) -> bool:
        """Whether no output lies below the zero point."""
        return self.low >= self.zero_point

    def outputs(self, acc: Int64) -> Int64:
        """What the policy makes of accumulators [channels, any]."""
        scaled = requantize_double(acc, self.multiplier, -self.right)
        return np.clip(scaled + self.zero_point, self.low, self.high)

    def shift(self, scale: int) -> Int64:
        """Right shifts [channels, 1] of t."""
        return np.minimum(self.right + scale - 1, _LARGEST_RIGHT)

    def stairs(self, scale: int) -> tuple[Int64, Int64, NDArray[np.bool_]]:
        """(t, accumulator, whether in reach) from which on each output level is reached."""
        levels = np.arange(self.low + 1, self.high + 1, dtype=np.int64)[None, :] - self.zero_point
        # Rounded to nearest, ties away from zero: a negative tie belongs to the level below.
        products = (levels << self.right) - (np.int64(1) << (self.right - 1)) + (levels <= 0)
        places = -(-((products << 31) - (1 << 30)) // self.multiplier)
        reached = (places > self.least) & (places <= self.most)
        if self.rectified:
            return (levels + self.zero_point) << self.shift(scale), places, reached
        return products << (scale - 1), places, reached

    def fast(self, acc: Int64, scale: int, multiplier: Int64, carry: Int64) -> Int64:
        """What the kernel makes of accumulators [channels, any]."""
        product = ((acc << scale) + carry) * multiplier >> 32
        right = self.shift(scale)
        if not self.rectified:
            product -= np.where(product < 0, 1 << (scale - 1), 0)
            product += (self.zero_point << right) + (np.int64(1) << (right - 1))
        return np.clip(product >> right, self.low, self.high)

    def some(self, rows: NDArray[np.intp]) -> _Channels:
        """Some channels."""
        return replace(
            self,
            multiplier=self.multiplier[rows],
            right=self.right[rows],
            bias=self.bias[rows],
            least=self.least[rows],
            most=self.most[rows],
        )


def steps(narrow: NarrowChannels) -> Steps | None:
    """The constants of every channel, or None where one has none."""
    channels = _channels(narrow)
    most_right = int(channels.right.max(initial=0))
    reach = int(np.maximum(abs(channels.least), abs(channels.most)).max(initial=0))
    largest = min(_LARGEST_SCALE, (2**31 // (reach + 4)).bit_length() - 1)
    if not channels.rectified:
        largest = min(largest, _LARGEST_RIGHT + 1 - most_right)
    if most_right > _LARGEST_RIGHT:
        return None
    for scale in range(largest, max(1, largest - _SCALES), -1):
        found = _search(channels, scale)
        if found is not None:
            bias, multiplier = (values[:, 0].astype(np.int32) for values in found)
            return Steps(bias, multiplier, channels.shift(scale)[:, 0].astype(np.uint8), scale, channels.rectified)
    return None


def _search(channels: _Channels, scale: int) -> tuple[Int64, Int64] | None:
    """Biases and multipliers [channels, 1] at one scale."""
    bias, multiplier = np.zeros_like(channels.bias), np.zeros_like(channels.bias)
    missing = np.arange(len(bias))
    for near in _NEAR:
        some = channels.some(missing)
        carry, fast, fits = _try(some, scale, near)
        bias[missing] = np.where(fits, (some.bias << scale) + carry, 0)
        multiplier[missing] = fast
        missing = missing[~fits[:, 0]]
        if not len(missing):
            return bias, multiplier
    return None


def _try(channels: _Channels, scale: int, near: int) -> tuple[Int64, Int64, NDArray[np.bool_]]:
    """(constant to add, multiplier, whether they serve) of every channel, [channels, 1] each."""
    reach = np.maximum(np.maximum(abs(channels.least), abs(channels.most)), 1)
    fewer = channels.right + scale - 1 - channels.shift(scale)  # bits of the multiplier
    fast = (channels.multiplier >> fewer) + near * np.maximum(1, (1 << 30) // (reach << scale))
    fast = np.clip(fast, 2**16, 2**31 - 1)
    products, places, reached = channels.stairs(scale)
    # At its place, and not one accumulator before.
    needed = -(-(products << 32) // fast) - (places << scale)
    least = np.max(needed, axis=1, keepdims=True, initial=-(2**60), where=reached)
    most = np.min(needed, axis=1, keepdims=True, initial=2**60, where=reached) + (1 << scale) - 1
    constant = ~reached.any(axis=1, keepdims=True)
    carry = np.where(constant, _middle(channels, scale, fast), (least + most) // 2)
    ends = [(end << scale) + carry for end in (channels.least, channels.most)]
    fits = (constant | (least <= most)) & (ends[0] > -(2**31)) & (ends[1] < 2**31)
    acc = np.where(reached, places, channels.least)
    acc = np.concatenate([channels.least, channels.most, acc, np.maximum(acc - 1, channels.least)], axis=1)
    same = channels.fast(acc, scale, fast, np.clip(carry, -(2**31), 2**31)) == channels.outputs(acc)
    return carry, fast, fits & np.all(same, axis=1, keepdims=True)


def _middle(channels: _Channels, scale: int, multiplier: Int64) -> Int64:
    """What is added where the output is one and the same, from the middle of that output's step."""
    right = channels.shift(scale)
    level = channels.outputs(channels.least) - (0 if channels.rectified else channels.zero_point)
    middle = (level << right) + ((np.int64(1) << (right - 1)) if channels.rectified else 0)
    return (middle << 32) // multiplier - (((channels.least + channels.most) // 2) << scale)


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


def rescale_fields(narrow: NarrowChannels) -> dict[str, Field] | None:
    """The C struct ``bw_rescale_rv32``, or None where there is none."""
    found, channels = steps(narrow), _channels(narrow)
    fields = _policy(channels) if found is None else _searched(found)
    if fields is None:
        return None
    offset = 0 if found is not None and found.rectified else 2 * channels.zero_point + 1
    return {**fields, "offset": offset, "low": channels.low, "high": channels.high}


def _searched(found: Steps) -> dict[str, Field]:
    return {
        "bias": found.bias,
        "multiplier": found.multiplier,
        "right": found.right,
        "scale": found.scale,
        "tie": 0 if found.rectified else 1 << (found.scale - 1),
        "half": 0,
    }


def _policy(channels: _Channels) -> dict[str, Field] | None:
    """The policy itself, with its own constants, as far as four times the accumulator fits int32."""
    if max(abs(channels.least).max(), abs(channels.most).max()) >= 2**29 or channels.right.max() > _LARGEST_RIGHT:
        return None
    return {
        "bias": as_c(channels.bias[:, 0] << 2, np.int32),
        "multiplier": as_c(channels.multiplier[:, 0], np.int32),
        "right": as_c(channels.right[:, 0] + 1, np.uint8),
        "scale": 2,
        "tie": 2,
        "half": 1,
    }


def without_excess(rescale: Mapping[str, Field], excess: Int64) -> dict[str, Field]:
    """The same for accumulators that are too large by that much per channel, or in all."""
    bias, scale = np.asarray(rescale["bias"]).astype(np.int64), np.asarray(rescale["scale"]).astype(np.int64)
    return {**rescale, "bias": as_c(wrap32(bias - (excess << scale)), np.int32)}
