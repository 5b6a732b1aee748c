"""From a network over a whole sequence to one that takes its steps as they come, with the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import BitwrightError, InputError, UnsupportedError
from .ir import DType, Graph, Node, Tensor, Variable, check
from .ops import OPERATORS
from .ops.activation import UNARY_OPERATORS
from .ops.cached_attention import sizes, state_forms
from .ops.elementwise import BINARY_OPERATORS
from .ops.floating import cached_attention as floating
from .ops.lengths import has_lengths
from .ops.recurrent import GATES
from .ops.token_wise import TOKEN_OPERATORS
from .serve import check_served
from .states import with_kept_states

_KEEPS = "CACHED_ATTENTION"
#: Operators that compute every step from that step alone, or from a past that they keep.
_STEPWISE = {
    _KEEPS, *GATES, *(operator.name for operator in (*UNARY_OPERATORS, *BINARY_OPERATORS, *TOKEN_OPERATORS)),
    "EMBEDDING", "FULLY_CONNECTED", "LAYER_NORM", "RMS_NORM", "SOFTMAX", "QUANTIZE", "DEQUANTIZE", "RESHAPE",
}  # fmt: skip


def in_steps(graph: Graph, steps: int = 1) -> Graph:
    """The same integers over ``steps`` steps an inference; recurrent layers keep their state, attention its ring.

    The network must have been quantized over sequences [1, length, ...], as it is trained: its grids are theirs. What
    it gives step by step is then what it gives for the sequence at once. A layer behind the last step alone, as a
    classifier of whole recordings has, answers at every inference for the steps so far.

    Raises:
        InputError: the graph is float, keeps nothing between inferences, or its input is no sequence.
        UnsupportedError: an operator needs the whole sequence; names it.
    """
    if graph.is_float:
        raise InputError(f"'{graph.name}' must be quantized, over whole sequences, before it takes them in steps")
    if not any(node.plain.op == _KEEPS or node.plain.op in GATES for node in graph.nodes):
        raise InputError(
            f"'{graph.name}' has neither recurrent layers nor attention with a cache (bitwright.nn.attention)"
        )
    if graph.variables:
        raise InputError(f"'{graph.name}' keeps states already; give the network over whole sequences")
    for node in graph.nodes:
        if node.plain.op in GATES and has_lengths(node):
            raise UnsupportedError(node.name, node.op, "lengths are those of whole sequences")
    length = _length(graph)
    if steps < 1:
        raise InputError(f"{steps} steps an inference: it must be at least 1")
    result = _with_rings(_shortened(graph, length, steps))
    if any(node.plain.op in GATES for node in graph.nodes):
        result = with_kept_states(result)
    return check_served(check(result))


def _length(graph: Graph) -> int:
    """Steps of the sequences that the network takes."""
    lengths = set()
    for name in graph.inputs:
        shape = graph.tensor(name).shape
        if len(shape) < 2 or shape[0] != 1:
            raise InputError(f"input '{name}' of shape {list(shape)} is no sequence [1, steps, ...]")
        lengths.add(shape[1])
    if len(lengths) > 1:
        raise InputError(f"the inputs of '{graph.name}' hold sequences of {sorted(lengths)} steps")
    return int(lengths.pop())


def _shortened(graph: Graph, length: int, steps: int) -> Graph:
    """The graph over fewer steps, in order of execution: what is computed for each step, and for the last alone."""
    tensors, nodes, sequences = dict(graph.tensors), [], set[str]()

    def shorten(name: str) -> None:
        tensor = tensors[name]
        tensors[name] = replace(tensor, shape=(1, steps, *tensor.shape[2:]))
        sequences.add(name)

    for name in graph.inputs:
        shorten(name)
    for node in graph.nodes:
        if sequences.isdisjoint(node.inputs):
            nodes.append(node)
            continue
        if _is_last_step(graph, node, length):
            begin = graph.input(node, 1).value().copy()
            begin[1] = steps - 1
            name = f"{node.name}/begin"
            tensors[name] = Tensor(name, begin.shape, DType.INT32, None, begin.astype(np.int32))
            nodes.append(replace(node, inputs=(node.inputs[0], name, *node.inputs[2:])))
            continue
        for name in node.outputs[: 1 if node.plain.op in GATES else None]:
            if graph.tensor(name).shape[:2] != (1, length):
                raise _needs_all(node, length)
            shorten(name)
        _check_independent(replace(graph, tensors=tensors), node, length)
        nodes.append(node)
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def _is_last_step(graph: Graph, node: Node, length: int) -> bool:
    """Whether a node takes nothing but the last step of a sequence."""
    if node.plain.op != "SLICE" or not all(graph.input(node, index).is_constant for index in (1, 2)):
        return False
    begin, shape = graph.input(node, 1).value().tolist(), graph.output(node).shape
    return begin == [0, length - 1, *[0] * (len(shape) - 2)] and shape == (1, 1, *graph.input(node, 0).shape[2:])


def _check_independent(graph: Graph, node: Node, length: int) -> None:
    """Raise UnsupportedError unless a node does with few steps what it does with many."""
    known = node.plain.op in _STEPWISE or _joins_features(graph, node)
    if not known or (node.plain.op in GATES and node.attrs.get("reverse")):
        raise _needs_all(node, length)
    try:
        found: Sequence[tuple[int, ...]] = OPERATORS[node.op].shapes(graph, node)
    except (BitwrightError, ValueError) as error:
        raise _needs_all(node, length) from error
    if [tuple(shape) for shape in found] != [graph.tensor(name).shape for name in node.outputs]:
        raise _needs_all(node, length)


def _joins_features(graph: Graph, node: Node) -> bool:
    """Whether a node puts values of the same step side by side."""
    axis = node.attrs.get("axis")
    return node.op == "CONCATENATION" and axis in (-1, len(graph.output(node).shape) - 1) and axis != 1


def _needs_all(node: Node, length: int) -> UnsupportedError:
    return UnsupportedError(node.name, node.op, f"it needs all {length} steps at once; a network in steps has not")


def _with_rings(graph: Graph) -> Graph:
    """Attention's rings kept between inferences."""
    nodes, variables = [], dict(graph.variables)
    for node in graph.nodes:
        if node.plain.op == _KEEPS:
            states = _states(graph, node)
            variables |= states
            node = replace(node, attrs={**node.attrs, "states": tuple(states)})
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes), variables=variables)


def _states(graph: Graph, node: Node) -> dict[str, Variable]:
    """An empty ring."""
    _, heads, depth, value_depth = sizes(graph, node)
    if node.in_float:
        kind = graph.output(node).dtype
        real = floating.state_forms(kind, int(node.attrs["context"]), heads * depth, heads * value_depth)
        return {f"{node.name}/{k}": Variable(f"{node.name}/{k}", np.zeros(s, d.numpy)) for k, (d, s) in real.items()}
    forms = state_forms(int(node.attrs["context"]), heads, depth, value_depth, int(node.attrs.get("bits", 8)))
    names = (f"{node.name}/{what}" for what in ("keys", "values", "scales", "position"))
    return {
        name: Variable(name, np.zeros(shape, dtype.numpy)) for name, (dtype, shape) in zip(names, forms, strict=True)
    }
