"""The orders in which the Armv7E-M kernels consume weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ..call import as_c
from ..narrow import NarrowChannels

#: Words of pairs: least 256 * a + b, accumulators below that magnitude, largest right shift.
_LEAST, _REACH, _SHIFT = -(2**15), 2**23, 23


def channel_pairs(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights int8 [channels, taps] packed for the micro-kernel of bw_block_s8.h."""
    channels, taps = weights.shape
    pairs = channels + channels % 2
    padded = np.zeros((pairs, taps + -taps % 4), np.int8)
    padded[:channels, :taps] = weights
    # [pair, channel, quad, tap] with taps in the order 0, 2, 1, 3 -> [pair, quad, tap, channel]
    quads = padded.reshape(pairs // 2, 2, -1, 4)[:, :, :, [0, 2, 1, 3]]
    return np.ascontiguousarray(quads.transpose(0, 2, 3, 1))


def tap_pairs(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights int8 [taps, channels], channels a multiple of four, packed for bw_depthwise_conv_s8_dsp.h."""
    taps, channels = weights.shape
    padded = np.zeros((taps + taps % 2, channels), np.int8)
    padded[:taps] = weights
    # [pair, tap, quad, half, channel] -> [quad, pair, half, tap, channel]
    parts = padded.reshape(-1, 2, channels // 4, 2, 2)
    return np.ascontiguousarray(parts.transpose(2, 0, 3, 1, 4))


def words_of_pairs(narrow: NarrowChannels) -> NDArray[Any] | None:
    """Rows of words, one per channel pair, as bw_pairs_s8.h states; None where they do not fit."""
    bias, multiplier, right = (_wide(narrow, name) for name in ("bias", "multiplier", "right"))
    reach = 128 * np.abs(narrow.weights.astype(np.int64)).sum(axis=1) + np.abs(bias)
    if reach.max(initial=0) >= _REACH or np.any((right < 1) | (right > _SHIFT)):
        return None
    return headed_pairs(narrow.weights, np.stack([bias << 8 | right - 1, multiplier]))


def headed_pairs(weights: NDArray[Any], heads: Int64) -> NDArray[Any] | None:
    """Rows of words, one per channel pair: two heads of both channels, then their weights.

    Args:
        weights: int8 [channels, taps]; heads: int32 [2, channels].
    """
    channels, taps = weights.shape
    padded = np.zeros((channels + channels % 2, taps + -taps % 4), np.int64)
    padded[:channels, :taps] = weights
    halves = 256 * padded[0::2] + padded[1::2]
    if halves.min(initial=0) < _LEAST:
        return None
    quads = halves.reshape(halves.shape[0], -1, 4)[:, :, [0, 2, 1, 3]].astype("<i2")
    words = np.ascontiguousarray(quads).reshape(halves.shape[0], -1).view("<i4")
    columns = np.pad(heads, ((0, 0), (0, channels % 2))).reshape(2, -1, 2).transpose(1, 0, 2).reshape(-1, 4)
    return as_c(np.concatenate([columns, words], axis=1), np.int32)


def pairs_of_pairs(words: NDArray[Any]) -> NDArray[Any]:
    """The same words two pairs at a time, as bw_fully_connected_s8_four.h states."""
    fours = []
    for first, second in zip(words[0::2], words[1::2], strict=False):
        heads, weights = np.stack([first[:4], second[:4]]), np.stack([first[4:], second[4:]]).reshape(2, -1, 2)
        fours += [heads.reshape(-1), weights.transpose(1, 0, 2).reshape(-1)]
    alone = len(words) - len(words) % 2
    return np.concatenate([*fours, words[alone:].reshape(-1)])


def _wide(narrow: NarrowChannels, name: str) -> Int64:
    """A field of every channel without its padding."""
    values = narrow.fields[name]
    assert isinstance(values, np.ndarray)
    return values[: narrow.weights.shape[0]].astype(np.int64)
