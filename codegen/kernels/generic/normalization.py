"""Lowering of LAYER_NORM and RMS_NORM."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.normalization import Normalization
from ..call import Field, KernelCall, as_c


def lower(_graph: Graph, _node: Node, params: Normalization) -> KernelCall:
    """``bw_layer_norm_s8`` or ``bw_layer_norm_s16``, which may run in place."""
    fields: dict[str, Field] = {
        "rows": params.rows,
        "depth": params.depth,
        "centre": int(params.centre),
        "input_zero_point": params.input_zero_point,
        "epsilon": np.array([params.epsilon], np.int64),
        "half": params.half,
        "gain": as_c(params.gain, np.int32),
        "bias": as_c(params.bias, np.int32),
        "fraction": params.fraction,
        "output_zero_point": params.output_zero_point,
    }
    function = "bw_layer_norm_s8" if params.dtype is DType.INT8 else "bw_layer_norm_s16"
    return KernelCall(function, fields, distance={0: 0})
