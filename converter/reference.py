"""Runs an integer graph bit by bit: the definition that every C target is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from .fixedpoint import affine_quantize
from .ir import Array, DType, Graph, Tensor
from .ops import OPERATORS
from .serve import check_integer, prepare_node


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything one inference computed: ``tensors`` by name, and the graph's integer ``outputs`` in order."""

    tensors: dict[str, Array]
    outputs: list[Array]


class Session:
    """One network ready to run, with its streaming state.

    Raises (on construction): UnsupportedError, ModelError or AccumulatorOverflowError of the first node that
    cannot be served.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = check_integer(graph)
        self.params: dict[str, Any] = {node.name: prepare_node(graph, node) for node in graph.nodes}
        self.state: dict[str, Array] = {}
        self.reset()

    def reset(self) -> None:
        """Give every variable its initial value."""
        self.state = {name: variable.initial.copy() for name, variable in self.graph.variables.items()}

    def trace(self, inputs: Sequence[Array]) -> Trace:
        """Run one inference on integer inputs (as :func:`to_integers` gives) and keep every tensor.

        Raises:
            InputError: the inputs' number, shapes or types are wrong.
        """
        graph = self.graph
        _check_inputs(graph, inputs)
        values: dict[str, Array] = {
            name: tensor.data for name, tensor in graph.tensors.items() if tensor.data is not None
        }
        values.update(zip(graph.inputs, inputs, strict=True))
        for node in graph.nodes:
            operands = [None if name is None else values[name] for name in node.inputs]
            variable = node.attrs.get("variable")
            if variable is not None and not node.inputs:  # READ_VARIABLE
                results = [self.state[variable].copy()]
            elif variable is not None:  # ASSIGN_VARIABLE
                assert operands[0] is not None
                self.state[variable] = operands[0].reshape(self.state[variable].shape).copy()
                results = []
            else:
                operands += [self.state[name] for name in node.states]
                results = OPERATORS[node.op].reference(self.params[node.name], operands)
                self.state.update(zip(node.states, results[len(node.outputs) :], strict=True))
                results = results[: len(node.outputs)]
            values.update(zip(node.outputs, results, strict=True))
        return Trace(values, [values[name] for name in graph.outputs])

    def step(self, inputs: Sequence[Array]) -> list[Array]:
        """Run one inference in the model's own interface types; state carries over."""
        return to_interface(self.graph, self.trace(to_integers(self.graph, inputs)).outputs)


def run(graph: Graph, inputs: Sequence[Array] | Array) -> list[Array]:
    """Run one inference from reset state.

    Args:
        inputs: one array per graph input, of the tensor's shape, in the type of the model's interface (float32
            where the model quantized at its edge) or already in the integers of the graph.

    Returns:
        One array per graph output in the type of the model's interface.

    Raises:
        InputError: the inputs' number, shapes or types are wrong.
    """
    arrays = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
    return Session(graph).step(arrays)


def to_integers(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """Inputs in the graph's integers, from the interface types where they differ. Raises InputError."""
    if len(inputs) != len(graph.inputs):
        raise InputError(f"the model has {len(graph.inputs)} inputs, {len(inputs)} were given")
    return [
        _to_integer(graph, graph.tensor(name), np.asarray(value))
        for name, value in zip(graph.inputs, inputs, strict=True)
    ]


def quantized(tensor: Tensor, values: Array) -> Array:
    """Float values in a tensor's integers. Raises InputError: NaN or infinite values."""
    if not np.all(np.isfinite(values)):
        raise InputError(f"input '{tensor.name}' holds NaN or infinite values")
    return affine_quantize(values, tensor.scale, tensor.zero_point, tensor.dtype.numpy)


def real(tensor: Tensor, values: Array) -> Array:
    """A tensor's integers as float32 values."""
    result: Array = ((values.astype(np.float64) - tensor.zero_point) * tensor.scale).astype(np.float32)
    return result


def _to_integer(graph: Graph, tensor: Tensor, value: Array) -> Array:
    edge = graph.edges.get(tensor.name)
    if edge is not None and edge.dtype is DType.FLOAT32 and value.dtype.kind == "f":
        if edge.permutation is not None and value.ndim == len(edge.permutation):
            value = value.transpose(edge.permutation)
        return quantized(tensor, value)
    if edge is not None and edge.dtype is DType.UINT8 and value.dtype == np.uint8:
        return (value ^ np.uint8(0x80)).view(np.int8)
    if tensor.dtype is DType.INT32 and value.dtype == np.int64:  # what PyTorch counts in
        narrow = value.astype(np.int32)
        return narrow if np.array_equal(narrow, value) else value
    return value


def to_interface(graph: Graph, outputs: Sequence[Array]) -> list[Array]:
    """Integer outputs in the types of the model's interface."""
    results = []
    for name, value in zip(graph.outputs, outputs, strict=True):
        edge, tensor = graph.edges.get(name), graph.tensor(name)
        if edge is not None and edge.dtype is DType.FLOAT32:
            value = real(tensor, value)
        elif edge is not None and edge.dtype is DType.UINT8:
            value = value.view(np.uint8) ^ np.uint8(0x80)
        if edge is not None and edge.permutation is not None:
            value = value.transpose(np.argsort(edge.permutation))
        results.append(value)
    return results


def _check_inputs(graph: Graph, inputs: Sequence[Array]) -> None:
    if len(inputs) != len(graph.inputs):
        raise InputError(f"the model has {len(graph.inputs)} inputs, {len(inputs)} were given")
    for name, value in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensor(name)
        if value.shape != tensor.shape or value.dtype != tensor.dtype.numpy:
            raise InputError(
                f"input '{name}' must be {tensor.dtype.value}{list(tensor.shape)}, got {value.dtype}{list(value.shape)}"
            )
