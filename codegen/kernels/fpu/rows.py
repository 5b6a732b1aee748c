"""Lowering of operators over the last axis in float."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.floating.rows import FloatNormalization, FloatSoftmax
from ..call import Field, KernelCall
from .names import SUFFIX


def lower_softmax(_graph: Graph, _node: Node, params: FloatSoftmax) -> KernelCall:
    """``bw_softmax_f32`` or ``_f16``."""
    depth = params.shape[-1]
    fields: dict[str, Field] = {"rows": math.prod(params.shape[:-1]), "depth": depth, "beta": params.beta}
    return KernelCall(f"bw_softmax_{SUFFIX[params.dtype]}", fields, scratch=4 * depth, distance={0: 0})


def lower_normalization(_graph: Graph, _node: Node, params: FloatNormalization) -> KernelCall:
    """``bw_normalize_f32`` or ``_f16``."""
    fields: dict[str, Field] = {
        "rows": math.prod(params.shape[:-1]),
        "depth": params.shape[-1],
        "centre": int(params.centre),
        "share": params.share,
        "epsilon": params.epsilon,
        "gain": params.gain,
        "bias": params.bias,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall(f"bw_normalize_{SUFFIX[params.dtype]}", fields, distance={0: 0})
