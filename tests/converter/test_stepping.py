"""Networks over whole sequences, taken step by step: the same bits in the reference and in C, or one clear error."""

from __future__ import annotations

from pathlib import Path

import bitwright
import numpy as np
import pytest
from bitwright.cli import main
from bitwright.codegen.project import model_sources
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.recurrent import GATES
from bitwright.converter.reference import Session, to_integers
from bitwright.errors import BitwrightError
from cbuild import build, call
from numpy.typing import NDArray

STEPS, INPUTS, CELLS = 12, 5, 8


def recurrent(builder: GraphBuilder, source: str, kind: str, reverse: bool = False, lengths: str | None = None) -> str:
    rng = np.random.default_rng(4)
    shapes = {"w": (GATES[kind] * CELLS, INPUTS), "r": (GATES[kind] * CELLS, CELLS)}
    weights = [builder.constant(name, rng.normal(size=shape) / 2) for name, shape in shapes.items()]
    given = [] if lengths is None else [*[None] * 5, lengths]
    return builder.node("layer", kind, [source, *weights, *given], {"reverse": reverse})


def integers(builder: GraphBuilder, name: str, *values: int) -> str:
    return builder.constant(name, np.array(values, np.int32))


def network(kind: str, last: bool) -> Graph:
    """A recurrent layer, its tangent, and a dense layer on every step or behind the last one."""
    builder = GraphBuilder("net")
    source = builder.node("tanh", "TANH", [recurrent(builder, builder.input("x", (1, STEPS, INPUTS)), kind)])
    if last:
        place = [integers(builder, "begin", 0, STEPS - 1, 0), integers(builder, "size", 1, 1, CELLS)]
        source = builder.node("last", "SLICE", [source, *place])
    weights = builder.constant("v", np.random.default_rng(5).normal(size=(3, CELLS)))
    return builder.finish([builder.node("head", "FULLY_CONNECTED", [source, weights], {"keep_num_dims": True})])


def sequences(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, STEPS, INPUTS)).astype(np.float32)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("kind", list(GATES))
def test_steps_give_the_sequence(kind: str, last: bool) -> None:
    whole = bitwright.quantize(network(kind, last), sequences(16), recipe="minmax").graph
    for steps in (1, 4):
        one = bitwright.in_steps(whole, steps)
        model = model_sources(one, ["generic"], "model")
        library, session = build(model), Session(one)
        values = to_integers(whole, [sequences(1, seed=2)])[0]
        (expected,) = Session(whole).trace([values]).outputs
        parts = np.split(values, STEPS // steps, axis=1)
        got = [session.trace([part]).outputs[0] for part in parts]
        assert np.array_equal(got[-1] if last else np.concatenate(got, axis=1), expected)
        for part, answer in zip(parts, got, strict=True):
            assert np.array_equal(call(model, library, [part], "step")[0].reshape(answer.shape), answer)


def test_lengths_are_of_whole_sequences() -> None:
    builder = GraphBuilder("net")
    source, lengths = builder.input("x", (1, STEPS, INPUTS)), builder.input("n", (1,), DType.INT32)
    graph = builder.finish([recurrent(builder, source, "GRU", lengths=lengths)])
    whole = bitwright.quantize(graph, calibration=[(sequences(8), np.full((8, 1), STEPS))], recipe="minmax").graph
    with pytest.raises(BitwrightError, match=r"layer.*lengths are those of whole sequences"):
        bitwright.in_steps(whole)


def mixing(op: str) -> Graph:
    builder = GraphBuilder("net")
    source = recurrent(builder, builder.input("x", (1, STEPS, INPUTS)), "GRU", reverse=op == "GRU")
    if op == "GRU":
        return builder.finish([source])
    if op == "CONV_2D":
        image = builder.node("image", "EXPAND_DIMS", [source, integers(builder, "axis", 3)])
        weights = builder.constant("k", np.ones((1, 3, 3, 1)))
        attrs = {"stride": (1, 1), "dilation": (1, 1), "padding": "SAME"}
        return builder.finish([builder.node("mixes", "CONV_2D", [image, weights], attrs)])
    attrs = {"keep_dims": False} if op == "MEAN" else {}
    return builder.finish([builder.node("mixes", op, [source, integers(builder, "axes", 1)], attrs)])


@pytest.mark.parametrize("op", ["MEAN", "CONV_2D", "GRU"])
def test_what_needs_the_whole_sequence_is_named(op: str) -> None:
    whole = bitwright.quantize(mixing(op), sequences(8), recipe="minmax").graph
    with pytest.raises(BitwrightError, match=f"all {STEPS} steps at once"):
        bitwright.in_steps(whole)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, folder = tmp_path / "whole.bwq", tmp_path / "project"
    bitwright.save(bitwright.quantize(network("GRU", True), sequences(8), recipe="minmax"), path)
    command = ["compile", str(path), "--target", "host", "--name", "net", "-o", str(folder)]
    assert main([*command, "--steps", "1"]) == 0
    header = (folder / "include/net.h").read_text()
    assert "net_step(" in header and "net_reset(void);" in header and f"{{1, 1, {INPUTS}}}" in header
    capsys.readouterr()
    assert main([*command, "--steps", "0"]) == 2 and "at least 1" in capsys.readouterr().err
    assert main([*command, "--steps", "1", "--stateful"]) == 2 and "without --stateful" in capsys.readouterr().err
