"""MICRO_SPECTRUM: window, automatic scaling, int16 FFT and energies, as TensorFlow's micro frontend computes them.

The arithmetic is kissfft's with 16 fractional bits: before every stage of radix 4 (and one of 2 where the size asks for
it) values are divided, a product is rounded once, half up, and what leaves int16 wraps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...fixedpoint import Int64, as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, integers, require
from .frames import MOST_WINDOW, Frames, frames_of, whole

_WINDOW_BITS = 12


@dataclass(frozen=True, eq=False)
class MicroSpectrum:
    """int16 [1, samples] -> energies int32 [1, frames, bins] and the shifts by which frames were scaled up, int16
    [1, frames, 1].

    Attributes:
        window: Q12; fft: a power of two.
        twiddles: [3 / 8 fft, 2]; super_twiddles: [fft / 4, 2].
        order: [fft / 2], where every packed sample goes.
        first, bins: the bins that are wanted.
    """

    frames: Frames
    window: Int64
    fft: int
    twiddles: Int64
    super_twiddles: Int64
    order: Int64
    first: int
    bins: int


def radices(size: int) -> list[int]:
    """The stages of a complex FFT, outermost first: fours, and a two at the end where one is left."""
    bits = size.bit_length() - 1
    return [4] * (bits // 2) + [2] * (bits % 2)


def digit_reversed(size: int) -> Int64:
    """The sample that stands at each place before the innermost stage."""
    order = np.zeros(1, np.int64)
    for radix in reversed(radices(size)):
        order = np.concatenate([order * radix + digit for digit in range(radix)])
    return as_int64(order)


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    count = frames_of(graph, node, graph.input(node, 1).elements).count
    return [(1, count, whole(node, "bins", 1, MOST_WINDOW)), (1, count, 1)]


def _prepare(graph: Graph, node: Node) -> MicroSpectrum:
    """Range: products are of int16s, and the sum of two and a rounding of half stay below 2^31, as twiddles do not
    reach -32768. An energy is at most 2 * 32768^2 = 2^31; that one wraps, as in the library, whose int32 it is."""
    window = graph.input(node, 1)
    require(window.dtype is DType.INT16 and window.is_constant, node, "a window that is not constant int16")
    fft = whole(node, "fft", 8, MOST_WINDOW)
    first = whole(node, "first", 1, fft // 2 - 1)
    bins = whole(node, "bins", 1, fft // 2 - first)
    if fft & (fft - 1) or not 0 < window.elements <= fft:
        raise ModelError(f"{node.name} ({node.op}): a window of {window.elements} in an FFT of {fft}")
    energies, shifts = graph.output(node, 0), graph.output(node, 1)
    require(energies.dtype is DType.INT32 and shifts.dtype is DType.INT16, node, "outputs other than int32 and int16")
    tables = [integers(graph, node, index) for index in (2, 3)]
    for table, rows in zip(tables, (fft * 3 // 8, fft // 4), strict=True):
        if table.shape != (rows, 2) or np.abs(table).max() > 32767:
            raise ModelError(f"{node.name} ({node.op}): twiddles of shape {table.shape} for an FFT of {fft}")
    values = as_int64(window.value().astype(np.int64).reshape(-1))
    if values.min() < 0 or values.max() > 1 << _WINDOW_BITS:
        raise ModelError(f"{node.name} ({node.op}): the window leaves [0, 2^{_WINDOW_BITS}]")
    frames = frames_of(graph, node, values.size)
    return MicroSpectrum(frames, values, fft, tables[0], tables[1], digit_reversed(fft // 2), first, bins)


def _wrap(values: Int64) -> Int64:
    """Into int16."""
    return as_int64(values.astype(np.int16))


def _product(values: Int64, factor: int | Int64) -> Int64:
    return _wrap((values * factor + (1 << 14)) >> 15)


def _times(re: Int64, im: Int64, table: Int64) -> tuple[Int64, Int64]:
    c, s = table[:, 0], table[:, 1]
    return _wrap((re * c - im * s + (1 << 14)) >> 15), _wrap((re * s + im * c + (1 << 14)) >> 15)


def complex_fft(re: Int64, im: Int64, twiddles: Int64) -> tuple[Int64, Int64]:
    """[frames, size], already in order -> the transform over its size."""
    rows, size = re.shape
    done = 1
    for radix in reversed(radices(size)):
        step = size // (done * radix)
        parts = [np.moveaxis(x.reshape(rows, -1, radix, done), 2, 0) for x in (re, im)]
        part = [(_product(a, 32767 // radix), _product(b, 32767 // radix)) for a, b in zip(*parts, strict=True)]
        turned = [part[0]] + [_times(*part[q], twiddles[: done * step * q : step * q]) for q in range(1, radix)]
        results = _radix_two(turned) if radix == 2 else _radix_four(turned)
        re, im = (np.stack([pair[i] for pair in results], axis=2).reshape(rows, size) for i in (0, 1))
        done *= radix
    return re, im


Complex = tuple[Int64, Int64]


def _add(a: Complex, b: Complex) -> Complex:
    return _wrap(a[0] + b[0]), _wrap(a[1] + b[1])


def _sub(a: Complex, b: Complex) -> Complex:
    return _wrap(a[0] - b[0]), _wrap(a[1] - b[1])


def _radix_two(z: list[Complex]) -> list[Complex]:
    return [_add(z[0], z[1]), _sub(z[0], z[1])]


def _radix_four(z: list[Complex]) -> list[Complex]:
    even, odd = _add(z[0], z[2]), _add(z[1], z[3])
    low, high = _sub(z[0], z[2]), _sub(z[1], z[3])
    right = _wrap(low[0] + high[1]), _wrap(low[1] - high[0])
    left = _wrap(low[0] - high[1]), _wrap(low[1] + high[0])
    return [_add(even, odd), right, _sub(even, odd), left]


def real_fft(params: MicroSpectrum, frames: Int64) -> Complex:
    """int16 values [frames, fft] -> the bins from 0 to fft / 2 - 1, of which bin 0 stays 0."""
    half = params.fft // 2
    re, im = complex_fft(frames[:, 0::2][:, params.order], frames[:, 1::2][:, params.order], params.twiddles)
    k = np.arange(1, half // 2 + 1)
    halved = 32767 // 2
    here = _product(re[:, k], halved), _product(im[:, k], halved)
    mirrored = _product(re[:, half - k], halved), _product(_wrap(-im[:, half - k]), halved)
    total, difference = _add(here, mirrored), _sub(here, mirrored)
    turned = _times(*difference, params.super_twiddles)
    result = np.zeros((2, *re.shape), np.int64)
    # The bin in the middle is its own mirror: what is written last stays.
    result[:, :, k] = [_wrap((total[i] + turned[i]) >> 1) for i in (0, 1)]
    result[:, :, half - k] = [_wrap((total[0] - turned[0]) >> 1), _wrap((turned[1] - total[1]) >> 1)]
    return as_int64(result[0]), as_int64(result[1])


def _reference(params: MicroSpectrum, inputs: Inputs) -> list[Array]:
    samples = inputs[0]
    assert samples is not None
    windowed = as_int64((params.frames.of(samples) * params.window) >> _WINDOW_BITS)
    magnitudes = _wrap(np.abs(windowed))  # of -32768 there is none: it stays negative
    highest = np.maximum(magnitudes.max(axis=1), 0)
    shift = 15 - np.frexp(highest.astype(np.float64))[1].astype(np.int64)
    padded = np.zeros((len(windowed), params.fft), np.int64)
    padded[:, : params.window.size] = _wrap(windowed << shift[:, None])
    re, im = (part[:, params.first : params.first + params.bins] for part in real_fft(params, padded))
    return [(re * re + im * im).astype(np.int32)[None], shift.astype(np.int16)[None, :, None]]


MICRO_SPECTRUM = Operator(
    "MICRO_SPECTRUM",
    "int16 -> int32",
    "the micro frontend's window, FFT and energies",
    _shapes,
    _prepare,
    _reference,
    inputs=(4, 4),
    outputs=(2, 2),
)
