"""The order in which bw_quad_s8 consumes weights, and how many taps its sums of 16 bits can hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..call import Field
from ..narrow import NarrowChannels
from .steps import rescale_fields

_MOST = 255  # sum of |weight| whose products with int8 stay within int16


def quad_fields(narrow: NarrowChannels) -> dict[str, Field] | None:
    """The C struct ``bw_quad_s8_params``, or None where it does not serve."""
    channels, taps = narrow.weights.shape
    rescale = rescale_fields(narrow) if channels % 2 == 0 else None
    if rescale is None:
        return None
    padded = np.pad(narrow.weights, ((0, 0), (0, -taps % 4)))
    pairs = padded.reshape(channels // 2, 2, -1)
    return {
        "taps": padded.shape[1],
        "channels": channels,
        "weights": pairs.reshape(channels // 2, 2, -1, 2).transpose(0, 2, 1, 3),
        "group": np.array([group_of(pair) for pair in pairs], np.uint8),
        "rescale": rescale,
    }


def group_of(weights: NDArray[Any]) -> int:
    """Taps [channels, taps] that can be summed in 16 bits: the most that divide them, 2 or a multiple of four."""
    channels, taps = weights.shape
    sizes = [size for size in range(4, min(taps, 252) + 1, 4) if taps % size == 0]
    for size in reversed(sizes):
        sums = np.abs(weights.astype(np.int64)).reshape(channels, -1, size).sum(axis=2)
        if sums.max(initial=0) <= _MOST:
            return size
    return 2
