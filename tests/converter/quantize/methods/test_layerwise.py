"""The walk through both networks, and layers as matrices."""

from __future__ import annotations

import weakref

import numpy as np
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import Calibration
from bitwright.converter.quantize.methods import layerwise as walk
from bitwright.converter.quantize.methods.layerwise import Layer, layerwise
from bitwright.converter.quantize.methods.matrices import (
    chosen_positions,
    from_matrix,
    input_rows,
    output_rows,
    per_row,
    to_matrix,
)
from chains import Chain, annotated, mobile, photos
from convnets import convnet, data
from floats import close
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import MonkeyPatch


def layers_of(graph: Graph, floating: Graph, calibration: Calibration) -> list[Layer]:
    """Every layer as the walk meets it, left as it is."""
    found: list[Layer] = []

    def solve(layer: Layer) -> dict[int, object]:
        found.append(layer)
        return {}

    layerwise(graph, calibration, solve, floating, samples=1000)
    return found


def test_each_layer_sees_the_simulation_and_the_float_network() -> None:
    """With grids of two types, bridges between them, a concatenation and a residual."""
    graph, calibration = convnet(), data(32)
    quantized = annotated(graph, calibration, Scheme(wide=("depthwise", "dense", "residual")))
    assert any(node.op == "QUANTIZE" for node in quantized.nodes)
    simulation: dict[str, Array] = {}
    floating: dict[str, Array] = {}
    run_float(quantized, calibration.inputs, simulation.__setitem__, simulate=True)
    run_float(graph, calibration.inputs, floating.__setitem__)
    layers = layers_of(quantized, graph, calibration)
    assert [layer.node.name for layer in layers] == ["stem", "depthwise", "left", "right", "dense"]
    for layer in layers:
        assert np.array_equal(np.concatenate(layer.inputs), simulation[layer.source.name])
        assert np.array_equal(np.concatenate(layer.outputs), floating[layer.target.name])
        assert np.array_equal(layer.wanted, graph.tensor(layer.node.inputs[1]).value())


def test_later_layers_see_what_earlier_ones_became() -> None:
    graph, calibration = convnet(), data(8)
    quantized = annotated(graph, calibration)
    inputs: dict[str, Array] = {}

    def solve(layer: Layer) -> object:
        inputs[layer.node.name] = np.concatenate(layer.inputs)
        return layer.with_bias(layer.bias + 1.0) if layer.node.name == "stem" else {}

    changed = layerwise(quantized, calibration, solve)  # type: ignore[arg-type]
    seen: dict[str, Array] = {}
    run_float(changed, calibration.inputs, seen.__setitem__, simulate=True)
    assert np.array_equal(inputs["depthwise"], seen["stem"])
    before: dict[str, Array] = {}
    run_float(quantized, calibration.inputs, before.__setitem__, simulate=True)
    assert not np.array_equal(before["stem"], seen["stem"])


def test_memory_bounds_the_samples(monkeypatch: MonkeyPatch) -> None:
    """The join needs most: its two halves, their concatenation, and the other operand of the addition behind it."""
    graph, calibration = convnet(), data(64)
    quantized = annotated(graph, calibration)
    most = 8 * 8 * (8 + 4 + 4 + 8) * 4
    monkeypatch.setattr(walk, "_MEMORY", 2 * 5 * most)
    layers = layers_of(quantized, graph, calibration)
    assert {sum(map(len, layer.inputs)) for layer in layers} == {5}


def test_activations_are_let_go() -> None:
    """When a layer is solved, what layers before its predecessor read and wrote is gone, in both networks."""
    graph, calibration = mobile(), photos(8)
    kept: list[list[weakref.ref[Array]]] = []

    def solve(layer: Layer) -> dict[int, object]:
        assert all(reference() is None for before in kept[:-1] for reference in before)
        kept.append([weakref.ref(batch) for batch in (*layer.inputs, *layer.outputs)])
        return {}

    layerwise(annotated(graph, calibration), calibration, solve, graph)
    assert len(kept) == 6


@st.composite
def single_layers(draw: st.DrawFn) -> Graph:
    """A graph of one layer of any geometry."""
    size = st.integers(1, 3)
    chain = Chain(draw(st.integers(0, 2**16)), (1, draw(st.integers(5, 8)), draw(st.integers(5, 8)), draw(size)))
    rng, depth = chain.rng, chain.b.shape(chain.last)[3]
    kernel, stride = (draw(size), draw(size)), (draw(size), draw(size))
    kind = draw(st.sampled_from(["conv", "depthwise", "transposed", "dense"]))
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    window = {"padding": padding, "stride": stride, "dilation": (draw(st.integers(1, 2)), 1)}
    units = draw(size)
    bias = rng.normal(0, 1, units * (depth if kind == "depthwise" else 1))
    if kind == "dense":
        chain.dense("layer", units)
    elif kind == "conv":
        chain.layer("CONV_2D", "layer", rng.normal(0, 1, (units, *kernel, depth)), bias, "NONE", **window)
    elif kind == "depthwise":
        weights = rng.normal(0, 1, (1, *kernel, depth * units))
        chain.layer("DEPTHWISE_CONV_2D", "layer", weights, bias, "NONE", depth_multiplier=units, **window)
    else:
        height, width = chain.b.shape(chain.last)[1:3]
        grow = [
            n * s if padding == "SAME" else (n - 1) * s + k
            for n, s, k in zip((height, width), stride, kernel, strict=True)
        ]
        shape = chain.b.constant("shape", np.array([1, *grow, units], np.int32))
        weights = chain.b.constant("w", rng.normal(0, 1, (units, *kernel, depth)))
        inputs = [shape, weights, chain.last, chain.b.constant("b", bias)]
        attrs = {"padding": padding, "stride": stride, "activation": "NONE"}
        chain.last = chain.b.node("layer", "TRANSPOSE_CONV", inputs, attrs)
    return chain.finish()


@given(graph=single_layers(), most=st.sampled_from([7, 10**6]))
@settings(max_examples=150, deadline=None)
def test_rows_times_weights_are_what_the_layer_computes(graph: Graph, most: int) -> None:
    shape = graph.tensor("x").shape[1:]
    calibration = Calibration((np.random.default_rng(0).normal(0, 1, (35, *shape)).astype(np.float32),))
    (layer,) = layers_of(annotated(graph, calibration), graph, calibration)
    chosen = chosen_positions(layer, most)
    weights = layer.along_channels(layer.scales) * np.rint(layer.weights.value() / layer.along_channels(layer.scales))
    matrix = to_matrix(layer, weights)
    rows = np.concatenate(list(input_rows(layer, chosen)), axis=1)
    found = rows @ matrix.transpose(0, 2, 1) + per_row(layer, layer.bias).transpose(0, 2, 1)
    close(found.astype(np.float32), output_rows(layer, layer.sums(), chosen))
    assert np.array_equal(from_matrix(layer, matrix), weights)
    assert len(chosen) == len(layer.inputs) and sum(map(len, chosen)) == rows.shape[1]
