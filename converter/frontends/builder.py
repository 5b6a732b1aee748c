"""Builds a float graph node by node, inferring shapes; what the ONNX and the PyTorch frontends share.

Both write channels-last operators: a channels-first convolution becomes TRANSPOSE, CONV_2D, TRANSPOSE, and
``converter/passes/layout.py`` removes the transposes afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..ir import Array, DType, Graph, Node, Quantization, Tensor, check
from ..ops import OPERATORS

TO_CHANNELS_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1)}
TO_CHANNELS_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2)}


class GraphBuilder:
    """A graph under construction; tensors are referred to by name, names are made unique."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tensors: dict[str, Tensor] = {}
        self._nodes: list[Node] = []
        self._node_names: set[str] = set()
        self._writers: dict[str, Node] = {}
        self._inputs: list[str] = []

    def input(self, name: str, shape: Sequence[int], dtype: DType = DType.FLOAT32) -> str:
        """A graph input."""
        name = self._unique(name, self._tensors)
        self._tensors[name] = Tensor(name, tuple(shape), dtype)
        self._inputs.append(name)
        return name

    def constant(self, name: str, value: Array) -> str:
        """A constant; floats become float32."""
        value = np.asarray(value)
        if value.dtype.kind == "f":
            value = value.astype(np.float32)
        name = self._unique(name, self._tensors)
        self._tensors[name] = Tensor(name, value.shape, DType(value.dtype.name), data=np.array(value, order="C"))
        return name

    def node(
        self,
        name: str,
        op: str,
        inputs: Sequence[str | None],
        attrs: Mapping[str, Any] | None = None,
        outputs: int = 1,
        dtype: DType | None = None,
    ) -> str:
        """Append a node; returns its (first) output's name. Raises ModelError or UnsupportedError.

        Args:
            dtype: of the outputs; that of the first input that is not constant when absent.
        """
        return self.nodes(name, op, inputs, attrs, outputs, dtype)[0]

    def nodes(
        self,
        name: str,
        op: str,
        inputs: Sequence[str | None],
        attrs: Mapping[str, Any] | None = None,
        outputs: int = 1,
        dtype: DType | None = None,
    ) -> list[str]:
        """The same, returning every output's name."""
        name = self._unique(name, self._node_names)
        self._node_names.add(name)
        targets = [self._unique(name if i == 0 else f"{name}:{i}", self._tensors) for i in range(outputs)]
        node = Node(name, op, tuple(inputs), tuple(targets), dict(attrs or {}))
        first = next((self._tensors[i] for i in inputs if i is not None and not self._tensors[i].is_constant), None)
        if dtype is None:
            dtype = DType.FLOAT32 if first is None else first.dtype
        for target in targets:
            self._tensors[target] = Tensor(target, (), dtype)
        graph = Graph(self._name, self._tensors, (node,), (), ())
        for target, shape in zip(targets, OPERATORS[op].shapes(graph, node), strict=True):
            self._tensors[target] = Tensor(target, tuple(shape), dtype)
        self._nodes.append(node)
        self._writers.update(dict.fromkeys(targets, node))
        return targets

    def transpose(self, name: str, source: str, permutation: Sequence[int]) -> str:
        """A TRANSPOSE node."""
        order = self.constant(f"{name}/permutation", np.asarray(permutation, np.int32))
        return self.node(name, "TRANSPOSE", [source, order])

    def reshape(self, name: str, source: str, shape: Sequence[int]) -> str:
        """A RESHAPE node."""
        return self.node(name, "RESHAPE", [source], {"new_shape": tuple(int(size) for size in shape)})

    def tensor(self, name: str) -> Tensor:
        """What is known of a tensor."""
        return self._tensors[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape."""
        return self._tensors[name].shape

    def dtype(self, name: str) -> DType:
        """A tensor's type."""
        return self._tensors[name].dtype

    def value(self, name: str | None) -> Array | None:
        """The value of a constant, or None."""
        return None if name is None else self._tensors[name].data

    def annotate(self, name: str, quant: Quantization, stored: DType) -> None:
        """Give a float tensor its grid and the integer type that it will become."""
        self._tensors[name] = replace(self._tensors[name], quant=quant, stored=stored)

    def writer(self, name: str) -> Node | None:
        """The node that writes a tensor."""
        return self._writers.get(name)

    def finish(self, outputs: Sequence[str], names: Sequence[str] | None = None) -> Graph:
        """The checked graph.

        Args:
            names: what to call the outputs' tensors; an input, and what is already called otherwise, keeps its name.
        """
        new: dict[str, str] = {}
        for old, name in zip(outputs, names or (), strict=False):
            if old not in self._inputs and old not in new and name not in self._tensors:
                new[old] = name
        tensors = {new.get(n, n): replace(tensor, name=new.get(n, n)) for n, tensor in self._tensors.items()}
        nodes = tuple(
            replace(
                node,
                outputs=tuple(new.get(n, n) for n in node.outputs),
                inputs=tuple(None if n is None else new.get(n, n) for n in node.inputs),
            )
            for node in self._nodes
        )
        renamed = tuple(new.get(n, n) for n in outputs)
        return check(Graph(self._name, tensors, nodes, tuple(self._inputs), renamed))

    def _unique(self, name: str, taken: Any) -> str:
        candidate, count = name, 1
        while candidate in taken:
            candidate, count = f"{name}_{count}", count + 1
        return candidate
