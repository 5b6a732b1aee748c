"""The kernels of XCV: on the host through their portable definitions, and as instructions on both simulated cores."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT
from bitwright.codegen.kernels.xcv import KERNELS as XCV
from bitwright.codegen.kernels.xcv.linear import first_within, linear
from bitwright.codegen.project import model_sources
from bitwright.converter.fixedpoint import requantize_double
from bitwright.converter.ir import Graph
from bitwright.converter.reference import Session
from bitwright.converter.writers.tflite import write_tflite
from cbuild import build, call, library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layers import additions, convolutions, depthwise, fully_connected, means, pools
from oracle import run_tflite_sequence
from single import activation, constant, prove, same, seeds, single, together, vectors
from tools import needs_target

POINTER = ctypes.POINTER(ctypes.c_int32)
ISA = ["xcv", "rv32", "generic"]
few = settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
more = settings(few, max_examples=20)
emulated = settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def prove_every_kernel(graph: Graph, seed: int, peer: Any = run_tflite_sequence) -> None:
    """Reference, peer, and each of the kernels that serve the operator on XCV."""
    loaded = prove(graph, seed, ("xcv",), peer)
    for kernel in XCV[loaded.nodes[0].op]:
        layer = model_sources(loaded, ISA, "model").program.layers[0]
        if kernel.name in layer.candidates and kernel.name != layer.kernel:
            model = model_sources(loaded, ISA, "model", {loaded.nodes[0].name: kernel.name})
            built, inputs = build(model), vectors(loaded, seed)
            session = Session(loaded)
            expected = [session.trace(values).outputs for values in inputs]
            same(expected, [call(model, built, values) for values in inputs], kernel.name)


@given(pools(), seeds)
@few
def test_average_pool_on_the_host(graph: Graph, seed: int) -> None:
    prove_every_kernel(graph, seed)


@given(means(), seeds)
@few
def test_means_on_the_host(graph: Graph, seed: int) -> None:
    """Against the reference: tflite-runtime 2.14 has another idea of SUM."""
    prove_every_kernel(graph, seed, peer=None)


@given(convolutions(), seeds)
@more
def test_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove_every_kernel(graph, seed)


@given(depthwise(), seeds)
@more
def test_depthwise_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove_every_kernel(graph, seed)


@given(fully_connected(), seeds)
@few
def test_fully_connected_on_the_host(graph: Graph, seed: int) -> None:
    prove_every_kernel(graph, seed)


@pytest.mark.parametrize("target", [needs_target(name) for name in ("iss-xcv", "iss-xpulpv2", "iss-xcv-x8")])
@given(st.data())
@emulated
def test_on_simulated_cores(target: str, tmp_path_factory: Any, data: Any) -> None:
    """The instructions themselves: several random layers of every kind in one image."""
    kinds = [convolutions(), depthwise(), fully_connected(), additions(), pools(), means()]
    graph = together([data.draw(kind) for kind in kinds for _ in range(2)])
    path: Path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(write_tflite(graph))
    report = bitwright.verify(path, target, vectors=3)
    assert report.bit_exact, report.mismatches[:3]


def test_kernels_are_chosen() -> None:
    """Layers of the shapes that the kernels are made for get them."""
    generator = np.random.default_rng(1)
    weights = generator.integers(-127, 127, (8, 3, 3, 4)).astype(np.int8)
    tensors = [
        activation("x", (1, 6, 6, 4), 0.05),
        constant("w", weights, [0.01] * 8, axis=0),
        constant("b", np.zeros(8, np.int32), [0.0005] * 8, axis=0),
    ]
    attrs = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "RELU"}
    graph = single("CONV_2D", tensors, [activation("y", (), 0.1, -128)], attrs)
    layer = model_sources(graph, ISA, "model").program.layers[0]
    assert (layer.kernel, layer.call.function) == ("xcv_rows", "bw_conv_rows_s8_xcv")
    assert layer.call.params["channels"]["mode"] == 0


def test_requantization_at_its_edges() -> None:
    """bw_requantize_xcv == policy DOUBLE at ties, around zero and at the ends of its range."""
    text = '#include "bw_xcv.h"\nint32_t f(int32_t a, int32_t m, int32_t s, int32_t z);\n'
    text += "int32_t f(int32_t a, int32_t m, int32_t s, int32_t z) { return bw_requantize_xcv(a, m, s, z); }\n"
    function = library(text, [ROOT / "firmware" / "kernels" / "xcv" / "bw_xcv.h"]).f
    generator = np.random.default_rng(3)
    for right in range(1, 31):
        for multiplier in (2**30, 2**30 + 1, 2**31 - 1, int(generator.integers(2**30, 2**31))):
            ties = [((2 * k + 1) << (30 + right)) // multiplier + d for k in (-3, -1, 0, 2) for d in (-1, 0, 1)]
            values = [-1, 0, 1, 1 - 2**29, 2**29 - 1, *(v for v in ties if abs(v) < 2**29)]
            exact = requantize_double(np.array(values, np.int64), np.int64(multiplier), np.int64(-right))
            assert [function(v, multiplier, right + 1, 0) for v in values] == exact.tolist()


def test_one_line_has_every_step() -> None:
    """bw_requantize_linear_xcv with the line that was found == policy DOUBLE, clamped to the zero point."""
    text = '#include "bw_xcv.h"\nvoid f(const int32_t *a, int32_t n, int32_t m, int32_t o, int32_t *y);\n'
    text += "void f(const int32_t *a, int32_t n, int32_t m, int32_t o, int32_t *y) {\n"
    text += "for (int32_t i = 0; i < n; ++i) { y[i] = bw_requantize_linear_xcv(a[i], m, o); }\n}\n"
    function = library(text, [ROOT / "firmware" / "kernels" / "xcv" / "bw_xcv.h"]).f
    generator = np.random.default_rng(5)
    multipliers = np.concatenate([[2**30, 2**30 + 1, 3 << 29, 2**31 - 1], generator.integers(2**30, 2**31, 12)])
    rights = np.concatenate([[1, 2, 9, 17], generator.integers(1, 18, 12)])
    for point in (-128, 0, 127):
        line = linear(multipliers, rights, point)
        assert line is not None
        for multiplier, right, bias, offset in zip(multipliers, rights, *line, strict=True):
            steps = ((2 * np.arange(-4, 260) + 1) << (30 + right)) // multiplier
            values = np.concatenate([(steps[:, None] + np.arange(-3, 4)).reshape(-1), np.arange(-50, 50)])
            values = values[np.abs(values) < 2**28]
            shifted, found = (values + bias).astype(np.int32), np.zeros(values.size, np.int32)
            function(
                shifted.ctypes.data_as(POINTER),
                values.size,
                int((2 * multiplier + 2**31) % 2**32 - 2**31),
                int(offset),
                found.ctypes.data_as(POINTER),
            )
            exact = requantize_double(values, multiplier, -right) + point
            assert np.array_equal(np.clip(found, point, 127), np.clip(exact, point, 127))


@given(st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_first_multiple_within(data: Any) -> None:
    m = data.draw(st.integers(1, 60))
    a, low = data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, m - 1))
    high = data.draw(st.integers(low, m - 1))
    assert first_within(a, m, low, high) == next((x for x in range(m + 1) if low <= a * x % m <= high), None)


def pixels_of_32(kernel: int, in_c: int) -> Graph:
    """A rectified convolution of 8x8 pixels to 32 channels."""
    weights = np.random.default_rng(2).integers(-127, 127, (32, kernel, kernel, in_c)).astype(np.int8)
    tensors = [
        activation("x", (1, 8, 8, in_c), 0.05),
        constant("w", weights, [0.01] * 32, axis=0),
        constant("b", np.zeros(32, np.int32), [0.0005] * 32, axis=0),
    ]
    attrs = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "RELU"}
    return single("CONV_2D", tensors, [activation("y", (), 0.5, -128)], attrs)


@pytest.mark.parametrize("target", [needs_target("iss-xcv")])
def test_instructions_per_multiply_accumulate(target: str) -> None:
    """24 instructions for 64 in the inner loop; at most 0.55 for each in the whole layer."""
    shapes = [(1, 64), (1, 128), (3, 32), (3, 64)]
    report = bitwright.verify(together([pixels_of_32(*shape) for shape in shapes]), target, vectors=1)
    assert report.bit_exact
    counts = [(layer.instructions or 0, layer.macs) for layer in report.layers]
    assert all(instructions <= 0.55 * macs for instructions, macs in counts)
    for (low, fewer), (high, more) in (counts[:2], counts[2:]):
        assert 64 * (high - low) <= 24.5 * (more - fewer)
