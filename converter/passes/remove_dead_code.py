"""Drops operators and tensors that no output and no state depends on."""

from __future__ import annotations

from dataclasses import replace

from ..ir import Graph, Node


def remove_dead_code(graph: Graph) -> Graph:
    """The same graph without what nothing reads; graph inputs stay, since they are the interface."""
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if not node.outputs or needed.intersection(node.outputs):
            kept.append(node)
            needed.update(name for name in node.inputs if name is not None)
    nodes = tuple(reversed(kept))
    used = {*graph.inputs, *graph.outputs}
    for node in nodes:
        used.update(name for name in (*node.inputs, *node.outputs) if name is not None)
    return replace(graph, nodes=nodes, tensors={name: t for name, t in graph.tensors.items() if name in used})
