"""The kernels of RV32: on the host, where all but their inner loops are the same C, and as instructions on QEMU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.writers.tflite import write_tflite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layers import ACTIVATIONS, additions, convolutions, depthwise, fully_connected, quantized, sized
from single import activation, constant, few, prove, scales, seeds, single, together, zero_points
from tools import needs_target

ISA = ["rv32", "generic"]
emulated = settings(max_examples=1, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@given(convolutions(), seeds)
@few
def test_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("rv32",))


@given(depthwise(), seeds)
@few
def test_depthwise_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("rv32",))


@st.composite
def any_depthwise(draw: Any) -> Graph:
    """Kernels of any shape over enough channels for planes."""
    kernel = draw(st.sampled_from([(5, 5), (1, 4), (7, 1), (2, 3), (3, 3)]))
    dilation = draw(st.sampled_from([(1, 1), (2, 1), (1, 3)]))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (2, 1)])) if dilation == (1, 1) else (1, 1)
    size, padding = sized(draw, kernel, dilation)
    channels = draw(st.sampled_from([32, 48]))
    weights = np.random.default_rng(draw(seeds)).integers(-127, 127, (1, *kernel, channels), endpoint=True)
    attrs = {"padding": padding, "stride": stride, "dilation": dilation, "depth_multiplier": 1}
    source = (draw(st.integers(1, 2)), *size, channels)
    return quantized(draw, "DEPTHWISE_CONV_2D", source, weights.astype(np.int8), 3, attrs)


@given(any_depthwise(), seeds)
@few
def test_any_depthwise_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("rv32",))


@pytest.mark.parametrize(("size", "channels"), [((6, 7), 64), ((9, 5), 4)])
def test_all_lines_of_a_channel_at_once(size: tuple[int, int], channels: int) -> None:
    """Where that takes little scratch beside the input; line by line elsewhere."""
    generator = np.random.default_rng(5)
    tensors = [
        activation("x", (2, *size, channels), 0.05, 3),
        constant("w", generator.integers(-127, 127, (1, 3, 3, channels)).astype(np.int8), [0.01] * channels, axis=3),
        constant("b", np.zeros(channels, np.int32), [0.0005] * channels, axis=0),
    ]
    attrs = {"padding": "SAME", "dilation": (1, 1), "depth_multiplier": 1, "activation": "RELU"}
    for stride in ((1, 1), (2, 2)):
        graph = single("DEPTHWISE_CONV_2D", tensors, [activation("y", (), 0.1, -128)], {**attrs, "stride": stride})
        layer = model_sources(graph, ISA, "model").program.layers[0]
        assert layer.call.function == "bw_depthwise_conv_s8_lines"
        assert (layer.call.params["slots"] > 3) == (channels == 64)
        prove(graph, 1, ("rv32",))


@pytest.mark.parametrize("target", [needs_target("qemu-rv32"), needs_target("qemu-rv32-zbb")])
@given(st.data())
@emulated
def test_on_the_emulator(target: str, tmp_path_factory: Any, data: Any) -> None:
    """The instructions themselves: several random layers of every kind in one image."""
    kinds = [convolutions(), depthwise(), any_depthwise(), fully_connected(), light_units(), additions()]
    graph = together([data.draw(kind) for kind in kinds for _ in range(2)])
    path: Path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(write_tflite(graph))
    report = bitwright.verify(path, target, vectors=3)
    assert report.bit_exact, report.mismatches[:3]


def test_long_dot_products_in_segments() -> None:
    """Weights and activations of the largest magnitude, whose sums need several segments."""
    weights = np.full((3, 1, 1, 200), 127, np.int8)
    weights[1], weights[2, ..., ::2] = -127, -127
    tensors = [
        activation("x", (1, 2, 7, 200), 0.05, 3),
        constant("w", weights, [0.01] * 3, axis=0),
        constant("b", np.array([0, 7, -9], np.int32), [0.0005] * 3, axis=0),
    ]
    attrs = {"padding": "VALID", "stride": (1, 1), "dilation": (1, 1), "activation": "NONE"}
    graph = single("CONV_2D", tensors, [activation("y", (), 9.0, 5)], attrs)
    layer = model_sources(graph, ISA, "model").program.layers[0]
    assert layer.call.function == "bw_conv_s8_rv32" and layer.call.params["segment"] < layer.call.params["taps"]
    prove(graph, 1, ("rv32",))


@st.composite
def light_units(draw: Any) -> Graph:
    """Units in eights whose weights are small but for some of the largest, as long dot products in int16 need."""
    units, depth = 8 * draw(st.integers(1, 3)), 2 * draw(st.integers(1, 60))
    generator = np.random.default_rng(draw(seeds))
    weights = generator.integers(-9, 9, (units, depth), endpoint=True)
    heavy = generator.random((units, depth)) < draw(st.sampled_from([0, 0.002, 0.02]))
    weights = np.where(heavy, generator.choice([-127, 127], (units, depth)), weights).astype(np.int8)
    tensors = [
        activation("x", (draw(st.integers(1, 2)), depth), 0.1, draw(zero_points)),
        constant("w", weights, [0.01]),
        constant("b", generator.integers(-(2**12), 2**12, units).astype(np.int32), [0.001]),
    ]
    attrs = {"activation": draw(st.sampled_from(ACTIVATIONS)), "keep_num_dims": False}
    output = activation("y", (), draw(scales(0.05, 0.5)), draw(st.one_of(st.just(-128), zero_points)))
    return single("FULLY_CONNECTED", tensors, [output], attrs)


@given(light_units(), seeds)
@few
def test_fully_connected_in_words(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("rv32",))


def test_words_are_chosen_where_weights_are_light() -> None:
    """All units at the bound of int16: groups of two, three fours, and the rest."""
    weights = np.full((8, 30), 21, np.int8)
    weights[:, :2] = -127
    weights[3:5, 2:] = 15
    tensors = [
        activation("x", (1, 30), 0.05, -128),
        constant("w", weights, [0.01]),
        constant("b", np.zeros(8, np.int32), [0.0005]),
    ]
    attrs = {"activation": "NONE", "keep_num_dims": False}
    graph = single("FULLY_CONNECTED", tensors, [activation("y", (), 1.0, 3)], attrs)
    layer = model_sources(graph, ISA, "model").program.layers[0]
    assert layer.call.function == "bw_fully_connected_s8_words"
    assert np.asarray(layer.call.params["groups"]).tolist() == [0, 3, 3, 1]
    prove(graph, 1, ("rv32",))
