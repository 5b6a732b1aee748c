"""Channel pairs of rectified layers for bw_triple_rectified_s8.h: every channel's accumulator scaled by 256.

One scale for all channels leaves their multipliers fewer bits than the policy's, so that multiplier and bias are
searched for together. A step to ``k`` at accumulator ``a`` needs ``ceil((k << 10) - 512 - 64) * 2^32 / M) - 256 a`` to
be at most the carry that is added to the scaled accumulator, and more than the carry less 256: what all steps need must
lie within 256. How far it spreads is all but convex in ``M``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ....converter.ir import Rounding
from ....converter.ops.operator import Requantization
from .rectified import MOST_FORMS, OFFSET, POINT, Staircase

SCALE = 8
_CARRY = (1 << SCALE) >> 2  # what Staircase adds to the offset at this scale
PAIR_OFFSET = OFFSET + _CARRY
_AROUND, _NEAR = 1 << 11, 64  # multipliers searched on both sides of the policy's, and tried of them


def rectified_heads(requant: Requantization, weights: NDArray[Any], bias: Int64) -> tuple[Int64, NDArray[Any]] | None:
    """Scaled biases and multipliers [2, channels] and int8 weights, or None where one channel has no exact form.

    Channels whose output is the same whatever the input get no weights.

    Args:
        weights: int8 [channels, taps]; bias: the input's zero point folded in.
    """
    if requant.rounding is not Rounding.DOUBLE or (requant.zero_point, requant.low, requant.high) != (-128, -128, 127):
        return None
    wide = weights.astype(np.int64)
    low = bias + np.minimum(wide * -128, wide * 127).sum(axis=1)
    high = bias + np.maximum(wide * -128, wide * 127).sum(axis=1)
    multiplier, shift = (np.broadcast_to(values, bias.shape) for values in (requant.multiplier, requant.shift))
    heads, kept = np.zeros((2, bias.size), np.int64), weights.copy()
    for c in range(bias.size):
        stairs = Staircase(int(multiplier[c]), int(shift[c]), int(low[c]), int(high[c]))
        first, last = stairs.outputs(np.array([stairs.low, stairs.high])).tolist()
        if first == last:  # a quarter of four times the value
            kept[c] = 0
            heads[:, c] = (first + 128) << (POINT + 2), 2**30
            continue
        form = _form(stairs) if stairs.multiplier > 0 and stairs.shift <= 0 else None
        if form is None:
            return None
        heads[:, c] = (int(bias[c]) << SCALE) + form[1], form[0]
    reach = (128 << SCALE) * np.abs(kept.astype(np.int64)).sum(axis=1)
    return (heads, kept) if np.all(np.abs(heads[0]) + reach < 2**31) else None


@lru_cache(maxsize=MOST_FORMS)
def _form(stairs: Staircase) -> tuple[int, int] | None:
    """(multiplier, carry) that have every step in reach at its place."""
    levels, places = stairs.steps()
    nearest = (stairs.multiplier << POINT) >> (SCALE - 1 - stairs.shift)
    if not _NEAR < nearest < 2**31 - _AROUND - _NEAR:
        return None
    wanted = ((levels << POINT) - (1 << (POINT - 1)) - _CARRY) << 32

    def needed(multiplier: int) -> tuple[int, int]:
        carries = -(-wanted // multiplier) - (places << SCALE)
        return int(carries.max()), int(carries.min())

    first, last = max(1, nearest - _AROUND), nearest + _AROUND
    while last - first > _NEAR:
        left, right = first + (last - first) // 3, last - (last - first) // 3
        spreads = [most - least for most, least in (needed(left), needed(right))]
        first, last = (first, right) if spreads[0] <= spreads[1] else (left, last)
    middle = (first + last) // 2
    for multiplier in sorted(range(max(1, first - _NEAR), last + _NEAR), key=lambda m: abs(m - middle)):
        carry, least = needed(multiplier)
        if carry - least < 1 << SCALE and stairs.equals(SCALE, multiplier, carry):
            return multiplier, carry
    return None
