"""The kernels of XCV: on the host through their portable definitions, and as instructions on both simulated cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT
from bitwright.codegen.project import model_sources
from bitwright.converter.fixedpoint import requantize_double
from bitwright.converter.ir import Graph
from bitwright.converter.writers.tflite import write_tflite
from cbuild import library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layers import additions, convolutions, depthwise, fully_connected
from single import activation, constant, few, prove, seeds, single, together
from tools import needs_target

ISA = ["xcv", "rv32", "generic"]
emulated = settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@given(convolutions(), seeds)
@few
def test_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("xcv",))


@given(depthwise(), seeds)
@few
def test_depthwise_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("xcv",))


@given(fully_connected(), seeds)
@few
def test_fully_connected_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("xcv",))


@pytest.mark.parametrize("target", [needs_target("iss-xcv"), needs_target("iss-xpulpv2")])
@given(st.data())
@emulated
def test_on_simulated_cores(target: str, tmp_path_factory: Any, data: Any) -> None:
    """The instructions themselves: several random layers of every kind in one image."""
    kinds = [convolutions(), depthwise(), fully_connected(), additions()]
    graph = together([data.draw(kind) for kind in kinds for _ in range(4)])
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
    assert (layer.kernel, layer.call.function) == ("xcv", "bw_conv_s8_xcv")
    assert layer.call.params["rectified"] == 1


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
