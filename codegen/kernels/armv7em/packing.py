"""The orders in which the Armv7E-M kernels consume weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
