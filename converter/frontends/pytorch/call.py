"""One ATen call as its lowering sees it: arguments by the schema's names, and the graph that it adds nodes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import UnsupportedError
from ...ir import Array
from ..emitter import Emitter


@dataclass(frozen=True)
class Activation:
    """A value that is computed at run time: a tensor of the graph, by name."""

    tensor: str


@dataclass(frozen=True, eq=False)
class Constant:
    """A value that is known: a parameter or buffer by its own name, or what was computed from some."""

    name: str
    value: Array


Value = Activation | Constant


@dataclass(frozen=True, eq=False)
class Call(Emitter):
    """A call of an ATen operator; ``name`` is the module's path.

    Attributes:
        op: as PyTorch writes it, ``aten.conv2d``.
        origin: the operator of the module that was taken apart into this one; ``op`` itself otherwise.
        arguments: by the schema's names, defaults included; tensors are a :data:`Value`.
        shapes: of the outputs as PyTorch computed them; None for an output that is no tensor.
        used: which outputs are read.
        is_float: whether the first input and the first output are both of some float type.
        lazy: whether every reader broadcasts by itself.
    """

    op: str
    origin: str
    arguments: Mapping[str, Any]
    shapes: tuple[tuple[int, ...] | None, ...]
    used: frozenset[int]
    is_float: bool
    lazy: bool

    def fail(self, reason: str) -> UnsupportedError:
        """The error for a call that cannot be served."""
        return UnsupportedError(self.name, self.origin, reason)

    @property
    def shape(self) -> tuple[int, ...]:
        """The first output's shape."""
        shape = self.shapes[0]
        assert shape is not None
        return shape

    def get(self, key: str, default: Any = None) -> Any:
        """An argument; the default where this overload has none of that name."""
        return self.arguments.get(key, default)

    def given(self, key: str) -> Value | None:
        """A tensor argument, None when it is left out."""
        value = self.arguments.get(key)
        return value if isinstance(value, Activation | Constant) else None

    def source(self, key: str = "self") -> str:
        """The name of an argument as a tensor of the graph; constants and numbers are added to it."""
        return self.tensor(self.arguments[key], key)

    def tensor(self, value: Value | float, label: str) -> str:
        """The same of a value; ``label`` names a number."""
        if isinstance(value, Activation):
            return value.tensor
        if isinstance(value, Constant):
            return self.constant(value.name, value.value)
        return self.constant(f"{self.name}/{label}", np.asarray(value, np.float32))

    def array(self, key: str) -> Array | None:
        """A constant tensor argument; None when it is left out. Raises UnsupportedError when it is not constant."""
        value = self.given(key)
        if isinstance(value, Activation):
            raise self.fail(f"its {key} is computed at run time; only constant ones are served")
        return None if value is None else value.value

    def parameter(self, key: str, change: Callable[[Array], Array] | None = None) -> str | None:
        """A constant argument under its own name, rearranged by ``change``; None when it is left out."""
        value, name = self.array(key), self.get(key)
        if value is None:
            return None
        assert isinstance(name, Constant)
        return self.constant(name.name, value if change is None else change(value))

    def axis(self, key: str, rank: int) -> int:
        """A dimension argument, counted from the front."""
        return int(self.arguments[key]) % max(rank, 1)

    def axes(self, key: str, rank: int) -> tuple[int, ...]:
        """A list of dimensions, counted from the front and ascending; all of them where none is given."""
        given = self.get(key)
        if given is None or given == []:
            return tuple(range(rank))
        return tuple(sorted(int(axis) % max(rank, 1) for axis in ([given] if isinstance(given, int) else given)))


#: How a call becomes nodes: returns the output, or a list where the operator has several (None where unserved).
Lowering = Callable[[Call], "Value | Sequence[Value | None]"]
