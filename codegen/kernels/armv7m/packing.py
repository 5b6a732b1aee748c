"""The order in which the kernels of Cortex-M3 consume weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ..call import as_c
from ..narrow import NarrowChannels

_CHANNELS = 4  # of a row
_REACH = 2**23  # biases are stored in 24 bits


def woven_heads(narrow: NarrowChannels) -> Int64 | None:
    """[channels, 2]: bias << 8 | right shift - 1 and multiplier; None where the bias does not fit."""
    bias, multiplier, right = (
        np.asarray(narrow.fields[name])[: len(narrow.weights)].astype(np.int64)
        for name in ("bias", "multiplier", "right")
    )
    if np.abs(bias).max(initial=0) >= _REACH:
        return None
    return np.stack([bias << 8 | right - 1, multiplier], axis=1)


def woven_rows(narrow: NarrowChannels) -> NDArray[Any] | None:
    """Rows of four channels as armv7m/bw_woven_dot_s8.c states; None where a bias does not fit."""
    heads = woven_heads(narrow)
    if heads is None:
        return None
    missing = -len(heads) % _CHANNELS
    heads = np.pad(heads, ((0, missing), (0, 0))).reshape(-1, 2 * _CHANNELS)
    weights = np.pad(narrow.weights, ((0, missing), (0, 0))).reshape(len(heads), _CHANNELS, -1)
    words = np.ascontiguousarray(weights.transpose(0, 2, 1)).view("<i4")[:, :, 0]
    return as_c(np.concatenate([heads, words], axis=1), np.int32)
