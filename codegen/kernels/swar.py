"""Sums of several columns in fewer words: how many taps at a time are in range, proven from a layer's weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Sums that bw_woven_dot_s8.h gives back: -WOVEN <= sum < WOVEN.
WOVEN = 2**20


def woven_part(weights: NDArray[np.int8]) -> int | None:
    """The most taps, in parts as even as can be, whose sums of products with any int8 are in range for every channel.

    Args:
        weights: int8 [channels, taps].
    """
    wide = weights.astype(np.int64)
    low, high = np.minimum(wide * -128, wide * 127), np.maximum(wide * -128, wide * 127)
    taps = weights.shape[1]
    for parts in range(1, taps + 1):
        size = -(-taps // parts)
        starts = np.arange(0, taps, size)
        least, most = (np.add.reduceat(ends, starts, axis=1) for ends in (low, high))
        if least.min(initial=0) >= -WOVEN and most.max(initial=0) < WOVEN:
            return size
    return None
