"""The micro frontend's stages: reference == C on the host, the whole chain == the library and TFLM's own graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from background import MODELS, golden, needs_data
from bitwright.converter.audio import micro_tables as tables
from bitwright.converter.audio.graph import with_front_end
from bitwright.converter.audio.settings import FrontEnd
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.signal.micro_filters import rounded_root
from bitwright.converter.reference import Session
from bitwright.converter.serve import check_served
from bitwright.errors import BitwrightError, ModelError, UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from signals import fewer, proven, signals
from single import activation, constant, seeds, single

Array = NDArray[Any]

try:
    from pymicro_features import MicroFrontend
except ImportError:  # pragma: no cover
    MicroFrontend = None


def spectrum(window: Array, fft: int, first: int, bins: int, stride: int, samples: int) -> Graph:
    """MICRO_SPECTRUM by itself."""
    tensors = [
        activation("x", (1, samples), dtype=DType.INT16),
        constant("window", window.astype(np.int16)),
        constant("twiddles", tables.twiddles(fft // 2).astype(np.int16)),
        constant("super", tables.super_twiddles(fft // 2).astype(np.int16)),
    ]
    attrs = {"fft": fft, "first": first, "bins": bins, "stride": stride}
    targets = [activation("energies", (), dtype=DType.INT32), activation("shifts", (), dtype=DType.INT16)]
    return single("MICRO_SPECTRUM", tensors, targets, attrs)


@st.composite
def spectra(draw: Any) -> Graph:
    fft = 1 << draw(st.integers(3, 10))
    window, stride = draw(st.integers(1, fft)), draw(st.integers(1, fft))
    first = draw(st.integers(1, fft // 2 - 1))
    bins = draw(st.integers(1, fft // 2 - first))
    values = np.random.default_rng(draw(seeds)).integers(0, 4096, window, endpoint=True)
    return spectrum(values, fft, first, bins, stride, window + stride * draw(st.integers(1, 3)) - 1)


@given(spectra(), seeds)
@fewer
def test_spectrum(graph: Graph, seed: int) -> None:
    proven(graph, signals(graph.tensor("x").elements, seed))


def unsigned(rng: np.random.Generator, shape: Sequence[int]) -> list[Array]:
    """Zeros, the highest values, small ones, and values of every number of bits."""
    everywhere = rng.integers(0, 2**32, shape) >> rng.integers(0, 33, shape)
    rows = [np.zeros(shape), np.full(shape, 2**32 - 1), rng.integers(0, 5, shape), everywhere, everywhere[..., ::-1]]
    return [row.astype(np.uint32) for row in rows]


def filters(counts: Array, frames: int, seed: int = 0) -> Graph:
    """MICRO_FILTERS by itself."""
    rng = np.random.default_rng(seed)
    bins = int(counts.sum())
    tensors = [
        activation("x", (1, frames, bins), dtype=DType.INT32),
        activation("shifts", (1, frames, 1), dtype=DType.INT16),
        constant("weights", rng.integers(0, 4097, bins).astype(np.int16)),
        constant("unweights", rng.integers(0, 4097, bins).astype(np.int16)),
        constant("groups", counts.astype(np.int16)),
    ]
    return single("MICRO_FILTERS", tensors, [activation("y", (), dtype=DType.UINT32)])


@given(st.integers(1, 12), st.integers(1, 3), seeds)
@fewer
def test_filters(channels: int, frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, channels + 1)
    counts[rng.integers(counts.size)] += 1
    graph = filters(counts, frames, seed)
    shape = graph.tensor("x").shape
    energies = [np.zeros(shape), np.full(shape, 2**31 - 1), np.full(shape, -(2**31))]
    energies += [rng.integers(0, 2**31, shape) >> rng.integers(0, 32, shape) for _ in range(3)]
    rows = [[x.astype(np.int32), rng.integers(0, 16, (1, frames, 1)).astype(np.int16)] for x in energies]
    rows.append([energies[1].astype(np.int32), np.full((1, frames, 1), -1, np.int16)])
    proven(graph, [*rows, [energies[1].astype(np.int32), np.full((1, frames, 1), 32767, np.int16)]])


def test_the_root_is_to_the_nearest() -> None:
    roots = np.unique(np.concatenate([np.arange(70000), np.random.default_rng(0).integers(0, 2**28, 10000)]))
    squares = roots * roots
    for offset in (-1, 0, 1):
        for values in (squares + offset, squares + roots + offset):
            values = np.maximum(values, 0)
            exact = np.array([_nearest(int(v)) for v in values])
            assert np.array_equal(rounded_root(values), exact)


def _nearest(value: int) -> int:
    root = math.isqrt(value)
    up = value - root * root > root and not (value < 2**32 and root == 0xFFFF)
    return root + up


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 12), seeds)
@fewer
def test_noise(channels: int, frames: int, scale: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tensors = [
        activation("x", (1, frames, channels), dtype=DType.UINT32),
        activation("before", (1, 1, channels), dtype=DType.UINT32),
    ]
    targets = [activation(name, (), dtype=DType.UINT32) for name in ("signal", "noise", "after")]
    even, odd, least = (int(x) for x in rng.integers(0, 2**14, 3, endpoint=True))
    graph = single("MICRO_NOISE", tensors, targets, {"even": even, "odd": odd, "least": least, "scale": scale})
    signal, before = unsigned(rng, (1, frames, channels)), unsigned(rng, (1, 1, channels))
    proven(graph, [[a, b] for a in signal for b in before])


def gain(frames: int, channels: int, table: Array, shift: int = 6) -> Graph:
    """MICRO_GAIN by itself."""
    tensors = [activation(name, (1, frames, channels), dtype=DType.UINT32) for name in ("x", "noise")]
    tensors.append(constant("gains", table.astype(np.int16)))
    return single("MICRO_GAIN", tensors, [activation("y", (), dtype=DType.UINT32)], {"shift": shift})


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 31), st.booleans(), seeds)
@fewer
def test_gain(channels: int, frames: int, shift: int, real: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = tables.gain_table(512) if real else rng.integers(-(2**14), 2**14, 125)
    signal, noise = unsigned(rng, (1, frames, channels)), unsigned(rng, (1, frames, channels))
    proven(gain(frames, channels, table, shift), [[a, b] for a in signal for b in noise])


def log(elements: int, correction: int, scale: int, table: Array | None = None) -> Graph:
    """MICRO_LOG by itself."""
    values = tables.log_table() if table is None else table
    tensors = [activation("x", (1, 1, elements), dtype=DType.UINT32), constant("table", values.astype(np.int16))]
    attrs = {"correction": correction, "scale": scale}
    return single("MICRO_LOG", tensors, [activation("y", (), dtype=DType.INT16)], attrs)


@given(st.integers(-31, 31), st.integers(0, 10), seeds)
@fewer
def test_log(correction: int, scale: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    proven(log(50, correction, scale), [[row] for row in unsigned(rng, (1, 1, 50))])


# -- the chain ---------------------------------------------------------------------------------------------------------


def listener(frames: int, scale: float, zero_point: int, samples: int = 0) -> Graph:
    """The micro frontend before a network that gives its features back, int8."""
    source = activation("features", (1, frames, 40), scale, zero_point)
    target = activation("out", (), scale, zero_point)
    network = single("RESHAPE", [source], [target], {"new_shape": (1, frames * 40)})
    return with_front_end(network, FrontEnd.micro(), frames, samples)


def recording(seed: int) -> Array:
    """Twenty frames of a voice with noise, pauses and clipping."""
    rng = np.random.default_rng(seed)
    time = np.arange(20 * 160) / 16000
    volume = np.repeat(10.0 ** rng.uniform(0, 5, 20), 160)
    tone = np.sin(2 * np.pi * np.cumsum(300 + 200 * np.sin(40 * time)) / 16000) + 0.2 * rng.normal(size=time.size)
    return np.asarray((volume * tone).clip(-32768, 32767).astype(np.int16))


@pytest.mark.skipif(MicroFrontend is None, reason="the library pymicro-features is not here")
def test_the_chain_is_the_library_s() -> None:
    """Every logarithm of every frame, over recordings one after the other, extremes included."""
    stream = [recording(seed) for seed in range(25)] + [x.reshape(-1) for (x,) in signals(3200, 5)]
    samples = np.concatenate([*stream, recording(99)])
    library = MicroFrontend()
    for _ in range(2):  # the frames of the library begin when its window is full
        assert not library.process_samples(np.zeros(160, np.int16).tobytes()).features
    session = Session(listener(1, 0.1, -128))
    for step, new in enumerate(samples.reshape(-1, 160)):
        theirs = np.rint(np.array(library.process_samples(new.tobytes()).features) * 256 / 10)
        ours = session.trace([new[None]]).tensors["frontend/log"]
        assert np.array_equal(ours.reshape(-1), theirs), f"frame {step}"


@needs_data
def test_the_chain_is_tflm_s_preprocessor() -> None:
    """TFLM's audio_preprocessor_int8, whose window and filters were rounded otherwise: its constants, its outputs."""
    tflite = pytest.importorskip("tflite")
    data = (MODELS / "tflm" / "audio_preprocessor_int8.tflite").read_bytes()
    model = tflite.Model.GetRootAs(data)
    subgraph = model.Subgraphs(0)
    values = {
        subgraph.Tensors(i).Name().decode(): model.Buffers(subgraph.Tensors(i).Buffer()).DataAsNumpy()
        for i in range(subgraph.TensorsLength())
    }
    named = {"/".join(name.split("/")[-2:]): v.view(np.int16) for name, v in values.items() if not isinstance(v, int)}
    weights, unweights, starts, places, widths = (
        named[f"signal_filter_bank/Const{suffix}"].astype(int) for suffix in ("", "_1", "_2", "_3", "_4")
    )
    used: dict[int, tuple[int, int, int]] = {}
    for group, (start, place, width) in enumerate(zip(starts, places, widths, strict=True)):
        for j in range(width):
            if weights[place + j] or unweights[place + j]:
                used[start + j] = (group, weights[place + j], unweights[place + j])
    # ((x * 256 + 333) / 666 of each logarithm, less 128): the features' grid.
    graph = listener(1, float(np.float32(10 / 256) * 666 / 256), -128)
    bank = np.array([used[bin] for bin in sorted(used)])
    replaced = {
        "frontend/window": named["Const"],
        "frontend/weights": bank[:, 1],
        "frontend/unweights": bank[:, 2],
    }
    tensors = dict(graph.tensors)
    for name, value in replaced.items():
        assert tensors[name].shape == value.shape
        tensors[name] = replace(tensors[name], data=value.astype(np.int16))
    assert np.array_equal(tensors["frontend/gains"].value(), named["signal_pcan/Const"])
    content = golden("tflm/audio_preprocessor_int8")
    for samples, expected in zip(content["in0"], content["out0"], strict=True):
        session = Session(replace(graph, tensors=tensors))
        session.state["frontend/overlap"] = samples[:, :320].copy()
        assert np.array_equal(session.trace([samples[:, 320:]]).outputs[0].reshape(-1), expected.reshape(-1))


