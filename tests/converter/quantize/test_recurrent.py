"""Networks with recurrent layers through every recipe, judged against float and run in C."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bitwright.cli import main
from bitwright.codegen.project import model_sources
from bitwright.converter.float_reference import run_float, simulated
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import DType, Graph, Quantization
from bitwright.converter.native import write_native
from bitwright.converter.ops.recurrent import GATES
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.recipe import Recipe, find_recipe, quantize, recipe_names
from bitwright.converter.reference import Session, run, to_integers
from bitwright.converter.simplify import simplify
from bitwright.errors import ModelError
from cbuild import build, call
from tools import needs_target

STEPS, INPUTS, CELLS, CLASSES = 12, 6, 16, 4


def network(kind: str, reset_after: bool = True, spoiled: bool = False, relu: bool = False) -> Graph:
    """A recurrent layer in each direction, side by side, and a dense one on every step."""
    rng = np.random.default_rng(11)
    builder = GraphBuilder("net")
    source = builder.input("x", (1, STEPS, INPUTS))
    rows, sides = GATES[kind] * CELLS, []
    for reverse in (False, True):
        shapes = {"w": (rows, INPUTS), "r": (rows, CELLS), "b": (rows,), "d": (rows,)}
        names = [builder.constant(n, rng.uniform(-1, 1, s) / np.sqrt(s[-1] / 3 + 1)) for n, s in shapes.items()]
        attrs = {"reverse": reverse, "reset_after": reset_after, "relu": relu}
        sides.append(builder.node(f"layer{int(reverse)}", kind, [source, *names], attrs))
    both = builder.node("both", "CONCATENATION", sides, {"axis": 2, "activation": "NONE"})
    weights = rng.normal(size=(CLASSES, 2 * CELLS)) / 6
    if spoiled:
        builder.tensor("r").value()[0, 0] = np.nan
    head = builder.node("head", "FULLY_CONNECTED", [both, builder.constant("v", weights)], {"keep_num_dims": True})
    return builder.finish([head])


def sequences(count: int, seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(seed).normal(size=(count, STEPS, INPUTS)).astype(np.float32)


def recipe(*wide: str) -> Recipe:
    """The plain recipe with int16 activations where the names say."""
    plain = find_recipe("minmax")
    return replace(plain, scheme=replace(plain.scheme, wide=wide))


def with_rounded_weights(annotated: Graph) -> Graph:
    """A float graph that loses what its int8 weights lose and nothing else."""
    constants = {
        t.name: replace(t, data=simulated(t, t.data)) for t in annotated.tensors.values() if t.data is not None
    }
    return replace(annotated, tensors={**annotated.tensors, **constants})


def sqnr(expected: np.ndarray, got: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(10 * np.log10(np.mean(expected**2) / np.mean((expected - got) ** 2)))


@pytest.mark.parametrize("name", recipe_names())
@pytest.mark.parametrize("kind", list(GATES))
def test_every_recipe(kind: str, name: str) -> None:
    graph = simplify(network(kind))
    data = calibration(graph, [sequences(32)])
    integer = quantize(graph, data, find_recipe(name)).integer
    fresh = sequences(16, seed=5)
    got = np.concatenate([run(integer, [x[None]])[0] for x in fresh])
    level = sqnr(run_float(graph, [fresh])[0], got)
    assert level > 22, level


@pytest.mark.parametrize("kind", list(GATES))
def test_int16_activations(kind: str) -> None:
    """What int8 activations lose is gone; what is left is the int8 weights' error, which integers hardly add to."""
    graph = simplify(network(kind))
    fresh = sequences(16, seed=5)
    data, levels = calibration(graph, [fresh]), {}  # judged where nothing is clipped
    for name, wide in {"int8": (), "int16": ("*",)}.items():
        result = quantize(graph, data, recipe(*wide))
        got = np.concatenate([run(result.integer, [x[None]])[0] for x in fresh])
        levels[name] = sqnr(run_float(with_rounded_weights(result.annotated), [fresh])[0], got)
    assert levels["int16"] > max(levels["int8"] + 20, 55), levels


