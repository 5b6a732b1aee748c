"""Functions of int16 values by tables of 513 int16 samples and straight lines between them, as TFLite's."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..fixedpoint import Int64, as_int64

_TABLE = 513


def interpolation_table(function: Callable[[float], float], low: float, high: float) -> Int64:
    """513 int16 samples of a function over [low, high] in Q15, each corrected by half its interval's error.

    Source: TFLite LUTPopulate for int16.
    """
    step = (high - low) / 512

    def sample(position: float) -> float:
        return function(position) * 32768.0

    entries = []
    for i in range(512):
        here, middle = _c_round(sample(low + i * step)), _c_round(sample(low + i * step + step / 2))
        interpolated = _c_round((sample(low + (i + 1) * step) + here) / 2)
        entries.append(here - _c_round((interpolated - middle) / 2))
    entries.append(_c_round(sample(high)))
    return as_int64(np.clip(entries, -32768, 32767))


def lookup(table: Int64, value: Int64) -> Int64:
    """Linear interpolation of an int16 table at int16 positions (TFLite LUTLookup)."""
    index = 256 + (value >> 7)
    offset = value & 0x7F
    base = table[index]
    delta = (table[np.minimum(index + 1, _TABLE - 1)] - base) * offset
    return as_int64(base + ((delta + 64) >> 7))


def _c_round(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)
