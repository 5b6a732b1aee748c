"""Builds the nodes of a front end one after the other, and puts them before a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import InputError
from ..ir import Array, DType, Edge, Graph, Node, Quantization, Tensor, Variable, check
from ..ops import OPERATORS
from ..serve import check_integer, check_served

PREFIX = "frontend/"


@dataclass
class Builder:
    """Nodes one after the other; every name begins with ``PREFIX``."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)

    def tensor(self, name: str, shape: tuple[int, ...], dtype: DType, scale: float, zero_point: int = 0) -> str:
        """An input."""
        name = PREFIX + name
        self.tensors[name] = Tensor(name, shape, dtype, Quantization((float(np.float32(scale)),), (zero_point,)))
        return name

    def constant(self, name: str, value: Array, scale: float | None = None, quant: Quantization | None = None) -> str:
        """A constant, of one scale or with a quantization of its own."""
        name = PREFIX + name
        if scale is not None:
            quant = Quantization((float(np.float32(scale)),), (0,))
        self.tensors[name] = Tensor(name, value.shape, DType(value.dtype.name), quant, value)
        return name

    def integers(self, name: str, values: Sequence[int]) -> str:
        """A constant of sizes, positions or axes."""
        return self.constant(name, np.asarray(values, np.int32))

    def ops(self, name: str, op: str, inputs: Sequence[str], targets: Sequence[Tensor], **attrs: Any) -> list[str]:
        """A node; the outputs' shapes are the operator's."""
        return self._add(name, op, inputs, [replace(target, name=PREFIX + target.name) for target in targets], attrs)

    def op(self, name: str, op: str, inputs: Sequence[str], target: Tensor, **attrs: Any) -> str:
        """A node of one output."""
        return self.ops(name, op, inputs, [target], **attrs)[0]

    def last(self, name: str, op: str, inputs: Sequence[str], target: Tensor, **attrs: Any) -> None:
        """The node that writes the network's own input."""
        self._add(name, op, inputs, [target], attrs)

    def deliver(self, last: str, target: Tensor) -> None:
        """What the last node wrote is the network's own input."""
        written = self.tensors.pop(last)
        assert (written.shape, written.dtype, written.quant) == (target.shape, target.dtype, target.quant)
        self.nodes[-1] = replace(self.nodes[-1], outputs=(target.name,))

    def _add(
        self, name: str, op: str, inputs: Sequence[str], targets: Sequence[Tensor], attrs: dict[str, Any]
    ) -> list[str]:
        node = Node(PREFIX + name, op, tuple(inputs), tuple(target.name for target in targets), attrs)
        shapes = OPERATORS[op].shapes(Graph("", self.tensors, (), (), (), self.variables), node)
        for target, shape in zip(targets, shapes, strict=True):
            self.tensors[target.name] = replace(target, shape=tuple(int(size) for size in shape))
        self.nodes.append(node)
        return [target.name for target in targets]

    def read(self, variable: str, initial: Array, target: Tensor) -> str:
        """A new variable's value."""
        name = PREFIX + variable
        self.variables[name] = Variable(name, initial, target.quant)
        return self.op(f"{variable}/read", "READ_VARIABLE", (), target, variable=name)

    def keep(self, variable: str, value: str) -> None:
        """Gives a variable a new value."""
        name = PREFIX + variable
        self.nodes.append(Node(f"{name}/keep", "ASSIGN_VARIABLE", (value,), (), {"variable": name}))

    def remember(self, variable: str, new: str, count: int) -> tuple[str, str]:
        """A variable that keeps the last ``count`` rows (axis 1) of everything: those and the new rows after them, and
        what is kept next."""
        like = self.tensors[new]
        initial = np.zeros((1, count, *like.shape[2:]), like.dtype.numpy)
        old = self.read(variable, initial, replace(like, name=f"{variable}_old"))
        joined = self.op(
            f"{variable}/join",
            "CONCATENATION",
            (old, new),
            replace(like, name=f"{variable}_all"),
            axis=1,
            activation="NONE",
        )
        rest = len(like.shape) - 2
        begin = self.constant(f"{variable}_begin", np.array([0, like.shape[1], *[0] * rest], np.int32))
        size = self.constant(f"{variable}_size", np.array([-1, count, *[-1] * rest], np.int32))
        tail = self.op(f"{variable}/tail", "SLICE", (joined, begin, size), replace(like, name=f"{variable}_tail"))
        self.keep(variable, tail)
        return joined, tail


def network_input(network: Graph) -> Tensor:
    """The one input that a front end serves. Raises InputError, UnsupportedError: the network is float."""
    check_integer(network)
    if len(network.inputs) != 1:
        raise InputError(f"'{network.name}' has {len(network.inputs)} inputs; a front end serves networks of one")
    return network.tensor(network.inputs[0])


def joined(network: Graph, b: Builder, source: str, stride: int = 0, edge: Edge | None = None) -> Graph:
    """The front end before the network, whose own input is the last tensor that it writes.

    Args:
        source: the new input; edge: how it is offered where that is not as it is.
        stride: samples of a stream from one frame to the next, 0 for none.

    Raises:
        InputError: the network has a front end already. UnsupportedError, ModelError: a node cannot be served.
    """
    if any(name.startswith(PREFIX) for name in (*network.tensors, *network.variables)):
        raise InputError(f"'{network.name}' has a front end already")
    edges = {name: own for name, own in network.edges.items() if name not in network.inputs}
    graph = replace(
        network,
        tensors={**network.tensors, **b.tensors},
        nodes=(*b.nodes, *network.nodes),
        inputs=(source,),
        variables={**b.variables, **network.variables},
        edges=edges if edge is None else {**edges, source: edge},
        stride=stride,
    )
    return check_served(check(graph))
