"""Other constants for one node of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...ir import Graph, Node, Tensor
from ...passes.rewriter import unused


def with_constants(graph: Graph, node: Node, changes: Mapping[int, Tensor]) -> Graph:
    """The graph where a node reads other constants.

    Args:
        changes: by index among the node's inputs; an input that the node lacks is added. A tensor takes the place of
            the one of its name, unless another node, or another input of this one, reads that too.
    """
    tensors = dict(graph.tensors)
    inputs = [*node.inputs, *[None] * (max(changes, default=0) + 1 - len(node.inputs))]
    for index, tensor in changes.items():
        old = inputs[index]
        uses = sum(other.inputs.count(old) for other in graph.nodes)
        name = old if old is not None and uses == 1 else unused(f"{tensor.name}/{node.name}", tensors)
        tensors[name] = replace(tensor, name=name)
        inputs[index] = name
    changed = replace(node, inputs=tuple(inputs))
    nodes = tuple(changed if other.name == node.name else other for other in graph.nodes)
    return replace(graph, tensors=tensors, nodes=nodes)
