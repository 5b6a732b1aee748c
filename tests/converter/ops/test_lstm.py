"""UNIDIRECTIONAL_SEQUENCE_LSTM: reference == tflite-runtime == C, over sequences, so that the states count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from background import ROOT
from bitwright.converter.gemmlowp16 import logistic, tanh
from bitwright.converter.ir import Graph, Node, Quantization, Tensor, Variable, check
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import library
from hypothesis import given
from hypothesis import strategies as st
from single import activation, constant, few, prove, seeds, zero_points


@dataclass(frozen=True)
class Form:
    """What an LSTM has."""

    batch: int
    steps: int
    inputs: int
    cells: int
    outputs: int
    time_major: bool
    coupled: bool
    normalized: bool
    projected: bool
    cell_clip: float


forms = st.builds(
    Form,
    batch=st.integers(1, 2),
    steps=st.integers(1, 5),
    inputs=st.integers(1, 9),
    cells=st.integers(1, 9),
    outputs=st.integers(1, 5),
    time_major=st.booleans(),
    coupled=st.booleans(),
    normalized=st.booleans(),
    projected=st.booleans(),
    cell_clip=st.sampled_from([0.0, 0.5]),
)


def lstm(form: Form, seed: int, zero_point: int = 3, hidden_zero_point: int = 0) -> Graph:
    """A graph of one LSTM with random weights."""
    rng = np.random.default_rng(seed)
    outputs = form.outputs if form.projected else form.cells
    names: list[str | None] = [None] * 22
    tensors: dict[str, Tensor] = {}

    def put(place: int, value: Any, *scale: float) -> None:
        tensors[f"t{place}"] = constant(f"t{place}", value, scale)
        names[place] = f"t{place}"

    leading = (form.steps, form.batch) if form.time_major else (form.batch, form.steps)
    tensors["x"] = activation("x", (*leading, form.inputs), 0.02, zero_point)
    tensors["y"] = activation("y", (*leading, outputs), 1 / 128, -5)
    names[0] = "x"
    for gate in range(1 if form.coupled else 0, 4):
        put(1 + gate, rng.integers(-127, 128, (form.cells, form.inputs)).astype(np.int8), 0.01 + 0.001 * gate)
        put(5 + gate, rng.integers(-127, 128, (form.cells, outputs)).astype(np.int8), 0.007)
        put(12 + gate, rng.integers(-3000, 3000, form.cells).astype(np.int32), 1.0)
        if form.normalized:
            put(18 + gate, rng.integers(-20000, 20000, form.cells).astype(np.int16), 0.0001)
    if form.projected:
        put(16, rng.integers(-127, 128, (outputs, form.cells)).astype(np.int8), 0.004)
        put(17, rng.integers(-3000, 3000, outputs).astype(np.int32), 1.0)
    hidden = (1 / 120, hidden_zero_point) if form.projected else (1 / 128, -5)
    grids = (*((float(np.float32(0.003)), 0),) * 4, (float(np.float32(hidden[0])), hidden[1]))
    attrs = {
        "activation": "TANH",
        "cell_clip": form.cell_clip,
        "proj_clip": 0.6 if form.projected and form.coupled else 0.0,
        "time_major": form.time_major,
        "states": ("h", "c"),
        "intermediates": grids,
    }
    quant = tensors["y"].quant
    assert quant is not None
    states = {
        "h": Variable("h", np.full((form.batch, outputs), -5, np.int8), quant),
        "c": Variable("c", np.zeros((form.batch, form.cells), np.int16), Quantization((2.0**-11,), (0,))),
    }
    node = Node("node", "UNIDIRECTIONAL_SEQUENCE_LSTM", tuple(names), ("y",), attrs)
    return check(Graph("model", tensors, (node,), ("x",), ("y",), states))


@few
@given(form=forms, seed=seeds, zero_point=zero_points, hidden_zero_point=st.integers(-20, 20))
def test_reference_runtime_and_c_agree(form: Form, seed: int, zero_point: int, hidden_zero_point: int) -> None:
    graph = prove(lstm(form, seed, zero_point, hidden_zero_point), seed, ("generic", "armv7em", "mve", "rv32"))
    assert len(graph.nodes[0].states) == 2


def test_gates_in_c_are_the_reference() -> None:
    """Every int16 value, every number of integer bits."""
    kernels = ROOT / "firmware" / "kernels"
    source = (kernels / "generic" / "bw_gates_s16.c").read_text() + (
        "\nvoid all(int32_t bits, int16_t *l, int16_t *t) { for (int32_t x = -32768; x < 32768; ++x) {"
        " l[x + 32768] = (int16_t)bw_logistic_s16(x, bits); t[x + 32768] = (int16_t)bw_tanh_s16(x, bits); } }\n"
    )
    twins = library(source, [kernels / "bw_gates_s16.h", kernels / "bw_fixedpoint.h"])
    every = np.arange(-32768, 32768)
    real = every / 32768
    for bits in range(7):
        got = np.zeros((2, 65536), np.int16)
        twins.all(bits, got[0].ctypes, got[1].ctypes)
        assert np.array_equal(got[0], logistic(every, bits))
        assert np.array_equal(got[1], tanh(every, bits))
        assert np.abs(got[0] / 32768 - 1 / (1 + np.exp(-real * 2**bits))).max() < 2.5e-4
        assert np.abs(got[1] / 32768 - np.tanh(real * 2**bits)).max() < 4e-4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"activation": "RELU"}, "activation RELU"),
        ({"states": ("h",)}, "1 states; it keeps 2"),
        ({"diagonal_recurrent_tensors": True}, "diagonal"),
    ],
)
def test_refused(change: dict[str, Any], said: str) -> None:
    graph = lstm(Form(1, 2, 3, 4, 4, False, False, False, False, 0.0), 0)
    node = graph.nodes[0]
    with pytest.raises(BitwrightError, match=said):
        changed = graph.with_nodes((replace(node, attrs={**node.attrs, **change}),))
        Session(read_native(write_native(changed), "model"))
