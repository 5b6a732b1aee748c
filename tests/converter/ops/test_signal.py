"""Audio front ends: reference == C on the host, near float, and refusals; speech-like, silent and extreme samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.signal.log2 import log2_fixed
from bitwright.converter.ops.signal.spectrum import magnitude, real_fft, spectrum_exponent
from bitwright.converter.serve import check_served, prepare_node
from bitwright.errors import AccumulatorOverflowError, BitwrightError, ModelError, UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from signals import fewer, proven, signals
from single import activation, constant, seeds, single, vectors

Array = NDArray[Any]


def spectrum(window: Array, fft: int, bins: int, stride: int, samples: int) -> Graph:
    """AUDIO_SPECTRUM by itself."""
    tensors = [activation("x", (1, samples), dtype=DType.INT16), constant("window", window)]
    attrs = {"fft": fft, "bins": bins, "stride": stride}
    return single("AUDIO_SPECTRUM", tensors, [activation("y", (), dtype=DType.INT32)], attrs)


@st.composite
def spectra(draw: Any) -> Graph:
    fft = 1 << draw(st.integers(3, 10))
    window = draw(st.integers(1, fft))
    stride = draw(st.integers(1, 2 * window))
    values = np.random.default_rng(draw(seeds)).integers(-32768, 32767, window, np.int16, endpoint=True)
    frames = draw(st.integers(1, 4))
    return spectrum(values, fft, draw(st.integers(1, fft // 2 + 1)), stride, window + frames * stride - 1)


@given(spectra(), seeds)
@fewer
def test_spectrum(graph: Graph, seed: int) -> None:
    proven(graph, signals(graph.tensor("x").elements, seed))


@pytest.mark.parametrize("fft", [8, 64, 512, 4096])
def test_the_spectrum_is_near_float_and_never_leaves_its_range(fft: int) -> None:
    """All windowed samples of the largest magnitude, with the signs that make one bin as large as can be."""
    window = np.full(fft, 32767, np.int16)
    graph = spectrum(window, fft, fft // 2 + 1, fft, fft)
    params = prepare_node(graph, graph.nodes[0])
    rng = np.random.default_rng(fft)
    rows = [rng.integers(-32768, 32767, fft), np.full(fft, -32768), np.where(np.arange(fft) % 2, 32767, -32768)]
    for k in (1, fft // 8, fft // 4 + 1, fft // 2 - 1):
        rows.append(np.where(np.cos(2 * np.pi * k * np.arange(fft) / fft) < 0, -32768, 32767))
    frames = np.array(rows, np.int64)
    re, im = real_fft(params, frames)
    exact = np.fft.rfft(frames * 32767 / 2.0**15) * 2.0 ** spectrum_exponent(fft)
    error = np.abs(re + 1j * im - exact)
    assert error.max() < 2.0 * np.log2(fft)  # a rounding of half a step or so in every stage
    found = magnitude(re, im)
    assert found.max() < 2**31 and np.all(np.abs(found - np.abs(re + 1j * im)) <= np.abs(found) * 2.0**-15 + 1)


def test_the_logarithm_keeps_its_bound() -> None:
    values = np.unique(np.concatenate([np.arange(1, 70000), *(2**n + np.arange(-3, 4) for n in range(3, 62))]))
    values = np.concatenate([values, np.random.default_rng(1).integers(1, 2**61, 100000)])
    error = log2_fixed(values) / 1024 - np.log2(values.astype(np.float64))
    assert np.abs(error).max() < 0.58 / 1024
    assert np.all(np.diff(log2_fixed(np.sort(values))) >= 0)


@given(st.integers(1, 20), st.integers(1, 40), st.integers(1, 4), seeds)
@fewer
def test_log_mel(channels: int, bins: int, frames: int, seed: int) -> None:
    graph = log_mel(channels, bins, frames, seed)
    inputs = [
        [np.abs(x.astype(np.int64)).clip(0, 2**31 - 1).astype(np.int32) for x in row] for row in vectors(graph, seed)
    ]
    proven(graph, [*inputs, [np.zeros((1, frames, bins), np.int32)], [np.ones((1, frames, bins), np.int32)]])


def log_mel(channels: int, bins: int, frames: int, seed: int = 0, floor: int = 1, offset: int = 20 << 10) -> Graph:
    """AUDIO_LOG_MEL by itself, with bands anywhere and some empty ones."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, bins, channels)
    count = rng.integers(0, bins - first + 1)
    tensors = [
        activation("x", (1, frames, bins), dtype=DType.INT32),
        constant(
            "weights", rng.integers(0, 32767, max(1, int(count.sum())), np.int16, endpoint=True)[: int(count.sum())]
        ),
        constant("bands", np.stack([first, count], axis=1).astype(np.int32)),
    ]
    if count.sum() == 0:
        return log_mel(channels, bins, frames, seed + 1, floor, offset)
    return single(
        "AUDIO_LOG_MEL", tensors, [activation("y", (), dtype=DType.INT16)], {"floor": floor, "offset": offset}
    )


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 4), seeds)
@fewer
def test_dct(channels: int, coefficients: int, frames: int, seed: int) -> None:
    graph = dct(channels, coefficients, frames, seed)
    proven(graph, vectors(graph, seed))


