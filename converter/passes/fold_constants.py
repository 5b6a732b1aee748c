"""Computes what is known at build time: shape arithmetic on integers and operators over constants only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import ModelError
from ..ir import Array, DType, Graph, Node, Tensor
from ..ops.activation import UNARY_OPERATORS
from ..ops.elementwise import BINARY_OPERATORS
from ..ops.shape_ops import SHAPE_OPERATORS
from ..serve import operator_of, prepare_node, shapes_of

_INTEGERS = (DType.INT32, DType.INT64)
_SHAPE_ARITHMETIC = frozenset(operator.name for operator in SHAPE_OPERATORS)
#: Operators whose work is bounded by the size of their output; others over constants alone are left to the device.
_FOLDED = frozenset(operator.name for operator in (*UNARY_OPERATORS, *BINARY_OPERATORS, *SHAPE_OPERATORS))


def fold_constants(graph: Graph) -> Graph:
    """The graph with every operator whose result is known replaced by that constant.

    Raises:
        UnsupportedError, ModelError: such an operator cannot be served.
    """
    tensors = dict(graph.tensors)
    nodes: list[Node] = []
    for node in graph.nodes:
        values = _evaluate(replace(graph, tensors=tensors), node)
        if values is None:
            nodes.append(node)
            continue
        for name, value in zip(node.outputs, values, strict=True):
            tensor = tensors[name]
            if value.shape != tensor.shape:
                raise ModelError(f"{node.name} ({node.op}): computes shape {value.shape}, declared {tensor.shape}")
            tensors[name] = replace(tensor, data=value.astype(tensor.dtype.numpy))
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def _evaluate(graph: Graph, node: Node) -> list[Array] | None:
    """The node's outputs, or None when they depend on an input of the network or on state."""
    if node.op == "SHAPE" and len(node.outputs) == 1:
        return [np.asarray(graph.input(node, 0).shape, np.int64)]
    operands = [None if name is None else graph.tensor(name) for name in node.inputs]
    if not operands or node.op not in _FOLDED or any(t is not None and t.data is None for t in operands):
        return None
    if set(graph.outputs) & set(node.outputs):
        return None
    operator, values = operator_of(node), [None if t is None else t.data for t in operands]
    if all(graph.tensor(name).dtype is DType.FLOAT32 for name in node.outputs):
        if operator.float_reference is None or not _is_float(operands):
            return None
        shapes_of(graph, node)
        with np.errstate(all="ignore"):
            return operator.float_reference(graph, node, values)
    types = [graph.tensor(name).dtype for name in (*node.inputs, *node.outputs) if name is not None]
    if DType.FLOAT32 in types:
        return None
    integers = all(graph.tensor(name).dtype in _INTEGERS for name in node.outputs)
    if integers and node.op not in _SHAPE_ARITHMETIC:
        return None
    shapes_of(graph, node)
    return operator.reference(prepare_node(graph, node), values)


def _is_float(operands: Sequence[Tensor | None]) -> bool:
    """Whether the values are real numbers as they are, beside integer parameters such as axes and shapes."""
    return any(t is not None and t.dtype is DType.FLOAT32 for t in operands) and all(
        t is None or t.quant is None or t.dtype is DType.FLOAT32 for t in operands
    )
