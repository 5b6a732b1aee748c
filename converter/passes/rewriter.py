"""A graph under rewriting: who writes and who reads every tensor stays known while nodes come and go."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import numpy as np

from ..ir import Array, DType, Graph, Node, Tensor
from .remove_dead_code import remove_dead_code


class Rewriter:
    """Nodes by name, in order; what nothing reads any more is dropped when the graph is taken out."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.tensors: dict[str, Tensor] = dict(graph.tensors)
        self.nodes: dict[str, Node] = {node.name: node for node in graph.nodes}
        self.outputs = frozenset(graph.outputs)
        self._producers = {name: node.name for node in graph.nodes for name in node.outputs}
        self._readers: dict[str, dict[str, None]] = {}
        self._before: dict[str, list[str]] = {}
        self._after: dict[str, list[str]] = {}
        for node in graph.nodes:
            self._connect(node)

    def producer(self, name: str | None) -> Node | None:
        """The node that writes a tensor; None for constants and graph inputs."""
        writer = None if name is None else self._producers.get(name)
        return None if writer is None else self.nodes[writer]

    def readers(self, name: str) -> list[Node]:
        """The nodes that read a tensor."""
        return [self.nodes[reader] for reader in self._readers.get(name, ())]

    def is_private(self, name: str) -> bool:
        """Whether one node reads the tensor and nothing else depends on it."""
        return name not in self.outputs and len(self._readers.get(name, ())) == 1

    def replace(self, old: Node, new: Node) -> None:
        """Another node under the same name and in the same place."""
        for name in old.inputs:
            self._readers.get(name or "", {}).pop(old.name, None)
        for name in old.outputs:
            if self._producers.get(name) == old.name:
                del self._producers[name]
        self.nodes[old.name] = new
        self._connect(new)
        self._producers.update(dict.fromkeys(new.outputs, new.name))

    def remove(self, node: Node) -> None:
        """Drop a node."""
        self.replace(node, replace(node, inputs=(), outputs=()))
        del self.nodes[node.name]

    def insert(self, before: Node, new: Node) -> None:
        """A new node directly in front of another."""
        self._add(new, self._before.setdefault(before.name, []))

    def insert_after(self, after: Node, new: Node) -> None:
        """A new node directly behind another."""
        self._add(new, self._after.setdefault(after.name, []))

    def absorb(self, first: Node, second: Node, **changes: object) -> Node:
        """One node in the place of ``first`` that writes what ``second``, its only reader, wrote."""
        merged = replace(first, outputs=second.outputs, **changes)  # type: ignore[arg-type]
        self.remove(second)
        self.replace(first, merged)
        return merged

    def constant(self, name: str, value: Array, like: Tensor | None = None) -> str:
        """A new constant with a unique name; floats become float32. ``like`` lends its annotation."""
        value = np.asarray(value, np.float32) if np.asarray(value).dtype.kind == "f" else np.asarray(value)
        unique = unused(name, self.tensors)
        tensor = Tensor(unique, value.shape, DType(value.dtype.name), data=np.array(value, order="C"))
        if like is not None:
            tensor = replace(tensor, quant=like.quant, stored=like.stored)
        self.tensors[unique] = tensor
        return unique

    def activation(self, name: str, like: Tensor, shape: tuple[int, ...] | None = None) -> str:
        """A new activation with a unique name, typed and annotated as ``like``."""
        unique = unused(name, self.tensors)
        self.tensors[unique] = replace(like, name=unique, shape=like.shape if shape is None else shape, data=None)
        return unique

    def finish(self) -> Graph:
        """The rewritten graph without what became dead."""
        inserted = {name for names in (*self._before.values(), *self._after.values()) for name in names}
        order = [
            name
            for anchor in self.nodes
            if anchor not in inserted
            for name in (*self._before.get(anchor, ()), anchor, *self._after.get(anchor, ()))
        ]
        nodes = tuple(self.nodes[name] for name in order)
        return remove_dead_code(replace(self.graph, tensors=self.tensors, nodes=nodes))

    def _add(self, new: Node, place: list[str]) -> None:
        place.append(new.name)
        self.nodes[new.name] = new
        self._connect(new)
        self._producers.update(dict.fromkeys(new.outputs, new.name))

    def _connect(self, node: Node) -> None:
        for name in node.inputs:
            if name is not None:
                self._readers.setdefault(name, {})[node.name] = None


def unused(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    unique, count = name, 1
    while unique in taken:
        unique, count = f"{name}_{count}", count + 1
    return unique
