"""The uint8 twin of an int8 graph, as older converters wrote models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bitwright.converter.ir import DType, Graph, Quantization, Tensor


def as_uint8(graph: Graph) -> Graph:
    """The graph with every quantized int8 tensor in uint8: values and zero points 128 higher."""
    return replace(graph, tensors={name: _lifted(tensor) for name, tensor in graph.tensors.items()})


def _lifted(tensor: Tensor) -> Tensor:
    if tensor.dtype is not DType.INT8 or tensor.quant is None:
        return tensor
    assert len(tensor.quant.scale) == 1, "uint8 models are quantized per tensor"
    quant = Quantization(tensor.quant.scale, (tensor.quant.zero_point[0] + 128,))
    data = None if tensor.data is None else (tensor.data.view(np.uint8) ^ np.uint8(0x80))
    return replace(tensor, dtype=DType.UINT8, quant=quant, data=data)
