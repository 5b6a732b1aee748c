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


def triple_stream(
    weights: NDArray[Any], bias: NDArray[Any], multiplier: NDArray[Any], shift: NDArray[Any]
) -> NDArray[Any] | None:
    """Channel pairs as bw_triple_s8.h wants them, or None where they do not fit.

    Args:
        weights: int8 [channels, taps].
        bias, multiplier, shift: int32 [channels]; shift is the right shift less one.
    """
    channels, taps = weights.shape
    padded = np.zeros((channels + channels % 2, taps + -taps % 4), np.int64)
    padded[:channels, :taps] = weights
    halves = 256 * padded[0::2] + padded[1::2]
    reach = 128 * np.abs(weights.astype(np.int64)).sum(axis=1) + np.abs(bias.astype(np.int64))
    if halves.min(initial=0) < -(2**15) or reach.max(initial=0) >= 2**23 or np.any((shift < 0) | (shift > 22)):
        return None
    quads = halves.reshape(halves.shape[0], -1, 4)[:, :, [0, 2, 1, 3]].astype("<i2")
    words = np.ascontiguousarray(quads).reshape(halves.shape[0], -1).view("<i4")
    head = np.zeros((2, padded.shape[0]), np.int64)
    head[0, :channels] = bias.astype(np.int64) << 8 | shift
    head[1, :channels] = multiplier
    head[1, channels:] = 2**30
    pairs = head.reshape(2, -1, 2).transpose(1, 0, 2).reshape(-1, 4)
    return np.concatenate([pairs, words], axis=1).astype(np.int32)
