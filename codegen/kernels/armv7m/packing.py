"""The order in which the kernels of Cortex-M3 consume weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64

_CHANNELS = 4  # of a row


def rows_of_four(weights: NDArray[Any], heads: Int64) -> NDArray[Any]:
    """Rows of words: bias and shift, and multiplier, of four channels, then a word per tap with their weights.

    Args:
        weights: bytes [channels, taps]; heads: [channels, 2].
    """
    missing = -len(heads) % _CHANNELS
    heads = np.pad(heads, ((0, missing), (0, 0))).reshape(-1, 2 * _CHANNELS)
    fours = np.pad(weights, ((0, missing), (0, 0))).reshape(len(heads), _CHANNELS, -1)
    words = np.ascontiguousarray(fours.transpose(0, 2, 1)).view("<i4")[:, :, 0]
    return np.concatenate([heads, words], axis=1)
