"""A transformer of one block, built operator by operator, and data for it."""

from __future__ import annotations

import numpy as np
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Graph

TOKENS, FEATURES, DEPTH, HEADS, HIDDEN, CLASSES = 6, 10, 16, 2, 24, 5
CALIBRATION = np.random.default_rng(1).normal(size=(24, TOKENS, FEATURES)).astype(np.float32)


def classifier(fused: bool = True, outlier: float = 1.0, norm: str = "LAYER_NORM", last: bool = False) -> Graph:
    """Tokens embedded, one block, the mean of all tokens, a layer.

    Args:
        fused: attention as one operator, or in parts.
        last: the block normalizes behind its sums, not before its layers (then with a norm behind it).
        outlier: channel 3 of both norms in the block is larger by this factor, and the weights that meet it smaller.
    """
    rng, builder = np.random.default_rng(5), GraphBuilder("block")

    def constant(name: str, values: np.ndarray) -> str:  # type: ignore[type-arg]
        return builder.constant(name, values.astype(np.float32))

    def dense(name: str, source: str, units: int, depth: int, planted: bool = False) -> str:
        weights = rng.normal(size=(units, depth)) / np.sqrt(depth)
        weights[:, 3] /= outlier if planted else 1.0
        names = [constant(f"{name}.w", weights), constant(f"{name}.b", rng.normal(size=units) / 4)]
        return builder.node(name, "FULLY_CONNECTED", [source, *names], {"keep_num_dims": True})

    def normal(name: str, source: str, planted: bool = True) -> str:
        gain, bias = rng.uniform(0.5, 1.5, DEPTH), rng.normal(size=DEPTH) / 4
        if planted:
            gain[3] *= outlier
            bias[3] *= outlier
        operands = [source, constant(f"{name}.g", gain)]
        operands += [constant(f"{name}.b", bias)] if norm == "LAYER_NORM" else []
        return builder.node(name, norm, operands, {"epsilon": 1e-5})

    def plus(name: str, first: str, second: str) -> str:
        return builder.node(name, "ADD", [first, second], {"activation": "NONE"})

    tokens = dense("embedding", builder.input("x", (1, TOKENS, FEATURES)), DEPTH, FEATURES)
    tokens = plus("positions", tokens, constant("p", rng.normal(size=(1, TOKENS, DEPTH)) / 3))
    ready = tokens if last else normal("norm1", tokens)
    parts = [dense(name, ready, DEPTH, DEPTH, True) for name in ("query", "key", "value")]
    attended = _fused(builder, parts) if fused else _in_parts(builder, parts)
    tokens = plus("sum1", tokens, dense("project", attended, DEPTH, DEPTH))
    tokens = normal("norm1", tokens, False) if last else tokens
    ready = tokens if last else normal("norm2", tokens)
    hidden = builder.node("gelu", "GELU", [dense("fc1", ready, HIDDEN, DEPTH, True)], {})
    tokens = plus("sum2", tokens, dense("fc2", hidden, DEPTH, HIDDEN))
    axes = builder.constant("axes", np.array([1], np.int32))
    pooled = builder.node("mean", "MEAN", [normal("norm", tokens, False), axes], {"keep_dims": False})
    return builder.finish([dense("head", pooled, CLASSES, DEPTH)])


def _fused(builder: GraphBuilder, parts: list[str]) -> str:
    return builder.node("attention", "ATTENTION", parts, {"heads": HEADS})


def _in_parts(builder: GraphBuilder, parts: list[str]) -> str:
    def moved(name: str, source: str, shape: tuple[int, ...]) -> str:
        heads = builder.node(f"{name}/heads", "RESHAPE", [source], {"new_shape": shape})
        order = builder.constant(f"{name}/order", np.array([0, 2, 1, 3], np.int32))
        return builder.node(f"{name}/turned", "TRANSPOSE", [heads, order], {})

    shape = (1, TOKENS, HEADS, DEPTH // HEADS)
    query, key, value = (moved(name, part, shape) for name, part in zip("qkv", parts, strict=True))
    scores = builder.node("scores", "BATCH_MATMUL", [query, key], {"adj_x": False, "adj_y": True})
    weights = builder.node("weights", "SOFTMAX", [scores], {"beta": (DEPTH // HEADS) ** -0.5})
    mixed = builder.node("attention", "BATCH_MATMUL", [weights, value], {"adj_x": False, "adj_y": False})
    order = builder.constant("back/order", np.array([0, 2, 1, 3], np.int32))
    turned = builder.node("back", "TRANSPOSE", [mixed, order], {})
    return builder.node("joined", "RESHAPE", [turned], {"new_shape": (1, TOKENS, DEPTH)})
