"""Lowers an annotated float graph to the integer graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import UnsupportedError
from ..ir import FLOAT_PREFIX, DType, Edge, Graph, Node, Quantization, Rounding, Tensor, check
from ..ops.floating.arithmetic import rounded
from ..ops.operator import Matrix
from ..serve import check_served
from .annotate import factor_scale, is_switched, operands, rule_of
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
        if is_switched(graph, node) or _is_bridge_of_float(graph, node):
            nodes.append(in_float(graph, node))
            continue
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
    integers = {name for node in nodes if not node.in_float for name in (*node.inputs, *node.outputs)}
    for name, tensor in kept.items():
        if tensor.dtype is DType.FLOAT32 and name in integers | {*graph.inputs, *graph.outputs}:
            raise UnsupportedError(name, "tensor", "it has no grid: annotate the graph first")
    integer = check(with_tokens(replace(graph, tensors=kept, nodes=tuple(nodes), edges=edges)))
    check_served(integer)
    return integer


def _is_bridge_of_float(graph: Graph, node: Node) -> bool:
    """Whether a QUANTIZE leads into a layer in float or out of one."""
    kinds = [graph.tensor(name).stored for name in (node.inputs[0], node.outputs[0])]
    return node.op == "QUANTIZE" and any(kind is not None and kind.is_float for kind in kinds)


def in_float(graph: Graph, node: Node) -> Node:
    """The operator in float that takes a node's place in an integer graph."""
    if node.op != "QUANTIZE":
        return replace(node, op=FLOAT_PREFIX + node.op)
    stored = graph.output(node).stored
    return replace(node, op="FLOAT_DEQUANTIZE" if stored is not None and stored.is_float else "FLOAT_QUANTIZE")


def _integer(tensor: Tensor) -> Tensor:
    assert tensor.stored is not None
    if tensor.stored.is_float:
        real = None if tensor.data is None else rounded(tensor.data, tensor.stored)
        return Tensor(tensor.name, tensor.shape, tensor.stored, None, real)
    assert tensor.quant is not None
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
    shared = any(bias.name in other.inputs for other in graph.nodes if is_switched(graph, other))
    own = tensors[bias.name].dtype is DType.FLOAT32 and not shared
    name = bias.name if own else f"{bias.name}/{node.name}"
    tensors[name] = Tensor(name, bias.shape, dtype, quant, levels.astype(dtype.numpy))
    return replace(node, inputs=(*node.inputs[:index], name, *node.inputs[index + 1 :]))
