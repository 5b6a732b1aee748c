"""Networks that keep their state: outside and inside are one function, and steps of any length give the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bitwright
import numpy as np
import pytest
from bitwright.cli import main
from bitwright.codegen.project import model_sources
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import write_native
from bitwright.converter.ops.recurrent import GATES
from bitwright.converter.quantize.recipe import Switched
from bitwright.converter.quantize.run import quantize_model
from bitwright.converter.reference import Session, to_integers
from bitwright.converter.simplify import simplify
from bitwright.converter.states import states_inside, states_outside, with_kept_states
from bitwright.errors import InputError
from cbuild import build, call
from numpy.typing import NDArray
from tools import needs_target

INPUTS, CELLS, CLASSES = 5, 8, 3
Floats = NDArray[np.float32]


def network(kind: str, steps: int, layers: int = 2, reverse: bool = False, lengths: bool = False) -> Graph:
    """Layers on top of each other, and a dense one on every step."""
    rng = np.random.default_rng(4)
    builder = GraphBuilder("net")
    source, rows = builder.input("x", (1, steps, INPUTS)), GATES[kind] * CELLS
    given = [*[None] * 3, builder.input("n", (1,), DType.INT32)] if lengths else []
    for number in range(layers):
        shapes = {"w": (rows, builder.shape(source)[2]), "r": (rows, CELLS), "b": (rows,), "d": (rows,)}
        names = [builder.constant(n, rng.uniform(-1, 1, s) / np.sqrt(s[-1] / 3 + 1)) for n, s in shapes.items()]
        source = builder.node(f"layer{number}", kind, [source, *names, *given], {"reverse": reverse})
    weights = builder.constant("v", rng.normal(size=(CLASSES, CELLS)) / 3)
    return simplify(
        builder.finish([builder.node("head", "FULLY_CONNECTED", [source, weights], {"keep_num_dims": True})])
    )


def sequences(count: int, steps: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, steps, INPUTS)).astype(np.float32)


def with_steps(graph: Graph, steps: int) -> Graph:
    """An integer network over another number of steps."""
    shapes = {t.name: (t.shape[0], steps, *t.shape[2:]) for t in graph.activations() if len(t.shape) == 3}
    tensors = {name: replace(graph.tensors[name], shape=shape) for name, shape in shapes.items()}
    return replace(graph, tensors={**graph.tensors, **tensors})


@pytest.mark.parametrize("how", ["int8", "int16", "f16", "int8 states"])
@pytest.mark.parametrize("kind", list(GATES))
def test_steps_of_any_length_give_the_same_bits(kind: str, how: str) -> None:
    """Quantized over whole sequences; the same integers one and three steps at a time, in the reference and in C."""
    recipe, floats = "wide" if how == "int16" else "minmax", ("layer*",) if how == "f16" else ()
    narrow = ("layer*",) if how == "int8 states" else ()
    data = sequences(16, 12)
    whole = bitwright.quantize(network(kind, 12), data, recipe=recipe, f16=floats, int8_state=narrow).graph
    states = "float16" if floats else "int8" if narrow else "int16"
    for steps in (1, 3):
        kept = with_kept_states(with_steps(whole, steps))
        assert len(kept.variables) == 2 and [n.op for n in kept.nodes] == [n.op for n in whole.nodes]
        assert {v.initial.dtype.name for v in kept.variables.values()} == {states}
        model = model_sources(kept, ["generic", "fpu"], "model")
        library, session = build(model), Session(kept)
        for x in sequences(2, 12, seed=1):
            values = to_integers(whole, [x[None]])[0]
            (expected,) = Session(whole).trace([values]).outputs
            session.reset()
            library.model_reset()
            parts = np.split(values, 12 // steps, axis=1)
            got = [session.trace([part]).outputs[0] for part in parts]
            assert np.array_equal(np.concatenate(got, axis=1), expected)
            stepped = [call(model, library, [part], "step")[0].reshape(1, steps, -1) for part in parts]
            assert np.array_equal(np.concatenate(stepped, axis=1), expected)


@pytest.mark.parametrize("kind", list(GATES))
def test_quantized_one_step_at_a_time(kind: str) -> None:
    """A network of one step, calibrated over sequences, is as good as the network of the whole sequence."""
    whole, single = network(kind, 12), network(kind, 1)
    data, fresh = sequences(24, 12), sequences(8, 12, seed=2)
    result = quantize_model(single, data, fresh, "minmax", stateful=True)
    judged = quantize_model(whole, data, fresh, "minmax").judgement
    assert result.judgement.samples == 8 * 12 and abs(result.judgement.sqnr - judged.sqnr) < 1.5
    assert result.calibration_samples == 24 and len(result.judgement.layers) == 3
    assert [n.op for n in result.graph.nodes] == [kind, kind, "FULLY_CONNECTED"]
    session, expected = Session(result.graph), run_float(whole, [fresh])[0]
    rows = []
    for x in fresh:
        session.reset()
        rows.append(np.concatenate([session.step([x[None, [step]]])[0] for step in range(12)], axis=1))
    assert np.mean((np.concatenate(rows) - expected) ** 2) == pytest.approx(result.judgement.mse, rel=1e-3)


def test_a_label_is_that_of_the_last_step() -> None:
    whole, data = network("GRU", 12), sequences(24, 12)
    labels = run_float(whole, [data])[0][:, -1].argmax(axis=1)
    judgement = quantize_model(network("GRU", 1), [(data, labels)], recipe="wide", stateful=True).judgement
    assert judgement.samples == 24 and judgement.accuracy_float == 1.0 and judgement.agreement > 0.95


def given_state(handed_on: bool) -> Graph:
    """A network that takes and gives its state: hidden values from a dense layer's input, or a sum by hand."""
    builder = GraphBuilder("net")
    x, h = builder.input("x", (1, 1, INPUTS)), builder.input("h", (1, 1, CELLS))
    rng = np.random.default_rng(1)
    if handed_on:
        names = [
            builder.constant(n, rng.normal(size=(3 * CELLS, size)) / 3) for n, size in (("w", INPUTS), ("r", CELLS))
        ]
        outputs = builder.nodes("layer", "GRU", [x, *names, None, None, h], outputs=2)
        return simplify(builder.finish(outputs, ["y", "next"]))
    weights = builder.constant("w", rng.normal(size=(CELLS, INPUTS)) / 3)
    new = builder.node("dense", "FULLY_CONNECTED", [x, weights], {"keep_num_dims": True})
    half = builder.constant("half", np.full((1,), 0.5, np.float32))
    kept = builder.node("kept", "MUL", [h, half])
    return simplify(builder.finish([builder.node("sum", "ADD", [new, kept]), new], ["next", "y"]))


