"""A front end under construction: an integer graph of one input and one output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..ir import Array, DType, Edge, Graph, Node, Quantization, Tensor, check


class FrontEndBuilder:
    """Nodes in order of execution; every step is given the tensor before it and returns its own."""

    def __init__(self, source: Tensor, edge: Edge | None = None) -> None:
        self._tensors = {source.name: source}
        self._nodes: list[Node] = []
        self._source = source
        self._edges = {} if edge is None else {source.name: edge}

    def constant(self, name: str, value: Array, quant: Quantization | None = None) -> str:
        """A constant operand."""
        self._tensors[name] = Tensor(name, value.shape, DType(value.dtype.name), quant, value)
        return name

    def integers(self, name: str, values: Sequence[int]) -> str:
        """A constant operand of sizes, positions or axes."""
        return self.constant(name, np.asarray(values, np.int32))

    def step(self, op: str, operands: Sequence[str], result: Tensor, attrs: Mapping[str, Any] | None = None) -> Tensor:
        """Append a node that is named as its result."""
        self._tensors[result.name] = result
        self._nodes.append(Node(result.name, op, tuple(operands), (result.name,), dict(attrs or {})))
        return result

    def finish(self, last: Tensor) -> Graph:
        """The checked graph."""
        graph = Graph("frontend", self._tensors, tuple(self._nodes), (self._source.name,), (last.name,))
        return check(replace(graph, edges=self._edges))
