"""Grids, and the integer graphs that follow from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.quantize.annotate import Scheme, annotate
from bitwright.converter.quantize.calibration import Calibration
from bitwright.converter.quantize.grid import affine_grid, symmetric_scale
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.statistics import observe
from bitwright.converter.reference import Session, run
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import InputError
from convnets import convnet, data, images
from hypothesis import given
from hypothesis import strategies as st
from oracle import needs_tflite, run_tflite
from single import vectors

SCHEMES = {
    "affine": Scheme(),
    "mse": Scheme("mse"),
    "symmetric": Scheme(symmetric=True),
    "per tensor": Scheme(per_channel=False),
    "power of two": Scheme("mse", power_of_two=True),
    "16x8": Scheme(wide=("*",)),
    "mixed": Scheme(wide=("depthwise", "dense")),
}


def quantized(graph: Graph, calibration: Calibration, scheme: Scheme) -> tuple[Graph, Graph]:
    annotated = annotate(graph, observe(graph, calibration.batches()), scheme)
    return annotated, to_integer(annotated)


@given(st.floats(-100, 100), st.floats(-100, 100), st.booleans(), st.booleans())
def test_affine_grids_cover_the_range_and_hold_zero(a: float, b: float, symmetric: bool, power: bool) -> None:
    low, high = min(a, b, 0.0), max(a, b, 0.0)
    scale, point = affine_grid(min(a, b), max(a, b), symmetric, power)
    assert -128 <= point <= 127 and scale > 0 and (point == 0 or not symmetric)
    assert (-128 - point) * scale <= low + scale and (127 - point) * scale >= high - scale
    assert not power or np.log2(scale) == round(np.log2(scale))


def test_symmetric_scales() -> None:
    assert symmetric_scale(127.0, 127) == 1.0 and symmetric_scale(0.0, 127) == 1.0
    assert symmetric_scale(100.0, 127, power_of_two=True) == 1.0


@pytest.mark.parametrize("name", SCHEMES)
def test_integers_follow_the_float_network(name: str) -> None:
    graph, calibration = convnet(), data()
    annotated, integer = quantized(graph, calibration, SCHEMES[name])
    expected = run_float(graph, calibration.inputs)[0]
    simulation = run_float(annotated, calibration.inputs, simulate=True)[0]
    found = integer_outputs(integer, calibration)[0]
    fine = 2e-3 if name == "16x8" else 0.06
    assert np.abs(found - expected).max() < fine
    assert np.abs(found - simulation).max() < fine / 2


@pytest.mark.parametrize("name", SCHEMES)
def test_what_power_of_two_and_wide_mean(name: str) -> None:
    scheme = SCHEMES[name]
    annotated, integer = quantized(convnet(), data(), scheme)
    types = {node.name: integer.tensor(node.outputs[0]).dtype for node in integer.nodes}
    if name == "16x8":
        assert set(types.values()) == {DType.INT16}
    elif name == "mixed":
        assert types["depthwise"] is types["dense"] is DType.INT16 and types["stem"] is DType.INT8
        assert any(node.op == "QUANTIZE" for node in integer.nodes)
    else:
        assert set(types.values()) == {DType.INT8}
    for tensor in annotated.tensors.values():
        if scheme.power_of_two and tensor.quant is not None:
            assert all(np.log2(s) == round(np.log2(s)) for s in tensor.quant.scale)


@needs_tflite
@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "mixed"])  # its QUANTIZE widens no int8
def test_exported_integers_equal_tflite_runtime(name: str) -> None:
    _, integer = quantized(convnet(), data(), SCHEMES[name])
    file = write_tflite(replace(integer, edges={}))
    read = from_bytes(file, "exported")
    for inputs in vectors(read, 3):
        (expected,) = run(read, inputs)
        assert np.array_equal(run(replace(integer, edges={}), inputs)[0], expected)
        assert np.array_equal(run_tflite(file, inputs)[0], expected)


def test_concatenated_and_pooled_tensors_share_a_grid() -> None:
    annotated, _ = quantized(convnet(), data(), Scheme())
    assert annotated.tensors["left"].quant == annotated.tensors["right"].quant == annotated.tensors["join"].quant
    assert annotated.tensors["gate"].quant == annotated.tensors["pool"].quant


def test_a_fixed_grid_is_requantized_where_it_meets_others() -> None:
    b = GraphBuilder("meeting")
    x = b.input("x", (1, 4))
    joined = b.node("join", "CONCATENATION", [x, b.node("gate", "LOGISTIC", [x])], {"axis": 1, "activation": "NONE"})
    graph = b.finish([joined])
    calibration = Calibration((images(30, (4,)) * 5,))
    _, integer = quantized(graph, calibration, Scheme())
    assert [node.op for node in integer.nodes] == ["LOGISTIC", "QUANTIZE", "CONCATENATION"]
    error = integer_outputs(integer, calibration)[0] - run_float(graph, calibration.inputs)[0]
    assert np.abs(error).max() <= 1.01 * integer.tensor(joined).scale


def test_weights_and_biases_that_nodes_share_part_ways() -> None:
    b = GraphBuilder("shared")
    x = b.input("x", (1, 4))
    weights, bias = b.constant("w", np.eye(4)), b.constant("b", np.ones(4))
    y = b.node("first", "FULLY_CONNECTED", [x, weights, bias])
    y = b.node("second", "FULLY_CONNECTED", [y, weights, bias])
    calibration = Calibration((images(30, (4,)) * 9,))
    graph = b.finish([y])
    _, integer = quantized(graph, calibration, Scheme())
    error = integer_outputs(integer, calibration)[0] - run_float(graph, calibration.inputs)[0]
    assert np.abs(error).max() < 3 * integer.tensor(y).scale


def test_dead_channels_and_constant_activations_keep_their_values() -> None:
    """A channel without weights outputs its bias, exactly to the grid, however large that is."""
    b = GraphBuilder("dead")
    x = b.input("x", (1, 3))
    weights = np.array([[0.0, 0.0, 0.0], [1e-9, 0.0, 0.0], [1.0, -1.0, 0.5]])
    y = b.node("dense", "FULLY_CONNECTED", [x, b.constant("w", weights), b.constant("b", np.array([0.0, 7.0, 0.1]))])
    z = b.node("constant", "MUL", [y, b.constant("zero", np.zeros(3))], {"activation": "NONE"})
    graph, calibration = b.finish([y, z]), Calibration((images(30, (3,)),))
    _, integer = quantized(graph, calibration, Scheme())
    found, zeros = integer_outputs(integer, calibration)
    assert np.abs(found[:, :2] - [0.0, 7.0]).max() <= integer.tensor(y).scale / 2
    assert not zeros.any()


def test_tensors_without_statistics_are_named() -> None:
    graph, statistics = convnet(), observe(convnet(), data().batches())
    del statistics["residual"]
    with pytest.raises(InputError, match="'residual' was not seen"):
        annotate(graph, statistics, Scheme())
    with pytest.raises(InputError, match="no observer 'best'"):
        annotate(graph, statistics, Scheme("best"))


def test_quantizing_twice_gives_the_same_integers() -> None:
    first, second = (Session(quantized(convnet(), data(), Scheme("mse"))[1]).graph for _ in range(2))
    for name, tensor in first.tensors.items():
        other = second.tensors[name]
        assert tensor.quant == other.quant
        assert tensor.data is None or np.array_equal(tensor.data, other.data)
