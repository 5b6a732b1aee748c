"""Takes the float conversions at a model's edges out of the firmware."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ...errors import UnsupportedError
from ..ir import DType, Edge, Graph

#: Types of quantized activations.
_QUANTIZED = (DType.INT8, DType.UINT8, DType.INT16)

_MIXED = (
    "is float between integer operators; quantize the whole network (in TFLiteConverter: OpsSet.TFLITE_BUILTINS_INT8), "
    "or give the float model to `bitwright quantize`"
)


def fold_float_edges(graph: Graph) -> Graph:
    """QUANTIZE of a float input and DEQUANTIZE to a float output move to the host: the integers become the interface.

    Graphs without quantized activations are float graphs and stay as they are.

    Raises:
        UnsupportedError: float and quantized activations are mixed inside the graph.
    """
    if not any(tensor.dtype in _QUANTIZED for tensor in graph.activations()):
        return graph
    inputs, outputs, edges, nodes = list(graph.inputs), list(graph.outputs), dict(graph.edges), []
    plain = {*graph.inputs, *graph.outputs, *graph.edges}  # whose type at the interface is decided already
    readers = Counter(name for node in graph.nodes for name in set(node.inputs) if name is not None)
    for node in graph.nodes:
        source = graph.tensor(node.inputs[0]) if node.inputs and node.inputs[0] is not None else None
        if (
            node.op == "QUANTIZE"
            and source is not None
            and source.dtype is DType.FLOAT32
            and source.name in inputs
            and readers[source.name] == 1
            and source.name not in outputs
            and node.outputs[0] not in outputs
        ):
            inputs[inputs.index(source.name)] = node.outputs[0]
            edges[node.outputs[0]] = Edge(DType.FLOAT32)
        elif (
            node.op == "DEQUANTIZE"
            and source is not None
            and outputs.count(node.outputs[0]) == 1
            and not readers[node.outputs[0]]
            and (edges.get(source.name) == Edge(DType.FLOAT32) or source.name not in plain)
        ):
            outputs[outputs.index(node.outputs[0])] = source.name
            edges[source.name] = Edge(DType.FLOAT32)
        else:
            nodes.append(node)
    folded = replace(graph, inputs=tuple(inputs), outputs=tuple(outputs), edges=edges, nodes=tuple(nodes))
    for node in folded.nodes:
        for name in (*node.inputs, *node.outputs):
            if name is not None and folded.tensor(name).dtype is DType.FLOAT32:
                raise UnsupportedError(node.name, node.op, f"tensor '{name}' {_MIXED}")
    for name in (*folded.inputs, *folded.outputs):
        if folded.tensor(name).dtype is DType.FLOAT32:
            raise UnsupportedError(name, "interface", f"the tensor {_MIXED}")
    return folded
