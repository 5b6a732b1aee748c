"""AUDIO_SPECTRUM: window, real FFT and magnitude of every frame.

A frame of N = ``fft`` samples is packed into N/2 complex ones and transformed in radix-2 stages, each of which halves
its result, so that nothing grows; a last stage takes the two halves of the spectrum apart. All of it is int32 with
twiddles in Q30, every product is rounded once, half up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...fixedpoint import Int64, as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, require
from .frames import MOST_WINDOW, Frames, frames_of, whole

#: Fractional bits of the twiddles: 1 is exact, and a product of an int32 with one and the sum of two stay in int64.
_TWIDDLE = 30
#: Fractional bits that a windowed sample has more than the sample (Q15 window, halved).
_EXTRA = 14


@dataclass(frozen=True, eq=False)
class Spectrum:
    """int16 [1, samples] -> int32 [1, frames, bins].

    Attributes:
        window: int16 [window], Q15.
        fft: length N, a power of two.
        twiddles: int32 [N / 2, 2], cosine and sine of ``-2 pi k / N`` in Q30.
        order: int64 [N / 2], the bit-reversed index of each packed sample.
        bins: how many of the lowest bins are wanted.
    """

    frames: Frames
    window: Int64
    fft: int
    twiddles: Int64
    order: Int64
    bins: int


def spectrum_exponent(fft: int) -> int:
    """A magnitude in AUDIO_SPECTRUM's integers is ``2^n`` times that of the samples' own DFT; this is ``n``."""
    return _EXTRA - (fft.bit_length() - 2)


def twiddle_table(fft: int) -> Int64:
    """[N / 2, 2]: ``exp(-2 pi i k / N)`` in Q30."""
    angle = -2 * np.pi * np.arange(fft // 2) / fft
    return as_int64(np.rint(np.stack([np.cos(angle), np.sin(angle)], axis=1) * 2.0**_TWIDDLE).astype(np.int64))


def bit_reversed(size: int) -> Int64:
    """The indices of a power of two of elements with their bits in reverse."""
    order = np.zeros(1, np.int64)
    while order.size < size:
        order = np.concatenate([2 * order, 2 * order + 1])
    return as_int64(order)


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    window = graph.input(node, 1).elements
    return [(1, frames_of(graph, node, window).count, whole(node, "bins", 1, MOST_WINDOW))]


def _prepare(graph: Graph, node: Node) -> Spectrum:
    """Range: every stage halves a sum of two complex numbers of magnitude at most R = sqrt(2) * max|sample * window|
    / 2 < 2^29.5, rounding adds below 1 per stage; the last stage adds two of them, whose true value is at most the sum
    of all windowed samples over N / 2."""
    window = graph.input(node, 1)
    require(window.dtype is DType.INT16 and window.is_constant, node, "a window that is not constant int16")
    fft = whole(node, "fft", 8, MOST_WINDOW)
    bins = whole(node, "bins", 1, fft // 2 + 1)
    if fft & (fft - 1) or not 0 < window.elements <= fft:
        raise ModelError(f"{node.name} ({node.op}): a window of {window.elements} in an FFT of {fft}")
    require(graph.output(node).dtype is DType.INT32, node, "magnitudes of another type than int32")
    values = as_int64(window.value().astype(np.int64).reshape(-1))
    return Spectrum(frames_of(graph, node, values.size), values, fft, twiddle_table(fft), bit_reversed(fft // 2), bins)


def _times(re: Int64, im: Int64, c: Int64, s: Int64) -> tuple[Int64, Int64]:
    """A complex number times a twiddle."""
    half = 1 << (_TWIDDLE - 1)
    return (re * c - im * s + half) >> _TWIDDLE, (re * s + im * c + half) >> _TWIDDLE


def real_fft(params: Spectrum, frames: Int64) -> tuple[Int64, Int64]:
    """int64 [frames, window] of samples -> real and imaginary parts [frames, N / 2 + 1]."""
    padded = np.zeros((len(frames), params.fft), np.int64)
    padded[:, : params.window.size] = (frames * params.window + 1) >> 1
    re, im = padded[:, 0::2][:, params.order], padded[:, 1::2][:, params.order]
    half, size = params.fft // 2, 2
    while size <= half:
        c, s = params.twiddles[:: params.fft // size].T
        a_re, b_re = np.moveaxis(re.reshape(len(re), -1, 2, size // 2), 2, 0)
        a_im, b_im = np.moveaxis(im.reshape(len(im), -1, 2, size // 2), 2, 0)
        t_re, t_im = _times(b_re, b_im, c, s)
        re = np.stack([(a_re + t_re + 1) >> 1, (a_re - t_re + 1) >> 1], axis=2).reshape(len(re), half)
        im = np.stack([(a_im + t_im + 1) >> 1, (a_im - t_im + 1) >> 1], axis=2).reshape(len(im), half)
        size *= 2
    # The spectrum of the even samples is (Z[k] + conj Z[-k]) / 2, that of the odd ones (Z[k] - conj Z[-k]) / 2i.
    mirrored = (-np.arange(half)) % half
    e_re, e_im = (re + re[:, mirrored] + 1) >> 1, (im - im[:, mirrored] + 1) >> 1
    o_re, o_im = (im + im[:, mirrored] + 1) >> 1, (re[:, mirrored] - re + 1) >> 1
    t_re, t_im = _times(o_re, o_im, *params.twiddles.T)
    last = e_re[:, :1] - o_re[:, :1]
    return (
        as_int64(np.concatenate([e_re + t_re, last], axis=1)),
        as_int64(np.concatenate([e_im + t_im, np.zeros_like(last)], axis=1)),
    )


def magnitude(re: Int64, im: Int64) -> Int64:
    """``sqrt(re^2 + im^2)``, cut to its 16 leading bits."""
    power = re * re + im * im
    # Of 33 bits and more, an even number of low bits goes, so that 31 or 32 are left.
    bits = np.frexp((power >> 32).astype(np.float64))[1].astype(np.int64)
    shift = (bits + 1) >> 1
    root: Int64 = np.sqrt((power >> (2 * shift)).astype(np.float64)).astype(np.int64)  # exact: below 2^32
    return root << shift


def _reference(params: Spectrum, inputs: Inputs) -> list[Array]:
    samples = inputs[0]
    assert samples is not None
    re, im = real_fft(params, as_int64(params.frames.of(samples)))
    return [magnitude(re[:, : params.bins], im[:, : params.bins]).astype(np.int32)[None]]


def _macs(graph: Graph, node: Node) -> int:
    """Multiplications of the window, the butterflies and the last stage."""
    window, fft = graph.input(node, 1).elements, whole(node, "fft", 8, MOST_WINDOW)
    butterflies = fft // 4 * (fft.bit_length() - 2) + fft // 2
    return frames_of(graph, node, window).count * (window + 4 * butterflies)


AUDIO_SPECTRUM = Operator(
    "AUDIO_SPECTRUM",
    "int16 -> int32",
    "constant window of up to 4096 samples; magnitudes",
    _shapes,
    _prepare,
    _reference,
    macs=_macs,
    inputs=(2, 2),
)
