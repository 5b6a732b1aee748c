"""The kernels of Cortex-M0 and M3: on the host through their portable definitions, and as instructions on emulators."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT
from bitwright.codegen.kernels.swar import WOVEN, woven_part
from bitwright.codegen.project import model_sources
from bitwright.converter.fixedpoint import requantize_double
from bitwright.converter.ir import Graph
from bitwright.converter.writers.tflite import write_tflite
from cbuild import library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layers import ACTIVATIONS, additions, quantized, sized
from single import activation, constant, prove, scales, seeds, single, together, zero_points
from tools import needs_target

on_the_host = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
emulated = settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def weights_of(draw: Any, shape: tuple[int, ...]) -> Any:
    """Random, or at the ends of int8, so that sums leave every range that needs a proof."""
    generator = np.random.default_rng(draw(seeds))
    if draw(st.integers(0, 3)) == 0:
        return np.full(shape, draw(st.sampled_from([-128, 127])), np.int8)
    return generator.integers(-128, 127, shape, endpoint=True).astype(np.int8)


@st.composite
def convolutions(draw: Any) -> Graph:
    kernel = draw(st.sampled_from([(1, 1), (1, 1), (3, 3), (2, 5), (4, 1)]))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (1, 1), (2, 3)]))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 3)])) if dilation == (1, 1) else (1, 1)
    size, padding = sized(draw, kernel, dilation)
    in_c, out_c = draw(st.sampled_from([1, 3, 4, 6, 8, 12, 30])), draw(st.integers(1, 12))
    weights = weights_of(draw, (out_c, *kernel, in_c))
    attrs = {"padding": padding, "stride": stride, "dilation": dilation}
    return quantized(draw, "CONV_2D", (draw(st.integers(1, 2)), *size, in_c), weights, 0, attrs)


@st.composite
def depthwise(draw: Any) -> Graph:
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 1), (2, 2), (3, 2)]))
    size, padding = sized(draw, (3, 3), (1, 1))
    channels = draw(st.integers(1, 6))
    weights = weights_of(draw, (1, 3, 3, channels))
    attrs = {"padding": padding, "stride": stride, "dilation": (1, 1), "depth_multiplier": 1}
    return quantized(draw, "DEPTHWISE_CONV_2D", (draw(st.integers(1, 2)), *size, channels), weights, 3, attrs)


@st.composite
def fully_connected(draw: Any) -> Graph:
    depth, units, rows = draw(st.integers(1, 40)), draw(st.integers(1, 21)), draw(st.sampled_from([1, 1, 3]))
    generator = np.random.default_rng(draw(seeds))
    weights = weights_of(draw, (units, depth))
    input_scale, scale = draw(scales()), 0.01
    tensors = [
        activation("x", (rows, depth), input_scale, draw(zero_points)),
        constant("w", weights, [scale]),
        constant("b", generator.integers(-(2**15), 2**15, units).astype(np.int32), [scale * input_scale]),
    ]
    attrs = {"activation": draw(st.sampled_from(ACTIVATIONS)), "keep_num_dims": False}
    output = activation("y", (), draw(scales(0.05, 0.5)), draw(st.one_of(st.just(-128), zero_points)))
    return single("FULLY_CONNECTED", tensors, [output], attrs)


def layers(draw: Any, each: int) -> Graph:
    """Several random layers of every kind as one graph, so that they share one compilation."""
    kinds = [convolutions(), depthwise(), fully_connected(), additions()]
    return together([draw(kind) for kind in kinds for _ in range(each)])


@pytest.mark.parametrize("isa", ["armv7m", "armv6m"])
@given(st.data(), seeds)
@on_the_host
def test_on_the_host(isa: str, data: Any, seed: int) -> None:
    prove(layers(data.draw, 2), seed, ((isa, "woven"),))


@pytest.mark.parametrize("target", [needs_target("mps2-an385"), needs_target("mps2-an385-m0")])
@given(st.data())
@emulated
def test_on_emulators(target: str, tmp_path_factory: Any, data: Any) -> None:
    """The instructions themselves: several random layers of every kind in one image."""
    graph = layers(data.draw, 3)
    path: Path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(write_tflite(graph))
    report = bitwright.verify(path, target, vectors=3)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize("isa", ["armv7m", "armv6m"])
def test_kernels_are_chosen(isa: str) -> None:
    """Layers of the shapes that the kernels are made for get them, lines along the longer axis."""
    generator = np.random.default_rng(1)
    weights = generator.integers(-127, 127, (1, 3, 3, 8)).astype(np.int8)
    tensors = [
        activation("x", (1, 25, 5, 8), 0.05),
        constant("w", weights, [0.01] * 8, axis=3),
        constant("b", np.zeros(8, np.int32), [0.0005] * 8, axis=0),
    ]
    attrs = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "RELU", "depth_multiplier": 1}
    graph = single("DEPTHWISE_CONV_2D", tensors, [activation("y", (), 0.1, -128)], attrs)
    program = model_sources(graph, [isa, "woven", "generic"], "model").program
    assert program.layers[0].kernel == "woven_columns"
    assert program.layers[0].call.distance == {0: 0}


def test_parts_are_proven() -> None:
    """The largest even parts whose sums stay in range, and not one tap more."""
    most = WOVEN // 127 // 128
    assert woven_part(np.full((2, most), 127, np.int8), 8) == most
    assert woven_part(np.full((2, 2 * most + 1), 127, np.int8), 8) == (2 * most + 1 + 2) // 3
    assert woven_part(np.full((1, 65), -128, np.int8), 8) == 33  # 64 * 128 * 128 is one too many
    assert woven_part(np.zeros((1, 1000), np.int8), 8) == 1000
    assert woven_part(np.full((1, 9 * most), 127, np.int8), 8) is None


def test_requantization_by_halves_at_its_edges() -> None:
    """bw_requantize_16 == policy DOUBLE at ties, at the ends of its range and where halves carry."""
    text = '#include "bw_requantize_16.h"\nvoid f(const int32_t *, int32_t *, int32_t, int32_t, int32_t, int32_t);\n'
    text += "void f(const int32_t *a, int32_t *y, int32_t n, int32_t m, int32_t s, int32_t o) {\n"
    text += "for (int32_t i = 0; i < n; ++i) { y[i] = bw_requantize_16(a[i], m >> 16, m & 0xFFFF, s, o); } }\n"
    function = library(text, [ROOT / "firmware" / "kernels" / "bw_requantize_16.h"]).f
    generator = np.random.default_rng(3)
    halves = (np.arange(-256, 257)[:, None] * 2**15 + np.array([-(2**14), -1, 0, 1, 2**14 - 1, 2**14])).reshape(-1)
    for right in range(1, 32):
        for multiplier in (2**30, 2**30 + 1, 2**31 - 1, 2**31 - 2**16, int(generator.integers(2**30, 2**31))):
            ties = [((2 * k + 1) << (30 + right)) // multiplier + d for k in range(-130, 130) for d in (-1, 0, 1, 2)]
            values = np.array([*ties, *halves, *generator.integers(-(2**23), 2**23, 500), 2**23 - 1, 1 - 2**23])
            values = np.ascontiguousarray(values[np.abs(values) < 2**23], np.int32)
            for point in (-128, 0, 127):
                wide = requantize_double(values.astype(np.int64), np.int64(multiplier), np.int64(-right))
                got = np.empty_like(values)
                pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (values, got))
                function(*pointers, values.size, multiplier, right - 1, 2 * point + 1)
                assert np.array_equal(got, np.clip(wide + point, -128, 127))
