"""What the kernels of XCV take of a layer's channels."""

from __future__ import annotations

import numpy as np

from ..call import Field, as_c
from ..narrow import NarrowChannels

#: Accumulators below this magnitude, times four, fit int32.
_LIMIT = 2**29


def tile_fields(narrow: NarrowChannels | None) -> dict[str, Field] | None:
    """The fields of the kernels over bw_tile_s8_xcv.h, or None where the layer is outside their ranges.

    Weights are padded to whole words with zeros. ``rectified``: everything below zero is clamped, for which four
    instructions requantize.
    """
    if narrow is None:
        return None
    channels, taps = narrow.weights.shape
    fields = {name: np.asarray(narrow.fields[name])[:channels] for name in ("bias", "multiplier", "right")}
    reach = np.abs(narrow.weights.astype(np.int64)).sum(axis=1) * 128
    bias, multiplier = fields["bias"].astype(np.int64), fields["multiplier"].astype(np.int64)
    if np.any(np.abs(bias) + reach >= _LIMIT) or np.any(multiplier < 2**30) or np.any(fields["right"] > 30):
        return None
    point, low, high = (narrow.fields[name] for name in ("output_zero_point", "low", "high"))
    return {
        "weights": np.pad(narrow.weights, ((0, 0), (0, -taps % 4))),
        "bias": as_c(bias, np.int32),
        "multiplier": as_c(multiplier, np.int32),
        "shift": as_c(fields["right"] + 1, np.int8),
        "output_zero_point": point,
        "low": low,
        "high": high,
        "rectified": int((point, low, high) == (-128, -128, 127)),
    }


def tile_instructions(depth: int, channels: int, columns: int, rectified: bool) -> int:
    """Of one call of bw_tile_4x4_s8_xcv (four columns) or bw_tile_4x1_s8_xcv (one)."""
    group = 6 * depth + 131 if columns == 4 else 9 * depth // 4 + 68
    more = 0 if rectified else 67 if columns == 4 else 19
    return (group + more) * (channels // 4) + 45
