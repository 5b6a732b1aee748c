"""Uint8 models become int8 at the door: ``q - 128`` changes neither scales nor differences to the zero point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ir import DType, Edge, Graph, Quantization, Tensor


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
    edges = {name: Edge(DType.UINT8) for name in (*graph.inputs, *graph.outputs) if name in unsigned}
    return replace(graph, tensors=tensors, nodes=nodes, edges={**graph.edges, **edges})


def _signed(tensor: Tensor) -> Tensor:
    assert tensor.quant is not None
    quant = Quantization(tensor.quant.scale, tuple(z - 128 for z in tensor.quant.zero_point), tensor.quant.axis)
    data = None if tensor.data is None else (tensor.data ^ np.uint8(0x80)).view(np.int8)
    return replace(tensor, dtype=DType.INT8, quant=quant, data=data)