def test_a_wide_output_is_the_state_itself() -> None:
    """Concatenated, too: nothing requantizes it on the way to a reader of int16."""
    graph = simplify(network("GRU"))
    integer = quantize(graph, calibration(graph, [sequences(8)]), recipe("layer?", "both", "head")).integer
    assert [node.op for node in integer.nodes] == ["GRU", "GRU", "CONCATENATION", "FULLY_CONNECTED"]
    for node in integer.nodes[:3]:
        tensor = integer.output(node)
        assert tensor.dtype is DType.INT16 and tensor.quant == Quantization((2.0**-15,), (0,))


@pytest.mark.parametrize("wide", [(), ("layer0",), ("*",)])
@pytest.mark.parametrize(
    ("kind", "option"), [("RNN", False), ("RNN", True), ("GRU", True), ("GRU", False), ("LSTM", True)]
)
def test_integers_in_c(kind: str, option: bool, wide: tuple[str, ...]) -> None:
    """With the option of the kind: relu, or the reset gate after the product."""
    graph = simplify(network(kind, option, relu=option))
    integer = quantize(graph, calibration(graph, [sequences(32)]), recipe(*wide)).integer
    assert not integer.variables
    quant = integer.tensor(integer.nodes[0].inputs[2]).quant
    assert quant is not None and len(quant.scale) == GATES[kind] * CELLS
    model = model_sources(integer, ["generic"], "model")
    library, session = build(model), Session(integer)
    for x in sequences(6, seed=7):
        values = to_integers(integer, [x[None]])
        assert np.array_equal(session.trace(values).outputs[0], call(model, library, values)[0])


@pytest.mark.parametrize("kind", list(GATES))
def test_integers_are_what_is_simulated(kind: str) -> None:
    """What int8 weights and activations lose is seen in float; the integers' own rounding adds little to it."""
    graph = simplify(network(kind))
    result = quantize(graph, calibration(graph, [sequences(32)]), find_recipe("minmax"))
    fresh = sequences(8, seed=3)
    got = np.concatenate([run(result.integer, [x[None]])[0] for x in fresh])
    level = sqnr(run_float(result.annotated, [fresh], simulate=True)[0], got)
    assert level > 38, level


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("wide", [("layer0", "head"), ("*",)])
@pytest.mark.parametrize("kind", list(GATES))
def test_bit_exact_on_the_target(kind: str, wide: tuple[str, ...], target: str, tmp_path: Path) -> None:
    path, report = tmp_path / "net.bwq", tmp_path / "report.json"
    graph = simplify(network(kind, relu=wide == ("*",)))
    data = calibration(graph, [sequences(16)])
    path.write_bytes(write_native(quantize(graph, data, recipe(*wide)).integer))
    assert main(["verify", str(path), "--target", target, "--vectors", "3", "--json", str(report)]) == 0
    assert json.loads(report.read_text())["bit_exact"]


@pytest.mark.parametrize("gain", [1e-3, 1.0, 300.0])
def test_relu_has_the_unit_that_calibration_sees(gain: float) -> None:
    """Power of two, the finest that holds what was seen; near float at any range of the inputs."""
    graph = simplify(network("RNN", relu=True))
    data = gain * sequences(32)
    result = quantize(graph, calibration(graph, [data]), recipe("*"))
    hidden = run_float(replace(graph, outputs=tuple(node.outputs[0] for node in graph.nodes[:2])), [data])
    got = np.concatenate([run(result.integer, [x[None]])[0] for x in data])
    for node, values in zip(result.integer.nodes, hidden, strict=False):
        tensor, seen = result.integer.output(node), values.max()
        assert tensor.scale == 2.0 ** (node.attrs["hidden_shift"] - 15)
        assert tensor.scale * 32767 >= seen > tensor.scale * 16383
    level = sqnr(run_float(graph, [data])[0], got)
    assert level > 30, level


def test_batches_run_at_once_as_one_by_one() -> None:
    graph, data = simplify(network("LSTM")), sequences(5)
    together = run_float(graph, [data])[0]
    assert np.allclose(together, np.concatenate([run_float(graph, [x[None]])[0] for x in data]), atol=1e-6)


def test_bad_weights_are_named() -> None:
    with pytest.raises(ModelError, match=r"layer0 \(GRU\): 'r' holds NaN"):
        simplify(network("GRU", spoiled=True))
