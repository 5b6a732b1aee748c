"""Takes the transpose out of decoders: what a fully connected layer writes is an image right away.

Generators reshape the units of a fully connected layer to channels, rows and columns, and transpose these to
channels-last. The units' own order, that of the weights' rows, is free: they are computed in the order that is wanted.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..ir import Array, Graph, Node, Tensor
from .layout_rules import UNARY
from .rewriter import Rewriter


def reorder_units(graph: Graph) -> Graph:
    """The graph without a TRANSPOSE behind FULLY_CONNECTED and RESHAPE, activations between them aside.

    Only where nothing else reads the values between.
    """
    rewriter = Rewriter(graph)
    for name in list(rewriter.nodes):
        node = rewriter.nodes[name]
        if node.op == "TRANSPOSE":
            _fold(rewriter, node)
    return rewriter.finish()


def _fold(rewriter: Rewriter, node: Node) -> None:
    image = rewriter.tensors[str(node.inputs[0])]
    reshape, permutation = rewriter.producer(image.name), rewriter.tensors[str(node.inputs[1])].data
    if permutation is None or reshape is None or reshape.op != "RESHAPE" or not rewriter.is_private(image.name):
        return
    layer = _layer(rewriter, str(reshape.inputs[0]))
    order = permutation.reshape(-1).tolist()
    units = math.prod(image.shape[1:])
    if layer is None or order[0] != 0 or rewriter.tensors[layer.outputs[0]].shape != (image.shape[0], units):
        return
    rows = np.arange(units).reshape(image.shape[1:]).transpose([axis - 1 for axis in order[1:]]).reshape(-1)
    _reorder(rewriter, layer, rows)
    target = rewriter.tensors[node.outputs[0]]
    inputs, attrs = (reshape.inputs[0],), {"new_shape": target.shape}
    rewriter.absorb(reshape, node, inputs=inputs, attrs=attrs)


def _layer(rewriter: Rewriter, name: str) -> Node | None:
    """The fully connected layer with constant weights that alone leads to a tensor."""
    while rewriter.is_private(name):
        node = rewriter.producer(name)
        if node is None or (node.op != "FULLY_CONNECTED" and node.op not in UNARY):
            return None
        if node.op == "FULLY_CONNECTED":
            operands = [rewriter.tensors[operand] for operand in node.inputs[1:] if operand is not None]
            return node if all(tensor.is_constant for tensor in operands) else None
        name = str(node.inputs[0])
    return None


def _reorder(rewriter: Rewriter, layer: Node, rows: Array) -> None:
    inputs: list[str | None] = [layer.inputs[0]]
    for name in layer.inputs[1:]:
        tensor = None if name is None else rewriter.tensors[name]
        if tensor is None or tensor.elements == 1:
            inputs.append(name)
        else:
            inputs.append(rewriter.constant(tensor.name, tensor.value()[rows], _reordered(tensor, rows)))
    rewriter.replace(layer, replace(layer, inputs=tuple(inputs)))


def _reordered(tensor: Tensor, rows: Array) -> Tensor:
    """The tensor with the scales of its rows in another order."""
    quant = tensor.quant
    if quant is None or quant.axis != 0:
        return tensor
    scale, point = np.asarray(quant.scale)[rows].tolist(), np.asarray(quant.zero_point)[rows].tolist()
    return replace(tensor, quant=replace(quant, scale=tuple(scale), zero_point=tuple(point)))
