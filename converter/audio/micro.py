"""The micro frontend's part of a graph: samples to logarithms after noise reduction and gain control."""

from __future__ import annotations

import numpy as np

from ..ir import DType, Quantization, Tensor
from ..sensors.builder import Builder
from . import micro_tables as tables
from .settings import FrontEnd


def micro_frames(b: Builder, pcm: str, settings: FrontEnd, stream: bool) -> str:
    """Samples to int16 [1, frames, channels].

    Args:
        stream: whether the noise that was heard before is state; else every recording begins without any.
    """
    fft = settings.fft_length
    bank = tables.filters(settings)
    constants = {
        "window": tables.window(settings.window),
        "twiddles": tables.twiddles(fft // 2),
        "super_twiddles": tables.super_twiddles(fft // 2),
    }
    operands = [b.constant(name, value.astype(np.int16)) for name, value in constants.items()]
    energies, shifts = b.ops(
        "spectrum",
        "MICRO_SPECTRUM",
        (pcm, *operands),
        [Tensor("energies", (), DType.INT32), Tensor("shifts", (), DType.INT16)],
        stride=settings.stride,
        fft=fft,
        first=bank.first,
        bins=bank.weights.size,
    )
    weights = b.constant("weights", bank.weights.astype(np.int16))
    unweights = b.constant("unweights", bank.unweights.astype(np.int16))
    groups = b.constant("groups", bank.counts.astype(np.int16))
    heard = b.op(
        "filters", "MICRO_FILTERS", (energies, shifts, weights, unweights, groups), Tensor("heard", (), DType.UINT32)
    )
    signal, noise = _noise(b, heard, settings, stream)
    table = b.constant("gains", tables.gain_table(fft).astype(np.int16))
    leveled = b.op(
        "gain", "MICRO_GAIN", (signal, noise, table), Tensor("leveled", (), DType.UINT32), shift=tables.snr_shift(fft)
    )
    return b.op(
        "log",
        "MICRO_LOG",
        (leveled, b.constant("log2", tables.log_table().astype(np.int16))),
        Tensor("log", (), DType.INT16, Quantization((tables.FEATURE_SCALE,), (0,))),
        correction=tables.correction_bits(fft),
        scale=tables.LOG_SHIFT,
    )


def _noise(b: Builder, heard: str, settings: FrontEnd, stream: bool) -> tuple[str, str]:
    """The signal less the noise, and the noise."""
    silence = np.zeros((1, 1, settings.mel_channels), np.uint32)
    if stream:
        before = b.read("noise", silence, Tensor("noise_before", (), DType.UINT32))
    else:
        before = b.constant("no_noise", silence)
    one = 1 << tables.NOISE_BITS
    signal, noise, after = b.ops(
        "noise",
        "MICRO_NOISE",
        (heard, before),
        [Tensor(name, (), DType.UINT32) for name in ("signal", "noise", "noise_after")],
        even=int(tables.EVEN_SMOOTHING * one),
        odd=int(tables.ODD_SMOOTHING * one),
        least=int(tables.LEAST_SIGNAL * one),
        scale=tables.SMOOTHING_BITS,
    )
    if stream:
        b.keep("noise", after)
    return signal, noise
