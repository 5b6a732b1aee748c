"""What the layers of a float graph are to the transformer blocks that they are in, found by structure, not by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ..ir import DType, Graph, Node
from ..ops import OPERATORS
from ..ops.activation import UNARY_OPERATORS

#: embedding: layers with weights before the first block; norm: layer and RMS normalization; qkv: the layers whose
#: outputs attention compares and mixes; attention: from these to its result; output: the layer behind it; residual:
#: sums of two activations; fc1, activation, fc2: the perceptron. What is left is "other".
ROLES = ("embedding", "norm", "qkv", "attention", "output", "residual", "fc1", "activation", "fc2", "other")

_NORMS = ("LAYER_NORM", "RMS_NORM")
_UNARY = frozenset(operator.name for operator in UNARY_OPERATORS)


@dataclass(frozen=True)
class _Walk:
    """A graph that can be walked both ways, and the roles found so far."""

    graph: Graph
    writer: Mapping[str, Node]
    readers: Mapping[str, list[Node]]
    roles: dict[str, str] = field(default_factory=dict)

    def mark(self, node: Node, role: str) -> None:
        """Give a node its role unless it has one."""
        self.roles.setdefault(node.name, role)

    def activations(self, node: Node) -> list[str]:
        """The tensors that a node reads and that are not constant."""
        return [n for n in node.inputs if n is not None and not self.graph.tensor(n).is_constant]

    def back(self, name: str, through: Callable[[Node], bool]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
        """The nodes that a tensor comes from, with the nodes passed through from there, nearest to the tensor last."""
        node = self.writer.get(name)
        if node is None:
            return
        if not through(node):
            yield node, ()
            return
        for source in self.activations(node):
            yield from ((origin, (*passed, node)) for origin, passed in self.back(source, through))

    def forth(self, name: str, through: Callable[[Node], bool]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
        """The nodes that a tensor goes to, with the nodes passed through on the way."""
        for node in self.readers.get(name, []):
            if not through(node):
                yield node, ()
                continue
            for output in node.outputs:
                yield from ((end, (node, *passed)) for end, passed in self.forth(output, through))


def roles(graph: Graph) -> dict[str, str]:
    """The role of every node of a float graph, by its name."""
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(n for n in node.inputs if n is not None):
            readers.setdefault(name, []).append(node)
    walk = _Walk(graph, graph.producers(), readers)
    for node in graph.nodes:
        if node.op in _NORMS:
            walk.mark(node, "norm")
        elif node.op in ("ADD", "SUB") and len(walk.activations(node)) == 2:
            walk.mark(node, "residual")
    for node in graph.nodes:
        if node.op in ("ATTENTION", "CACHED_ATTENTION"):
            _attention(walk, [node], list(node.inputs[:3]), node.outputs[0])
        elif node.op == "SOFTMAX":
            _softmax(walk, node)
    for node in graph.nodes:
        if node.op == "FULLY_CONNECTED":
            _perceptron(walk, node)
    _embedding(walk)
    return {node.name: walk.roles.get(node.name, "other") for node in graph.nodes}


def origin(writers: Mapping[str, Node], name: str | None) -> Node | None:
    """The node that a tensor's values come from, behind all that only move them; None of what comes from outside."""
    node = writers.get(name or "")
    while node is not None and _moves(node):
        node = writers.get(node.inputs[0] or "")
    return node


def _moves(node: Node) -> bool:
    """Whether a node only moves values."""
    operator = OPERATORS.get(node.op)
    return operator is not None and operator.rule is not None and operator.rule.same


def _softmax(walk: _Walk, node: Node) -> None:
    """Attention as two products around a softmax, with a mask or a scale on the way to it."""

    def scores(other: Node) -> bool:
        return _moves(other) or (other.op in ("ADD", "MUL", "SUB") and len(walk.activations(other)) == 1)

    before = next(((end, way) for end, way in walk.back(node.inputs[0] or "", scores) if _is_product(end)), None)
    after = next(((end, way) for end, way in walk.forth(node.outputs[0], _moves) if _is_product(end)), None)
    if before is None or after is None:
        return
    first, second = before[0], after[0]
    mixed = [name for name in walk.activations(second) if all(end is not node for end, _ in walk.back(name, _moves))]
    core = [first, *before[1], node, *after[1], second]
    _attention(walk, core, [*walk.activations(first), *mixed], second.outputs[0])


def _is_product(node: Node) -> bool:
    return node.op == "BATCH_MATMUL"


def _attention(walk: _Walk, core: list[Node], sources: list[str | None], result: str) -> None:
    """Mark attention with the layers before and behind it."""

    def prepares(node: Node) -> bool:
        return _moves(node) or (node.op in ("ADD", "MUL") and len(walk.activations(node)) == 1)

    for node in core:
        walk.mark(node, "attention")
    for source in sources:
        for origin, passed in walk.back(source or "", prepares):
            if origin.op == "FULLY_CONNECTED":
                walk.mark(origin, "qkv")
                for node in passed:
                    walk.mark(node, "attention")
    for end, passed in walk.forth(result, _moves):
        for node in passed:
            walk.mark(node, "attention")
        if end.op == "FULLY_CONNECTED":
            walk.mark(end, "output")


def _perceptron(walk: _Walk, node: Node) -> None:
    """Two layers behind a norm, functions of single elements or a gate between them, and a residual sum behind them."""

    def between(other: Node) -> bool:
        return _moves(other) or other.op in _UNARY or other.op == "MUL"

    if node.name in walk.roles or not any(end.op in _NORMS for end, _ in walk.back(node.inputs[0] or "", _moves)):
        return
    for end, passed in walk.forth(node.outputs[0], between):
        added = (other for other, _ in walk.forth(end.outputs[0], _moves)) if end.op == "FULLY_CONNECTED" else ()
        if any(walk.roles.get(other.name) == "residual" for other in added):
            walk.mark(node, "fc1")
            walk.mark(end, "fc2")
            for other in passed:
                walk.mark(other, "activation")


def _embedding(walk: _Walk) -> None:
    """Layers with weights, and tables, that come before every block's first node but behind none."""
    inside = {name for name, role in walk.roles.items() if role in ("norm", "attention", "qkv")}
    after: set[str] = set()
    before: set[str] = set()
    for node in walk.graph.nodes:
        if node.name in inside or any(w.name in after for n in walk.activations(node) if (w := walk.writer.get(n))):
            after.add(node.name)
    for node in reversed(walk.graph.nodes):
        if node.name in inside or any(r.name in before for name in node.outputs for r in walk.readers.get(name, [])):
            before.add(node.name)
    for node in walk.graph.nodes:
        operator = OPERATORS.get(node.op)
        weighted = operator is not None and operator.rule is not None and bool(operator.rule.matrices)
        table = any(walk.graph.tensor(n).dtype is not DType.FLOAT32 for n in walk.activations(node))
        if node.name in before and node.name not in after and (weighted or table):
            walk.mark(node, "embedding")
    for node in reversed(walk.graph.nodes):  # and what prepares their inputs
        ends = (reader for name in node.outputs for reader in walk.readers.get(name, []))
        if any(walk.roles.get(end.name) == "embedding" for end in ends):
            walk.mark(node, "embedding")
