"""Normalizations that exporters take apart become one operator of the same function, and only these."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Graph
from bitwright.converter.passes.fuse_norms import fuse_norms
from bitwright.converter.simplify import simplify

SHAPE = (2, 4, 6)


def taken_apart(
    square: str = "SQUARE",
    centred: bool = True,
    gain: Any = (6,),
    bias: Any = (6,),
    axis: int = 2,
    swapped: bool = False,
) -> Graph:
    """``d / sqrt(mean(d^2) + epsilon) * gain + bias`` in single operators."""
    builder, rng = GraphBuilder("net"), np.random.default_rng(5)
    x = builder.input("x", SHAPE)
    axes = builder.constant("axes", np.array([axis], np.int32))
    mean = builder.node("mean", "MEAN", [x, axes], {"keep_dims": True})
    values = builder.node("centred", "SUB", [x, mean]) if centred else x
    operands = {"SQUARE": [values], "MUL": [values, values], "SQUARED_DIFFERENCE": [x, mean]}[square]
    squares = builder.node("squares", square, operands)
    power = builder.node("power", "MEAN", [squares, axes], {"keep_dims": True})
    total = builder.node("total", "ADD", [power, builder.constant("epsilon", np.float32(1e-3))])
    root = builder.node("root", "RSQRT", [total])
    result = builder.node("norm", "MUL", [root, values] if swapped else [values, root])
    for name, op, shape in (("gain", "MUL", gain), ("bias", "ADD", bias)):
        if shape is not None:
            result = builder.node(f"{name}d", op, [result, builder.constant(name, rng.normal(size=shape))])
    return builder.finish([result])


def same(before: Graph) -> list[str]:
    """The operators after the pass, whose function must be the same."""
    after = fuse_norms(before)
    x = np.random.default_rng(1).normal(1, 2, SHAPE).astype(np.float32)
    assert np.allclose(run_float(before, [x])[0], run_float(after, [x])[0], atol=1e-5)
    return [node.op for node in after.nodes]


@pytest.mark.parametrize("gain", [None, (6,), (1, 1, 6), ()])
@pytest.mark.parametrize("bias", [None, (6,), (1,)])
@pytest.mark.parametrize("square", ["SQUARE", "MUL", "SQUARED_DIFFERENCE"])
def test_layer_norm(square: str, bias: Any, gain: Any) -> None:
    assert same(taken_apart(square, True, gain, bias)) == ["LAYER_NORM"]
    assert same(taken_apart(square, True, gain, bias, swapped=True)) == ["LAYER_NORM"]


@pytest.mark.parametrize("square", ["SQUARE", "MUL"])
def test_rms_norm(square: str) -> None:
    assert same(taken_apart(square, False, (6,), None)) == ["RMS_NORM"]


def test_what_is_something_else_stays() -> None:
    assert "RSQRT" in same(taken_apart(axis=1))
    # The variance of x, by which x itself is divided, is no root mean square of x.
    assert "RSQRT" in same(taken_apart("SQUARED_DIFFERENCE", centred=False))
    # A gain per row is no gain per element.
    assert same(taken_apart(gain=(4, 1), bias=None)) == ["LAYER_NORM", "MUL"]


def test_as_older_onnx_exporters_write_it() -> None:
    """ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div, Mul, Add."""
    onnx_peer = pytest.importorskip("onnx_peer")
    node, held = onnx_peer.node, {"two": np.float32(2), "epsilon": np.float32(1e-5), "axes": np.array([-1])}
    held |= {"gain": np.arange(1, 7, dtype=np.float32), "bias": np.ones(6, np.float32)}
    nodes = [
        node("ReduceMean", ["x", "axes"], "m"),
        node("Sub", ["x", "m"], "d"),
        node("Pow", ["d", "two"], "s"),
        node("ReduceMean", ["s", "axes"], "v"),
        node("Add", ["v", "epsilon"], "e"),
        node("Sqrt", ["e"], "r"),
        node("Div", ["d", "r"], "n"),
        node("Mul", ["n", "gain"], "k"),
        node("Add", ["k", "bias"]),
    ]
    graph = onnx_peer.prove(onnx_peer.model(nodes, {"x": [1, 4, 6]}, {k: np.asarray(v) for k, v in held.items()}))
    assert [n.op for n in simplify(graph).nodes] == ["LAYER_NORM"]
