"""RESCALE_UINT8: what CONCATENATION does to inputs of other scales in a uint8 model, and in no other."""

from __future__ import annotations

import numpy as np

from ..ir import DType, Graph, Node
from .activation import Table, reference, shapes
from .operator import Operator, require_types


def prepare(graph: Graph, node: Node) -> Table:
    """The result for every value, in float32 as TFLite's ConcatenationWithScaling computes it."""
    source, target = graph.input(node, 0), graph.output(node)
    require_types(graph, node, [source, target], [DType.INT8])
    scale = np.float32(source.scale) * (np.float32(1.0) / np.float32(target.scale))
    bias = np.float32(-(source.zero_point + 128)) * scale
    real = (np.arange(256).astype(np.float32) * scale + bias).astype(np.float64)
    rounded = np.trunc(real + np.copysign(0.5, real))
    return Table(np.clip(rounded + target.zero_point, -128, 127).astype(np.int8), -128)


RESCALE_UINT8 = Operator(
    "RESCALE_UINT8",
    "int8",
    "put before a uint8 CONCATENATION of different scales",
    shapes,
    prepare,
    reference,
)
