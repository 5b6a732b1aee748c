"""What a call adds to the graph: nodes named after it, and constants that are there once. ONNX and PyTorch share it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from ..ir import Array, DType, Quantization
from .builder import GraphBuilder


@dataclass(frozen=True)
class Grid:
    """What a quantized tensor's integers stand for, and the type that stores them."""

    quant: Quantization
    stored: DType


class Shared:
    """Constants that are already in the graph, by name and content, so that what many calls read is there once."""

    def __init__(self, graph: GraphBuilder) -> None:
        self._graph = graph
        self._names: dict[tuple[object, ...], str] = {}

    def constant(self, name: str, value: Array, grid: Grid | None) -> str:
        """The name of the constant in the graph."""
        digest = hashlib.blake2b(value.tobytes(), digest_size=16).digest()
        key = (name, value.dtype.str, value.shape, digest, grid)
        if key not in self._names:
            self._names[key] = self._graph.constant(name, value)
            if grid is not None:
                self._graph.annotate(self._names[key], grid.quant, grid.stored)
        return self._names[key]


@dataclass(frozen=True, eq=False)
class Emitter(ABC):
    """The side of a call that faces the graph.

    Attributes:
        graph: receives the nodes.
        name: of the node that does the work; the nodes around it add ``/what`` to it.
        shared: the graph's constants.
    """

    graph: GraphBuilder
    name: str
    shared: Shared

    @abstractmethod
    def fail(self, reason: str) -> UnsupportedError:
        """The error for a call that cannot be served."""

    def require(self, condition: bool, reason: str) -> None:
        """Raise UnsupportedError unless the condition holds."""
        if not condition:
            raise self.fail(reason)

    def constant(self, name: str, value: Array | float, grid: Grid | None = None) -> str:
        """A float32 constant, or one of whole numbers as they are. Raises UnsupportedError for odd types."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        self.require(array.dtype.name in {kind.value for kind in DType}, f"constants of {array.dtype} are not served")
        return self.shared.constant(name, array, grid)

    def number(self, what: str, value: Array | float) -> str:
        """A float32 constant of the lowering's own."""
        return self.constant(f"{self.name}/{what}", np.asarray(value, np.float32))

    def indices(self, what: str, values: Any) -> str:
        """An int32 operand: axes, sizes, indices."""
        return self.constant(f"{self.name}/{what}", np.asarray(values, np.int32))

    def emit(self, op: str, inputs: Sequence[str | None], what: str = "", **attrs: Any) -> str:
        """Add a node, named after the call or ``call/what``; returns its output."""
        return self.graph.node(self._named(what), op, inputs, attrs)

    def emit_all(self, op: str, inputs: Sequence[str | None], outputs: int, what: str = "", **attrs: Any) -> list[str]:
        """Add a node with several outputs."""
        return self.graph.nodes(self._named(what), op, inputs, attrs, outputs)

    def shape_of(self, tensor: str) -> tuple[int, ...]:
        """The shape of a tensor of the graph."""
        return self.graph.shape(tensor)

    def reshape(self, source: str, shape: Sequence[int], what: str = "") -> str:
        """The tensor in another shape; itself where that is its shape."""
        if tuple(shape) == self.shape_of(source):
            return source
        return self.graph.reshape(self._named(what), source, shape)

    def transpose(self, source: str, permutation: Sequence[int], what: str = "") -> str:
        """The tensor with another order of its dimensions; itself where the order is the same."""
        if list(permutation) == sorted(permutation):
            return source
        order = self.constant(f"{self._named(what)}/permutation", np.asarray(permutation, np.int32))
        return self.emit("TRANSPOSE", [source, order], what)

    def _named(self, what: str) -> str:
        return f"{self.name}/{what}" if what else self.name
