"""The integer logarithm of the front ends: a table of 64 segments with linear interpolation.

Its error: the chord's (1/64)^2 / 8 * log2(e) = 4.4e-5, the table's and the interpolation's rounding 2^-16 + 2^-16, and
half a step of the result; below 0.58 steps of 2^-10 in all.
"""

from __future__ import annotations

import numpy as np

from ...fixedpoint import Int64, as_int64

#: Fractional bits of the result.
LOG2_FRACTION = 10
_SEGMENTS, _TABLE_FRACTION = 64, 15


def log2_table() -> Int64:
    """[65]: ``log2(1 + i / 64)`` in Q15."""
    exact = np.log2(1 + np.arange(_SEGMENTS + 1) / _SEGMENTS) * 2.0**_TABLE_FRACTION
    return as_int64(np.rint(exact).astype(np.int64))


def log2_fixed(values: Int64) -> Int64:
    """``log2`` in Q10 of integers in [1, 2^62)."""
    table = log2_table()
    high = values >> 31
    exponent = np.where(
        high > 0,
        np.frexp(high.astype(np.float64))[1] + 30,
        np.frexp(values.astype(np.float64))[1] - 1,
    ).astype(np.int64)
    # The 16 bits below the leading one.
    mantissa = (
        np.where(exponent >= 16, values >> np.maximum(exponent - 16, 0), values << np.maximum(16 - exponent, 0))
        & 0xFFFF
    )
    segment, rest = mantissa >> 10, mantissa & 0x3FF
    fraction = table[segment] + (((table[segment + 1] - table[segment]) * rest + 512) >> 10)
    return as_int64((exponent << LOG2_FRACTION) + ((fraction + 16) >> 5))
