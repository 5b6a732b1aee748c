"""Uint8 models become int8 at the door: ``q - 128`` changes neither scales nor differences to the zero point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ir import Array, DType, Edge, Graph, Node, Quantization, Tensor, Variable


def signed_at_the_door(graph: Graph) -> Graph:
    """The graph with int8 in place of every quantized uint8 tensor; nodes that wrote one carry ``uint8=True``.

    A lone QUANTIZE between uint8 and int8 at the edge of an int8 model becomes one between two int8 tensors.
    """
    unsigned = {
        name for name, tensor in graph.tensors.items() if tensor.dtype is DType.UINT8 and tensor.quant is not None
    }
    if not unsigned:
        return graph
    tensors = {name: _signed(tensor) if name in unsigned else tensor for name, tensor in graph.tensors.items()}
    nodes = tuple(
        replace(node, attrs={**node.attrs, "uint8": True}) if unsigned.intersection(node.outputs) else node
        for node in graph.nodes
    )
    variables = {name: _signed_variable(variable) for name, variable in graph.variables.items()}
    edges = {name: Edge(DType.UINT8) for name in (*graph.inputs, *graph.outputs) if name in unsigned}
    signed = replace(graph, tensors=tensors, nodes=nodes, variables=variables, edges={**graph.edges, **edges})
    return _rescaled_at_joints(signed)


def _rescaled_at_joints(graph: Graph) -> Graph:
    """CONCATENATION of a uint8 model brings inputs of other scales to its own; here a node of its own does that."""
    tensors, nodes = dict(graph.tensors), []
    for node in graph.nodes:
        if node.op == "CONCATENATION" and node.attrs.get("uint8", False):
            target, inputs = graph.output(node), list(node.inputs)
            for i in range(len(inputs)):
                source = graph.input(node, i)
                if source.quant != target.quant:
                    rescaled = replace(source, name=f"{target.name}:{i}", quant=target.quant, data=None)
                    tensors[rescaled.name], inputs[i] = rescaled, rescaled.name
                    nodes.append(Node(f"{node.name}_rescale_{i}", "RESCALE_UINT8", (source.name,), (rescaled.name,)))
            node = replace(node, inputs=tuple(inputs))
        nodes.append(node)
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def _signed(tensor: Tensor) -> Tensor:
    assert tensor.quant is not None
    data = None if tensor.data is None else _signed_values(tensor.data)
    return replace(tensor, dtype=DType.INT8, quant=_signed_quantization(tensor.quant), data=data)


def _signed_variable(variable: Variable) -> Variable:
    if variable.quant is None or variable.initial.dtype != np.uint8:
        return variable
    return replace(variable, initial=_signed_values(variable.initial), quant=_signed_quantization(variable.quant))


def _signed_values(values: Array) -> Array:
    return np.asarray(values ^ np.uint8(0x80)).view(np.int8)


def _signed_quantization(quant: Quantization) -> Quantization:
    return replace(quant, zero_point=tuple(z - 128 for z in quant.zero_point))
