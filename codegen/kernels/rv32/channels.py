"""What the kernels of RV32 take of a layer's channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..call import Field, as_c
from ..narrow import NarrowChannels

#: Accumulators below this magnitude, times four, fit int32.
_LIMIT = 2**29
#: Largest right shift whose zero point and halves fit int32.
_SHIFT = 22


def requantize_fields(narrow: NarrowChannels | None) -> dict[str, Field] | None:
    """Bias, multiplier, shift, zero point and clamp as bw_requantize_rv32.h states, or None outside its ranges."""
    if narrow is None:
        return None
    channels = narrow.weights.shape[0]
    bias, multiplier, right = (
        np.asarray(narrow.fields[name])[:channels].astype(np.int64) for name in ("bias", "multiplier", "right")
    )
    reach = np.abs(narrow.weights.astype(np.int64)).sum(axis=1) * 128
    if np.any(np.abs(bias) + reach >= _LIMIT) or np.any(multiplier < 2**30) or np.any(right > _SHIFT):
        return None
    return {
        "bias": as_c(bias, np.int32),
        "multiplier": as_c(multiplier, np.int32),
        "shift": as_c(right + 1, np.int8),
        **{name: narrow.fields[name] for name in ("output_zero_point", "low", "high")},
    }


def in_blocks(weights: NDArray[np.int8], block: int) -> NDArray[np.int8]:
    """Weights [channels, taps] as [channels / block][taps][block], missing channels of zeros."""
    channels, taps = weights.shape
    padded = np.pad(weights, ((0, -channels % block), (0, 0)))
    return np.ascontiguousarray(padded.reshape(-1, block, taps).transpose(0, 2, 1))
