"""The mel front ends' part of a graph: samples to logarithms or coefficients, and what the volume takes from them."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..fixedpoint import Int64, as_int64
from ..ir import Array, DType, Quantization, Tensor
from ..ops.signal.features import GAIN_FRACTION
from ..ops.signal.log2 import LOG2_FRACTION
from ..ops.signal.spectrum import spectrum_exponent
from ..sensors.builder import Builder
from .settings import FrontEnd
from .tables import dct_matrix, hann, mel_filters

_WEIGHT = 15  # fractional bits of windows and filters
_OFFSET = 24  # of the logarithms, which else would not fit int16
LN2 = float(np.log(2.0))


def mel_frames(b: Builder, pcm: str, settings: FrontEnd) -> str:
    """Samples to int16 [1, frames, values]."""
    filters = np.minimum(np.rint(mel_filters(settings) * 2.0**_WEIGHT), 2**_WEIGHT - 1).astype(np.int16)
    used = np.flatnonzero(filters.any(axis=1))
    if used.size == 0 or not filters.any(axis=0).all():
        raise InputError(
            f"{settings.mel_channels} filters between {settings.lower_hz:g} and {settings.upper_hz:g} Hz are narrower "
            f"than the {settings.sample_rate / settings.fft_length:g} Hz of a bin: take fewer, or a longer fft"
        )
    window = np.minimum(np.rint(hann(settings.window) * 2.0**_WEIGHT), 2**_WEIGHT - 1).astype(np.int16)
    exponent = spectrum_exponent(settings.fft_length)
    spectrum = b.op(
        "spectrum",
        "AUDIO_SPECTRUM",
        (pcm, b.constant("window", window, 2.0**-_WEIGHT)),
        Tensor("spectrum", (), DType.INT32, Quantization((2.0 ** -(exponent + 15),), (0,))),
        stride=settings.stride,
        fft=settings.fft_length,
        bins=int(used[-1]) + 1,
    )
    bands = []
    for channel in filters.T:
        inside = np.flatnonzero(channel)
        bands.append((int(inside[0]), int(inside[-1]) + 1 - int(inside[0])))
    weights = np.concatenate([filters[s : s + n, c] for c, (s, n) in enumerate(bands)])
    floor = max(1, round(settings.floor * 2.0 ** (15 + exponent + _WEIGHT)))
    mel = b.op(
        "log_mel",
        "AUDIO_LOG_MEL",
        (
            spectrum,
            b.constant("mel_weights", weights, 2.0**-_WEIGHT),
            b.constant("mel_bands", np.array(bands, np.int32)),
        ),
        Tensor("log_mel", (), DType.INT16, Quantization((2.0**-LOG2_FRACTION,), (0,))),
        floor=floor,
        offset=_OFFSET << LOG2_FRACTION,
    )
    if settings.kind == "log-mel":
        return mel
    matrix, scale, result = _scaled_dct(settings)
    return b.op(
        "dct",
        "AUDIO_DCT",
        (mel, b.constant("dct_matrix", matrix, scale)),
        Tensor("mfcc", (), DType.INT16, Quantization((result,), (0,))),
    )


def _scaled_dct(settings: FrontEnd) -> tuple[Array, float, float]:
    """The matrix, which also turns log2 into ln, in int16; its scale; and the finest scale of the coefficients that
    holds them for any int16 input."""
    real = dct_matrix(settings) * LN2
    fraction = 14 - int(np.ceil(np.log2(np.abs(real).max())))
    matrix = np.rint(real * 2.0**fraction).astype(np.int16)
    reach = np.abs(matrix.astype(np.int64)).sum(axis=1).max() * 2.0**-fraction * 2.0 ** (15 - LOG2_FRACTION)
    return matrix, 2.0**-fraction, 2.0 ** (int(np.floor(np.log2(reach))) + 1 - 15)


def mel_level(b: Builder, pcm: str, settings: FrontEnd) -> str:
    """Samples to the logarithm of every frame's peak, int16 [1, frames, 1]."""
    return b.op(
        "peak",
        "AUDIO_PEAK",
        (pcm,),
        Tensor("level", (), DType.INT16, Quantization((2.0**-LOG2_FRACTION,), (0,))),
        window=settings.window,
        stride=settings.stride,
    )


def mel_volume(settings: FrontEnd, scale: float) -> tuple[Int64, Int64]:
    """What one step of the level, and what the units of the filters' sums take from every value: gains and biases in
    Q15 of steps of ``scale``."""
    unit = np.full(settings.values, 1.0 / scale)
    if settings.kind == "mfcc":
        unit = np.round(dct_matrix(settings).sum(axis=1) * LN2, 12) / scale
    leveled = settings.normalize == "peak"
    exponent = spectrum_exponent(settings.fft_length) + _WEIGHT + (0 if leveled else 15)
    gain = np.rint(unit * 2.0 ** (GAIN_FRACTION - LOG2_FRACTION)) * leveled
    bias = np.rint(unit * (exponent - _OFFSET) * 2.0**GAIN_FRACTION)
    return as_int64(gain.astype(np.int64)), as_int64(bias.astype(np.int64))
