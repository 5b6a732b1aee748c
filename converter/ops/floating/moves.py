"""Operators that only move elements, in float: those of integers on the elements' bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, require
from ..shape_ops import SHAPE_OPERATORS, Move
from .common import FLOATS, float_operator

_BITS = {DType.FLOAT32: DType.INT32, DType.FLOAT16: DType.INT16}


@dataclass(frozen=True, eq=False)
class FloatMove:
    """The move of the bits, and the type that they stand for."""

    dtype: DType
    bits: Move


def _as_bits(graph: Graph, node: Node) -> tuple[Graph, Node]:
    """The node of integers on tensors of the same size."""
    names = {name for name in (*node.inputs, *node.outputs) if name is not None}
    tensors = dict(graph.tensors)
    for name in names:
        tensor = tensors[name]
        if tensor.dtype in FLOATS:
            kind = _BITS[tensor.dtype]
            data = None if tensor.data is None else tensor.data.view(kind.numpy)
            tensors[name] = replace(tensor, dtype=kind, quant=None, data=data)
    return replace(graph, tensors=tensors), node.plain


def _operator(moving: Operator) -> Operator:
    def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
        return moving.shapes(*_as_bits(graph, node))

    def prepare(graph: Graph, node: Node) -> FloatMove:
        dtype = graph.output(node).dtype
        require(dtype in FLOATS, node, f"it writes {dtype.value}, not float")
        return FloatMove(dtype, moving.prepare(*_as_bits(graph, node)))

    return float_operator(
        moving.name,
        moving.limits,
        shapes,
        prepare,
        _reference(moving.reference),
        inputs=moving.inputs,
        outputs=moving.outputs,
    )


def _reference(of_bits: Callable[[Any, Inputs], list[Array]]) -> Callable[[FloatMove, Inputs], list[Array]]:
    def reference(params: FloatMove, inputs: Inputs) -> list[Array]:
        kind = _BITS[params.dtype].numpy
        bits = [x.view(kind) if x is not None and x.dtype == params.dtype.numpy else x for x in inputs]
        return [result.view(params.dtype.numpy) for result in of_bits(params.bits, bits)]

    return reference


FLOAT_MOVES: tuple[Operator, ...] = tuple(_operator(operator) for operator in SHAPE_OPERATORS)
