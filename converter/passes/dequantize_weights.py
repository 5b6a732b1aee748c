"""Gives the integer constants of a dynamic-range or float16 model back their real values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import ModelError
from ..ir import Array, DType, Graph, Node, Tensor
from .rewriter import unused

_INTEGERS = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32)


def dequantize_weights(graph: Graph) -> Graph:
    """The graph with float32 constants wherever an operator that computes in float reads quantized ones.

    A dynamic-range model stores int8 weights and quantizes activations as they come, differently for every input; here
    its weights become the real numbers that they stand for, and activations stay float. DEQUANTIZE of a constant
    becomes the constant.
    """
    tensors = dict(graph.tensors)
    reals: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        source = tensors.get(str(node.inputs[0])) if node.inputs else None
        if node.op == "DEQUANTIZE" and source is not None and source.is_constant:
            target = tensors[node.outputs[0]]
            value = _real(source)
            if value.shape != target.shape:
                raise ModelError(f"{node.name} ({node.op}): computes shape {value.shape}, declared {target.shape}")
            tensors[target.name] = replace(target, data=value, quant=None)
        elif node.outputs and tensors[node.outputs[0]].dtype is DType.FLOAT32:
            nodes.append(replace(node, inputs=tuple(_dequantized(tensors, reals, name) for name in node.inputs)))
        else:
            nodes.append(node)
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def _dequantized(tensors: dict[str, Tensor], reals: dict[str, str], name: str | None) -> str | None:
    """The name of the operand in float32, which is made where it is a quantized constant."""
    if name is None or tensors[name].data is None or tensors[name].quant is None:
        return name
    if tensors[name].dtype not in _INTEGERS:
        return name
    if name not in reals:
        reals[name] = unused(f"{name}/float32", tensors)
        tensors[reals[name]] = Tensor(reals[name], tensors[name].shape, DType.FLOAT32, data=_real(tensors[name]))
    return reals[name]


def _real(tensor: Tensor) -> Array:
    """``scale * (q - zero_point)``; float constants as they are."""
    value = tensor.value()
    if tensor.dtype is DType.FLOAT32:
        return value
    if tensor.quant is None:
        raise ModelError(f"tensor '{tensor.name}': an integer constant without a scale stands for no real values")
    shape = [1] * value.ndim
    if tensor.quant.axis is not None:
        shape[tensor.quant.axis] = -1
    scale = np.asarray(tensor.quant.scale, np.float32).reshape(shape)
    point = np.asarray(tensor.quant.zero_point, np.int64).reshape(shape)
    with np.errstate(over="ignore"):
        real: Array = ((value.astype(np.int64) - point) * scale).astype(np.float32)
    return real.reshape(value.shape)