def test_the_table_of_gains_falls() -> None:
    table = tables.gain_table(512)
    assert table[0] == 32636 and np.all(np.diff(table[2::4]) <= 0) and table.size == 125


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: spectrum(np.full(16, 5000), 16, 1, 2, 8, 64), ModelError, "the window leaves"),
        (lambda: spectrum(np.ones(20), 16, 1, 2, 8, 64), ModelError, "a window of 20 in an FFT of 16"),
        (lambda: spectrum(np.ones(16), 16, 7, 2, 8, 64), ModelError, "attribute 'bins' is 2"),
        (lambda: _without(spectrum(np.ones(16), 16, 1, 2, 8, 64), "twiddles"), ModelError, "twiddles of shape"),
        (lambda: _without(filters(np.array([2, 3]), 1), "weights"), ModelError, "4 weights in 2 groups for 5 bins"),
        (lambda: gain(1, 4, np.full(125, 20000)), ModelError, "too steep"),
        (lambda: gain(1, 4, np.full(120, 2)), ModelError, "a table of 120 gains"),
        (lambda: log(4, 0, 0, np.zeros(9)), ModelError, "a table of 9"),
        (lambda: log(4, 0, 11), ModelError, "attribute 'scale' is 11"),
        (lambda: _typed(log(4, 0, 6), "x"), UnsupportedError, "signals of type int16"),
    ],
)
def test_what_is_out_of_range_is_refused(make: Any, error: type[BitwrightError], message: str) -> None:
    with pytest.raises(error, match=message):
        check_served(make())


def _without(graph: Graph, name: str) -> Graph:
    """One row of a constant fewer."""
    tensor = graph.tensor(name)
    data = tensor.value()[1:]
    return replace(graph, tensors={**graph.tensors, name: replace(tensor, data=data, shape=data.shape)})


def _typed(graph: Graph, name: str) -> Graph:
    return replace(graph, tensors={**graph.tensors, name: replace(graph.tensor(name), dtype=DType.INT16)})
