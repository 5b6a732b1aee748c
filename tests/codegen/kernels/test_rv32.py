"""The kernels of RV32: on the host, where all but their inner loops are the same C, and as instructions on QEMU."""

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

ISA = ["rv32", "generic"]
emulated = settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@given(convolutions(), seeds)
@few
def test_convolution_on_the_host(graph: Graph, seed: int) -> None:
    prove(graph, seed, ("rv32",))


@pytest.mark.parametrize("target", [needs_target("qemu-rv32")])
@given(st.data())
@emulated
def test_on_the_emulator(target: str, tmp_path_factory: Any, data: Any) -> None:
    """The instructions themselves: several random layers of every kind in one image."""
    kinds = [convolutions(), depthwise(), fully_connected(), additions()]
    graph = together([data.draw(kind) for kind in kinds for _ in range(4)])
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


def test_requantization_at_its_edges() -> None:
    """bw_requantize_rv32.h == policy DOUBLE at ties, around zero and at the ends of its range."""
    text = '#include "bw_requantize_rv32.h"\nint32_t f(int32_t, int32_t, int32_t, int32_t, int32_t);\n'
    text += "int32_t f(int32_t a, int32_t m, int32_t s, int32_t z, int32_t rectified) {\n"
    text += "bw_requantize_rv32 r = bw_requantization_rv32(m, s, z);\n"
    text += "return rectified ? bw_rectify_rv32(&r, a, z, 127) : bw_clamped_rv32(&r, a, -128, 127); }\n"
    folder = ROOT / "firmware" / "kernels"
    function = library(text, [folder / "rv32" / "bw_requantize_rv32.h", folder / "bw_fixedpoint.h"]).f
    generator = np.random.default_rng(3)
    for right in range(1, 23):
        for multiplier in (2**30, 2**30 + 1, 2**31 - 1, int(generator.integers(2**30, 2**31))):
            ties = [((2 * k + 1) << (30 + right)) // multiplier + d for k in range(-9, 9) for d in (-1, 0, 1)]
            values = [-1, 0, 1, 1 - 2**29, 2**29 - 1, *(v for v in ties if abs(v) < 2**29)]
            exact = requantize_double(np.array(values, np.int64), np.int64(multiplier), np.int64(-right))
            for point in (-128, -3, 127):
                assert [function(v, multiplier, right + 1, point, 0) for v in values] == np.clip(
                    exact + point, -128, 127
                ).tolist()
                assert [function(v, multiplier, right + 1, point, 1) for v in values] == np.clip(
                    exact + point, point, 127
                ).tolist()
