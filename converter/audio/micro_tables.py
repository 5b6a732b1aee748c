"""The constants of TensorFlow's micro frontend, in the float32 arithmetic of its C library.

Formulas: tensorflow/lite/experimental/microfrontend/lib (window_util, filterbank_util, pcan_gain_control_util, log_lut)
in the tflite-micro repository; the int16 FFT is kissfft's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..fixedpoint import Int64, as_int64
from .settings import FrontEnd

_F = np.float32
Float32 = NDArray[np.float32]

WINDOW_BITS = 12
WEIGHT_BITS = 12
#: Noise reduction: fractional bits of its factors and of the estimate; the factors of even and odd channels; what is
#: left of a signal at least.
NOISE_BITS, SMOOTHING_BITS = 14, 10
EVEN_SMOOTHING, ODD_SMOOTHING, LEAST_SIGNAL = 0.025, 0.06, 0.05
#: Gain control: exponent and offset of the noise, fractional bits of the gain and of the ratio that it makes.
STRENGTH, OFFSET, GAIN_BITS, SNR_BITS = 0.95, 80.0, 21, 12
#: The logarithm is in steps of 2^-6; a network is trained on 10/256 of these integers.
LOG_SHIFT, FEATURE_SCALE = 6, 10 / 256


def window(size: int) -> Int64:
    """Hann, sampled between the points, Q12."""
    arg = _F(np.float32(np.pi) * _F(2.0) / _F(size))
    values = _F(0.5) - _F(0.5) * np.cos(arg * (np.arange(size, dtype=np.float32) + _F(0.5)))
    return as_int64(np.floor(values * _F(1 << WINDOW_BITS) + _F(0.5)).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Filters:
    """Consecutive bins from ``first`` on: a bin of group ``g`` counts with its weight to channel ``g - 1`` and with its
    unweight to channel ``g``; there is one group more than channels.

    Attributes:
        counts: bins of every group; weights, unweights: Q12, of all bins.
    """

    first: int
    counts: Int64
    weights: Int64
    unweights: Int64


def _mel(hertz: Float32 | np.float32) -> Float32:
    return np.asarray(_F(1127.0) * np.log1p(hertz / _F(700.0)), np.float32)


def filters(settings: FrontEnd) -> Filters:
    """The triangles between equally spaced centres in mel, the first of which begins at ``lower_hz``."""
    groups = settings.mel_channels + 1
    low, high = _mel(_F(settings.lower_hz)), _mel(_F(settings.upper_hz))
    spacing = _F((high - low) / _F(groups))
    centres = np.asarray(low + spacing * np.arange(1, groups + 1, dtype=np.float32), np.float32)
    hertz = _F(0.5 * settings.sample_rate) / _F(settings.fft_length // 2)
    first = int(_F(1.5) + _F(settings.lower_hz) / hertz)
    place = _mel(np.arange(first, settings.fft_length // 2 + 1, dtype=np.float32) * hertz)
    group = np.searchsorted(centres, place, side="left")
    place, group = place[group < groups], group[group < groups]
    before = np.concatenate([[low], centres[:-1]]).astype(np.float32)
    weight = (centres[group] - place) / (centres[group] - before[group])
    one = _F(1 << WEIGHT_BITS)
    return Filters(
        first,
        as_int64(np.bincount(group, minlength=groups)),
        as_int64(np.floor(weight * one + _F(0.5)).astype(np.int64)),
        as_int64(np.floor((_F(1.0) - weight) * one + _F(0.5)).astype(np.int64)),
    )


def correction_bits(fft: int) -> int:
    """By how many bits the integers after the square root are below the magnitudes that the formulas mean."""
    return fft.bit_length() - 1 - WEIGHT_BITS // 2


def gain_table(fft: int) -> Int64:
    """[125]: the gain at 0 and 1, then for every power of two three coefficients of a parabola and a zero (the last
    power without it)."""
    input_bits = SMOOTHING_BITS - correction_bits(fft)

    def gain(x: int) -> int:
        value = _F(1 << GAIN_BITS) * np.power(_F(x) / _F(1 << input_bits) + _F(OFFSET), _F(-STRENGTH))
        return min(int(_F(value + _F(0.5))), 32767)

    table = [gain(0), gain(1)]
    for bits in range(2, 33):
        start = 1 << (bits - 1)
        end = 2 * start - 1 if bits == 32 else 2 * start
        low, middle, high = gain(start), gain(start + start // 2), gain(end)
        linear = 4 * (middle - low) - (high - low)
        table += [low, linear, high - low - linear, 0]
    return as_int64(np.array(table[:-1]))


def snr_shift(fft: int) -> int:
    """From signal * gain to a ratio of 12 fractional bits."""
    return GAIN_BITS - correction_bits(fft) - SNR_BITS


def log_table() -> Int64:
    """[130]: what ``log2(1 + i / 128)`` is above ``i / 128``, Q16, 0 at the end."""
    place = np.arange(129) / 128
    return as_int64(np.append(np.rint((np.log2(1 + place) - place) * 2.0**16), 0).astype(np.int64))


def twiddles(size: int) -> Int64:
    """[3 / 4 size, 2]: ``exp(-2 pi i k / size)``, 32767 standing for 1."""
    return _rounded(-2 * np.pi * np.arange(size * 3 // 4) / size)


def super_twiddles(size: int) -> Int64:
    """[size / 2, 2]: ``exp(-pi i (k / size + 1 / 2))`` from k = 1 on."""
    return _rounded(-np.pi * (np.arange(1, size // 2 + 1) / size + 0.5))


def _rounded(angle: NDArray[np.float64]) -> Int64:
    return as_int64(np.floor(0.5 + 32767 * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.int64))