@pytest.mark.parametrize("floats", [(), ("*",)])
@pytest.mark.parametrize("handed_on", [True, False])
def test_states_that_the_network_takes_and_gives(handed_on: bool, floats: tuple[str, ...]) -> None:
    """By name: a recurrent layer keeps them itself, other networks as variables; in float nothing rounds them."""
    graph, switched = given_state(handed_on), Switched(f16=floats)
    result = quantize_model(graph, sequences(24, 10), recipe="wide", stateful={"h": "next"}, switched=switched)
    assert result.graph.inputs == ("x",) and len(result.graph.outputs) == 1 and result.judgement.sqnr > 40
    assert [node.plain.op for node in result.graph.nodes if "VARIABLE" in node.op] == (
        [] if handed_on else ["READ_VARIABLE", "ASSIGN_VARIABLE"]
    )
    (state,) = result.graph.variables.values()
    assert state.initial.dtype.name == ("float16" if floats else "int16")
    model = model_sources(result.graph, ["generic", "fpu"], "model")
    library, session = build(model), Session(result.graph)
    for x in sequences(1, 10, seed=3)[0]:
        values = to_integers(result.graph, [x[None, None]])
        assert np.array_equal(session.trace(values).outputs[0], call(model, library, values, "step")[0])


@pytest.mark.parametrize("narrow", [(), ("layer1",), ("*",)])
@pytest.mark.parametrize("kind", list(GATES))
def test_inside_and_outside_are_one_function(kind: str, narrow: tuple[str, ...]) -> None:
    integer = bitwright.quantize(network(kind, 3), sequences(16, 3), recipe="minmax", int8_state=narrow).graph
    outside = states_outside(integer)
    inside, function = Session(states_inside(outside)), Session(outside.graph)
    states = [np.zeros(t.shape, t.dtype.numpy) for t in map(outside.graph.tensor, outside.pairs)]
    narrowed = {name.split("/")[0] for name in outside.pairs if outside.graph.tensor(name).dtype is DType.INT8}
    assert narrowed == {"layer0", "layer1"} if "*" in narrow else narrowed == set(narrow)
    for x in sequences(4, 3, seed=6):
        values = to_integers(integer, [x[None]])
        trace = function.trace([*values, *states])
        assert np.array_equal(inside.trace(values).outputs[0], trace.outputs[0])
        states = [trace.tensors[name] for name in outside.pairs.values()]


