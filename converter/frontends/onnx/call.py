"""One ONNX node as its lowering sees it: inputs, attributes, and the graph that it adds nodes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....errors import UnsupportedError
from ...ir import Array, DType, Quantization
from ..builder import GraphBuilder


@dataclass(frozen=True)
class Grid:
    """What a quantized tensor's integers stand for, and the type that stores them."""

    quant: Quantization
    stored: DType


@dataclass(frozen=True)
class Activation:
    """A value that is computed at run time: a tensor of the graph, by name.

    ``quantized``: the model holds it as integers here; the tensor is float all the same, with its grid.
    """

    tensor: str
    quantized: bool = False


@dataclass(frozen=True, eq=False)
class Constant:
    """A value that is known; ``grid`` where it stands for stored integers."""

    name: str
    value: Array
    grid: Grid | None = None


Value = Activation | Constant


class Shared:
    """Constants that are already in the graph, by name and content, so that what many nodes read is there once."""

    def __init__(self, graph: GraphBuilder) -> None:
        self._graph = graph
        self._names: dict[tuple[object, ...], str] = {}

    def constant(self, name: str, value: Array, grid: Grid | None) -> str:
        """The name of the constant in the graph."""
        key = (name, value.dtype.str, value.shape, value.tobytes(), grid)
        if key not in self._names:
            self._names[key] = self._graph.constant(name, value)
            if grid is not None:
                self._graph.annotate(self._names[key], grid.quant, grid.stored)
        return self._names[key]


@dataclass(frozen=True, eq=False)
class Call:
    """A node of the model.

    Attributes:
        graph: receives the nodes.
        name: of the node that does the work; the nodes around it add ``/what`` to it.
        op: as ONNX writes it.
        version: of the operator set.
        inputs: by position; None where one is left out.
        attributes: by name.
        outputs: how many the node has; ``used``: which of them are read.
        sole: the inputs that nothing reads but nodes that quantize them to one grid.
    """

    graph: GraphBuilder
    name: str
    op: str
    version: int
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int
    used: frozenset[int]
    shared: Shared
    sole: frozenset[int] = field(default_factory=frozenset)

    def fail(self, reason: str) -> UnsupportedError:
        """The error for a node that cannot be served."""
        return UnsupportedError(self.name, self.op, reason)

    def require(self, condition: bool, reason: str) -> None:
        """Raise UnsupportedError unless the condition holds."""
        if not condition:
            raise self.fail(reason)

    # -- what the node says ---------------------------------------------------------------------------------------

    def get(self, key: str, default: Any = None) -> Any:
        """An attribute."""
        return self.attributes.get(key, default)

    def given(self, index: int) -> Value | None:
        """An input, None when it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def value(self, index: int) -> Value:
        """An input that must be there."""
        value = self.given(index)
        if value is None:
            raise self.fail(f"input {index} is missing")
        return value

    def array(self, index: int, what: str) -> Array | None:
        """A constant input; None when it is left out. Raises UnsupportedError when it is not constant."""
        value = self.given(index)
        if isinstance(value, Activation):
            raise self.fail(f"its {what} is computed at run time; only constant ones are served")
        return None if value is None else value.value

    def integers(self, index: int, key: str) -> list[int] | None:
        """A list of integers that newer operator sets take as an input and older ones as an attribute."""
        value = self.array(index, key) if index < len(self.inputs) else None
        if value is None:
            value = self.get(key)
        return None if value is None else [int(v) for v in np.ravel(value)]

    # -- tensors of the graph -------------------------------------------------------------------------------------

    def source(self, index: int = 0) -> str:
        """The name of an input as a tensor of the graph; constants are added to it, whole numbers as float."""
        return self.tensor(self.value(index))

    def tensor(self, value: Value) -> str:
        """The same of a value."""
        if isinstance(value, Activation):
            return value.tensor
        return self.constant(value.name, value.value.astype(np.float32), value.grid)

    def constant(self, name: str, value: Array | float, grid: Grid | None = None) -> str:
        """A float32 constant, or one of whole numbers as they are."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        return self.shared.constant(name, array, grid)

    def number(self, what: str, value: Array | float) -> str:
        """A float32 constant of the lowering's own."""
        return self.constant(f"{self.name}/{what}", np.asarray(value, np.float32))

    def indices(self, what: str, values: Any) -> str:
        """An int32 operand: axes, sizes, indices."""
        return self.constant(f"{self.name}/{what}", np.asarray(values, np.int32))

    def parameter(
        self, index: int, change: Callable[[Array], Array] | None = None, axes: tuple[int, int] = (0, 0)
    ) -> str | None:
        """A constant input under its own name, rearranged by ``change``; None when it is left out.

        Args:
            axes: of the output channels, before and after the change: a grid per channel goes along.
        """
        value = self.given(index)
        if isinstance(value, Activation):
            raise self.fail(f"input {index} is computed at run time; only constant weights are served")
        if value is None:
            return None
        array = value.value.astype(np.float32)
        grid = None if value.grid is None else self._moved(value.grid, *axes)
        return self.constant(value.name, array if change is None else change(array), grid)

    def _moved(self, grid: Grid, before: int, after: int) -> Grid:
        axis = grid.quant.axis
        self.require(axis in (None, before), f"weights quantized along axis {axis} are not served; use axis {before}")
        if axis is None:
            return grid
        return Grid(Quantization(grid.quant.scale, grid.quant.zero_point, after), grid.stored)

    # -- nodes ----------------------------------------------------------------------------------------------------

    def emit(self, op: str, inputs: Sequence[str | None], what: str = "", **attrs: Any) -> str:
        """Add a node, named after the call or ``call/what``; returns its output."""
        return self.graph.node(self._named(what), op, inputs, attrs)

    def emit_all(self, op: str, inputs: Sequence[str | None], outputs: int, **attrs: Any) -> list[str]:
        """Add a node with several outputs, named after the call."""
        return self.graph.nodes(self.name, op, inputs, attrs, outputs)

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

    def axis(self, value: int, rank: int) -> int:
        """A dimension counted from the front. Raises UnsupportedError when there is no such."""
        self.require(-rank <= value < max(rank, 1), f"axis {value} of a tensor of {rank} dimensions")
        return value % max(rank, 1)

    def _named(self, what: str) -> str:
        return f"{self.name}/{what}" if what else self.name


#: How a node becomes nodes: returns the output, or a list where the operator has several (None where unserved).
Lowering = Callable[[Call], "Value | Sequence[Value | None]"]
