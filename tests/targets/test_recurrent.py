"""Recurrent networks of ../shared: tflite-runtime's outputs over sequences, and every layer on the emulated cores; and
SVDF with memories of any length."""

from __future__ import annotations

import bitwright
import numpy as np
import pytest
from background import DATA, model_path, needs_data
from bitwright.converter.ir import Graph, Node, Quantization, Variable, check
from bitwright.converter.reference import Session
from single import activation, constant
from tools import needs_target

MODELS = [
    "generated/lstm_int8",
    "tflm/trained_lstm_int8",
    "tflm/dtln_noise_suppression",
    "tflm/keyword_scrambled",
    "tflm/keyword_scrambled_8bit",
]


@needs_data
@pytest.mark.parametrize("name", MODELS)
def test_the_runtimes_outputs(name: str) -> None:
    """Fresh for every sample, and one session over all of them, so that the states carry over."""
    golden = np.load(DATA / "golden" / f"{name.replace('/', '__')}.tflite.npz")
    session = Session(bitwright.load(model_path(name)))
    for prefix in ("", "seq_"):
        if f"{prefix}out0" not in golden:
            continue
        session.reset()
        for sample, expected in zip(golden["in0"], golden[f"{prefix}out0"], strict=True):
            if not prefix:
                session.reset()
            (got,) = session.step([sample])
            assert np.array_equal(got.reshape(-1), expected.reshape(-1))


@needs_data
@pytest.mark.parametrize("target", [needs_target(t) for t in ("mps2-an386", "mps3-an547", "qemu-rv32")])
@pytest.mark.parametrize("name", [name for name in MODELS if "dtln" not in name])
def test_every_layer_on_the_cores(name: str, target: str) -> None:
    report = bitwright.verify(model_path(name), target, vectors=3)
    assert report.bit_exact, report.mismatches[:3]


def with_memories(*memories: int) -> Graph:
    """SVDF layers side by side, with random weights and states that are as large as they can be."""
    rng, features, filters = np.random.default_rng(6), 5, 3
    tensors, nodes, states = {"x": activation("x", (1, features), 0.05, 3)}, [], {}
    for memory in memories:
        y, state, names = f"y{memory}", f"s{memory}", [f"{what}{memory}" for what in ("feature", "time")]
        tensors[y] = activation(y, (1, filters), 40.0, -2)
        values = rng.integers(-127, 128, (filters, features)).astype(np.int8)
        tensors[names[0]] = constant(names[0], values, [0.01])
        values = rng.integers(-32768, 32768, (filters, memory)).astype(np.int16)
        tensors[names[1]] = constant(names[1], values, [0.002])
        first = rng.integers(-32768, 32768, (1, filters * memory)).astype(np.int16)
        states[state] = Variable(state, first, Quantization((float(np.float32(0.001)),), (0,)))
        attrs = {"rank": 1, "activation": "NONE", "states": (state,)}
        nodes.append(Node(f"svdf{memory}", "SVDF", ("x", *names, None), (y,), attrs))
    outputs = tuple(node.outputs[0] for node in nodes)
    return check(Graph("model", tensors, tuple(nodes), ("x",), outputs, states))


@pytest.mark.parametrize(
    "target", [needs_target(t) for t in ("mps2-an385", "mps2-an386", "mps3-an547", "qemu-rv32", "qemu-rv32-rvv")]
)
def test_memories_of_any_length(target: str) -> None:
    """Shorter and longer than a kernel's vectors, odd and even; states wander through them."""
    report = bitwright.verify(with_memories(1, 2, 3, 4, 8, 9, 10, 33), target, vectors=12)
    assert report.bit_exact, report.mismatches[:3]