@pytest.mark.parametrize(
    ("graph", "pairs", "said"),
    [
        (network("GRU", 2, reverse=True), None, "layer0.*from the last step"),
        (network("GRU", 2, lengths=True), None, "layer0.*its sequences have lengths"),
        (simplify(given_state(False)), None, "no recurrent layer"),
        (simplify(given_state(False)), {"z": "next"}, "inputs x, h and the outputs next, y"),
        (simplify(given_state(False)), {"x": "y"}, "differ"),
    ],
)
def test_refused(graph: Graph, pairs: dict[str, str] | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        states_outside(graph, pairs)


def test_sequences_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="multiple of 3"):
        quantize_model(network("GRU", 3), sequences(4, 10), recipe="minmax", stateful=True)


def save(folder: Path, steps: int = 1) -> Path:
    path = folder / "net.bwq"
    graph = bitwright.quantize(network("LSTM", steps), sequences(8, 6), recipe="minmax", stateful=True).graph
    bitwright.save(graph, path)
    return path


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("kind", list(GATES))
def test_stepped_on_the_target(kind: str, target: str) -> None:
    """One inference after the other, each from the state that the one before has left: int16, then int8."""
    graph = bitwright.quantize(
        network(kind, 2), sequences(8, 6), recipe="wide", stateful=True, int8_state=["layer1"]
    ).graph
    assert [v.initial.dtype for v in graph.variables.values()] == [np.int16, np.int8]
    report = bitwright.verify(graph, target, vectors=12)
    assert report.bit_exact, report.mismatches[:3]


def test_two_hundred_steps_to_the_last_bit(tmp_path: Path) -> None:
    """Through the model file, in C; what is kept stays in range, and nothing drifts apart."""
    graph = bitwright.load(save(tmp_path))
    model = model_sources(graph, ["generic"], "model")
    library, session = build(model), Session(graph)
    for x in sequences(1, 200, seed=8)[0]:
        values = to_integers(graph, [x[None, None]])
        assert np.array_equal(session.trace(values).outputs[0], call(model, library, values, "step")[0])


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, folder = tmp_path / "whole.bwq", tmp_path / "project"
    bitwright.save(bitwright.quantize(network("GRU", 4), sequences(8, 4), recipe="minmax"), whole)
    assert main(["compile", str(whole), "--target", "host", "--stateful", "--name", "net", "-o", str(folder)]) == 0
    header = (folder / "include/net.h").read_text()
    assert "void net_step(const int8_t *input_0, int8_t *output_0);" in header and "void net_reset(void);" in header
    capsys.readouterr()
    assert main(["compile", str(whole), "--target", "host", "--state", "x"]) == 2
    assert "IN=OUT" in capsys.readouterr().err
    assert main(["compile", str(whole), "--target", "host", "--state", "x=nothing", "-o", str(tmp_path / "no")]) == 2
    assert "a state is one of each" in " ".join(capsys.readouterr().err.split()) and not (tmp_path / "no").exists()


def test_states_of_int8_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, data, out = tmp_path / "net.bwq", tmp_path / "data.npy", tmp_path / "narrow.bwq"
    source.write_bytes(write_native(network("LSTM", 4)))
    np.save(data, sequences(8, 4))
    command = ["quantize", str(source), "--calibration", str(data), "--recipe", "minmax", "-o", str(out), "--stateful"]
    assert main([*command, "--int8-state", "layer0"]) == 0
    types = {name: variable.initial.dtype for name, variable in bitwright.load(out).variables.items()}
    assert types == {"layer0/state": np.int8, "layer1/state": np.int16}
    capsys.readouterr()
    assert main([*command, "--int8-state", "head"]) == 2
    assert "no GRU, LSTM or RNN in integers is named like 'head'" in capsys.readouterr().err
