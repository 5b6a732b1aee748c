"""The constants of a front end in float64, by the formulas of TensorFlow's tf.signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .settings import FrontEnd

Float64 = NDArray[np.float64]


def hann(size: int) -> Float64:
    """The periodic Hann window (tf.signal.hann_window)."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size))


def _mel(hertz: Float64) -> Float64:
    """The HTK mel scale."""
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))


def mel_filters(settings: FrontEnd) -> Float64:
    """[bins, channels]: triangles that rise and fall linearly in mel; the bin at 0 Hz belongs to none
    (tf.signal.linear_to_mel_weight_matrix)."""
    bins = settings.fft_length // 2 + 1
    place = _mel(np.linspace(0.0, settings.sample_rate / 2, bins))[:, None]
    ends = _mel(np.array([settings.lower_hz, settings.upper_hz]))
    edges = np.linspace(ends[0], ends[1], settings.mel_channels + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights: Float64 = np.maximum(0.0, np.minimum((place - low) / (centre - low), (high - place) / (high - centre)))
    weights[0] = 0.0
    return weights


def dct_matrix(settings: FrontEnd) -> Float64:
    """[coefficients, channels]: DCT-II over ``sqrt(2 * channels)`` (tf.signal.mfccs_from_log_mel_spectrograms)."""
    channels = settings.mel_channels
    angle = np.pi / channels * np.arange(settings.coefficients)[:, None] * (np.arange(channels) + 0.5)
    return np.asarray(2.0 * np.cos(angle) / np.sqrt(2.0 * channels))
