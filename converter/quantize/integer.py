"""Lowers an annotated float graph to the integer graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import UnsupportedError
from ..ir import DType, Edge, Graph, Node, Quantization, Rounding, Tensor, check
from ..ops.operator import Matrix
from ..serve import check_served
from .annotate import factor_scale, operands, rule_of
from .grid import to_levels
from .tokens import with_tokens


def to_integer(graph: Graph) -> Graph:
    """The integer graph: every annotated tensor in its type, biases at ``S_in * S_w``, policy DOUBLE, for 16x8 WIDE.

    Raises:
        UnsupportedError: a tensor carries no grid, or an operator cannot compute on the grids that it was given.
        AccumulatorOverflowError: an accumulator could overflow.
    """
    tensors: dict[str, Tensor] = {}
    for name, tensor in graph.tensors.items():
        tensors[name] = _integer(tensor) if tensor.stored is not None else tensor
    nodes = []
    for node in graph.nodes:
        rule = rule_of(node)
        for matrix in rule.matrices:
            if matrix.bias is not None and graph.optional_input(node, matrix.bias) is not None:
                node = _with_bias(graph, node, matrix, matrix.bias, tensors)
        wide = rule.weights is not None and tensors[node.outputs[0]].dtype is DType.INT16
        nodes.append(replace(node, rounding=Rounding.WIDE if wide else Rounding.DOUBLE))
    edges = dict(graph.edges)
    for name in (*graph.inputs, *graph.outputs):
        if graph.tensor(name).stored is not None:
            edges[name] = Edge(DType.FLOAT32, edges[name].permutation if name in edges else None)
    used = {name for node in nodes for name in (*node.inputs, *node.outputs) if name is not None}
    used |= {*graph.inputs, *graph.outputs}
    kept = {name: tensor for name, tensor in tensors.items() if name in used}
    for name, tensor in kept.items():
        if tensor.dtype is DType.FLOAT32:
            raise UnsupportedError(name, "tensor", "it has no grid: annotate the graph first")
    integer = check(with_tokens(replace(graph, tensors=kept, nodes=tuple(nodes), edges=edges)))
    check_served(integer)
    return integer


def _integer(tensor: Tensor) -> Tensor:
    assert tensor.quant is not None and tensor.stored is not None
    data = None if tensor.data is None else to_levels(tensor.data, tensor.quant, tensor.stored)
    return Tensor(tensor.name, tensor.shape, tensor.stored, tensor.quant, data)


def _with_bias(graph: Graph, node: Node, matrix: Matrix, index: int, tensors: dict[str, Tensor]) -> Node:
    """The node with its bias as an integer tensor of its own; biases that several nodes share part ways here."""
    bias, weights = graph.input(node, index), graph.input(node, matrix.weights)
    source = graph.tensor(node.inputs[operands(graph, node)[0]])
    assert weights.quant is not None
    # Operators with several matrices accumulate in int32, whatever their activations.
    wide = source.stored is DType.INT16 and rule_of(node).weights == matrix.weights
    scale = np.asarray(weights.quant.scale, np.float64) * factor_scale(graph, node, matrix)
    limit = 2**47 if wide else 2**31 - 1
    levels = np.clip(np.rint(bias.value().astype(np.float64) / scale), -limit, limit)
    quant = Quantization(tuple(float(np.float32(s)) for s in scale), (0,) * scale.size, 0 if scale.size > 1 else None)
    dtype = DType.INT64 if wide else DType.INT32
    name = bias.name if tensors[bias.name].dtype is DType.FLOAT32 else f"{bias.name}/{node.name}"
    tensors[name] = Tensor(name, bias.shape, dtype, quant, levels.astype(dtype.numpy))
    return replace(node, inputs=(*node.inputs[:index], name, *node.inputs[index + 1 :]))
