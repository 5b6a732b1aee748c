"""From a network over a whole sequence to one that takes its tokens as they come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError, UnsupportedError
from .ir import Graph, Node, Variable, check
from .ops import OPERATORS
from .ops.cached_attention import sizes, state_forms
from .serve import check_served

_KEEPS = "CACHED_ATTENTION"


def stepped(graph: Graph, tokens: int = 1) -> Graph:
    """The same integers over ``tokens`` tokens an inference, every CACHED_ATTENTION's ring of the past kept between.

    The network must have been quantized over sequences [1, tokens, ...], as it is trained: its grids are theirs. Token
    by token it then gives the bits of the whole sequence.

    Raises:
        InputError: the graph is float, has no such attention, or its input is no sequence.
        UnsupportedError: an operator needs the whole sequence; names it.
    """
    if graph.is_float:
        raise InputError(f"'{graph.name}' must be quantized, over whole sequences, before it takes them in steps")
    if not any(node.op == _KEEPS and not node.states for node in graph.nodes):
        raise InputError(f"'{graph.name}' has no attention with a cache (bitwright.nn.attention) that starts anew")
    shape = graph.tensor(graph.inputs[0]).shape
    if len(shape) < 2 or shape[0] != 1:
        raise InputError(f"input '{graph.inputs[0]}' of shape {list(shape)} is no sequence [1, tokens, ...]")
    length = shape[1]
    tensors = {
        name: replace(tensor, shape=(1, tokens, *tensor.shape[2:]))
        if tensor.data is None and tensor.shape[:2] == (1, length)
        else tensor
        for name, tensor in graph.tensors.items()
    }
    result = replace(graph, tensors=tensors)
    for node in graph.nodes:
        _check_independent(graph, result, node, length)
    nodes, variables = [], dict(graph.variables)
    for node in graph.nodes:
        if node.op == _KEEPS and not node.states:
            states = _states(graph, node)
            variables |= states
            node = replace(node, attrs={**node.attrs, "states": tuple(states)})
        nodes.append(node)
    return check_served(check(replace(result, nodes=tuple(nodes), variables=variables)))


def _check_independent(graph: Graph, result: Graph, node: Node, length: int) -> None:
    """Whether a node does with few tokens what it does with many: it has the shapes, and moves none of them."""
    problem = UnsupportedError(node.name, node.op, f"it needs all {length} tokens at once; a network in steps has not")
    mixing = OPERATORS[node.op].rule
    moves = mixing is not None and mixing.same and node.op not in ("EMBEDDING", "RESHAPE")
    outputs = [result.output(node, i).shape for i in range(len(node.outputs))]
    if any(graph.output(node, i).shape[:2] != (1, length) for i in range(len(node.outputs))) or moves:
        raise problem
    try:
        found = OPERATORS[node.op].shapes(result, node)
    except Exception as error:  # shape rules raise many kinds on shapes that do not fit
        raise problem from error
    if [tuple(shape) for shape in found] != outputs or node.op == "ATTENTION":
        raise problem


def _states(graph: Graph, node: Node) -> dict[str, Variable]:
    """An empty ring."""
    _, heads, depth, value_depth = sizes(graph, node)
    forms = state_forms(int(node.attrs["context"]), heads, depth, value_depth, int(node.attrs.get("bits", 8)))
    names = (f"{node.name}/{what}" for what in ("keys", "values", "scales", "position"))
    return {
        name: Variable(name, np.zeros(shape, dtype.numpy)) for name, (dtype, shape) in zip(names, forms, strict=True)
    }
