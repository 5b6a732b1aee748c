"""Recognizes attention that exporters take apart: two products with a softmax between them become ATTENTION."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..ir import Array, DType, Graph, Node, Tensor
from ..ops.attention_mask import masked
from .rewriter import Rewriter

_SWAPPED = {2: (1, 0), 3: (0, 2, 1), 4: (0, 1, 3, 2)}


@dataclass(frozen=True)
class _Scores:
    """What a softmax is taken of: ``factor * query @ key^T + mask``; ``transposed``: the keys are, already."""

    query: str
    key: str
    transposed: bool
    factor: float
    mask: Array | None


def fuse_attention(graph: Graph) -> Graph:
    """The graph with ``softmax(scale * Q K^T + mask) V`` as one operator.

    Only with constant masks, and only where nothing else reads the values between and none of them carries a grid.
    """
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op != "BATCH_MATMUL" or node.attrs["adj_x"] or node.attrs["adj_y"]:
            continue
        softmax = _between(rewriter, str(node.inputs[0]))
        if softmax is None or softmax.op != "SOFTMAX" or rewriter.tensors[str(node.inputs[1])].is_constant:
            continue
        scores = _scores(rewriter, str(softmax.inputs[0]), float(softmax.attrs.get("beta", 1.0)))
        if scores is not None:
            _fuse(rewriter, node, scores)
    return rewriter.finish()


def _between(rewriter: Rewriter, name: str) -> Node | None:
    """The node that writes a value which one node alone reads, and which has no grid."""
    if not rewriter.is_private(name) or rewriter.tensors[name].stored is not None:
        return None
    return rewriter.producer(name)


def _split(rewriter: Rewriter, node: Node) -> tuple[str, Array] | None:
    """The activation and the constant of a node with one of each, without a fused activation."""
    if len(node.inputs) != 2 or node.attrs.get("activation", "NONE") != "NONE":
        return None
    for first, second in (node.inputs, node.inputs[::-1]):
        tensor = rewriter.tensors[str(second)]
        if tensor.data is not None and tensor.stored is None and not rewriter.tensors[str(first)].is_constant:
            return str(first), tensor.data.astype(np.float64)
    return None


def _scores(rewriter: Rewriter, name: str, factor: float) -> _Scores | None:
    """Walks from the softmax to the product of queries and keys, over factors and masks."""
    mask: Array | None = None
    while (node := _between(rewriter, name)) is not None:
        parts = _split(rewriter, node)
        if node.op == "BATCH_MATMUL" and not node.attrs["adj_x"]:
            return _product(rewriter, node, factor, mask)
        if parts is None or not (node.op in ("ADD", "MUL", "DIV") or (node.op == "SUB" and parts[0] == node.inputs[0])):
            return None
        if node.op == "DIV" and parts[0] != node.inputs[0]:
            return None
        name, value = parts
        if node.op in ("ADD", "SUB"):
            added = factor * (value if node.op == "ADD" else -value)
            mask = added if mask is None else mask + added
        elif value.size == 1:
            by = float(value.reshape(-1)[0])
            factor *= by if node.op == "MUL" else 1 / by if by else math.nan
        else:
            return None
    return None


def _product(rewriter: Rewriter, node: Node, factor: float, mask: Array | None) -> _Scores | None:
    """The product with the factors of either side."""
    operands = []
    for name in map(str, node.inputs):
        if rewriter.tensors[name].is_constant:
            return None
        inner = _between(rewriter, name)
        parts = None if inner is None or inner.op != "MUL" else _split(rewriter, inner)
        if parts is not None and parts[1].size == 1:
            name = parts[0]
            factor *= float(parts[1].reshape(-1)[0])
        operands.append(name)
    return _Scores(operands[0], operands[1], not node.attrs["adj_y"], factor, mask)


def _fuse(rewriter: Rewriter, node: Node, scores: _Scores) -> None:
    query, key, value = (rewriter.tensors[n] for n in (scores.query, scores.key, str(node.inputs[1])))
    rank = len(query.shape)
    if not 2 <= rank <= 4 or {len(key.shape), len(value.shape)} != {rank} or not 0 < scores.factor < math.inf:
        return
    target = rewriter.tensors[node.outputs[0]]
    keys = value.shape[-2]
    lead = (1,) * (4 - rank) + query.shape[:-2]
    if any((1,) * (4 - rank) + t.shape[:-2] != lead for t in (key, value, target)):
        return  # heads or samples that broadcast
    try:
        attrs, bias = masked(scores.mask, False, lead[1], query.shape[-2], keys)
    except ValueError:  # a mask that the operator does not serve
        return
    inputs = [scores.query, _untransposed(rewriter, node, key) if scores.transposed else scores.key, value.name]
    operands = [_raised(rewriter, node, name, lead) for name in inputs]
    if bias is not None:
        operands.append(rewriter.constant(f"{node.name}/bias", bias))
    attrs = {"scale": scores.factor, **attrs}
    if rank == 4:
        rewriter.replace(node, Node(node.name, "ATTENTION", tuple(operands), node.outputs, attrs))
        return
    output = rewriter.activation(f"{node.name}/heads", target, (*lead, *target.shape[-2:]))
    merged = Node(node.name, "ATTENTION", tuple(operands), (output,), attrs)
    rewriter.replace(node, merged)
    shape = rewriter.constant(f"{node.name}/shape", np.asarray(target.shape, np.int32))
    rewriter.insert_after(merged, Node(f"{node.name}/lowered", "RESHAPE", (output, shape), node.outputs))


def _untransposed(rewriter: Rewriter, node: Node, key: Tensor) -> str:
    """Keys [..., tokens, depth] from [..., depth, tokens]."""
    order = _SWAPPED[len(key.shape)]
    writer = rewriter.producer(key.name)
    if writer is not None and writer.op == "TRANSPOSE":
        known = rewriter.tensors[str(writer.inputs[1])].data
        if known is not None and tuple(known.tolist()) == order:
            return str(writer.inputs[0])
    shape = (*key.shape[:-2], key.shape[-1], key.shape[-2])
    target = rewriter.activation(f"{node.name}/keys", key, shape)
    permutation = rewriter.constant(f"{node.name}/keys/permutation", np.asarray(order, np.int32))
    rewriter.insert(node, Node(f"{node.name}/keys", "TRANSPOSE", (key.name, permutation), (target,)))
    return target


def _raised(rewriter: Rewriter, node: Node, name: str, lead: tuple[int, ...]) -> str:
    """The operand as [batch, heads, tokens, depth]."""
    tensor = rewriter.tensors[name]
    shape = (*lead, *tensor.shape[-2:])
    if tensor.shape == shape:
        return name
    target = rewriter.activation(f"{name}/raised", replace(tensor, dtype=DType.FLOAT32), shape)
    size = rewriter.constant(f"{target}/shape", np.asarray(shape, np.int32))
    rewriter.insert(node, Node(f"{node.name}/{target}", "RESHAPE", (name, size), (target,)))
    return target
