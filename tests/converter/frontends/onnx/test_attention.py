"""Attention in ONNX: the operator of opset 23, and what exporters take apart, against ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.errors import UnsupportedError
from floats import operators
from onnx_peer import model, node, normal, prove

HEADS = {name: [1, 2, tokens, 4] for name, tokens in (("q", 5), ("k", 7), ("v", 7))}
TOKENS = {"q": [1, 5, 8], "k": [1, 7, 8], "v": [1, 7, 8]}
CAUSAL = np.where(np.tri(5, 7, dtype=bool), 0, -np.inf).astype(np.float32)


def attending(graph: Any) -> Any:
    """The one attention of a graph that does nothing else but move."""
    nodes = [n for n in graph.nodes if n.op not in ("RESHAPE", "TRANSPOSE")]
    assert [n.op for n in nodes] == ["ATTENTION"]
    return nodes[0]


@pytest.mark.parametrize("shapes", [HEADS, TOKENS])
@pytest.mark.parametrize("mask", ["", "causal", "bool", "float"])
def test_the_operator(shapes: dict[str, list[int]], mask: str) -> None:
    attributes: dict[str, Any] = {} if shapes is HEADS else {"q_num_heads": 2, "kv_num_heads": 2}
    constants = {}
    if mask == "causal":
        attributes["is_causal"] = 1
    elif mask:
        values = normal(np.random.default_rng(1), 5, 7)
        constants["m"] = values > -1 if mask == "bool" else values
        constants["m"][:, 0] = 1
    nodes = [node("Attention", ["q", "k", "v", *constants], **attributes)]
    found = attending(prove(model(nodes, shapes, constants, opset=23)))
    assert found.attrs.get("after") == (0 if mask == "causal" else None)
    assert ("heads" in found.attrs) == (shapes is TOKENS)
    assert len(found.inputs) == (4 if mask in ("bool", "float") else 3)


def test_groups_of_heads_share_keys_and_values() -> None:
    shapes = {"q": [1, 5, 16], "k": [1, 7, 8], "v": [1, 7, 8]}
    prove(model([node("Attention", ["q", "k", "v"], q_num_heads=4, kv_num_heads=2, scale=0.3)], shapes, opset=23))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scaled", ["both", "scores", "divided", "query"])
def test_taken_apart(scaled: str, causal: bool) -> None:
    """As exporters write scaled_dot_product_attention: transposed keys, the scale in one of many places."""
    constants: dict[str, Any] = {"s": np.float32(0.5), "r": np.float32(2), "h": np.float32(0.5**0.5), "m": CAUSAL}
    left, right = {"both": ("qs", "ks"), "query": ("qs", "kt")}.get(scaled, ("q", "kt"))
    nodes = [node("Transpose", ["k"], "kt", perm=[0, 1, 3, 2])]
    nodes += [node("Mul", ["q", "h" if scaled == "both" else "s"], "qs"), node("Mul", ["kt", "h"], "ks")]
    nodes += [node("MatMul", [left, right], "p")]
    last = "p"
    if scaled in ("scores", "divided"):
        nodes += [node("Mul", ["p", "s"], "c") if scaled == "scores" else node("Div", ["p", "r"], "c")]
        last = "c"
    if causal:
        nodes += [node("Add", [last, "m"], "a")]
        last = "a"
    nodes += [node("Softmax", [last], "w", axis=-1), node("MatMul", ["w", "v"])]
    found = attending(prove(model(nodes, HEADS, constants)))
    assert found.attrs["scale"] == pytest.approx(0.5) and found.attrs.get("after") == (0 if causal else None)


def test_a_block_with_one_projection_moves_nothing() -> None:
    """Queries, keys and values from one product, split into heads: three layers and attention over tokens."""
    rng = np.random.default_rng(3)
    constants = {
        "w": normal(rng, 8, 24),
        "b": normal(rng, 24),
        "o": normal(rng, 8, 8),
        "split": np.array([1, 6, 3, 2, 4]),
        "whole": np.array([1, 6, 8]),
        "s": np.float32(0.5),
    }
    nodes = [node("MatMul", ["x", "w"], "x0"), node("Add", ["x0", "b"], "x1"), node("Reshape", ["x1", "split"], "x2")]
    nodes += [node("Transpose", ["x2"], "x3", perm=[2, 0, 3, 1, 4])]
    for i, name in enumerate("qkv"):
        constants[f"i{i}"] = np.array(i)
        nodes += [node("Gather", ["x3", f"i{i}"], name, axis=0)]
    nodes += [node("Transpose", ["k"], "kt", perm=[0, 1, 3, 2]), node("MatMul", ["q", "kt"], "p")]
    nodes += [node("Mul", ["p", "s"], "c"), node("Softmax", ["c"], "a", axis=-1), node("MatMul", ["a", "v"], "z")]
    nodes += [node("Transpose", ["z"], "z1", perm=[0, 2, 1, 3]), node("Reshape", ["z1", "whole"], "z2")]
    nodes += [node("MatMul", ["z2", "o"])]
    graph = prove(model(nodes, {"x": [1, 6, 8]}, constants))
    assert operators(graph) == [*["FULLY_CONNECTED"] * 3, "ATTENTION", "FULLY_CONNECTED"]


def test_scores_that_are_read_elsewhere_stay() -> None:
    nodes = [node("Transpose", ["k"], "kt", perm=[0, 1, 3, 2]), node("MatMul", ["q", "kt"], "p")]
    nodes += [node("Softmax", ["p"], "w", axis=-1), node("MatMul", ["w", "v"])]
    graph = prove(model(nodes, HEADS, outputs=("y", "w")))
    assert "ATTENTION" not in operators(graph)


@pytest.mark.parametrize(
    ("inputs", "outputs", "attributes", "said"),
    [
        (["q", "k", "v", "", "k", "v"], ["y"], {}, "past keys"),
        (["q", "k", "v"], ["y", "pk", "pv"], {}, "present"),
        (["q", "k", "v"], ["y"], {"softcap": 2.0}, "softcap"),
        (["q", "k", "v", "q"], ["y"], {}, "computed at run time"),
    ],
)
def test_refused(inputs: list[str], outputs: list[str], attributes: dict[str, Any], said: str) -> None:
    data = model([node("Attention", inputs, outputs, **attributes)], HEADS, outputs=outputs, opset=23)
    with pytest.raises(UnsupportedError, match=said):
        read_onnx(data)
