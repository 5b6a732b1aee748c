"""Graphs of capsules with random weights, for the tests of their operators and kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.converter.ir import Graph
from bitwright.converter.native import read_native, write_native
from numpy.typing import NDArray
from single import activation, constant, single, vectors

Pair = tuple[int, int]


def squash(
    shape: tuple[int, ...], scale: float = 0.05, target: float = 1 / 128, points: Pair = (3, -5), **attrs: Any
) -> Graph:
    """SQUASH of int8."""
    graph = single(
        "SQUASH", [activation("x", shape, scale, points[0])], [activation("y", (), target, points[1])], attrs
    )
    return read_native(write_native(graph), "model")


def length(
    shape: tuple[int, ...], scale: float = 1 / 128, target: float = 1 / 128, points: Pair = (0, -128), **attrs: Any
) -> Graph:
    """CAPSULE_LENGTH of int8."""
    source = activation("x", shape, scale, points[0])
    graph = single("CAPSULE_LENGTH", [source], [activation("y", (), target, points[1])], attrs)
    return read_native(write_native(graph), "model")


def routing(
    sizes: tuple[int, int, int, int] = (9, 4, 5, 6),
    iterations: int = 3,
    batch: int = 1,
    scale: float = 1 / 128,
    weight_scale: float = 0.01,
    target: float = 1 / 128,
    points: Pair = (3, -5),
    seed: int = 0,
    weights: NDArray[np.int8] | None = None,
    **attrs: Any,
) -> Graph:
    """CAPSULE_ROUTING: sizes are inputs, depth, capsules, dim; one weight scale per capsule, in affine_s8."""
    inputs, depth, capsules, dim = sizes
    generator = np.random.default_rng(seed)
    if weights is None:
        weights = generator.integers(-127, 127, (capsules, inputs, dim, depth), endpoint=True).astype(np.int8)
    if attrs.get("arithmetic") == "paper_q7":
        stored = constant("w", weights, [weight_scale])
    else:
        stored = constant("w", weights, list(generator.uniform(0.5, 1, capsules) * weight_scale), axis=0)
    source, output = activation("x", (batch, inputs, depth), scale, points[0]), activation("y", (), target, points[1])
    graph = single("CAPSULE_ROUTING", [source, stored], [output], {"iterations": iterations, **attrs})
    return read_native(write_native(graph), "model")


def published(iterations: int, **changes: Any) -> dict[str, Any]:
    """Formats of paper_q7 as they come out of calibration, for inputs of 2^-7 and weights of 2^-7."""
    formats: dict[str, Any] = {
        "arithmetic": "paper_q7",
        "predictions": 6,
        "sums": tuple([6, 5, 4, 4, 3][:iterations]),
        "squashed": (7,) * iterations,
        "agreements": (5,) * (iterations - 1),
        "logits": tuple([5, 4, 4, 3][: iterations - 1]),
    }
    return {**formats, **changes}


def extremes(graph: Graph, seed: int) -> list[list[NDArray[Any]]]:
    """Beside constant, alternating and random values: zero vectors, and those within a step of zero."""
    tensor = graph.tensor("x")
    rows = np.full((4, *tensor.shape), tensor.zero_point, np.int8)
    rows[1, ..., 0] = 127
    rows[2, ..., -1, :] = -128
    near = tensor.zero_point + np.random.default_rng(seed).integers(-1, 1, tensor.shape, endpoint=True)
    rows[3] = np.clip(near, -128, 127)
    return [*vectors(graph, seed), *([row] for row in rows)]
