"""Lowering of TRANSPOSE_CONV."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.transpose_conv import TransposeConv
from ..call import Field, KernelCall, as_c
from ..mac import requantize_fields, window_fields
from .wide import wide_requantize_fields


def lower(graph: Graph, node: Node, params: TransposeConv) -> KernelCall:
    """``bw_transpose_conv_s8/s16``: each output pixel gathers the input pixels whose windows cover it."""
    out_c, in_c = params.weights.shape[0], params.weights.shape[3]
    wide = params.requant.dtype is DType.INT16
    fields: dict[str, Field] = {
        "window": window_fields(params.window, params.batch, in_c),
        "out_c": out_c,
        "weights": params.weights,
        "bias": as_c(params.bias, np.int64 if wide else np.int32),
        **(wide_requantize_fields if wide else requantize_fields)(params.requant, out_c),
        "input_zero_point": params.input_zero_point,
    }
    return KernelCall(f"bw_transpose_conv_{'s16' if wide else 's8'}", fields, operands=(2,))
