"""Recognizes layer and RMS normalization over the last axis where exporters take them apart.

One operator with exact statistics takes the place of some ten, whose means, squares and roots would each be rounded.
"""

from __future__ import annotations

import numpy as np

from ..ir import Array, Graph, Node
from ..ops.normalization import MOST_ELEMENTS
from .rewriter import Rewriter


def fuse_norms(graph: Graph) -> Graph:
    """The graph with ``d / sqrt(mean(d^2) + epsilon)`` as LAYER_NORM where ``d = x - mean(x)``, else as RMS_NORM.

    A gain and a bias that follow go along. Only where none of the values between carries a grid.
    """
    rewriter = Rewriter(graph)
    for name in list(rewriter.nodes):
        node = rewriter.nodes.get(name)
        found = None if node is None else _norm(rewriter, node)
        if node is None or found is None:
            continue
        norm = Node(node.name, found[0], (found[1],), node.outputs, {"epsilon": found[2]})
        rewriter.replace(node, norm)
        gain = _next(rewriter, norm, "MUL")
        if gain is not None:
            constant = rewriter.constant(f"{node.name}/gain", gain[1])
            norm = rewriter.absorb(norm, gain[0], inputs=(norm.inputs[0], constant))
        bias = _next(rewriter, norm, "ADD")
        if bias is not None:
            constant = rewriter.constant(f"{node.name}/bias", bias[1])
            inputs = (*norm.inputs, *[None] * (2 - len(norm.inputs)), constant)
            rewriter.absorb(norm, bias[0], inputs=inputs)
    return rewriter.finish()


def _norm(rewriter: Rewriter, node: Node) -> tuple[str, str, float] | None:
    """Operator, its source and epsilon, where the node is the product with the reciprocal root."""
    if not _is_plain(rewriter, node, "MUL"):
        return None
    first, second = (str(name) for name in node.inputs)
    for values, factor in ((first, second), (second, first)):
        root = rewriter.producer(factor)
        total = None if root is None or root.op != "RSQRT" else rewriter.producer(root.inputs[0])
        if total is None or not _is_plain(rewriter, total, "ADD"):
            continue
        left, right = (str(name) for name in total.inputs)
        power, constant = (right, left) if rewriter.tensors[left].is_constant else (left, right)
        epsilon, mean = rewriter.tensors[constant].data, _mean(rewriter, power)
        if epsilon is None or epsilon.size != 1 or mean is None:
            continue
        centre = _centred(rewriter, values)
        if not _is_square(rewriter, mean, values, centre):
            continue
        source = values if centre is None else centre
        if 1 <= rewriter.tensors[source].shape[-1] <= MOST_ELEMENTS and float(epsilon.reshape(-1)[0]) >= 0:
            return ("RMS_NORM" if centre is None else "LAYER_NORM"), source, float(epsilon.reshape(-1)[0])
    return None


def _mean(rewriter: Rewriter, name: str) -> str | None:
    """What a tensor is the mean of over the last axis, which stays."""
    node = rewriter.producer(name)
    if (
        node is None
        or node.op != "MEAN"
        or not node.attrs.get("keep_dims")
        or rewriter.tensors[name].stored is not None
    ):
        return None
    source, axes = str(node.inputs[0]), rewriter.tensors[str(node.inputs[1])].data
    rank = len(rewriter.tensors[source].shape)
    return source if axes is not None and [int(axis) % rank for axis in axes.reshape(-1)] == [rank - 1] else None


def _centred(rewriter: Rewriter, name: str) -> str | None:
    """x where the tensor is ``x - mean(x)``."""
    node = rewriter.producer(name)
    if node is None or not _is_plain(rewriter, node, "SUB"):
        return None
    return str(node.inputs[0]) if _mean(rewriter, str(node.inputs[1])) == node.inputs[0] else None


def _is_square(rewriter: Rewriter, name: str, values: str, centre: str | None) -> bool:
    """Whether a tensor is the square of values, which may be ``centre`` less its mean."""
    node = rewriter.producer(name)
    if node is None or rewriter.tensors[name].stored is not None or node.attrs.get("activation", "NONE") != "NONE":
        return False
    if node.op == "SQUARE" or (node.op == "MUL" and node.inputs[0] == node.inputs[1]):
        return node.inputs[0] == values or (centre is not None and _centred(rewriter, str(node.inputs[0])) == centre)
    if node.op != "SQUARED_DIFFERENCE" or centre is None:
        return False
    return node.inputs[0] == centre and _mean(rewriter, str(node.inputs[1])) == centre


def _is_plain(rewriter: Rewriter, node: Node, op: str) -> bool:
    """Whether a node is an operator without an activation, on float values without a grid."""
    target = rewriter.tensors[node.outputs[0]]
    return node.op == op and node.attrs.get("activation", "NONE") == "NONE" and target.stored is None


def _next(rewriter: Rewriter, node: Node, op: str) -> tuple[Node, Array] | None:
    """The only reader where it combines the node's output with one constant per element of a row, and that constant."""
    output = node.outputs[0]
    readers = rewriter.readers(output) if rewriter.is_private(output) else []
    if not readers or not _is_plain(rewriter, readers[0], op):
        return None
    shape = rewriter.tensors[output].shape
    for name in readers[0].inputs:
        data = None if name is None else rewriter.tensors[name].data
        per_element = data is not None and data.size in (1, shape[-1]) and data.shape[-1:] in ((), (1,), shape[-1:])
        if data is not None and per_element and rewriter.tensors[readers[0].outputs[0]].shape == shape:
            return readers[0], np.broadcast_to(data.reshape(-1), shape[-1:]).astype(np.float32)
    return None
