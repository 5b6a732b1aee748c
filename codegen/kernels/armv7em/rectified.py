"""Requantization of rectified layers in two instructions, proven for every accumulator that a layer can reach.

A channel's outputs are a staircase over its accumulators. Where zero point and clamp are -128 and 127 only the steps
above zero matter: policy DOUBLE has the step to ``k`` at the first accumulator with ``acc * m / 2^31 >= 2^n * (k - 1/2)
- 1/2`` (multiplier ``m``, right shift ``n``). ``bw_rectify`` of bw_dsp.h has it where ``(acc' * M >> 32) + offset``
reaches ``k << 10``, with ``acc' = (acc << scale) + carry``. With ``scale = 11 - n`` both are the same inequality;
elsewhere ``M`` and ``carry`` are searched for such that every step in reach happens at the same accumulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64, requantize_double
from ....converter.ir import Rounding
from ....converter.ops.operator import Requantization

POINT = 10  # binary point of bw_rectify
OFFSET = (-128 << POINT) + (1 << (POINT - 1))
_SCALES = (5, 6, 4, 7, 3, 8, 2)  # tried where there is no exact one
MOST_FORMS = 1 << 14  # kept: a layer is lowered again for bands of its rows
_NEAR = 8  # multipliers tried on both sides of the nearest


@dataclass(frozen=True, eq=False)
class Rectified:
    """Per channel: int8 weights [channels, taps] and, in the accumulator's scale, bias, multiplier and scale."""

    weights: NDArray[Any]
    bias: NDArray[Any]
    multiplier: NDArray[Any]
    scale: NDArray[Any]
    offset: int = OFFSET


@dataclass(frozen=True)
class Staircase:
    """The policy's outputs of one channel: accumulators ``low`` to ``high``, and the first of each step in reach."""

    multiplier: int
    shift: int
    low: int
    high: int

    def outputs(self, acc: Int64) -> Int64:
        scaled = requantize_double(acc, np.int64(self.multiplier), np.int64(self.shift))
        return np.clip(scaled - 128, -128, 127)

    def steps(self) -> tuple[Int64, Int64]:
        """(k, accumulator): from there on the output is at least -128 + k."""
        first, last = self.outputs(np.array([self.low, self.high])) + 128
        levels = range(int(first) + 1, int(last) + 1)
        places = [-(-((((2 * k - 1) << -self.shift) - 1) << 30) // self.multiplier) for k in levels]
        return np.array(levels, np.int64), np.array(places, np.int64)

    def equals(self, scale: int, multiplier: int, carry: int) -> bool:
        """Whether bw_rectify gives the same output for every accumulator.

        Both are monotonic, so that they agree everywhere if they agree at both ends and on both sides of every step.
        """
        _, places = self.steps()
        acc = np.concatenate([[self.low, self.high], places, places - 1])
        acc = np.sort(acc[(acc >= self.low) & (acc <= self.high)])
        exact = self.outputs(acc)
        if np.any((np.diff(exact) != 0) & (np.diff(acc) > 1)):
            return False
        offset = OFFSET + ((1 << scale) >> 2)
        fast = ((((acc << scale) + carry) * multiplier >> 32) + offset) >> POINT
        return bool(np.array_equal(np.clip(fast, -128, 127), exact))


def rectified(requant: Requantization, weights: NDArray[Any], bias: Int64) -> Rectified | None:
    """The channels of a rectified layer, or None where one has no exact form.

    Args:
        weights: int8 [channels, taps]; bias: the input's zero point folded in.
    """
    if requant.rounding is not Rounding.DOUBLE or (requant.zero_point, requant.low, requant.high) != (-128, -128, 127):
        return None
    channels = weights.shape[0]
    wide = weights.astype(np.int64)
    low = bias + np.minimum(wide * -128, wide * 127).sum(axis=1)
    high = bias + np.maximum(wide * -128, wide * 127).sum(axis=1)
    multiplier, shift = (
        np.broadcast_to(values, (channels,)).tolist() for values in (requant.multiplier, requant.shift)
    )
    kept = weights.copy()
    rows = []
    for c in range(channels):
        if shift[c] > 0 or multiplier[c] <= 0:
            return None
        stairs = Staircase(multiplier[c], shift[c], int(low[c]), int(high[c]))
        first, last = stairs.outputs(np.array([stairs.low, stairs.high])).tolist()
        if first == last:  # whatever the input: no weights, and a quarter of four times the value
            kept[c] = 0
            rows.append(((first + 128) << (POINT + 2), 2**30, 0))
            continue
        form = _exact(stairs) or _searched(stairs)
        if form is None:
            return None
        scale, fast, carry = form
        reach = int(np.abs(wide[c]).sum()) * 128
        scaled = (int(bias[c]) << scale) + carry
        if abs(scaled) + (reach << scale) >= 2**31:
            return None
        rows.append((scaled, fast, scale))
    columns = np.array(rows, np.int64).reshape(channels, 3).T
    return Rectified(kept, columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2].astype(np.uint8))


@lru_cache(maxsize=MOST_FORMS)
def _exact(stairs: Staircase) -> tuple[int, int, int] | None:
    """(scale, multiplier, carry) where the policy's own multiplier serves."""
    scale = POINT + 1 + stairs.shift
    if 2 <= scale <= 8 and stairs.equals(scale, stairs.multiplier, 0):
        return scale, stairs.multiplier, 0
    return None


@lru_cache(maxsize=MOST_FORMS)
def _searched(stairs: Staircase) -> tuple[int, int, int] | None:
    """(scale, multiplier, carry) that have every step in reach at its place."""
    levels, places = stairs.steps()
    for scale in _SCALES:
        # acc * m / 2^(31 - shift) == (acc << scale) * M / 2^(32 + POINT)
        down = scale - POINT - 1 - stairs.shift
        nearest = stairs.multiplier >> down if down >= 0 else 2**31
        if not _NEAR < nearest < 2**31 - _NEAR:
            continue
        wanted = ((levels << POINT) - (1 << (POINT - 1)) - ((1 << scale) >> 2)) << 32
        for multiplier in sorted(range(nearest - _NEAR, nearest + _NEAR + 1), key=lambda m: abs(m - nearest)):
            needed = -(-wanted // multiplier) - (places << scale)  # at its place; not one accumulator before
            least, most = int(needed.max()), int(needed.min()) + (1 << scale) - 1
            if least <= most and stairs.equals(scale, multiplier, (least + most) // 2):
                return scale, multiplier, (least + most) // 2
    return None
