"""One ONNX node as its lowering sees it: inputs, attributes, and the graph that it adds nodes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....errors import UnsupportedError
from ...ir import Array, Quantization
from ..emitter import Emitter, Grid


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


@dataclass(frozen=True, eq=False)
class Call(Emitter):
    """A node of the model.

    Attributes:
        op: as ONNX writes it.
        version: of the operator set.
        inputs: by position; None where one is left out.
        attributes: by name.
        outputs: how many the node has; ``used``: which of them are read.
        sole: the inputs that nothing reads but nodes that quantize them to one grid.
    """

    op: str
    version: int
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int
    used: frozenset[int]
    sole: frozenset[int] = field(default_factory=frozenset)

    def fail(self, reason: str) -> UnsupportedError:
        """The error for a node that cannot be served."""
        return UnsupportedError(self.name, self.op, reason)

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

    def axis(self, value: int, rank: int) -> int:
        """A dimension counted from the front. Raises UnsupportedError when there is no such."""
        self.require(-rank <= value < max(rank, 1), f"axis {value} of a tensor of {rank} dimensions")
        return value % max(rank, 1)


#: How a node becomes nodes: returns the output, or a list where the operator has several (None where unserved).
Lowering = Callable[[Call], "Value | Sequence[Value | None]"]
