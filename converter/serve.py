"""Asks the operators about the nodes of a graph; every refusal is a typed error that names the node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import ModelError, UnsupportedError
from .ir import DType, Graph, Node
from .limits import check_products
from .ops import OPERATORS
from .ops.operator import FLOAT_ACTIVATIONS, Operator

#: Types of values that C code holds in the arena.
_ACTIVATIONS = (DType.INT8, DType.INT16, DType.INT32, DType.UINT32, DType.INT64)


def operator_of(node: Node) -> Operator:
    """The definition of a node's operator. Raises UnsupportedError."""
    if node.op not in OPERATORS:
        raise UnsupportedError(node.name, node.op, "this operator is not served; `bitwright ops` lists those that are")
    return OPERATORS[node.op]


def shapes_of(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The shapes of a node's outputs, which must be those that the graph declares. Raises ModelError."""
    with _naming(node):
        computed = [tuple(int(size) for size in shape) for shape in operator_of(node).shapes(graph, node)]
    declared = [graph.tensor(name).shape for name in node.outputs]
    if computed != declared:
        raise ModelError(f"{node.name} ({node.op}): computes shapes {computed}, the file declares {declared}")
    return declared


def prepare_node(graph: Graph, node: Node) -> Any:
    """Every integer constant of a node, see :class:`Operator`.

    Raises:
        UnsupportedError, ModelError, AccumulatorOverflowError: naming the node.
    """
    # Scales that float arithmetic cannot hold raise here, where the node is known, and never reach an integer.
    with _naming(node), np.errstate(over="raise", invalid="raise", divide="raise"):
        try:
            return operator_of(node).prepare(graph, node)
        except ArithmeticError as error:
            raise ModelError(f"the scales {_scales(graph, node)} are beyond what can be computed ({error})") from error


def check_served(graph: Graph) -> Graph:
    """Return an integer graph if every operator can be served, with the shapes that are declared and within the limits.

    Raises:
        UnsupportedError, ModelError, AccumulatorOverflowError: naming the node or the tensor.
    """
    for node in graph.nodes:
        shapes_of(graph, node)
        check_products(node, operator_of(node).macs(graph, node))
        prepare_node(graph, node)
    check_integer(graph)
    for tensor in graph.activations():
        if tensor.dtype not in _ACTIVATIONS and not tensor.dtype.is_float:  # of layers that are switched to float
            raise UnsupportedError(tensor.name, "tensor", f"activations of type {tensor.dtype.value} are not served")
    for name in graph.edges:
        _ = graph.tensor(name).scale, graph.tensor(name).zero_point
    return graph


def check_float(graph: Graph) -> Graph:
    """Return a float graph if every operator has a float form, with the shapes that are declared and within the limits.

    Raises:
        UnsupportedError, ModelError: naming the node.
    """
    for node in graph.nodes:
        operator = operator_of(node)
        if operator.float_reference is None:
            raise UnsupportedError(node.name, node.op, "this operator has no float form")
        activation = node.attrs.get("activation", "NONE")
        if activation not in FLOAT_ACTIVATIONS:
            raise UnsupportedError(node.name, node.op, f"fused activation {activation} is not served")
        shapes_of(graph, node)
        check_products(node, operator.macs(graph, node))
        _check_bias(graph, node, operator)
    return graph


def _check_bias(graph: Graph, node: Node, operator: Operator) -> None:
    rule = operator.rule
    for matrix in () if rule is None else rule.matrices:
        bias = None if matrix.bias is None else graph.optional_input(node, matrix.bias)
        if rule is None or bias is None:
            continue
        channels = graph.input(node, matrix.weights).shape[rule.channel_axis]
        if bias.elements != channels or bias.shape[-1:] != (channels,):
            raise ModelError(f"{node.name} ({node.op}): a bias of shape {list(bias.shape)} for {channels} channels")


def check_integer(graph: Graph) -> Graph:
    """Return an integer graph. Raises UnsupportedError, which says how to get there from a float one."""
    if graph.is_float:
        raise UnsupportedError(
            graph.name, "float model", "quantize it first: bitwright quantize MODEL --calibration DATA -o MODEL.bwq"
        )
    return graph


def _scales(graph: Graph, node: Node) -> str:
    """The scales of a node's tensors, the first of each."""
    tensors = (graph.tensor(name) for name in (*node.inputs, *node.outputs) if name is not None)
    return ", ".join(
        f"{tensor.quant.scale[0]:.3g} of '{tensor.name}'" for tensor in tensors if tensor.quant is not None
    )


@contextmanager
def _naming(node: Node) -> Iterator[None]:
    """Put the node's name before the message of an error that lacks it."""
    place = f"{node.name} ({node.op})"
    try:
        yield
    except KeyError as error:
        raise ModelError(f"{place}: its attribute {error} is missing") from error
    except ModelError as error:
        if str(error).startswith(place):
            raise
        raise ModelError(f"{place}: {error}") from error
