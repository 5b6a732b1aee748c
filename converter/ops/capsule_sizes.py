"""Sizes of a layer of capsules, and how often it routes."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ModelError
from ..ir import Graph, Node
from .operator import require

#: More iterations than anybody routes.
MOST_ITERATIONS = 16
#: What 16 bits of couplings and int32 sums of squares leave room for.
MOST_CAPSULES, MOST_DIM = 1024, 1024


@dataclass(frozen=True)
class RoutingSizes:
    """Batch, capsules that route (``inputs`` of ``depth`` elements) and that receive (``capsules`` of ``dim``)."""

    batch: int
    inputs: int
    depth: int
    capsules: int
    dim: int


def routing_sizes(graph: Graph, node: Node) -> RoutingSizes:
    """Sizes of a CAPSULE_ROUTING. Raises ModelError where the weights do not fit the input, UnsupportedError."""
    source, weights = graph.input(node, 0).shape, graph.input(node, 1).shape
    if len(source) != 3 or len(weights) != 4 or 0 in (*source, *weights) or weights[1::2] != source[1:]:
        raise ModelError(
            f"{node.name} ({node.op}): weights of shape {list(weights)} do not fit an input of {list(source)}; they "
            "must be [capsules, inputs, dim, depth] for an input of [batch, inputs, depth]"
        )
    require(weights[0] <= MOST_CAPSULES, node, f"{weights[0]} capsules are not served; up to {MOST_CAPSULES} are")
    for size in (weights[2], weights[3]):
        require(size <= MOST_DIM, node, f"capsules of {size} elements are not served; up to {MOST_DIM} are")
    return RoutingSizes(source[0], source[1], source[2], weights[0], weights[2])


def iterations(node: Node) -> int:
    """How often a node routes. Raises UnsupportedError."""
    count = node.attrs.get("iterations", 3)
    known = isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MOST_ITERATIONS
    require(known, node, f"{count!r} routing iterations are not served; 1 to {MOST_ITERATIONS} are")
    return int(count)