def dct(channels: int, coefficients: int, frames: int, seed: int = 0, fraction: int = 22) -> Graph:
    """AUDIO_DCT by itself."""
    matrix = np.random.default_rng(seed).integers(-32768, 32767, (coefficients, channels), np.int16, endpoint=True)
    tensors = [activation("x", (1, frames, channels), 2.0**-10, dtype=DType.INT16)]
    tensors.append(constant("matrix", matrix, [2.0**-fraction]))
    return single("AUDIO_DCT", tensors, [activation("y", (), 2.0**-10, dtype=DType.INT16)])


@given(st.integers(1, 12), st.integers(1, 6), st.booleans(), seeds)
@fewer
def test_features(values: int, frames: int, leveled: bool, seed: int) -> None:
    graph = features(values, frames, leveled, seed)
    proven(graph, vectors(graph, seed))


def features(values: int, frames: int, leveled: bool, seed: int = 0, shape: tuple[int, ...] = ()) -> Graph:
    """AUDIO_FEATURES by itself."""
    rng = np.random.default_rng(seed)
    tensors = [
        activation("x", (1, frames, values), 2.0**-7, dtype=DType.INT16),
        constant("gain", rng.integers(-(2**20), 2**20, values, np.int32)),
        constant("bias", rng.integers(-(2**40), 2**40, values, np.int64)),
    ]
    if leveled:
        tensors.append(activation("level", (1, frames, 1), 2.0**-10, dtype=DType.INT16))
    target = activation("y", (), float(rng.uniform(0.01, 2)), int(rng.integers(-128, 128)))
    return single("AUDIO_FEATURES", tensors, [target], {"shape": shape or (1, frames, values), "factor": 0.75})


@given(st.integers(1, 300), st.integers(1, 300), seeds)
@fewer
def test_peak(window: int, stride: int, seed: int) -> None:
    samples = [activation("x", (1, window + 2 * stride), dtype=DType.INT16)]
    attrs = {"window": window, "stride": stride}
    graph = single("AUDIO_PEAK", samples, [activation("y", (), dtype=DType.INT16)], attrs)
    proven(graph, signals(graph.tensor("x").elements, seed))


def spoiled(graph: Graph, **attrs: Any) -> Graph:
    """A graph of one node with other attributes."""
    (node,) = graph.nodes
    return replace(graph, nodes=(replace(node, attrs={**node.attrs, **attrs}),))


WINDOW = np.ones(16, np.int16)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: spectrum(WINDOW, 24, 4, 8, 64), ModelError, "a window of 16 in an FFT of 24"),
        (lambda: spectrum(WINDOW, 8, 4, 8, 64), ModelError, "a window of 16 in an FFT of 8"),
        (lambda: spoiled(spectrum(WINDOW, 16, 4, 8, 64), stride=0), ModelError, "attribute 'stride' is 0"),
        (lambda: spoiled(spectrum(WINDOW, 16, 4, 8, 64), stride="x"), ModelError, "attribute 'stride' is 'x'"),
        (lambda: spoiled(spectrum(WINDOW, 16, 4, 8, 64), fft=1 << 40), ModelError, "attribute 'fft'"),
        (lambda: spoiled(spectrum(WINDOW, 16, 9, 8, 64), bins=0), ModelError, "attribute 'bins' is 0"),
        (lambda: log_mel(3, 8, 1, floor=1 << 39, offset=0), AccumulatorOverflowError, "logarithms can reach"),
        (lambda: spoiled(log_mel(3, 8, 1), floor=0), ModelError, "attribute 'floor' is 0"),
        (lambda: dct(40, 10, 1, fraction=11), AccumulatorOverflowError, "beyond int16"),
        (lambda: spectrum(WINDOW, 16, 10, 8, 64), ModelError, "attribute 'bins' is 10"),
        (lambda: features(4, 2, True, shape=(1, 9)), ModelError, r"shape \[1, 9\]"),
        (lambda: spoiled(features(4, 2, True), shape=7), ModelError, "attribute 'shape' is 7"),
        (lambda: spoiled(features(4, 2, True), factor=float("nan")), ModelError, "attribute 'factor' is nan"),
        (lambda: spoiled(features(4, 2, True), factor=1000.0), UnsupportedError, "finer than the features"),
    ],
)
def test_what_is_out_of_range_is_refused(make: Any, error: type[BitwrightError], message: str) -> None:
    with pytest.raises(error, match=message):
        check_served(make())
