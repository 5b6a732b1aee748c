"""The uint8 twin of an int8 graph, as older converters wrote models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bitwright.converter.ir import Array, DType, Graph, Quantization, Tensor, Variable


def as_uint8(graph: Graph) -> Graph:
    """The graph with every quantized int8 tensor in uint8: values and zero points 128 higher."""
    return replace(
        graph,
        tensors={name: _lifted(tensor) for name, tensor in graph.tensors.items()},
        variables={name: _lifted_variable(variable) for name, variable in graph.variables.items()},
    )


def _lifted(tensor: Tensor) -> Tensor:
    if tensor.dtype is not DType.INT8 or tensor.quant is None:
        return tensor
    data = None if tensor.data is None else _raised(tensor.data)
    return replace(tensor, dtype=DType.UINT8, quant=_raised_quantization(tensor.quant), data=data)


def _lifted_variable(variable: Variable) -> Variable:
    if variable.initial.dtype != np.int8 or variable.quant is None:
        return variable
    return replace(variable, initial=_raised(variable.initial), quant=_raised_quantization(variable.quant))


def _raised(values: Array) -> Array:
    return np.asarray(values.view(np.uint8) ^ np.uint8(0x80))


def _raised_quantization(quant: Quantization) -> Quantization:
    assert len(quant.scale) == 1, "uint8 models are quantized per tensor"
    return Quantization(quant.scale, (quant.zero_point[0] + 128,))
