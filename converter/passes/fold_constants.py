"""Computes what is known at build time: shape arithmetic on integers and operators over constants only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..ir import Array, DType, Graph, Node, Tensor
from ..ops import OPERATORS

_INTEGERS = (DType.INT32, DType.INT64)


def fold_constants(graph: Graph) -> Graph:
    """The graph with every operator whose result is known replaced by that constant."""
    tensors = dict(graph.tensors)
    nodes: list[Node] = []
    for node in graph.nodes:
        current = replace(graph, tensors=tensors)
        values = _evaluate(current, node)
        if values is None:
            nodes.append(node)
            continue
        for name, value in zip(node.outputs, values, strict=True):
            tensor = tensors[name]
            tensors[name] = replace(tensor, shape=value.shape, data=value.astype(tensor.dtype.numpy))
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def _evaluate(graph: Graph, node: Node) -> list[Array] | None:
    """The node's outputs, or None when they depend on an input of the network or on state."""
    if node.op == "SHAPE":
        return [np.asarray(graph.input(node, 0).shape, np.int64)]
    operands = [None if name is None else graph.tensor(name) for name in node.inputs]
    if not operands or "variable" in node.attrs or any(t is not None and t.data is None for t in operands):
        return None
    if set(graph.outputs) & set(node.outputs):
        return None
    if all(graph.tensor(name).dtype in _INTEGERS for name in node.outputs):
        fold = _SHAPE_ARITHMETIC.get(node.op)
        return None if fold is None else fold(graph, node, [t for t in operands if t is not None])
    if node.op not in OPERATORS:
        return None
    operator = OPERATORS[node.op]
    return operator.reference(operator.prepare(graph, node), [None if t is None else t.data for t in operands])


def _pack(_graph: Graph, node: Node, operands: Sequence[Tensor]) -> list[Array]:
    return [np.stack([t.value() for t in operands], axis=node.attrs["axis"])]


def _concatenate(_graph: Graph, node: Node, operands: Sequence[Tensor]) -> list[Array]:
    return [np.concatenate([t.value() for t in operands], axis=node.attrs["axis"])]


def _by_operator(graph: Graph, node: Node, operands: Sequence[Tensor]) -> list[Array]:
    operator = OPERATORS[node.op]
    return operator.reference(operator.prepare(graph, node), [t.data for t in operands])


_SHAPE_ARITHMETIC: dict[str, Callable[[Graph, Node, Sequence[Tensor]], list[Array]]] = {
    "PACK": _pack,
    "CONCATENATION": _concatenate,
    "STRIDED_SLICE": _by_operator,
    "SLICE": _by_operator,
    "GATHER": _by_operator,
    "RESHAPE": _by_operator,
    "SQUEEZE": _by_operator,
    "EXPAND_DIMS": _by_operator,
}
