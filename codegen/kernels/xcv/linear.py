"""Requantization as one straight line: fewer instructions where a search on the host proves that nothing changes.

Policy DOUBLE rounds twice. Above zero it is nevertheless ``floor((acc * multiplier + c) / 2^(31 + right))``: outputs
step up where that line crosses whole numbers. Accumulators are integers, so that many lines have the very same steps.
One of them is chosen whose constant splits into a shift of the bias, which costs nothing, and an offset for the high
word of the product, whose low five bits are the shift.
"""

from __future__ import annotations

import numpy as np

from ....converter.fixedpoint import Int64

#: Of offsets and biases: neither they nor sums with the accumulators leave int32.
_LIMIT = 2**29


def linear(multiplier: Int64, right: Int64, zero_point: int) -> tuple[Int64, Int64] | None:
    """What to add to each channel's bias, and its offset for ``bw_requantize_linear_xcv`` with twice the multiplier.

    Outputs are clamped to the zero point and above; the results equal policy DOUBLE's for every accumulator.

    Args:
        multiplier: 2^30 to 2^31 - 1. right: 1 to 30.

    Returns:
        None where a channel has no such line within the ranges.
    """
    more, less = _slack(multiplier, right, zero_point)
    found = [
        _split(*channel, zero_point)
        for channel in zip(multiplier.tolist(), right.tolist(), more.tolist(), less.tolist(), strict=True)
    ]
    if any(pair is None for pair in found):
        return None
    pairs = np.array(found, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _slack(multiplier: Int64, right: Int64, zero_point: int) -> tuple[Int64, Int64]:
    """By how much the line's constant can grow and shrink without moving a step.

    At the first accumulator of a step the line is ``excess`` above the whole number, at the one before it
    ``multiplier - excess`` below.
    """
    steps = np.arange(1, 128 - zero_point)
    unit = (np.int64(1) << (31 + np.minimum(right, 31))) % multiplier
    half = (np.int64(1) << (30 + right)) % multiplier
    start = (2**30 + half) % multiplier
    excess = (start[:, None] - steps[None, :] * unit[:, None]) % multiplier[:, None]
    if not steps.size:
        return multiplier - 1, np.zeros_like(multiplier)
    return multiplier - 1 - excess.max(axis=1), excess.min(axis=1)


def _split(multiplier: int, right: int, more: int, less: int, zero_point: int) -> tuple[int, int] | None:
    """``(bias, offset)`` with ``bias * multiplier + offset * 2^31`` within the slack; bias as small as it can be."""
    step = 2**36  # offsets with the same low five bits are 32 apart
    least = 2**30 + (zero_point << (31 + right)) - less - (right << 31)
    most = least + less + more
    low, high = least % step, most % step
    bias = first_within(multiplier % step, step, low, high) if low <= high else 0
    if bias is None or bias >= _LIMIT:
        return None
    offset = 32 * ((most - bias * multiplier) // step) + right
    return (bias, offset) if abs(offset) + 2**right < _LIMIT else None


def first_within(a: int, m: int, low: int, high: int) -> int | None:
    """The smallest ``x >= 0`` with ``low <= a * x mod m <= high``, by Euclid's steps; None where there is none.

    Args:
        a: 0 to m - 1; 0 <= low <= high < m.
    """
    if low == 0:
        return 0
    if a == 0:
        return None
    x = -(-low // a)
    if a * x <= high:
        return x
    # Some a * x reaches into the range after y turns around m: the same question for y, modulo a.
    y = first_within(m % a, a, -high % a, -low % a)
    return None if y is None else -(-(low + m * y) // a)
